//===- LayerProblem.cpp - The convolutions that can be fitted to data
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Reconstruction/LayerProblem.h"
#include "lw/Analysis/CostModel.h"
#include "lw/Dialect/IR/Constants.h"
#include "lw/Dialect/IR/Precision.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/Support/ErrorHandling.h"

using namespace mlir;
using namespace mlir::lw;

std::optional<LayerProblem> LayerProblem::create(ConvolutionOpInterface conv) {
  if (!isa<Conv2DOp, PointwiseConv2DOp>(conv.getOperation()) ||
      !conv.getConvInput().getType().hasStaticShape())
    return std::nullopt;
  // Calibration knows the values that flow, not constants in their places.
  if (isConstantFloat(conv.getConvInput()) ||
      (conv.getConvResidual() && isConstantFloat(conv.getConvResidual())))
    return std::nullopt;
  LayerProblem layer;
  layer.conv = conv;
  layer.name = layerName(conv.getLoc());
  if (layer.name.empty())
    layer.name = conv->getName().getStringRef().str();
  layer.geometry = conv.getConvGeometry();
  const ConvGeometry &g = layer.geometry;
  auto filter = readConstant(conv.getConvFilters().front());
  if (g.groups != 1 || !filter)
    return std::nullopt;
  layer.shape = {g.kernelHeight, g.kernelWidth, g.inChannels, g.outChannels};
  layer.filter =
      Eigen::Map<const SampleMatrix>(
          filter->data(), layer.shape.taps() * g.inChannels, g.outChannels)
          .cast<double>();
  layer.bias = Eigen::VectorXf::Zero(g.outChannels);
  if (Value bias = conv.getConvBias()) {
    auto values = readConstant(bias);
    if (!values)
      return std::nullopt;
    layer.bias = Eigen::Map<Eigen::VectorXf>(values->data(), g.outChannels);
  }
  return layer;
}

std::vector<FormChoice> LayerProblem::candidates(int64_t channels) const {
  int64_t in = shape.inChannels, out = shape.outChannels;
  std::vector<FormChoice> result;
  // What gains less than a tenth is not worth an approximation.
  auto add = [&](FormChoice choice) {
    if (choice.rank > 0 && macs(choice) <= 0.9 * macs({}) &&
        !llvm::is_contained(result, choice))
      result.push_back(choice);
  };
  auto round = [&](int64_t rank) {
    return static_cast<int64_t>(llvm::alignTo(rank, channels));
  };
  auto addRanks = [&](ArrayRef<ConvForm> forms, int64_t first, int64_t last,
                      int64_t step) {
    for (int64_t rank = round(first); rank <= last;
         rank += round(std::max<int64_t>(1, step)))
      for (ConvForm form : forms)
        add({form, rank});
  };
  if (shape.taps() == 1) {
    for (int64_t part : {2, 3, 4, 5, 6, 7, 8, 10, 12})
      add({ConvForm::NarrowOutput, round(std::min(in, out) * part / 16)});
    return result;
  }
  // Up to six terms one by one, then a quarter more each: a first layer of 7x7
  // has 49 and needs a dozen.
  for (int64_t terms = 1; terms <= shape.taps();
       terms += terms < 6 ? 1 : terms / 4 + 1)
    if (in > 1)
      add({ConvForm::Depthwise, terms});
  // Every rank of a small layer, every eighth of a large one: there depthwise
  // forms are better, and fitting takes time.
  int64_t wide = std::max(in, out);
  int64_t step = wide <= 32 ? wide / (channels > 1 ? 4 : 16) : wide / 8;
  // More channels in the middle than one side's patch has values gain nothing.
  int64_t patch = in * std::min(shape.kernelHeight, shape.kernelWidth);
  if (shape.kernelHeight > 1 && shape.kernelWidth > 1)
    addRanks({ConvForm::Vertical, ConvForm::Horizontal},
             std::min(wide, patch) / 4, std::min(wide * 5 / 4, patch),
             std::min(step, patch / 8));
  addRanks(ConvForm::NarrowInput, in / 4, in * 3 / 4, step);
  addRanks(ConvForm::NarrowOutput, out / 4, out * 7 / 8,
           out <= 32 ? out / 16 : out / 8);
  return result;
}

int64_t LayerProblem::macs(FormChoice choice) const {
  const ConvGeometry &g = geometry;
  return g.batch * formMacs(shape, choice,
                            {g.inHeight, g.inWidth, g.outHeight, g.outWidth});
}

/// A standard convolution along the axes whose kernel has more than one tap, or
/// a pointwise one.
static Value buildConv(OpBuilder &builder, Location location, Value input,
                       ArrayRef<int64_t> filterShape, ArrayRef<float> filter,
                       Value bias, Value residual, const ConvGeometry &g,
                       bool vertical, bool horizontal,
                       ActivationAttr activation) {
  Value weights = createConstant(builder, location, filterShape, filter);
  if (!vertical && !horizontal)
    return PointwiseConv2DOp::create(builder, location, input, weights, bias,
                                     residual, ArrayRef<int64_t>{1, 1},
                                     activation, /*quantization=*/nullptr);
  int64_t v = vertical, h = horizontal;
  SmallVector<int64_t> strides = {v ? g.strides[0] : 1, h ? g.strides[1] : 1};
  SmallVector<int64_t> padding = {g.padding[0] * v, g.padding[1] * v,
                                  g.padding[2] * h, g.padding[3] * h};
  SmallVector<int64_t> dilations = {v ? g.dilations[0] : 1,
                                    h ? g.dilations[1] : 1};
  return Conv2DOp::create(builder, location, input, weights, bias, residual,
                          strides, padding, dilations, 1, activation,
                          /*quantization=*/nullptr);
}

void lw::markFloat(ConvolutionOpInterface conv) {
  conv->setDiscardableAttr(kStaysFloatAttrName,
                           UnitAttr::get(conv.getContext()));
}

/// The operations without marks.
static Value buildForm(OpBuilder &builder, const LayerProblem &layer,
                       const LayerVersion &version, IRMapping &mapping) {
  ConvolutionOpInterface conv = layer.conv;
  const ConvGeometry &g = layer.geometry;
  Location location = conv.getLoc();
  Value input = mapping.lookupOrDefault(conv.getConvInput());
  Value residual = conv.getConvResidual();
  if (residual)
    residual = mapping.lookupOrDefault(residual);
  ActivationAttr activation = conv.getConvActivation();
  int64_t kh = g.kernelHeight, kw = g.kernelWidth, in = g.inChannels;
  int64_t out = g.outChannels, r = version.choice.rank;
  Value bias = createConstant(builder, location, {out}, version.bias);

  // The two operations: the shapes of their filters and their windows.
  struct Half {
    SmallVector<int64_t> filter;
    bool vertical, horizontal;
  };
  auto build = [&](const Half &first, const Half &second) {
    Value middle = buildConv(builder, location, input, first.filter,
                             version.first, Value(), Value(), g, first.vertical,
                             first.horizontal, nullptr);
    return buildConv(builder, location, middle, second.filter, version.second,
                     bias, residual, g, second.vertical, second.horizontal,
                     activation);
  };
  switch (version.choice.form) {
  case ConvForm::Keep: {
    mapping.map(
        conv.getConvFilters().front(),
        createConstant(builder, location, {kh, kw, in, out}, version.first));
    Operation *copy = builder.clone(*conv.getOperation(), mapping);
    cast<ConvolutionOpInterface>(copy).setConvBias(bias);
    return copy->getResult(0);
  }
  case ConvForm::Depthwise: {
    Value depthwise =
        createConstant(builder, location, {kh, kw, in, r}, version.first);
    Value pointwise =
        createConstant(builder, location, {1, 1, in * r, out}, version.second);
    return SeparableConv2DOp::create(builder, location, input, depthwise,
                                     pointwise, bias, residual, g.strides,
                                     g.padding, g.dilations, activation,
                                     /*quantization=*/nullptr);
  }
  case ConvForm::Vertical:
    return build({{kh, 1, in, r}, true, false}, {{1, kw, r, out}, false, true});
  case ConvForm::Horizontal:
    return build({{1, kw, in, r}, false, true}, {{kh, 1, r, out}, true, false});
  case ConvForm::NarrowInput:
    return build({{1, 1, in, r}, false, false}, {{kh, kw, r, out}, true, true});
  case ConvForm::NarrowOutput:
    return build({{kh, kw, in, r}, true, true}, {{1, 1, r, out}, false, false});
  }
  llvm_unreachable("unknown form");
}

Value lw::buildVersion(OpBuilder &builder, const LayerProblem &layer,
                       const LayerVersion &version, IRMapping &mapping) {
  Value result = buildForm(builder, layer, version, mapping);
  ConvolutionOpInterface original = layer.conv;
  auto last = result.getDefiningOp<ConvolutionOpInterface>();
  if (!original->hasAttr(kStaysFloatAttrName))
    return result;
  markFloat(last);
  auto first = last.getConvInput().getDefiningOp<ConvolutionOpInterface>();
  bool hasTwo = version.choice.form != ConvForm::Keep &&
                version.choice.form != ConvForm::Depthwise;
  if (hasTwo)
    markFloat(first);
  return result;
}
