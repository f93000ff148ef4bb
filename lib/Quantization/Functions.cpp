//===- Functions.cpp - Functions of one tensor
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Functions.h"
#include "lw/Dialect/IR/Constants.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "mlir/IR/Builders.h"
#include "llvm/ADT/TypeSwitch.h"
#include <cmath>

using namespace mlir;
using namespace mlir::lw;

/// The one element of a constant.
static std::optional<float> splatOf(Value value) {
  if (!isConstantFloat(value))
    return std::nullopt;
  auto elements = readConstant(value);
  if (!elements || elements->empty() || !llvm::all_equal(*elements))
    return std::nullopt;
  return elements->front();
}

/// A depthwise convolution that only applies its activation.
static bool isActivation(Operation *op) {
  auto conv = dyn_cast<DepthwiseConv2DOp>(op);
  if (!conv || !conv.getActivation() || conv.getBias() || conv.getResidual() ||
      conv.getQuantization() ||
      conv.getInput().getType() != conv.getOutput().getType())
    return false;
  ConvGeometry g = ConvolutionOpInterface(conv).getConvGeometry();
  return g.kernelHeight == 1 && g.kernelWidth == 1 && g.multiplier == 1 &&
         !g.hasStride() && !g.hasPadding() && splatOf(conv.getFilter()) == 1.0f;
}

static bool isElementwise(Operation *op) {
  return isActivation(op) ||
         isa<tosa::AbsOp, tosa::AddOp, tosa::CeilOp, tosa::ClampOp, tosa::CosOp,
             tosa::ErfOp, tosa::ExpOp, tosa::FloorOp, tosa::GreaterEqualOp,
             tosa::GreaterOp, tosa::LogOp, tosa::MaximumOp, tosa::MinimumOp,
             tosa::MulOp, tosa::NegateOp, tosa::PowOp, tosa::ReciprocalOp,
             tosa::RsqrtOp, tosa::SelectOp, tosa::SigmoidOp, tosa::SinOp,
             tosa::SubOp, tosa::TanhOp>(op);
}

/// Operands that are arguments of the function that `op` computes: not the
/// shift of a product, not zero points.
static ValueRange argumentsOf(Operation *op) {
  ValueRange operands = op->getOperands();
  if (isa<tosa::MulOp>(op))
    return operands.take_front(2);
  if (isActivation(op) || isa<tosa::NegateOp>(op))
    return operands.take_front(1);
  return operands;
}

ElementFunctions::ElementFunctions(func::FuncOp main) {
  for (Operation &op : main.getBody().front()) {
    if (!isElementwise(&op))
      continue;
    Value source;
    bool isFunction = true;
    auto type = cast<RankedTensorType>(op.getResult(0).getType());
    for (Value operand : argumentsOf(&op)) {
      if (splatOf(operand))
        continue;
      Value from = sources.lookup(operand);
      if (!from)
        from = operand;
      isFunction &=
          (!source || source == from) &&
          cast<RankedTensorType>(from.getType()).getShape() == type.getShape();
      source = from;
    }
    if (isFunction && source && getElementTypeOrSelf(source.getType()).isF32())
      sources[op.getResult(0)] = source;
  }
}

/// An operation at elements of its operands.
static float applyOperation(Operation *op, ArrayRef<float> x) {
  if (isActivation(op))
    return cast<DepthwiseConv2DOp>(op).getActivation()->apply(x[0]);
  auto bound = [](Attribute value) {
    return static_cast<float>(cast<FloatAttr>(value).getValueAsDouble());
  };
  return llvm::TypeSwitch<Operation *, float>(op)
      .Case([&](tosa::AbsOp) { return std::abs(x[0]); })
      .Case([&](tosa::AddOp) { return x[0] + x[1]; })
      .Case([&](tosa::CeilOp) { return std::ceil(x[0]); })
      .Case([&](tosa::ClampOp clamp) {
        return std::min(std::max(x[0], bound(clamp.getMinVal())),
                        bound(clamp.getMaxVal()));
      })
      .Case([&](tosa::CosOp) { return std::cos(x[0]); })
      .Case([&](tosa::ErfOp) { return std::erf(x[0]); })
      .Case([&](tosa::ExpOp) { return std::exp(x[0]); })
      .Case([&](tosa::FloorOp) { return std::floor(x[0]); })
      .Case([&](tosa::GreaterEqualOp) { return x[0] >= x[1] ? 1.0f : 0.0f; })
      .Case([&](tosa::GreaterOp) { return x[0] > x[1] ? 1.0f : 0.0f; })
      .Case([&](tosa::LogOp) { return std::log(x[0]); })
      .Case([&](tosa::MaximumOp) { return std::max(x[0], x[1]); })
      .Case([&](tosa::MinimumOp) { return std::min(x[0], x[1]); })
      .Case([&](tosa::MulOp) { return x[0] * x[1]; })
      .Case([&](tosa::NegateOp) { return -x[0]; })
      .Case([&](tosa::PowOp) { return std::pow(x[0], x[1]); })
      .Case([&](tosa::ReciprocalOp) { return 1 / x[0]; })
      .Case([&](tosa::RsqrtOp) { return 1 / std::sqrt(x[0]); })
      .Case([&](tosa::SelectOp) { return x[0] != 0 ? x[1] : x[2]; })
      .Case([&](tosa::SigmoidOp) { return 1 / (1 + std::exp(-x[0])); })
      .Case([&](tosa::SinOp) { return std::sin(x[0]); })
      .Case([&](tosa::SubOp) { return x[0] - x[1]; })
      .Case([&](tosa::TanhOp) { return std::tanh(x[0]); });
}

float ElementFunctions::apply(Value value, float x) const {
  Value source = getSource(value);
  SmallVector<float> arguments;
  for (Value operand : argumentsOf(value.getDefiningOp())) {
    if (operand == source)
      arguments.push_back(x);
    else if (std::optional<float> splat = splatOf(operand))
      arguments.push_back(*splat);
    else
      arguments.push_back(apply(operand, x));
  }
  return applyOperation(value.getDefiningOp(), arguments);
}

DenseElementsAttr ElementFunctions::makeTable(Value value, QuantAttr from,
                                              QuantAttr to) const {
  SmallVector<int8_t> table(256);
  for (int byte = 0; byte < 256; ++byte) {
    float x = from.dequantize(from.fromByte(static_cast<uint8_t>(byte)));
    table[byte] = static_cast<int8_t>(to.quantize(apply(value, x)));
  }
  return DenseElementsAttr::get(
      RankedTensorType::get({256}, IntegerType::get(value.getContext(), 8)),
      ArrayRef<int8_t>(table));
}

void lw::splitActivations(func::FuncOp main) {
  SmallVector<ConvolutionOpInterface> convs;
  main.walk([&](ConvolutionOpInterface conv) { convs.push_back(conv); });
  for (ConvolutionOpInterface conv : convs) {
    ActivationAttr activation = conv.getConvActivation();
    auto type = cast<RankedTensorType>(conv->getResult(0).getType());
    if (!activation || activation.getKind() == ActivationKind::Relu ||
        activation.getKind() == ActivationKind::Clamp || isActivation(conv) ||
        !type.hasStaticShape() || !type.getElementType().isF32())
      continue;
    conv.setConvActivation(nullptr);
    OpBuilder builder(main.getContext());
    builder.setInsertionPointAfter(conv);
    int64_t channels = type.getDimSize(3);
    Value ones = createConstant(builder, conv.getLoc(), {1, 1, channels, 1},
                                std::vector<float>(channels, 1.0f));
    auto applied = DepthwiseConv2DOp::create(
        builder, conv.getLoc(), type, conv->getResult(0), ones,
        /*bias=*/Value(), /*residual=*/Value(), ArrayRef<int64_t>{1, 1},
        ArrayRef<int64_t>{0, 0, 0, 0}, ArrayRef<int64_t>{1, 1}, activation,
        ConvQuantAttr());
    conv->getResult(0).replaceAllUsesExcept(applied.getOutput(), applied);
  }
}

void lw::mergeActivations(func::FuncOp main) {
  SmallVector<DepthwiseConv2DOp> activations;
  main.walk([&](DepthwiseConv2DOp op) {
    if (isActivation(op))
      activations.push_back(op);
  });
  for (DepthwiseConv2DOp op : activations) {
    auto conv = op.getInput().getDefiningOp<ConvolutionOpInterface>();
    if (!conv || !op.getInput().hasOneUse() || conv.getConvActivation())
      continue;
    conv.setConvActivation(*op.getActivation());
    op.getOutput().replaceAllUsesWith(op.getInput());
    op.erase();
  }
}
