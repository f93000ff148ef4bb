//===- Activation.cpp - Arithmetic of an activation
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Conversion/Activation.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace mlir::lw;

namespace {
/// Float arithmetic on values of one scalar or vector type.
struct Arithmetic {
  OpBuilder &builder;
  Location location;
  Type type;

  Value constant(double value) {
    TypedAttr attribute =
        builder.getFloatAttr(getElementTypeOrSelf(type), value);
    if (auto shaped = dyn_cast<ShapedType>(type))
      attribute = DenseElementsAttr::get(shaped, Attribute(attribute));
    return arith::ConstantOp::create(builder, location, attribute);
  }
  Value add(Value a, Value b) {
    return arith::AddFOp::create(builder, location, a, b);
  }
  Value mul(Value a, Value b) {
    return arith::MulFOp::create(builder, location, a, b);
  }
  Value div(Value a, Value b) {
    return arith::DivFOp::create(builder, location, a, b);
  }
  Value clamp(Value x, double low, double high) {
    Value atLeast =
        arith::MaximumFOp::create(builder, location, x, constant(low));
    return arith::MinimumFOp::create(builder, location, atLeast,
                                     constant(high));
  }
  /// `x`, and the least number in place of minus infinity: its product with
  /// zero is the limit of a gated function.
  Value aboveInfinity(Value x) {
    auto element = cast<FloatType>(getElementTypeOrSelf(type));
    APFloat least =
        APFloat::getLargest(element.getFloatSemantics(), /*Negative=*/true);
    return arith::MaximumFOp::create(builder, location, x,
                                     constant(least.convertToDouble()));
  }
  /// 1 + exp(-x)
  Value onePlusExpOfMinus(Value x) {
    Value minus = arith::NegFOp::create(builder, location, x);
    return add(math::ExpOp::create(builder, location, minus), constant(1));
  }
};
} // namespace

Value lw::buildActivation(OpBuilder &builder, Location location,
                          ActivationAttr activation, Value x) {
  if (!activation)
    return x;
  Arithmetic a{builder, location, x.getType()};
  double alpha = activation.getAlphaValue(), beta = activation.getBetaValue();
  switch (activation.getKind()) {
  case ActivationKind::Relu:
    return arith::MaximumFOp::create(builder, location, x, a.constant(0));
  case ActivationKind::Clamp:
    return a.clamp(x, alpha, beta);
  case ActivationKind::LeakyRelu: {
    Value positive = arith::CmpFOp::create(
        builder, location, arith::CmpFPredicate::OGE, x, a.constant(0));
    return arith::SelectOp::create(builder, location, positive, x,
                                   a.mul(x, a.constant(alpha)));
  }
  case ActivationKind::Sigmoid:
    return a.div(a.constant(1), a.onePlusExpOfMinus(x));
  case ActivationKind::Tanh:
    return math::TanhOp::create(builder, location, x);
  case ActivationKind::HardSigmoid:
    return a.clamp(a.add(a.mul(x, a.constant(alpha)), a.constant(beta)), 0, 1);
  case ActivationKind::HardSwish:
    return a.mul(
        x, a.clamp(a.add(a.div(x, a.constant(6)), a.constant(0.5)), 0, 1));
  case ActivationKind::Silu:
    return a.div(a.aboveInfinity(x), a.onePlusExpOfMinus(x));
  case ActivationKind::Gelu: {
    Value erf = math::ErfOp::create(builder, location,
                                    a.mul(x, a.constant(0.70710678118654752)));
    return a.mul(a.mul(a.aboveInfinity(x), a.constant(0.5)),
                 a.add(erf, a.constant(1)));
  }
  case ActivationKind::GeluTanh: {
    // (1 + tanh(y)) / 2 = 1 / (1 + exp(-2 * y))
    constexpr double kTwice = 1.59576912160573071;
    Value factor = a.add(a.mul(a.mul(x, x), a.constant(0.044715 * kTwice)),
                         a.constant(kTwice));
    return a.div(a.aboveInfinity(x), a.onePlusExpOfMinus(a.mul(x, factor)));
  }
  }
  llvm_unreachable("unknown activation kind");
}
