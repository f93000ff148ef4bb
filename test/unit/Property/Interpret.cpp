//===- Interpret.cpp - What a network computes, by plain loops
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Interpret.h"
#include "LayerCase.h"
#include "lw/Dialect/IR/LwOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include <cmath>
#include <random>

using namespace mlir;
using namespace lwtest;

Array::Array(ArrayRef<int64_t> shape)
    : shape(shape), values(ShapedType::getNumElements(shape)) {}

double Array::largest() const {
  double result = 0;
  for (float value : values)
    if (std::isfinite(value))
      result = std::max(result, std::fabs(static_cast<double>(value)));
  return result;
}

void lwtest::forEachElement(
    ArrayRef<int64_t> shape,
    llvm::function_ref<void(int64_t, ArrayRef<int64_t>)> body) {
  Shape index(shape.size(), 0);
  int64_t count = ShapedType::getNumElements(shape);
  for (int64_t i = 0; i < count; ++i) {
    body(i, index);
    for (int64_t axis = shape.size() - 1;
         axis >= 0 && ++index[axis] == shape[axis]; --axis)
      index[axis] = 0;
  }
}

static Array toArray(const LayerCase &layer) {
  Array result(layer.outputShape());
  Expected expected = evaluate(layer);
  result.values.assign(expected.values.begin(), expected.values.end());
  return result;
}

static Array interpretConvolution(lw::ConvolutionOpInterface conv,
                                  llvm::function_ref<const Array &(Value)> of) {
  LayerCase layer;
  layer.g = conv.getConvGeometry();
  layer.variant = isa<lw::DepthwiseConv2DOp>(conv)   ? Variant::Depthwise
                  : isa<lw::SeparableConv2DOp>(conv) ? Variant::Separable
                                                     : Variant::Grouped;
  if (lw::ActivationAttr activation = conv.getConvActivation())
    layer.activation =
        Activation{activation.getKind(), activation.getAlphaValue(),
                   activation.getBetaValue()};
  layer.input = of(conv.getConvInput()).values;
  for (Value filter : conv.getConvFilters())
    layer.parameters.push_back(of(filter).values);
  if (Value bias = conv.getConvBias())
    layer.bias = of(bias).values;
  if (Value residual = conv.getConvResidual())
    layer.residual = of(residual).values;
  return toArray(layer);
}

static Array interpretPerChannel(Operation *op,
                                 ArrayRef<const Array *> operands) {
  LayerCase layer;
  const Array &x = *operands.front();
  layer.g.inChannels = layer.g.outChannels = x.shape.back();
  layer.input = x.values;
  if (auto norm = dyn_cast<lw::BatchNormOp>(op)) {
    layer.variant = Variant::BatchNorm;
    layer.epsilon = norm.getEpsilon().convertToFloat();
    for (const Array *parameter : operands.drop_front())
      layer.parameters.push_back(parameter->values);
  } else {
    layer.variant = Variant::ChannelShuffle;
    layer.g.groups = cast<lw::ChannelShuffleOp>(op).getGroups();
  }
  Array result(x.shape);
  Expected expected = evaluate(layer);
  result.values.assign(expected.values.begin(), expected.values.end());
  return result;
}

llvm::Expected<llvm::DenseMap<Value, Array>>
lwtest::interpret(ModuleOp module, ArrayRef<std::vector<float>> inputs,
                  double disturbance) {
  auto main = module.lookupSymbol<func::FuncOp>("main");
  std::mt19937 random(1);
  llvm::DenseMap<Value, Array> values;
  for (auto [argument, input] : llvm::zip(main.getArguments(), inputs)) {
    Array array(cast<RankedTensorType>(argument.getType()).getShape());
    array.values = input;
    values[argument] = std::move(array);
  }
  for (Operation &op : main.front().without_terminator()) {
    auto type = dyn_cast<RankedTensorType>(op.getResult(0).getType());
    if (!type || !type.getElementType().isF32())
      continue; // read where it is used
    SmallVector<const Array *> operands;
    for (Value operand : op.getOperands())
      if (auto it = values.find(operand); it != values.end())
        operands.push_back(&it->second);
    Array result;
    if (auto conv = dyn_cast<lw::ConvolutionOpInterface>(op)) {
      result = interpretConvolution(
          conv, [&](Value value) -> const Array & { return values[value]; });
    } else if (isa<lw::BatchNormOp, lw::ChannelShuffleOp>(op)) {
      result = interpretPerChannel(&op, operands);
    } else if (auto rows = interpretRows(&op, operands)) {
      result = std::move(*rows);
    } else {
      llvm::Expected<Array> found = interpretTosa(&op, operands);
      if (!found)
        return found.takeError();
      result = std::move(*found);
    }
    if (ArrayRef<int64_t>(result.shape) != type.getShape())
      return llvm::createStringError("the interpreter gives " +
                                     op.getName().getStringRef() +
                                     " another shape than its type");
    if (disturbance != 0 && !isa<tosa::ConstOp>(op)) {
      double unit = disturbance * result.largest();
      for (float &value : result.values)
        value += unit * (static_cast<double>(random() % 2001) / 1000 - 1);
    }
    values[op.getResult(0)] = std::move(result);
  }
  return values;
}
