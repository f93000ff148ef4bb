//===- Exponential.cpp - Exponentials of vectors
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Builder/Exponential.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace mlir::lw;

/// The exponential is 2^n * exp(f), n whole and |f| <= ln(2) / 2, the latter a
/// polynomial of relative error 1.1e-7. What ln(2) loses as one float adds
/// 3e-9 * |x| to it. A NaN reaches the product by the polynomial, whatever its
/// bits make of 2^n.
std::pair<Value, Value> mlir::lw::emitExponential(KernelBuilder &k, Value x) {
  // Adding 1.5 * 2^23 leaves the whole part in the last bits; the exponent's
  // bias is added there, too.
  constexpr float kLog2e = 1.44269504f, kLn2 = 0.69314718f,
                  kRound = 12582912.0f + 127;
  constexpr float kCoefficients[] = {0.008312515470297818f,
                                     0.041890200560601325f,
                                     0.16667114834393015f,
                                     0.49999231198334465f,
                                     1.0f,
                                     1.0f};
  ImplicitLocOpBuilder &b = k.b;
  Type type = x.getType(), bits = b.getI32Type();
  auto vector = dyn_cast<VectorType>(type);
  if (vector)
    bits = vector.clone(bits);
  auto splatOf = [&](float value) -> Value {
    return vector ? k.constantVector(DenseElementsAttr::get(vector, value))
                  : k.constantF32(value);
  };
  auto splatOfBits = [&](int32_t value) -> Value {
    if (vector)
      return k.splat(b.getI32Type(), vector.getNumElements(), value);
    return arith::ConstantOp::create(b, b.getI32IntegerAttr(value));
  };
  auto fma = [&](Value a, Value c, Value d) -> Value {
    return math::FmaOp::create(b, a, c, d);
  };
  Value shifted = fma(x, splatOf(kLog2e), splatOf(kRound));
  Value n = arith::SubFOp::create(b, shifted, splatOf(kRound));
  Value f = fma(n, splatOf(-kLn2), x);
  Value e = splatOf(kCoefficients[0]);
  for (float c : llvm::drop_begin(kCoefficients))
    e = fma(e, f, splatOf(c));
  Value power = arith::ShLIOp::create(
      b, arith::BitcastOp::create(b, bits, shifted), splatOfBits(23));
  return {e, arith::BitcastOp::create(b, type, power)};
}

Value mlir::lw::emitExponentialOfLess(KernelBuilder &k, Value x) {
  auto [e, power] = emitExponential(k, x);
  Value tiny =
      arith::CmpFOp::create(k.b, arith::CmpFPredicate::OLT, x, k.splat(-87));
  return arith::SelectOp::create(k.b, tiny, k.splat(0),
                                 arith::MulFOp::create(k.b, e, power));
}
