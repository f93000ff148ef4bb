//===- ConvWeights.cpp - Arithmetic on the constants of a convolution
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "ConvWeights.h"
#include "lw/Dialect/IR/Constants.h"
#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace mlir::lw;

std::optional<std::vector<double>> lw::readPerChannel(Value value,
                                                      RankedTensorType type) {
  auto valueType = dyn_cast<RankedTensorType>(value.getType());
  if (!valueType || !valueType.hasStaticShape() || type.getRank() == 0 ||
      valueType.getRank() != type.getRank() || !isConstantFloat(value))
    return std::nullopt;
  ArrayRef<int64_t> shape = valueType.getShape();
  int64_t channels = type.getShape().back();
  if (ShapedType::isDynamic(channels) ||
      !llvm::all_of(shape.drop_back(),
                    [](int64_t extent) { return extent == 1; }) ||
      (shape.back() != 1 && shape.back() != channels))
    return std::nullopt;
  std::optional<std::vector<float>> elements = readConstant(value);
  if (!elements)
    return std::nullopt;
  if (shape.back() == channels)
    return std::vector<double>(elements->begin(), elements->end());
  return std::vector<double>(channels, elements->front());
}

std::optional<float> lw::readUniform(Value value) {
  std::optional<std::vector<float>> elements = readConstant(value);
  if (!elements || elements->empty() ||
      !llvm::all_of(*elements, [&](float e) { return e == elements->front(); }))
    return std::nullopt;
  return elements->front();
}

bool lw::hasConstantWeights(ConvolutionOpInterface conv) {
  return llvm::all_of(conv.getConvFilters(), isConstantFloat) &&
         (!conv.getConvBias() || isConstantFloat(conv.getConvBias()));
}

/// Replaces filter number `index`; filters follow the input operand.
static void setFilter(OpBuilder &builder, ConvolutionOpInterface conv,
                      unsigned index, ArrayRef<float> elements) {
  Value filter = conv.getConvFilters()[index];
  conv->setOperand(1 + index,
                   createConstant(builder, filter.getLoc(),
                                  cast<RankedTensorType>(filter.getType()),
                                  elements));
}

/// Bias in f64, zeros when there is none.
static std::vector<double> readBias(ConvolutionOpInterface conv) {
  if (!conv.getConvBias())
    return std::vector<double>(conv.getConvGeometry().outChannels, 0.0);
  std::vector<float> bias = *readConstant(conv.getConvBias());
  return {bias.begin(), bias.end()};
}

static void setBias(OpBuilder &builder, ConvolutionOpInterface conv,
                    ArrayRef<double> bias) {
  std::vector<float> rounded(bias.begin(), bias.end());
  auto type =
      RankedTensorType::get({static_cast<int64_t>(bias.size())},
                            conv.getConvInput().getType().getElementType());
  conv.setConvBias(createConstant(builder, conv.getLoc(), type, rounded));
}

/// The input channel that the element at `index` of the first filter reads.
static int64_t inputChannel(ConvolutionOpInterface conv, const ConvGeometry &g,
                            int64_t index) {
  if (isa<DepthwiseConv2DOp, SeparableConv2DOp>(conv))
    return index / g.multiplier % g.inChannels;
  int64_t groupIn = g.inChannels / g.groups;
  int64_t groupOut = g.outChannels / g.groups;
  int64_t out = index % g.outChannels;
  return out / groupOut * groupIn + index / g.outChannels % groupIn;
}

void lw::applyToOutput(OpBuilder &builder, ConvolutionOpInterface conv,
                       ArrayRef<double> scale, ArrayRef<double> shift) {
  // The output channel is the fastest index of the last filter of any variant.
  unsigned last = conv.getConvFilters().size() - 1;
  std::vector<double> bias = readBias(conv);
  int64_t channels = bias.size();
  if (llvm::any_of(scale, [](double s) { return s != 1.0; })) {
    std::vector<float> filter = *readConstant(conv.getConvFilters()[last]);
    for (int64_t i = 0, e = filter.size(); i < e; ++i)
      filter[i] = static_cast<float>(filter[i] * scale[i % channels]);
    setFilter(builder, conv, last, filter);
  }
  for (int64_t o = 0; o < channels; ++o)
    bias[o] = bias[o] * scale[o] + shift[o];
  if (conv.getConvBias() ||
      llvm::any_of(bias, [](double b) { return b != 0.0; }))
    setBias(builder, conv, bias);
}

void lw::scaleInput(OpBuilder &builder, ConvolutionOpInterface conv,
                    ArrayRef<double> scale) {
  ConvGeometry g = conv.getConvGeometry();
  std::vector<float> filter = *readConstant(conv.getConvFilters()[0]);
  for (int64_t i = 0, e = filter.size(); i < e; ++i)
    filter[i] = static_cast<float>(filter[i] * scale[inputChannel(conv, g, i)]);
  setFilter(builder, conv, 0, filter);
}

void lw::shiftInput(OpBuilder &builder, ConvolutionOpInterface conv,
                    ArrayRef<double> shift) {
  ConvGeometry g = conv.getConvGeometry();
  SmallVector<Value> filters = conv.getConvFilters();
  // What the shift adds to every output channel of the first filter.
  std::vector<float> first = *readConstant(filters[0]);
  bool separable = filters.size() == 2;
  int64_t channels = separable ? g.inChannels * g.multiplier : g.outChannels;
  std::vector<double> added(channels, 0.0);
  for (int64_t i = 0, e = first.size(); i < e; ++i)
    added[i % channels] += first[i] * shift[inputChannel(conv, g, i)];
  std::vector<double> bias = readBias(conv);
  if (separable) {
    std::vector<float> second = *readConstant(filters[1]);
    for (int64_t i = 0, e = second.size(); i < e; ++i)
      bias[i % g.outChannels] += second[i] * added[i / g.outChannels];
  } else {
    for (int64_t o = 0; o < channels; ++o)
      bias[o] += added[o];
  }
  setBias(builder, conv, bias);
}
