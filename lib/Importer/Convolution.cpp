//===- Convolution.cpp - Conv and BatchNormalization
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Composition.h"
#include "OpTable.h"
#include "Quantized.h"
#include "Volume.h"
#include "lw/Dialect/IR/LwOps.h"
#include "llvm/Support/FormatVariadic.h"
#include <cmath>

using namespace mlir;
using namespace mlir::lw::importer;

/// A convolution of `groups`, in NHWC.
static Value emitConv(Node &node, TensorRef image, TensorRef kernels,
                      const TensorRef &bias, const Window &window,
                      int64_t groups) {
  GraphBuilder &build = node.build;
  OpBuilder &builder = build.builder;
  Shape out = {image->shape[0], window.out[0], window.out[1],
               kernels->shape[0]};
  int64_t filters = kernels->shape[0];
  splitWideWeights(build, image, kernels, 1);
  Shape weights = kernels->shape;
  bool depthwise = groups > 1 && groups == image->shape[1];
  TensorRef filter = kernels;
  if (depthwise)
    filter = build.reshape(filter,
                           {groups, filters / groups, weights[2], weights[3]});
  ConvOperands operands = ConvOperands::create(
      node, image, filter,
      depthwise ? Permutation{2, 3, 0, 1} : Permutation{2, 3, 1, 0}, bias,
      filters);
  Type type = operands.type(build, out);
  auto strides = builder.getDenseI64ArrayAttr(window.strides);
  auto dilations = builder.getDenseI64ArrayAttr(window.dilations);
  auto padding = builder.getDenseI64ArrayAttr(
      {window.before[0], window.after[0], window.before[1], window.after[1]});
  bool unpadded = window.before == std::array<int64_t, 2>{0, 0} &&
                  window.after == std::array<int64_t, 2>{0, 0};

  Value result;
  if (depthwise)
    result = lw::DepthwiseConv2DOp::create(
        builder, build.loc, type, operands.input, operands.filter,
        operands.bias, /*residual=*/Value(), strides, padding, dilations,
        /*activation=*/lw::ActivationAttr(), operands.quantization);
  else if (groups == 1 && weights[2] == 1 && weights[3] == 1 && unpadded)
    result = lw::PointwiseConv2DOp::create(
        builder, build.loc, type, operands.input, operands.filter,
        operands.bias, /*residual=*/Value(), strides,
        /*activation=*/lw::ActivationAttr(), operands.quantization);
  else
    result = lw::Conv2DOp::create(
        builder, build.loc, type, operands.input, operands.filter,
        operands.bias, /*residual=*/Value(), strides, padding, dilations,
        builder.getI64IntegerAttr(groups),
        /*activation=*/lw::ActivationAttr(), operands.quantization);
  return result;
}

/// One or two spatial dimensions. Weights [Cout, Cin / groups, KH, KW] become
/// filters [KH, KW, Cin / groups, Cout], or [KH, KW, C, M] of a depthwise
/// convolution.
static LogicalResult importConv(Node &node) {
  if (node.inputs[0]->rank() == 5)
    return importVolumeConv(node);
  FailureOr<TensorRef> image = asImage(node, 0), kernels = asImage(node, 1);
  if (failed(image) || failed(kernels) ||
      failed(node.checkRank(1, node.inputs[0]->rank())))
    return failure();
  Shape in = (*image)->shape, weights = (*kernels)->shape;
  int64_t groups = node.intAttr("group", 1);
  int64_t channels = in[1], filters = weights[0];
  if (groups < 1 || channels % groups != 0 || filters % groups != 0)
    return node.error("expects attribute 'group' to divide input channels (" +
                      Twine(channels) + ") and output channels (" +
                      Twine(filters) + "), found " + Twine(groups));
  if (weights[1] != channels / groups)
    return node.error("expects weights for " + Twine(channels) + " / " +
                      Twine(groups) + " = " + Twine(channels / groups) +
                      " input channels, found shape " + formatShape(weights));
  FailureOr<Window> window = readWindow(node, ArrayRef(in).drop_front(2),
                                        std::array{weights[2], weights[3]},
                                        /*ceilMode=*/false);
  if (failed(window))
    return failure();
  Shape out = {in[0], window->out[0], window->out[1], filters};
  if (failed(node.checkShape(out)))
    return failure();

  GraphBuilder &build = node.build;
  if (node.input(2) && node.shape(2) != ArrayRef<int64_t>(filters))
    return node.error("expects bias of shape [" + Twine(filters) + "], found " +
                      formatShape(node.shape(2)));
  // Where few channels of a depthwise convolution have weights of more than 8
  // bits, they are computed apart.
  SmallVector<ChannelRun> runs = {{0, channels}};
  TensorRef bias = node.input(2);
  if (groups == channels && groups > 1 && (!bias || bias->constant))
    runs = runsOfWideWeights(*image, *kernels, channels);
  if (runs.size() == 1)
    return finishImage(node,
                       emitConv(node, *image, *kernels, bias, *window, groups));
  SmallVector<Value> parts;
  for (const ChannelRun &run : runs)
    parts.push_back(emitConv(node, channelsOf(build, *image, run),
                             channelsOf(*kernels, run, channels),
                             channelsOf(bias, run, channels), *window,
                             run.count));
  return finishImage(node, build.concat(parts, 3));
}

/// Error for statistics that lw.batch_norm does not take, by the node's name.
static LogicalResult checkStatistics(Node &node, float epsilon) {
  static constexpr StringRef kNames[] = {"scale", "bias", "mean", "variance"};
  for (auto [i, name] : llvm::enumerate(kNames)) {
    const ConstantRef &constant = node.inputs[i + 1]->constant;
    if (!constant)
      continue;
    for (auto [channel, value] : llvm::enumerate(constant->floats)) {
      std::string found = llvm::formatv("{0}", value);
      if (!std::isfinite(value))
        return node.error("expects a finite " + name + ", found " + found +
                          " in channel " + Twine(channel) +
                          "; the file is damaged or training diverged");
      if (name == "variance" && !(static_cast<double>(value) + epsilon > 0))
        return node.error(
            "expects variance + epsilon to be positive, found " + found +
            " in channel " + Twine(channel) + " with attribute epsilon = " +
            llvm::formatv("{0}", epsilon).str() + "; set a larger epsilon");
    }
  }
  return success();
}

/// By the statistics of the batch itself, as weights are standardized in
/// networks without other normalization.
static LogicalResult importBatchStatistics(Node &node) {
  Composition c(node);
  TensorRef x = node.inputs[0];
  Shape axes = {0}, perChannel(x->rank(), 1);
  for (int64_t axis = 2; axis < x->rank(); ++axis)
    axes.push_back(axis);
  perChannel[1] = x->shape[1];
  auto average = [&](const TensorRef &values) {
    return c.op("ReduceMean", {values, c.integers(axes)});
  };
  TensorRef mean = average(x);
  TensorRef centered = c.op("Sub", {x, mean});
  TensorRef variance = average(c.mul(centered, centered));
  TensorRef deviation =
      c.op("Sqrt", c.add(variance, c.number(node.floatAttr("epsilon", 1e-5f))));
  TensorRef scale =
      c.op("Div", {c.reshape(node.inputs[1], perChannel), deviation});
  SmallVector<TensorRef> results = {
      c.add(c.mul(centered, scale), c.reshape(node.inputs[2], perChannel))};
  // The statistics of the training so far, with these.
  float momentum = node.floatAttr("momentum", 0.9f);
  for (size_t i : {1, 2})
    results.push_back(
        c.add(c.mul(node.inputs[2 + i], c.number(momentum)),
              c.mul(c.reshape(i == 1 ? mean : variance, {x->shape[1]}),
                    c.number(1.0f - momentum))));
  return c.finish(results);
}

static LogicalResult importBatchNorm(Node &node) {
  const TensorRef &input = node.inputs[0];
  if (input->rank() < 2)
    return node.error("expects an input of rank 2 or more, found shape " +
                      formatShape(input->shape));
  if (failed(node.checkShape(input->shape)))
    return failure();
  if (node.intAttr("spatial", 1) != 1)
    return node.error("spatial = 0 is not supported");
  for (int i = 1; i <= 4; ++i)
    if (node.shape(i) != ArrayRef<int64_t>(input->shape[1]))
      return node.error("expects input " + Twine(i) + " of shape [" +
                        Twine(input->shape[1]) + "], found " +
                        formatShape(node.shape(i)));
  if (node.intAttr("training_mode", 0) != 0)
    return importBatchStatistics(node);
  GraphBuilder &build = node.build;
  Value parameters[4];
  for (int i = 0; i < 4; ++i)
    parameters[i] = build.getPlain(node.inputs[i + 1]);
  float epsilon = node.floatAttr("epsilon", 1e-5f);
  if (failed(checkStatistics(node, epsilon)))
    return failure();
  // The channel comes last.
  Permutation layout = {0};
  for (int64_t axis = 2; axis < input->rank(); ++axis)
    layout.push_back(axis);
  layout.push_back(1);
  Value value = build.get(input, layout);
  return node.finish(lw::BatchNormOp::create(
                         build.builder, build.loc, value.getType(), value,
                         parameters[0], parameters[1], parameters[2],
                         parameters[3], build.builder.getF32FloatAttr(epsilon)),
                     layout);
}

ArrayRef<OpEntry> mlir::lw::importer::convolutionOps() {
  static const OpEntry entries[] = {
      {"BatchNormalization", 7, 5, importBatchNorm,
       "`lw.batch_norm`; in training mode by ReduceMean"},
      {"Conv", 1, 2, importConv,
       "`lw.conv_2d`, `lw.depthwise_conv_2d` or `lw.pointwise_conv_2d`; one "
       "to three spatial dimensions, groups, dilations, auto_pad"},
  };
  return entries;
}
