//===- RecurrentActivation.cpp - Activations of gates
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Conversion/RecurrentActivation.h"
#include "lw/Conversion/Activation.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

using namespace mlir;
using namespace mlir::lw;

Value mlir::lw::buildRecurrentActivation(OpBuilder &builder, Location location,
                                         const RecurrentActivation &activation,
                                         Value x) {
  if (ActivationAttr known = toActivation(builder.getContext(), activation))
    return buildActivation(builder, location, known, x);
  ImplicitLocOpBuilder b(location, builder);
  auto constant = [&](float value) -> Value {
    TypedAttr attribute = b.getF32FloatAttr(value);
    if (auto shaped = dyn_cast<ShapedType>(x.getType()))
      attribute = DenseElementsAttr::get(shaped, Attribute(attribute));
    return arith::ConstantOp::create(b, attribute);
  };
  auto times = [&](float factor, Value value) -> Value {
    return arith::MulFOp::create(b, constant(factor), value);
  };
  auto isBelow = [&](float bound) -> Value {
    return arith::CmpFOp::create(b, arith::CmpFPredicate::OLT, x,
                                 constant(bound));
  };
  switch (activation.function) {
  case RecurrentFunction::Affine:
    return arith::AddFOp::create(b, times(activation.alpha, x),
                                 constant(activation.beta));
  case RecurrentFunction::ThresholdedRelu:
    return arith::SelectOp::create(b, isBelow(activation.alpha), constant(0),
                                   x);
  case RecurrentFunction::ScaledTanh:
    return times(activation.alpha,
                 math::TanhOp::create(b, times(activation.beta, x)));
  case RecurrentFunction::Elu: {
    Value power = math::ExpOp::create(b, x);
    Value below =
        times(activation.alpha, arith::SubFOp::create(b, power, constant(1)));
    return arith::SelectOp::create(b, isBelow(0), below, x);
  }
  case RecurrentFunction::Softsign: {
    Value size = math::AbsFOp::create(b, x);
    return arith::DivFOp::create(b, x,
                                 arith::AddFOp::create(b, size, constant(1)));
  }
  case RecurrentFunction::Softplus: {
    // log(1 + exp(x)), without overflow.
    Value minus =
        arith::NegFOp::create(b, math::AbsFOp::create(b, x).getResult());
    Value small = math::Log1pOp::create(b, math::ExpOp::create(b, minus));
    return arith::AddFOp::create(
        b, arith::MaximumFOp::create(b, x, constant(0)), small);
  }
  default:
    break;
  }
  llvm_unreachable("unknown activation of a gate");
}
