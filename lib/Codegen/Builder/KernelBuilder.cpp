//===- KernelBuilder.cpp - Short names for building kernels
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Builder/KernelBuilder.h"
#include "Builder/Exponential.h"
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
  return vector::BroadcastOp::create(b, VectorType::get({vl}, scalar.getType()),
                                     scalar);
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

bool KernelBuilder::hasMasks(Value buffer, int64_t count) {
  Type element = cast<MemRefType>(buffer.getType()).getElementType();
  if (Layout::bytesOf(element) >= 4)
    return target.hasMaskedMemory;
  // LLVM 22 stores four bytes where the mask lets one through, of a vector that
  // was one of 32 bits; a power of two is one instruction anyway.
  return target.hasMaskedBytes && !llvm::isPowerOf2_64(count);
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
  if (!hasMasks(buffer, count))
    return loadPieces(buffer, address, count);
  return vector::MaskedLoadOp::create(b, vectorOf(buffer, vl), buffer,
                                      ValueRange{indexIn(buffer, address)},
                                      laneMask(count), zeros(buffer));
}

void KernelBuilder::storePart(Value vector, Value buffer, Address address,
                              int64_t count) {
  if (count >= vl)
    return store(vector, buffer, address);
  if (!hasMasks(buffer, count))
    return storePieces(vector, buffer, address, count);
  vector::MaskedStoreOp::create(b, buffer, ValueRange{indexIn(buffer, address)},
                                laneMask(count), vector);
}

Value KernelBuilder::widenFloats(Value vector) {
  auto type = cast<VectorType>(vector.getType());
  if (!type.getElementType().isBF16())
    return vector;
  // They are the first half of the bits.
  Type word = b.getI32Type();
  int64_t lanes = type.getNumElements();
  Value bits = arith::ExtUIOp::create(b, VectorType::get({lanes}, word),
                                      bitcast(vector, b.getI16Type()));
  Value high = arith::ShLIOp::create(b, bits, splat(word, lanes, 16));
  return bitcast(high, b.getF32Type());
}

Value KernelBuilder::roundFor(Value buffer, Value vector) {
  auto type = cast<VectorType>(vector.getType());
  VectorType held = vectorOf(buffer, type.getNumElements());
  if (!held.getElementType().isBF16() || !type.getElementType().isF32())
    return vector;
  return arith::TruncFOp::create(b, held, vector);
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
  // v / (1 + exp(-low)), low what `atLeast` returns. The divider works beside
  // the multipliers: a refined estimate of the reciprocal takes longer.
  auto timesSigmoid = [&](Value v, Value low) -> Value {
    auto [e, power] =
        emitExponential(*this, arith::NegFOp::create(b, minimum(low, 87)));
    Value divisor = math::FmaOp::create(b, e, power, splatOf(1));
    return arith::DivFOp::create(b, v, divisor);
  };

  // x * sigmoid(x * p(x^2)), p from its last coefficient on. At `kFar` the
  // sigmoid is 0 or 1 in f32; from there on p stays as it is.
  auto gated = [&](ArrayRef<float> coefficients) -> Value {
    constexpr float kFar = 36;
    float last = 0;
    for (float c : coefficients)
      last = last * kFar + c;
    Value low = maximum(x, -87 / last);
    Value square = minimum(arith::MulFOp::create(b, low, low), kFar);
    Value p = splatOf(coefficients.front());
    for (float c : coefficients.drop_front())
      p = math::FmaOp::create(b, p, square, splatOf(c));
    return timesSigmoid(low, arith::MulFOp::create(b, low, p));
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
    return timesSigmoid(splatOf(1), atLeast(x));
  case ActivationKind::Tanh:
    return math::TanhOp::create(b, x);
  case ActivationKind::HardSigmoid:
    return hard(x, alpha, beta);
  case ActivationKind::HardSwish:
    return arith::MulFOp::create(b, x, hard(x, 1.0f / 6.0f, 0.5f));
  case ActivationKind::Silu: {
    Value low = atLeast(x);
    return timesSigmoid(low, low);
  }
  case ActivationKind::Gelu:
    // The normal distribution is the sigmoid of an odd function, which needs
    // the fewer digits the farther it is from zero: weighted least squares in
    // turns, an error of 7e-8 at most.
    return gated({3.6112313139824437e-09f, -2.6689275500757503e-07f,
                  7.938218004710507e-06f, -1.1048030864913017e-04f,
                  -6.62600141367875e-05f, 0.07266856729984283f,
                  1.5957684516906738f});
  case ActivationKind::GeluTanh:
    return gated({2 * 0.79788456f * 0.044715f, 2 * 0.79788456f});
  }
  llvm_unreachable("unknown activation kind");
}
