//===- BuildModule.cpp - Random layers as MLIR
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "LayerCase.h"
#include "lw/Dialect/IR/Constants.h"
#include "lw/Dialect/IR/LwOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

using namespace mlir;
using namespace mlir::lw;
using namespace lwtest;

static RankedTensorType tensorType(Builder &builder, ArrayRef<int64_t> shape) {
  return RankedTensorType::get(shape, builder.getF32Type());
}

/// The operation of a layer on `input` and (or null) `residual`.
static Value buildLayer(ImplicitLocOpBuilder &b, const LayerCase &layer,
                        Value input, Value residual) {
  const ConvGeometry &g = layer.g;
  SmallVector<Value> parameters;
  for (auto [shape, values] :
       llvm::zip(layer.parameterShapes(), layer.parameters))
    parameters.push_back(createConstant(b, b.getLoc(), shape, values));
  Value bias;
  if (!layer.bias.empty())
    bias = createConstant(b, b.getLoc(), {g.outChannels}, layer.bias);
  ActivationAttr activation;
  if (layer.activation)
    activation =
        ActivationAttr::get(b.getContext(), layer.activation->kind,
                            layer.activation->alpha, layer.activation->beta);
  switch (layer.variant) {
  case Variant::Standard:
  case Variant::Winograd:
  case Variant::Grouped:
    return Conv2DOp::create(b, input, parameters[0], bias, residual, g.strides,
                            g.padding, g.dilations, g.groups, activation,
                            /*quantization=*/nullptr);
  case Variant::Depthwise:
    return DepthwiseConv2DOp::create(b, input, parameters[0], bias, residual,
                                     g.strides, g.padding, g.dilations,
                                     activation, /*quantization=*/nullptr);
  case Variant::Pointwise:
    return PointwiseConv2DOp::create(b, input, parameters[0], bias, residual,
                                     g.strides, activation,
                                     /*quantization=*/nullptr);
  case Variant::Separable:
    return SeparableConv2DOp::create(
        b, input, parameters[0], parameters[1], bias, residual, g.strides,
        g.padding, g.dilations, activation, /*quantization=*/nullptr);
  case Variant::BatchNorm:
    return BatchNormOp::create(b, input.getType(), input, parameters[0],
                               parameters[1], parameters[2], parameters[3],
                               APFloat(layer.epsilon));
  case Variant::ChannelShuffle:
    return ChannelShuffleOp::create(b, input.getType(), input, g.groups);
  }
  return {};
}

OwningOpRef<ModuleOp> lwtest::buildModule(MLIRContext &context,
                                          ArrayRef<LayerCase> layers) {
  context.loadDialect<func::FuncDialect, LwDialect>();
  ImplicitLocOpBuilder b(UnknownLoc::get(&context), &context);
  OwningOpRef<ModuleOp> module = ModuleOp::create(b.getLoc());
  b.setInsertionPointToStart(module->getBody());

  SmallVector<Type> inputs, outputs;
  for (const LayerCase &layer : layers) {
    inputs.push_back(tensorType(b, layer.inputShape()));
    if (!layer.residual.empty())
      inputs.push_back(tensorType(b, layer.outputShape()));
    outputs.push_back(tensorType(b, layer.outputShape()));
  }
  auto main =
      func::FuncOp::create(b, "main", b.getFunctionType(inputs, outputs));
  b.setInsertionPointToStart(main.addEntryBlock());
  SmallVector<Value> results;
  unsigned argument = 0;
  for (const LayerCase &layer : layers) {
    Value input = main.getArgument(argument++), residual;
    if (!layer.residual.empty())
      residual = main.getArgument(argument++);
    results.push_back(buildLayer(b, layer, input, residual));
  }
  func::ReturnOp::create(b, results);
  return module;
}

std::string lwtest::print(const LayerCase &layer, MLIRContext &context) {
  OwningOpRef<ModuleOp> module = buildModule(context, layer);
  std::string text;
  llvm::raw_string_ostream stream(text);
  module->print(stream, OpPrintingFlags().elideLargeElementsAttrs(0));
  return text;
}
