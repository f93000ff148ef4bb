//===- RecurrentBytes.cpp - The state of a recurrent layer as bytes
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Kernels/Recurrent/RecurrentKernel.h"
#include "Kernels/Requantizer.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::lw;

namespace {

/// Bounds of what a vector is one of, as fast as processors take them.
template <typename Op> Value bound(KernelBuilder &k, Value x, Value y) {
  auto fast = arith::FastMathFlagsAttr::get(
      k.b.getContext(), arith::FastMathFlags::nnan | arith::FastMathFlags::nsz);
  return Op::create(k.b, x, y, fast);
}

/// The least and the greatest of `count` elements and 0, in all lanes.
std::pair<Value, Value> rangeOf(KernelBuilder &k, Value state, Address from,
                                int64_t count) {
  using Least = arith::MinimumFOp;
  using Greatest = arith::MaximumFOp;
  // Pairs that do not wait for each other.
  constexpr int64_t kChains = 4;
  SmallVector<Value> ranges(2 * kChains, k.splat(0));
  auto include = [&](MutableArrayRef<Value> into, int64_t chain, Value x) {
    into[2 * chain] = bound<Least>(k, into[2 * chain], x);
    into[2 * chain + 1] = bound<Greatest>(k, into[2 * chain + 1], x);
  };
  int64_t each = kChains * k.vl, whole = count / each * each;
  ranges = k.loop(0, whole, each, ranges, [&](Value i, ValueRange carried) {
    SmallVector<Value> next(carried);
    for (int64_t chain = 0; chain < kChains; ++chain)
      include(next, chain, k.load(state, k.advance(from, i, 1) + chain * k.vl));
    return next;
  });
  // Zeros where nothing is loaded are in the range.
  for (int64_t i = whole, chain = 0; i < count; i += k.vl, ++chain)
    include(ranges, chain, k.loadPart(state, from + i, count - i));
  for (int64_t chain = 1; chain < kChains; ++chain) {
    ranges[0] = bound<Least>(k, ranges[0], ranges[2 * chain]);
    ranges[1] = bound<Greatest>(k, ranges[1], ranges[2 * chain + 1]);
  }
  auto reduce = [&](vector::CombiningKind kind, Value x) {
    return k.broadcast(vector::ReductionOp::create(
        k.b, kind, x, arith::FastMathFlags::nnan | arith::FastMathFlags::nsz));
  };
  return {reduce(vector::CombiningKind::MINIMUMF, ranges[0]),
          reduce(vector::CombiningKind::MAXIMUMF, ranges[1])};
}

} // namespace

ByteState mlir::lw::emitByteState(KernelBuilder &k, const RecurrentSpec &s,
                                  Value state, Address from,
                                  const RecurrentBuffers &buffers, Address to,
                                  Address sums) {
  Type i32 = k.b.getI32Type();
  auto integers = [&](int64_t value) { return k.splat(i32, k.vl, value); };
  auto clamp = [&](Value x) -> Value {
    x = arith::MaxSIOp::create(k.b, x, integers(0));
    return arith::MinSIOp::create(k.b, x, integers(255));
  };
  auto [least, greatest] = rangeOf(k, state, from, s.batch * s.hidden);
  Value scale = arith::DivFOp::create(
      k.b, arith::SubFOp::create(k.b, greatest, least), k.splat(255.0f));
  Value isZero =
      arith::CmpFOp::create(k.b, arith::CmpFPredicate::OEQ, least, greatest);
  scale = arith::SelectOp::create(k.b, isZero, k.splat(1.0f), scale);
  Value zero = clamp(roundToInteger(
      k, arith::NegFOp::create(k.b, arith::DivFOp::create(k.b, least, scale)),
      /*outside=*/true));
  // Units that multiply signed bytes have 128 less.
  int64_t less = s.unit->unsignedInputs ? 0 : 128;
  auto vector = [&](Address x, Address y, int64_t lanes, Value sum) -> Value {
    Value real = arith::DivFOp::create(k.b, k.loadPart(state, x, lanes), scale);
    Value q = clamp(arith::AddIOp::create(
        k.b, roundToInteger(k, real, /*outside=*/true), zero));
    if (less)
      q = arith::SubIOp::create(k.b, q, integers(less));
    Value bytes = arith::TruncIOp::create(
        k.b, VectorType::get({k.vl}, k.b.getI8Type()), q);
    k.store(bytes, buffers.bytes, y);
    if (lanes < k.vl) {
      SmallVector<bool> exists(k.vl, false);
      std::fill_n(exists.begin(), lanes, true);
      Value mask = k.constantVector(DenseElementsAttr::get(
          VectorType::get({k.vl}, k.b.getI1Type()), exists));
      q = arith::SelectOp::create(k.b, mask, q, integers(0));
    }
    return arith::AddIOp::create(k.b, sum, q);
  };
  int64_t whole = s.hidden / k.vl * k.vl;
  k.loop(0, s.batch, 1, [&](Value n) {
    Address row = k.advance(from, n, s.hidden),
            bytes = k.advance(to, n, s.byteRow());
    Value sum =
        k.loop(0, whole, k.vl, integers(0),
               [&](Value i, ValueRange carried) -> SmallVector<Value> {
                 return {vector(k.advance(row, i, 1), k.advance(bytes, i, 1),
                                k.vl, carried[0])};
               })[0];
    if (whole < s.hidden)
      sum = vector(row + whole, bytes + whole, s.hidden - whole, sum);
    // Where nothing reads the sums, they are not computed.
    if (buffers.stateSums)
      k.storeScalar(
          vector::ReductionOp::create(k.b, vector::CombiningKind::ADD, sum),
          buffers.stateSums, k.advance(sums, n, 1));
  });
  if (less)
    zero = arith::SubIOp::create(k.b, zero, integers(less));
  return {scale, zero};
}
