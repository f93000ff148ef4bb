//===- ConvWeights.cpp - Arithmetic on the constants of a convolution
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "ConvWeights.h"
#include "lw/Dialect/IR/Constants.h"
#include "mlir/IR/Builders.h"
#include <cmath>

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

static NormalRange rangeOf(ConvolutionOpInterface conv) {
  return NormalRange(
      cast<FloatType>(conv.getConvInput().getType().getElementType()));
}

LogicalResult lw::applyToOutput(OpBuilder &builder, ConvolutionOpInterface conv,
                                ArrayRef<double> scale,
                                ArrayRef<double> shift) {
  NormalRange range = rangeOf(conv);
  // The output channel is the fastest index of the last filter of any variant.
  unsigned last = conv.getConvFilters().size() - 1;
  std::vector<double> bias = readBias(conv);
  int64_t channels = bias.size();
  for (int64_t o = 0; o < channels; ++o) {
    bias[o] = bias[o] * scale[o] + shift[o];
    if (range.overflows(bias[o]))
      return failure();
  }
  if (llvm::any_of(scale, [](double s) { return s != 1.0; })) {
    std::vector<float> filter = *readConstant(conv.getConvFilters()[last]);
    std::vector<double> largest(channels, 0.0);
    SmallVector<bool> underflows(channels, false);
    for (int64_t i = 0, e = filter.size(); i < e; ++i) {
      int64_t o = i % channels;
      double weight = filter[i] * scale[o];
      if (range.overflows(weight))
        return failure();
      largest[o] = std::max(largest[o], std::abs(weight));
      underflows[o] |= scale[o] != 1.0 && range.underflows(weight);
      filter[i] = static_cast<float>(weight);
    }
    // Beside a normal weight or a bias of some size such a loss is that of any
    // sum. A channel that training has let die must not prevent folding.
    for (int64_t o = 0; o < channels; ++o)
      if (underflows[o] && largest[o] < range.least &&
          std::abs(bias[o]) < std::ldexp(range.least, 66))
        return failure();
    setFilter(builder, conv, last, filter);
  }
  if (conv.getConvBias() ||
      llvm::any_of(bias, [](double b) { return b != 0.0; }))
    setBias(builder, conv, bias);
  return success();
}

/// What the filters of `conv` make of `x[i]` in every pixel.
static std::vector<double> sumFilters(ConvolutionOpInterface conv,
                                      ArrayRef<double> x) {
  ConvGeometry g = conv.getConvGeometry();
  SmallVector<Value> filters = conv.getConvFilters();
  std::vector<float> first = *readConstant(filters[0]);
  bool separable = filters.size() == 2;
  int64_t channels = separable ? g.inChannels * g.multiplier : g.outChannels;
  std::vector<double> sums(channels, 0.0);
  for (int64_t i = 0, e = first.size(); i < e; ++i)
    sums[i % channels] += first[i] * x[inputChannel(conv, g, i)];
  if (!separable)
    return sums;
  std::vector<float> second = *readConstant(filters[1]);
  std::vector<double> result(g.outChannels, 0.0);
  for (int64_t i = 0, e = second.size(); i < e; ++i)
    result[i % g.outChannels] += second[i] * sums[i / g.outChannels];
  return result;
}

LogicalResult lw::applyToInput(OpBuilder &builder, ConvolutionOpInterface conv,
                               ArrayRef<double> scale, ArrayRef<double> shift) {
  NormalRange range = rangeOf(conv);
  ConvGeometry g = conv.getConvGeometry();
  std::vector<float> filter = *readConstant(conv.getConvFilters()[0]);
  for (int64_t i = 0, e = filter.size(); i < e; ++i) {
    double factor = scale[inputChannel(conv, g, i)];
    double weight = filter[i] * factor;
    if (factor != 1.0 && !range.contains(weight))
      return failure();
    filter[i] = static_cast<float>(weight);
  }
  if (llvm::any_of(shift, [](double t) { return t != 0.0; })) {
    // The shift passes through the filters as they are.
    std::vector<double> bias = readBias(conv);
    for (auto [to, sum] : llvm::zip(bias, sumFilters(conv, shift)))
      to += sum;
    if (llvm::any_of(bias, [&](double b) { return range.overflows(b); }))
      return failure();
    setBias(builder, conv, bias);
  }
  setFilter(builder, conv, 0, filter);
  return success();
}
