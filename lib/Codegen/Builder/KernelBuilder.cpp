//===- KernelBuilder.cpp - Short names for building kernels
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Builder/KernelBuilder.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include <cmath>

using namespace mlir;
using namespace mlir::lw;

Value KernelBuilder::uniqueConstant(TypedAttr attr) {
  Value &known = constants[attr];
  if (!known) {
    Operation *at = b.getInsertionBlock()->getParentOp();
    while (!isa<func::FuncOp>(at))
      at = at->getParentOp();
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(&cast<func::FuncOp>(at).front());
    known = arith::ConstantOp::create(b, attr);
  }
  return known;
}

Value KernelBuilder::constant(int64_t value) {
  return uniqueConstant(b.getIndexAttr(value));
}

Value KernelBuilder::constantF32(float value) {
  return uniqueConstant(b.getF32FloatAttr(value));
}

Value KernelBuilder::add(Value x, Value y) {
  if (!x || !y)
    return x ? x : y;
  return arith::AddIOp::create(b, x, y);
}

Value KernelBuilder::add(Value x, int64_t y) {
  if (y == 0 && x)
    return x;
  return add(x, constant(y));
}

Value KernelBuilder::mul(Value x, int64_t y) {
  if (!x || y == 0)
    return {};
  return y == 1 ? x : arith::MulIOp::create(b, x, constant(y)).getResult();
}

Address KernelBuilder::advance(Address base, Value index, int64_t stride) {
  return {add(base.base, mul(index, stride)), base.offset};
}

Value KernelBuilder::indexIn(Value buffer, Address address) {
  return toIndex({add(address.base, bases.lookup(buffer)), address.offset});
}

Value KernelBuilder::toIndex(Address address) {
  return address.base ? add(address.base, address.offset)
                      : constant(address.offset);
}

Value KernelBuilder::splat(float value) {
  return uniqueConstant(DenseElementsAttr::get(vectorType(), value));
}

VectorType KernelBuilder::vectorOf(Value buffer, int64_t lanes) {
  return VectorType::get({lanes},
                         cast<MemRefType>(buffer.getType()).getElementType());
}

Value KernelBuilder::zeros(Value buffer) {
  VectorType type = vectorOf(buffer, vl);
  return uniqueConstant(cast<DenseElementsAttr>(b.getZeroAttr(type)));
}

Value KernelBuilder::splat(Type element, int64_t lanes, int64_t value) {
  auto type = VectorType::get({lanes}, element);
  Attribute scalar =
      isa<FloatType>(element)
          ? Attribute(b.getFloatAttr(element, static_cast<double>(value)))
          : Attribute(b.getIntegerAttr(element, value));
  return uniqueConstant(DenseElementsAttr::get(type, scalar));
}

Value KernelBuilder::broadcast(Value scalar) {
  return vector::BroadcastOp::create(b, vectorType(), scalar);
}

Value KernelBuilder::broadcastLane(Value vector, int64_t lane) {
  SmallVector<int64_t> lanes(vl, lane);
  return vector::ShuffleOp::create(b, vector, vector, lanes);
}

Value KernelBuilder::load(Value buffer, Address address) {
  return load(buffer, address, vl);
}

Value KernelBuilder::load(Value buffer, Address address, int64_t lanes) {
  return vector::LoadOp::create(b, vectorOf(buffer, lanes), buffer,
                                ValueRange{indexIn(buffer, address)});
}

Value KernelBuilder::loadScalar(Value buffer, Address address) {
  return memref::LoadOp::create(b, buffer,
                                ValueRange{indexIn(buffer, address)});
}

void KernelBuilder::store(Value vector, Value buffer, Address address) {
  vector::StoreOp::create(b, vector, buffer,
                          ValueRange{indexIn(buffer, address)});
}

void KernelBuilder::storeScalar(Value scalar, Value buffer, Address address) {
  memref::StoreOp::create(b, scalar, buffer,
                          ValueRange{indexIn(buffer, address)});
}

bool KernelBuilder::hasMasks(Value buffer) {
  Type element = cast<MemRefType>(buffer.getType()).getElementType();
  return Layout::bytesOf(element) < 4 ? target.hasMaskedBytes
                                      : target.hasMaskedMemory;
}

Value KernelBuilder::laneMask(int64_t count) {
  SmallVector<bool> lanes(vl, false);
  std::fill_n(lanes.begin(), count, true);
  return uniqueConstant(
      DenseElementsAttr::get(VectorType::get({vl}, b.getI1Type()), lanes));
}

Value KernelBuilder::loadPart(Value buffer, Address address, int64_t count) {
  if (count >= vl)
    return load(buffer, address);
  if (!hasMasks(buffer))
    return loadPieces(buffer, address, count);
  return vector::MaskedLoadOp::create(b, vectorOf(buffer, vl), buffer,
                                      ValueRange{indexIn(buffer, address)},
                                      laneMask(count), zeros(buffer));
}

void KernelBuilder::storePart(Value vector, Value buffer, Address address,
                              int64_t count) {
  if (count >= vl)
    return store(vector, buffer, address);
  // LLVM 22 makes 32 bits of a masked store of one byte of a narrowed vector.
  if (!hasMasks(buffer) || count == 1)
    return storePieces(vector, buffer, address, count);
  vector::MaskedStoreOp::create(b, buffer, ValueRange{indexIn(buffer, address)},
                                laneMask(count), vector);
}

/// body(at, size) for the powers of two that `count` elements are cut into.
static void forPieces(int64_t count,
                      llvm::function_ref<void(int64_t, int64_t)> body) {
  int64_t at = 0;
  for (int64_t size = llvm::bit_floor<uint64_t>(count); size > 0; size /= 2)
    if (count & size) {
      body(at, size);
      at += size;
    }
}

Value KernelBuilder::loadPieces(Value buffer, Address address, int64_t count) {
  Value result = zeros(buffer);
  forPieces(count, [&](int64_t at, int64_t size) {
    Value piece =
        vector::LoadOp::create(b, vectorOf(buffer, size), buffer,
                               ValueRange{indexIn(buffer, address + at)});
    // As long as the result, then in its place there.
    SmallVector<int64_t> widen(vl, 0), place;
    for (int64_t i = 0; i < vl; ++i) {
      widen[i] = std::min(i, size - 1);
      bool mine = i >= at && i < at + size;
      place.push_back(mine ? vl + i - at : i);
    }
    piece = vector::ShuffleOp::create(b, piece, piece, widen);
    result = vector::ShuffleOp::create(b, result, piece, place);
  });
  return result;
}

void KernelBuilder::storePieces(Value vector, Value buffer, Address address,
                                int64_t count) {
  forPieces(count, [&](int64_t at, int64_t size) {
    SmallVector<int64_t> lanes = llvm::to_vector(llvm::seq(at, at + size));
    Value piece = vector::ShuffleOp::create(b, vector, vector, lanes);
    vector::StoreOp::create(b, piece, buffer,
                            ValueRange{indexIn(buffer, address + at)});
  });
}

void KernelBuilder::prefetch(Value buffer, Address address) {
  memref::PrefetchOp::create(b, buffer, ValueRange{indexIn(buffer, address)},
                             /*isWrite=*/false, /*localityHint=*/2,
                             /*isDataCache=*/true);
}

Value KernelBuilder::bitcast(Value vector, Type element) {
  auto type = cast<VectorType>(vector.getType());
  int64_t lanes = type.getNumElements() * type.getElementTypeBitWidth() /
                  element.getIntOrFloatBitWidth();
  return vector::BitCastOp::create(b, VectorType::get({lanes}, element),
                                   vector);
}

Value KernelBuilder::shuffle(Value x, Value y, ArrayRef<int64_t> lanes) {
  return vector::ShuffleOp::create(b, x, y, lanes);
}

Value KernelBuilder::intrinsic(StringRef name, Type result,
                               ValueRange operands) {
  return LLVM::CallIntrinsicOp::create(b, result, b.getStringAttr(name),
                                       operands)
      .getResults();
}

Value KernelBuilder::fma(Value a, Value x, Value y) {
  return vector::FMAOp::create(b, a, x, y);
}

Value KernelBuilder::activate(ActivationAttr activation, Value x) {
  if (!activation)
    return x;
  // A NaN goes through: x86 returns the second operand when one is NaN, so that
  // a bound that is not takes one instruction, except for the sign of zeros.
  auto fast =
      arith::FastMathFlagsAttr::get(b.getContext(), arith::FastMathFlags::nsz);
  Type type = x.getType();
  auto splatOf = [&](float value) -> Value {
    if (auto vector = dyn_cast<VectorType>(type))
      return uniqueConstant(DenseElementsAttr::get(vector, value));
    return constantF32(value);
  };
  auto maximum = [&](Value v, float bound) -> Value {
    return arith::MaximumFOp::create(b, v, splatOf(bound), fast);
  };
  auto minimum = [&](Value v, float bound) -> Value {
    return arith::MinimumFOp::create(b, v, splatOf(bound), fast);
  };
  // min(max(v * scale + shift, 0), 1)
  auto hard = [&](Value v, float scale, float shift) -> Value {
    Value line = math::FmaOp::create(b, v, splatOf(scale), splatOf(shift));
    return minimum(maximum(line, 0), 1);
  };
  // The least sigmoid is a normal number: below it stays as it is, and products
  // with it take the bound instead of their factor.
  auto atLeast = [&](Value v) { return maximum(v, -87); };
  // 1 / (1 + exp(-v)) of what `atLeast` returns. The exponential is
  // 2^n * exp(f), n whole and |f| <= ln(2) / 2, the latter a polynomial of
  // relative error 2e-9. A NaN reaches the sum by it, whatever its bits make of
  // 2^n.
  auto sigmoid = [&](Value low) -> Value {
    constexpr float kLog2e = 1.44269504f, kLn2High = 0.693359375f,
                    kLn2Low = -2.12194440e-4f, kRound = 12582912.0f;
    constexpr float kCoefficients[] = {0.00138367828913033f,
                                       0.00837485771626234f,
                                       0.041668228805065155f,
                                       0.16666419804096222f,
                                       0.49999991059303284f,
                                       1.0f,
                                       1.0f};
    auto fma = [&](Value a, Value c, Value d) -> Value {
      return math::FmaOp::create(b, a, c, d);
    };
    Value x = arith::NegFOp::create(b, minimum(low, 87));
    // Adding 1.5 * 2^23 leaves the whole part in the last bits.
    Value shifted = fma(x, splatOf(kLog2e), splatOf(kRound));
    Value n = arith::SubFOp::create(b, shifted, splatOf(kRound));
    Value f = fma(n, splatOf(-kLn2High), x);
    f = fma(n, splatOf(-kLn2Low), f);
    Value e = splatOf(kCoefficients[0]);
    for (float c : llvm::drop_begin(kCoefficients))
      e = fma(e, f, splatOf(c));
    Type bits = b.getI32Type();
    if (auto vector = dyn_cast<VectorType>(type))
      bits = vector.clone(bits);
    auto splatOfBits = [&](int32_t value) -> Value {
      if (auto vector = dyn_cast<VectorType>(bits))
        return uniqueConstant(DenseElementsAttr::get(vector, value));
      return uniqueConstant(b.getI32IntegerAttr(value));
    };
    Value power = arith::ShLIOp::create(
        b, arith::BitcastOp::create(b, bits, shifted), splatOfBits(23));
    power = arith::AddIOp::create(b, power, splatOfBits(127 << 23));
    power = arith::BitcastOp::create(b, type, power);
    // A division takes longer than all of this; an estimate that is refined is
    // as good to the last bits, and the divisor is finite.
    auto estimate = arith::FastMathFlagsAttr::get(
        b.getContext(), arith::FastMathFlags::arcp |
                            arith::FastMathFlags::ninf |
                            arith::FastMathFlags::contract);
    return arith::DivFOp::create(b, splatOf(1), fma(e, power, splatOf(1)),
                                 estimate);
  };

  float alpha = activation.getAlphaValue(), beta = activation.getBetaValue();
  switch (activation.getKind()) {
  case ActivationKind::Relu:
    return maximum(x, 0);
  case ActivationKind::Clamp: {
    Value low = std::isinf(alpha) ? x : maximum(x, alpha);
    return std::isinf(beta) ? low : minimum(low, beta);
  }
  case ActivationKind::LeakyRelu: {
    Value slope = arith::MulFOp::create(b, x, splatOf(alpha));
    Value positive =
        arith::CmpFOp::create(b, arith::CmpFPredicate::OGE, x, splatOf(0));
    return arith::SelectOp::create(b, positive, x, slope);
  }
  case ActivationKind::Sigmoid:
    return sigmoid(atLeast(x));
  case ActivationKind::Tanh:
    return math::TanhOp::create(b, x);
  case ActivationKind::HardSigmoid:
    return hard(x, alpha, beta);
  case ActivationKind::HardSwish:
    return arith::MulFOp::create(b, x, hard(x, 1.0f / 6.0f, 0.5f));
  case ActivationKind::Silu: {
    Value low = atLeast(x);
    return arith::MulFOp::create(b, low, sigmoid(low));
  }
  }
  llvm_unreachable("unknown activation kind");
}
