//===- ErrorFunction.cpp - The error function of vectors
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Builder/ErrorFunction.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace mlir::lw;

/// erf(x) = x * P(x^2) / Q(x^2) up to where erf rounds to one, with a relative
/// error of 1.2e-8 before rounding: least squares in turns, each weighted by
/// the errors of the one before. Pieces of polynomials, each lane choosing its
/// coefficients, took 1.7 times as long.
Value mlir::lw::emitErrorFunction(KernelBuilder &k, Value x) {
  constexpr float kMost = 3.8f;
  constexpr float kNumerator[] = {
      2.151036824216135e-06f, 2.865095157176256e-04f, 3.615085268393159e-03f,
      5.231075733900070e-02f, 1.862498074769974e-01f, 1.128379106521606f};
  constexpr float kDenominator[] = {
      3.921354800695553e-05f, 1.135103870183229e-03f, 1.466728840023279e-02f,
      1.124920472502708e-01f, 4.983925521373749e-01f, 1.0f};
  ImplicitLocOpBuilder &b = k.b;
  auto within = [&](Value v, float bound) {
    return k.activate(ActivationAttr::get(b.getContext(), ActivationKind::Clamp,
                                          -bound, bound),
                      v);
  };
  x = within(x, kMost);
  Value square = arith::MulFOp::create(b, x, x);
  auto polynomial = [&](ArrayRef<float> coefficients) {
    Value sum = k.splat(coefficients.front());
    for (float c : coefficients.drop_front())
      sum = k.fma(sum, square, k.splat(c));
    return sum;
  };
  Value numerator = arith::MulFOp::create(b, x, polynomial(kNumerator));
  // Both are finite, and the divisor is no less than one: a refined estimate of
  // its reciprocal will do.
  auto estimate = arith::FastMathFlagsAttr::get(
      b.getContext(), arith::FastMathFlags::arcp | arith::FastMathFlags::ninf |
                          arith::FastMathFlags::contract);
  Value quotient =
      arith::DivFOp::create(b, numerator, polynomial(kDenominator), estimate);
  return within(quotient, 1.0f);
}
