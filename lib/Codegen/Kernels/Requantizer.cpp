//===- Requantizer.cpp - From accumulators to the result of a quantized conv
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Kernels/Requantizer.h"
#include "Builder/DotBuilder.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace mlir::lw;

static VectorType as(Value vector, Type element) {
  return VectorType::get({cast<VectorType>(vector.getType()).getNumElements()},
                         element);
}

Value mlir::lw::splatLike(KernelBuilder &k, Value vector, float value) {
  auto type = cast<VectorType>(vector.getType());
  return k.constantVector(DenseElementsAttr::get(type, value));
}

Value mlir::lw::roundToInteger(KernelBuilder &k, Value x, bool outside) {
  if (outside) {
    // Far beyond what a byte holds, so the result saturates all the same.
    auto fast = arith::FastMathFlagsAttr::get(k.b.getContext(),
                                              arith::FastMathFlags::nnan |
                                                  arith::FastMathFlags::nsz);
    x = arith::MaximumFOp::create(k.b, x, splatLike(k, x, -32768.0f), fast);
    x = arith::MinimumFOp::create(k.b, x, splatLike(k, x, 32767.0f), fast);
  }
  // LLVM splits its own operation where a vector is longer than a register, a
  // processor's intrinsic it does not.
  bool oneRegister =
      cast<VectorType>(x.getType()).getNumElements() == k.target.lanes();
  return k.intrinsic(oneRegister ? k.target.roundToInteger
                                 : llvm::StringLiteral("llvm.lrint"),
                     as(x, k.b.getI32Type()), x);
}

static Value widenBytes(KernelBuilder &k, Value bytes, bool isUnsigned) {
  VectorType type = as(bytes, k.b.getI32Type());
  if (isUnsigned)
    return arith::ExtUIOp::create(k.b, type, bytes);
  return arith::ExtSIOp::create(k.b, type, bytes);
}

Value mlir::lw::centerBytes(KernelBuilder &k, Value bytes, bool isUnsigned,
                            int64_t zero) {
  Value x = widenBytes(k, bytes, isUnsigned);
  if (!zero)
    return x;
  int64_t lanes = cast<VectorType>(x.getType()).getNumElements();
  return arith::SubIOp::create(k.b, x, k.splat(k.b.getI32Type(), lanes, zero));
}

Value mlir::lw::dequantize(KernelBuilder &k, Value bytes, bool isUnsigned,
                           int64_t zero, float scale) {
  Value x = centerBytes(k, bytes, isUnsigned, zero);
  x = arith::SIToFPOp::create(k.b, as(x, k.b.getF32Type()), x);
  return arith::MulFOp::create(k.b, x, splatLike(k, x, scale));
}

Value Requantizer::scale(Value accumulators, Value multipliers,
                         Value residual) {
  Type f32 = k.b.getF32Type();
  // Rounded one by one: no fused multiply-add, which some processors lack.
  Value x = arith::MulFOp::create(
      k.b, arith::SIToFPOp::create(k.b, as(accumulators, f32), accumulators),
      multipliers);
  if (!residual)
    return x;
  return arith::AddFOp::create(k.b, x,
                               dequantize(k, residual, q.residualIsUnsigned,
                                          q.residualZero,
                                          q.residualMultiplier));
}

Value Requantizer::toBytes(ArrayRef<Value> values) {
  SmallVector<Value, 4> rounded;
  for (Value x : values)
    rounded.push_back(roundToInteger(k, x, q.wide));
  Value bytes = narrow(k, rounded, q.zero, q.isUnsigned);
  auto bound = [&](int64_t value) {
    return k.splat(k.b.getI8Type(),
                   cast<VectorType>(bytes.getType()).getNumElements(),
                   static_cast<int8_t>(value));
  };
  int64_t least = q.isUnsigned ? 0 : -128;
  if (q.low > least)
    bytes = q.isUnsigned
                ? arith::MaxUIOp::create(k.b, bytes, bound(q.low)).getResult()
                : arith::MaxSIOp::create(k.b, bytes, bound(q.low)).getResult();
  if (q.high < least + 255)
    bytes = q.isUnsigned
                ? arith::MinUIOp::create(k.b, bytes, bound(q.high)).getResult()
                : arith::MinSIOp::create(k.b, bytes, bound(q.high)).getResult();
  return bytes;
}
