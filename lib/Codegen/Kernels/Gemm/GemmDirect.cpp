//===- GemmDirect.cpp - Tiles whose zeros met what is not finite
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Where weights of zero fill up a vector, an input that is no finite number
// makes NaN of outputs that do not read it. Such tiles are rare: they are
// computed once more, each lane from its own inputs alone, by code that is
// small rather than fast.
//
//===----------------------------------------------------------------------===//

#include "Kernels/Gemm/GemmEmitter.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::lw;

/// Of `count` outputs side by side as few as read all that they read.
static SmallVector<int64_t> coverOf(int64_t count, int64_t kernel,
                                    int64_t stride, int64_t dilation) {
  int64_t step = dilation == 1 ? std::max<int64_t>(1, kernel / stride) : 1;
  SmallVector<int64_t> cover;
  for (int64_t at = 0; at < count - 1; at += step)
    cover.push_back(at);
  cover.push_back(count - 1);
  return cover;
}

/// Every input that a pixel reads is multiplied in all lanes, so one vector of
/// some pixels tells. Their sum leaves the units that multiply alone.
Value GemmEmitter::isSpoilt(const State &state, const Position &p) {
  const ConvGeometry &g = s.g;
  SmallVector<Value> sums;
  for (int64_t y :
       coverOf(p.height, g.kernelHeight, g.strides[0], g.dilations[0]))
    for (int64_t x :
         coverOf(p.width, g.kernelWidth, g.strides[1], g.dilations[1]))
      sums.push_back(state.accumulators[(y * p.width + x) * p.vectors]);
  while (sums.size() > 1) {
    for (size_t i = 0; i < sums.size() / 2; ++i)
      sums[i] = dot.add(sums[i], sums[sums.size() - 1 - i]);
    sums.truncate((sums.size() + 1) / 2);
  }
  Value zero =
      k.splat(dot.accumulatorType().getElementType(), lanesOf(p, 0), 0);
  Value none = arith::MulFOp::create(k.b, sums[0], zero);
  Value lanes =
      arith::CmpFOp::create(k.b, arith::CmpFPredicate::UNO, none, none);
  return vector::ReductionOp::create(k.b, vector::CombiningKind::OR, lanes);
}

void GemmEmitter::emitDirectTile(const Position &p) {
  k.loop(0, p.height, 1, [&](Value row) {
    k.loop(0, p.width, 1, [&](Value column) {
      Position pixel = p;
      pixel.y = k.add(p.y, row);
      pixel.x = k.add(p.x, column);
      pixel.height = pixel.width = 1;
      State state{biasOf(p), p.weights};
      emitDirectSum(firstInput(pixel), state, pixel);
      emitEpilogue(pixel, state);
    });
  });
}

/// Where the inputs of the lanes of a vector begin: their column of the filter
/// where pixels are folded, else their group's first channel.
Value GemmEmitter::ownBegin(const Position &p, int64_t vector) {
  int64_t lanes = lanesOf(p, vector);
  auto type = VectorType::get({lanes}, k.b.getI32Type());
  auto constant = [&](int64_t x) {
    return k.splat(type.getElementType(), lanes, x);
  };
  const ConvGeometry &g = s.g;
  SmallVector<int32_t> numbers = llvm::to_vector(llvm::seq<int32_t>(0, lanes));
  if (s.fold != 1) {
    int64_t outs = g.outChannels / s.fold, stride = g.strides[1] / s.fold;
    for (int32_t &number : numbers)
      number = (vector * s.vector + number) / outs * stride;
    return k.constantVector(DenseElementsAttr::get(type, ArrayRef(numbers)));
  }
  Value channel = arith::AddIOp::create(
      k.b, inLanes(k.add(k.mul(p.vector, s.vector), vector * s.vector), lanes),
      k.constantVector(DenseElementsAttr::get(type, ArrayRef(numbers))));
  Value group =
      arith::DivUIOp::create(k.b, channel, constant(g.outChannels / g.groups));
  return arith::MulIOp::create(k.b, group, constant(g.inChannels / g.groups));
}

/// An index as i32 in all lanes.
Value GemmEmitter::inLanes(Value index, int64_t lanes) {
  Type element = k.b.getI32Type();
  return vector::BroadcastOp::create(
      k.b, VectorType::get({lanes}, element),
      arith::IndexCastOp::create(k.b, element, index));
}

/// Adds to the sums of a pixel the terms of one input channel, from the element
/// at `a` on; `weights(ky, kx)` is where those of a tap lie.
void GemmEmitter::emitOwnTerms(
    Address a, Value channel, ArrayRef<Value> begins, State &state,
    const Position &p, llvm::function_ref<Address(Value, Value)> weightsAt) {
  const ConvGeometry &g = s.g;
  int64_t extent = s.fold == 1
                       ? g.inChannels / g.groups
                       : g.kernelWidth - (s.fold - 1) * (g.strides[1] / s.fold);
  auto tap = [&](Value ky, Value kx, ValueRange sums) {
    Address element = k.advance(a, ky, g.dilations[0] * s.in.rowStride());
    element = k.advance(element, kx, g.dilations[1] * s.in.block);
    Value x = k.loadScalar(buffers.input, element);
    Address at = weightsAt(ky, kx);
    SmallVector<Value> next;
    for (int64_t j = 0; j < p.vectors; ++j) {
      int64_t lanes = lanesOf(p, j);
      Value product = k.fma(
          vector::BroadcastOp::create(k.b, sums[j].getType(), x),
          loadWeights(k, buffers.weights, at + j * s.weightsStride(), lanes),
          sums[j]);
      Value place = arith::SubIOp::create(
          k.b, inLanes(s.fold == 1 ? channel : kx, lanes), begins[j]);
      Value isOwn =
          arith::CmpIOp::create(k.b, arith::CmpIPredicate::ult, place,
                                k.splat(k.b.getI32Type(), lanes, extent));
      next.push_back(arith::SelectOp::create(k.b, isOwn, product, sums[j]));
    }
    return next;
  };
  state.accumulators = k.loop(
      0, g.kernelHeight, 1, state.accumulators, [&](Value ky, ValueRange row) {
        return k.loop(0, g.kernelWidth, 1, row, [&](Value kx, ValueRange sums) {
          return tap(ky, kx, sums);
        });
      });
}

void GemmEmitter::emitDirectSum(const Address &a, State &state,
                                const Position &p) {
  const ConvGeometry &g = s.g;
  SmallVector<Value> begins;
  for (int64_t j = 0; j < p.vectors; ++j)
    begins.push_back(ownBegin(p, j));
  auto divide = [&](Value x, int64_t c) -> Value {
    return arith::DivUIOp::create(k.b, x, k.constant(c));
  };
  auto remainder = [&](Value x, int64_t c) -> Value {
    return arith::RemUIOp::create(k.b, x, k.constant(c));
  };
  auto add = [&](Value count, llvm::function_ref<void(Value, State &)> body) {
    state.accumulators =
        k.loop(k.constant(0), count, state.accumulators,
               [&](Value i, ValueRange sums) -> SmallVector<Value> {
                 State next{llvm::to_vector(sums), state.weights};
                 body(i, next);
                 return next.accumulators;
               });
  };
  int64_t step = p.vectors * s.weightsStride();
  if (s.readsRanges()) {
    Value first =
        k.mul(divide(k.mul(p.vector, s.vector), g.outChannels / g.groups),
              g.inChannels / g.groups);
    int64_t most = s.mostRangeChannels();
    Value count = arith::MinUIOp::create(
        k.b, k.constant(most),
        arith::SubIOp::create(k.b, k.constant(g.inChannels), first));
    return add(count, [&](Value i, State &next) {
      Value channel = k.add(first, i);
      Address element =
          k.advance(a, divide(channel, s.in.block), s.in.blockStride());
      element = k.advance(element, remainder(channel, s.in.block), 1);
      emitOwnTerms(element, channel, begins, next, p, [&](Value ky, Value kx) {
        Address at = k.advance(state.weights, ky, g.kernelWidth * most * step);
        at = k.advance(at, kx, most * step);
        return k.advance(at, i, step);
      });
    });
  }
  for (const GemmSpec::Segment &segment : s.segments()) {
    int64_t lanes = segment.lanes, row = g.kernelWidth * lanes;
    add(k.constant(segment.blocks * lanes), [&](Value i, State &next) {
      Value block = divide(i, lanes), lane = remainder(i, lanes);
      Address element = k.advance(
          a + (segment.firstBlock * s.in.blockStride() + segment.firstLane),
          block, s.in.blockStride());
      Value channel = k.add(block, p.startBlock);
      channel = k.add(k.mul(k.add(channel, segment.firstBlock), s.in.block),
                      k.add(lane, segment.firstLane));
      emitOwnTerms(
          k.advance(element, lane, 1), channel, begins, next, p,
          [&](Value ky, Value kx) {
            Address at =
                k.advance(state.weights, block, g.kernelHeight * row * step);
            at = k.advance(at, ky, row * step);
            at = k.advance(at, divide(kx, s.taps), lanes * s.taps * step);
            at = k.advance(at, lane, s.taps * step);
            return k.advance(at, remainder(kx, s.taps), step);
          });
    });
    state.weights =
        state.weights + segment.blocks * g.kernelHeight * row * step;
  }
}
