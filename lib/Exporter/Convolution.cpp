//===- Convolution.cpp - Convolutions and what belongs to them
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "OpTable.h"
#include "Quantized.h"
#include "lw/Dialect/IR/ConvGeometry.h"
#include "lw/Dialect/IR/LwOps.h"
#include "lw/Dialect/IR/Quantization.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"

using namespace mlir;
using namespace mlir::lw;
using namespace mlir::lw::exporter;

//===----------------------------------------------------------------------===//
// Epilogues
//===----------------------------------------------------------------------===//

/// x / 2 * (1 + erf(x / sqrt(2))), or that with tanh.
static TensorRef gelu(Graph &graph, const TensorRef &x, bool tanh) {
  auto times = [&](const TensorRef &a, float factor) {
    return graph.unary("Mul", a, {graph.number(factor)});
  };
  auto plus = [&](const TensorRef &a, float term) {
    return graph.unary("Add", a, {graph.number(term)});
  };
  TensorRef inner;
  if (tanh) {
    constexpr float kScale = 0.79788456f; // sqrt(2 / pi)
    TensorRef square = graph.binary("Mul", x, x);
    TensorRef factor = plus(times(square, 0.044715f * kScale), kScale);
    inner = graph.unary("Tanh", graph.binary("Mul", x, factor));
  } else {
    inner = graph.unary("Erf", times(x, 0.70710678f));
  }
  return graph.binary("Mul", times(x, 0.5f), plus(inner, 1.0f));
}

static TensorRef activate(Graph &graph, const TensorRef &x,
                          ActivationAttr activation) {
  float alpha = activation.getAlpha().convertToFloat();
  float beta = activation.getBeta().convertToFloat();
  switch (activation.getKind()) {
  case ActivationKind::Relu:
    return graph.unary("Relu", x);
  case ActivationKind::Clamp:
    return clampTo(graph, x, alpha, beta);
  case ActivationKind::LeakyRelu:
    return graph.unary("LeakyRelu", x, {}, {attribute("alpha", alpha)});
  case ActivationKind::Sigmoid:
    return graph.unary("Sigmoid", x);
  case ActivationKind::Tanh:
    return graph.unary("Tanh", x);
  case ActivationKind::HardSigmoid:
    return graph.unary("HardSigmoid", x, {},
                       {attribute("alpha", alpha), attribute("beta", beta)});
  case ActivationKind::HardSwish:
    return graph.unary("HardSwish", x);
  case ActivationKind::Silu:
    return graph.binary("Mul", x, graph.unary("Sigmoid", x));
  case ActivationKind::Gelu:
  case ActivationKind::GeluTanh:
    return gelu(graph, x, activation.getKind() == ActivationKind::GeluTanh);
  }
  llvm_unreachable("covered switch");
}

/// Residual, activation and quantization of the result.
static TensorRef finishConv(Graph &graph, ConvolutionOpInterface conv,
                            TensorRef result) {
  ConvQuantAttr quantization = conv.getConvQuantization();
  if (Value value = conv.getConvResidual()) {
    TensorRef residual = graph.find(value);
    if (quantization && quantization.getResidual())
      residual = dequantizeFrom(graph, residual, quantization.getResidual());
    result = graph.binary("Add", result, residual);
  }
  if (ActivationAttr activation = conv.getConvActivation())
    result = activate(graph, result, activation);
  if (quantization && quantization.getOutput())
    result = quantizeTo(graph, result, quantization.getOutput());
  return result;
}

//===----------------------------------------------------------------------===//
// Convolutions
//===----------------------------------------------------------------------===//

namespace {

/// What a Conv or Gemm multiplies with.
struct Weights {
  TensorRef filter;
  std::string bias; // empty without
};

} // namespace

/// The real numbers of filter and bias, whose first dimension is the output
/// channel.
static Weights realWeights(Graph &graph, ConvolutionOpInterface conv,
                           TensorRef filter) {
  ConvQuantAttr quantization = conv.getConvQuantization();
  bool isReal = quantization && quantization.getFilter();
  if (isReal)
    filter = dequantizeConstant(
        graph, filter, quantization.getFilter().asArrayRef(), "weight");
  Weights result{filter, ""};
  if (!conv.getConvBias())
    return result;
  TensorRef bias = graph.find(conv.getConvBias());
  if (isReal) {
    std::vector<float> scales;
    for (float scale : quantization.getFilter().asArrayRef())
      scales.push_back(quantization.getInput().getScaleValue() * scale);
    bias = dequantizeConstant(graph, bias, scales, "bias");
  }
  result.bias = graph.getParameter(bias, "bias");
  return result;
}

/// A layer on one pixel that something reshapes is a fully connected one.
static bool isFullyConnected(ConvolutionOpInterface conv, const TensorRef &x,
                             const ConvGeometry &geometry) {
  if (!isa<PointwiseConv2DOp>(conv.getOperation()) || geometry.inHeight != 1 ||
      geometry.inWidth != 1 || x->constant)
    return false;
  return x->isPending() || (!conv->use_empty() &&
                            llvm::all_of(conv->getUsers(), [](Operation *user) {
                              return isa<tosa::ReshapeOp>(user);
                            }));
}

/// Where an image was flattened, in the order in which it is held: the rows of
/// the weights are permuted in its place.
static TensorRef emitGemm(Graph &graph, ConvolutionOpInterface conv,
                          const TensorRef &x, const ConvGeometry &geometry) {
  int64_t in = geometry.inChannels, out = geometry.outChannels;
  TensorRef filter =
      graph.reshape(graph.find(conv.getConvFilters()[0]), {in, out});
  Order within;
  Shape extents;
  std::string rows;
  if (filter->constant)
    rows = graph.flatten(x, within, extents);
  if (rows.empty()) {
    rows = graph.getPlain(graph.reshape(x, {geometry.batch, in}));
  } else {
    Order order = within;
    order.push_back(extents.size());
    extents.push_back(out);
    filter = graph.reshape(
        graph.transpose(graph.reshape(filter, extents), order), {in, out});
  }
  // Integers are moved as such, so that they are dequantized where they are
  // read.
  TensorRef matrix =
      makeTensor({geometry.batch, in}, x->type, identityOrder(2), rows);
  if (ConvQuantAttr quantization = conv.getConvQuantization())
    matrix = dequantizeFrom(graph, matrix, quantization.getInput());
  Weights weights = realWeights(graph, conv, graph.transpose(filter, {1, 0}));
  SmallVector<std::string> inputs = {
      graph.getPlain(matrix), graph.getParameter(weights.filter, "weight")};
  if (!weights.bias.empty())
    inputs.push_back(weights.bias);
  TensorRef product =
      makeTensor({geometry.batch, out}, TensorProto::FLOAT, identityOrder(2),
                 graph.node("Gemm", inputs, {attribute("transB", int64_t(1))}));
  return graph.reshape(product, {geometry.batch, 1, 1, out});
}

/// ONNX's filter [Cout, Cin / groups, KH, KW].
static TensorRef filterOf(Graph &graph, Value value, bool isDepthwise) {
  TensorRef filter = graph.find(value);
  if (!isDepthwise)
    return graph.transpose(filter, {3, 2, 0, 1});
  const Shape &shape = filter->shape;
  return graph.reshape(graph.transpose(filter, {2, 3, 0, 1}),
                       {shape[2] * shape[3], 1, shape[0], shape[1]});
}

static std::string emitConvNode(Graph &graph, StringRef type,
                                ArrayRef<std::string> inputs,
                                const TensorRef &filter,
                                const ConvGeometry &geometry, int64_t groups) {
  const std::array<int64_t, 4> &padding = geometry.padding;
  return graph.node(
      type, inputs,
      {attribute("dilations", geometry.dilations), attribute("group", groups),
       attribute("kernel_shape", ArrayRef(filter->shape).drop_front(2)),
       attribute("pads", {padding[0], padding[2], padding[1], padding[3]}),
       attribute("strides", geometry.strides)});
}

/// The sums of products of integers.
static TensorRef emitAccumulators(Graph &graph, ConvolutionOpInterface conv,
                                  const TensorRef &x, const TensorRef &filter,
                                  const ConvGeometry &geometry,
                                  int64_t groups) {
  QuantAttr input = conv.getConvQuantization().getInput();
  TensorRef bytes = withSign(graph, x, input);
  Order order = channelsFirst(4);
  std::string zero = graph.getPlain(makeIntegers(
      {}, bytes->type, static_cast<int32_t>(input.getZeroPoint())));
  std::string name = emitConvNode(
      graph, "ConvInteger",
      {graph.get(bytes, order), graph.getParameter(filter, "weight"), zero},
      filter, geometry, groups);
  TensorRef result = makeTensor({geometry.batch, geometry.outHeight,
                                 geometry.outWidth, geometry.outChannels},
                                TensorProto::INT32, order, name);
  if (Value bias = conv.getConvBias())
    result = graph.binary(
        "Add", result,
        graph.reshape(graph.find(bias), {1, 1, 1, geometry.outChannels}));
  return result;
}

/// An average of integers, which is a convolution with ones.
static bool isAverage(ConvolutionOpInterface conv,
                      const ConvGeometry &geometry) {
  ConvQuantAttr quantization = conv.getConvQuantization();
  if (!isa<DepthwiseConv2DOp>(conv.getOperation()) || !quantization ||
      !quantization.getFilter() || conv.getConvBias() ||
      geometry.multiplier != 1 || geometry.hasPadding() ||
      geometry.hasDilation())
    return false;
  auto filter = readIntegers(conv.getConvFilters()[0]);
  float share =
      1.0f / static_cast<float>(geometry.kernelHeight * geometry.kernelWidth);
  return filter && llvm::all_equal(*filter) && filter->front() == 1 &&
         llvm::all_of(quantization.getFilter().asArrayRef(),
                      [&](float scale) { return scale == share; });
}

static LogicalResult emitConv(Graph &graph, Operation *op, const OpEntry &) {
  auto conv = cast<ConvolutionOpInterface>(op);
  ConvGeometry geometry = conv.getConvGeometry();
  ConvQuantAttr quantization = conv.getConvQuantization();
  TensorRef x = graph.find(conv.getConvInput());
  bool isDepthwise = isa<DepthwiseConv2DOp>(op);
  int64_t groups = isDepthwise ? geometry.inChannels : geometry.groups;
  bool isSum = quantization && !quantization.getFilter();
  if (!isSum && isFullyConnected(conv, x, geometry)) {
    graph.set(op->getResult(0),
              finishConv(graph, conv, emitGemm(graph, conv, x, geometry)));
    return success();
  }
  TensorRef filter = filterOf(graph, conv.getConvFilters()[0], isDepthwise);
  if (isSum) {
    graph.set(op->getResult(0),
              emitAccumulators(graph, conv, x, filter, geometry, groups));
    return success();
  }
  Order order = channelsFirst(4);
  if (quantization) {
    graph.get(x, order);
    x = dequantizeFrom(graph, x, quantization.getInput());
  }
  if (isAverage(conv, geometry)) {
    TensorRef average = emitAverage(
        graph, x, {geometry.kernelHeight, geometry.kernelWidth},
        geometry.strides, {0, 0, 0, 0},
        cast<RankedTensorType>(op->getResult(0).getType()).getShape());
    graph.set(op->getResult(0), finishConv(graph, conv, average));
    return success();
  }
  Weights weights = realWeights(graph, conv, filter);
  SmallVector<std::string> inputs = {
      graph.get(x, order), graph.getParameter(weights.filter, "weight")};
  if (!weights.bias.empty())
    inputs.push_back(weights.bias);
  TensorRef result =
      makeTensor(cast<RankedTensorType>(op->getResult(0).getType()).getShape(),
                 TensorProto::FLOAT, order,
                 emitConvNode(graph, "Conv", inputs, filter, geometry, groups));
  graph.set(op->getResult(0), finishConv(graph, conv, result));
  return success();
}

static LogicalResult emitSeparable(Graph &graph, Operation *op,
                                   const OpEntry &) {
  auto conv = cast<SeparableConv2DOp>(op);
  auto interface = cast<ConvolutionOpInterface>(op);
  if (conv.getQuantization())
    return refuse(op, "separable convolutions are split before they are "
                      "quantized; run --lw-split-separable");
  ConvGeometry geometry = interface.getConvGeometry();
  Order order = channelsFirst(4);
  TensorRef filter = filterOf(graph, conv.getDepthwiseFilter(), true);
  std::string between =
      emitConvNode(graph, "Conv",
                   {graph.get(graph.find(conv.getInput()), order),
                    graph.getParameter(filter, "weight")},
                   filter, geometry, geometry.inChannels);
  filter = filterOf(graph, conv.getPointwiseFilter(), false);
  SmallVector<std::string> inputs = {between,
                                     graph.getParameter(filter, "weight")};
  if (conv.getBias())
    inputs.push_back(graph.getParameter(graph.find(conv.getBias()), "bias"));
  TensorRef result = makeTensor(
      conv.getOutput().getType().getShape(), TensorProto::FLOAT, order,
      emitConvNode(graph, "Conv", inputs, filter, ConvGeometry(), 1));
  graph.set(conv, finishConv(graph, interface, result));
  return success();
}

//===----------------------------------------------------------------------===//
// Batch normalization and channel shuffle
//===----------------------------------------------------------------------===//

static LogicalResult emitBatchNorm(Graph &graph, Operation *op,
                                   const OpEntry &entry) {
  auto norm = cast<BatchNormOp>(op);
  TensorRef x = graph.find(norm.getInput());
  Order order = channelsFirst(x->rank());
  SmallVector<std::string> inputs = {graph.get(x, order)};
  for (Value value :
       {norm.getScale(), norm.getOffset(), norm.getMean(), norm.getVariance()})
    inputs.push_back(graph.getPlain(graph.find(value)));
  float epsilon = norm.getEpsilon().convertToFloat();
  graph.set(norm, makeTensor(x->shape, x->type, order,
                             graph.node(entry.becomes, inputs,
                                        {attribute("epsilon", epsilon)})));
  return success();
}

/// The channels as a matrix, transposed.
static LogicalResult emitChannelShuffle(Graph &graph, Operation *op,
                                        const OpEntry &) {
  auto shuffle = cast<ChannelShuffleOp>(op);
  TensorRef x = graph.find(shuffle.getInput());
  int64_t rank = x->rank(), groups = shuffle.getGroups();
  Order order = channelsFirst(rank);
  // Rank 1 has the channel alone, all others have it second.
  int64_t channel = positionOf(order, rank - 1);
  Shape whole = permute(x->shape, order), matrix = whole;
  matrix[channel] = groups;
  matrix.insert(matrix.begin() + channel + 1, whole[channel] / groups);
  Order swapped = identityOrder(rank + 1);
  std::swap(swapped[channel], swapped[channel + 1]);
  std::string name = graph.get(x, order);
  name = graph.node("Reshape", {name, graph.ints(matrix)});
  name = graph.node("Transpose", {name}, {attribute("perm", swapped)});
  name = graph.node("Reshape", {name, graph.ints(whole)});
  graph.set(shuffle, makeTensor(x->shape, x->type, order, name));
  return success();
}

ArrayRef<OpEntry> mlir::lw::exporter::convolutionOps() {
  static const OpEntry entries[] = {
      {BatchNormOp::getOperationName(), emitBatchNorm, "BatchNormalization"},
      {ChannelShuffleOp::getOperationName(), emitChannelShuffle,
       "Reshape, Transpose and Reshape"},
      {Conv2DOp::getOperationName(), emitConv,
       "Conv, Add for its residual and the operator of its activation; "
       "ConvInteger with a result of i32"},
      {DepthwiseConv2DOp::getOperationName(), emitConv,
       "the same with groups; AveragePool where it averages integers"},
      {PointwiseConv2DOp::getOperationName(), emitConv,
       "the same, or Gemm for a fully connected layer"},
      {SeparableConv2DOp::getOperationName(), emitSeparable, "Conv and Conv"},
  };
  return entries;
}
