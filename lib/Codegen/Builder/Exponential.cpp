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
/// polynomial of relative error 2e-9. A NaN reaches the product by it, whatever
/// its bits make of 2^n.
std::pair<Value, Value> mlir::lw::emitExponential(KernelBuilder &k, Value x) {
  constexpr float kLog2e = 1.44269504f, kLn2High = 0.693359375f,
                  kLn2Low = -2.12194440e-4f, kRound = 12582912.0f;
  constexpr float kCoefficients[] = {0.00138367828913033f,
                                     0.00837485771626234f,
                                     0.041668228805065155f,
                                     0.16666419804096222f,
                                     0.49999991059303284f,
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
  // Adding 1.5 * 2^23 leaves the whole part in the last bits.
  Value shifted = fma(x, splatOf(kLog2e), splatOf(kRound));
  Value n = arith::SubFOp::create(b, shifted, splatOf(kRound));
  Value f = fma(n, splatOf(-kLn2High), x);
  f = fma(n, splatOf(-kLn2Low), f);
  Value e = splatOf(kCoefficients[0]);
  for (float c : llvm::drop_begin(kCoefficients))
    e = fma(e, f, splatOf(c));
  Value power = arith::ShLIOp::create(
      b, arith::BitcastOp::create(b, bits, shifted), splatOfBits(23));
  power = arith::AddIOp::create(b, power, splatOfBits(127 << 23));
  return {e, arith::BitcastOp::create(b, type, power)};
}

Value mlir::lw::emitExponentialOfLess(KernelBuilder &k, Value x) {
  auto [e, power] = emitExponential(k, x);
  Value tiny =
      arith::CmpFOp::create(k.b, arith::CmpFPredicate::OLT, x, k.splat(-87));
  return arith::SelectOp::create(k.b, tiny, k.splat(0),
                                 arith::MulFOp::create(k.b, e, power));
}
