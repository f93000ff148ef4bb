//===- Resize.cpp - Resize and Upsample
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

// Which input elements an output element reads is known at import, for every
// coordinate convention alike: each dimension becomes one element (nearest) or
// a weighted sum of elements (linear, cubic) at constant indices.

#include "Fold.h"
#include "Interpolate.h"
#include "OpTable.h"
#include "ResizeTaps.h"
#include "lw/Dialect/IR/LwImageOps.h"
#include <array>
#include <cmath>

using namespace mlir;
using namespace mlir::lw::importer;

/// The extrapolated value where a dimension has it, to be added to zeros.
static Value emitExtrapolation(GraphBuilder &build, Value value,
                               ArrayRef<SmallVector<bool>> outside,
                               float extrapolation) {
  Shape shape;
  for (const SmallVector<bool> &dimension : outside)
    shape.push_back(std::max<int64_t>(dimension.size(), 1));
  std::vector<float> values(*countElements(shape), 0.0f);
  Shape strides = computeStrides(shape);
  for (auto [i, element] : llvm::enumerate(values))
    for (auto [axis, dimension] : llvm::enumerate(outside))
      if (!dimension.empty() &&
          dimension[static_cast<int64_t>(i) / strides[axis] % shape[axis]])
        element = extrapolation;
  return build.binary<tosa::AddOp>(value, build.floats(shape, values));
}

static LogicalResult readSampling(Node &node, Sampling &sampling) {
  std::string &mode = sampling.mode;
  mode = node.stringAttr("mode", "nearest");
  if (mode == "bilinear" || mode == "trilinear")
    mode = "linear";
  if (mode == "bicubic")
    mode = "cubic";
  if (mode != "nearest" && mode != "linear" &&
      (mode != "cubic" || node.opset < 11))
    return node.error("expects attribute 'mode' to be nearest, linear or, from "
                      "opset 11 on, cubic, found '" +
                      mode + "'");
  if (!isKnownConvention(sampling.convention))
    return node.error("coordinate_transformation_mode '" + sampling.convention +
                      "' is not supported");
  if (!isKnownRounding(sampling.rounding))
    return node.error("nearest_mode '" + sampling.rounding +
                      "' is not supported");
  return success();
}

/// Resizes one dimension after the other.
static LogicalResult emitResize(Node &node, ArrayRef<Axis> axes,
                                Sampling sampling) {
  if (failed(readSampling(node, sampling)))
    return failure();
  GraphBuilder &build = node.build;
  const TensorRef &input = node.inputs[0];
  Shape shape(input->shape);
  if (failed(node.checkShape(shape)))
    return failure();
  int64_t rank = shape.size();
  Permutation layout =
      rank == 4 ? GraphBuilder::nhwc() : identityPermutation(rank);
  Value value = build.get(input, layout);
  SmallVector<SmallVector<bool>> outside(rank);
  bool isOutside = false;
  std::array<int64_t, 2> repeats = {1, 1};
  for (auto [place, number] : llvm::enumerate(layout)) {
    const Axis &axis = axes[number];
    if (!axis.isResized())
      continue;
    shape[number] = axis.out;
    // Indices are constants.
    if (failed(node.checkShape(shape)) ||
        failed(checkFoldedShape(node, {axis.out})))
      return failure();
    Taps taps = tapsOf(sampling, axis);
    if (failed(checkFoldedShape(node,
                                {static_cast<int64_t>(taps.indices.size())})))
      return failure();
    if (llvm::is_contained(taps.outside, true)) {
      outside[place] = taps.outside;
      isOutside = true;
    }
    int64_t count = repeatsOf(axis, taps);
    if (rank == 4 && (place == 1 || place == 2) && count > 0)
      repeats[place - 1] = count;
    else
      value = interpolate(build, value, place, axis.out, taps.indices,
                          taps.weights);
  }
  if (repeats[0] * repeats[1] > 1)
    value = lw::InterleaveOp::create(
        build.builder, build.loc,
        build.type(permuteShape(shape, layout), value), ValueRange{value},
        repeats, Shape(repeats[0] * repeats[1], 0));
  if (isOutside && sampling.extrapolation != 0.0f)
    value = emitExtrapolation(build, value, outside, sampling.extrapolation);
  return node.finish(value, layout);
}

/// The axes that `scales` or `sizes` speak of; all of them without the
/// attribute of opset 18.
static FailureOr<Shape> resizedAxes(Node &node) {
  int64_t rank = node.inputs[0]->rank();
  Shape result;
  for (int64_t axis = 0; axis < rank; ++axis)
    result.push_back(axis);
  if (node.opset < 18)
    return result;
  if (std::optional<Shape> axes = node.intsAttr("axes")) {
    result.clear();
    for (int64_t value : *axes) {
      FailureOr<int64_t> axis = node.axis(value, rank);
      if (failed(axis))
        return failure();
      result.push_back(*axis);
    }
  }
  return result;
}

static LogicalResult setScales(Node &node, ArrayRef<float> scales,
                               ArrayRef<int64_t> targets,
                               MutableArrayRef<Axis> axes) {
  if (scales.size() != targets.size())
    return node.error("expects " + Twine(targets.size()) + " scales, found " +
                      Twine(scales.size()));
  for (auto [target, scale] : llvm::zip(targets, scales)) {
    float out = std::floor(axes[target].in * scale);
    if (!(scale > 0.0f) || !(out >= 1.0f) || !(out < 16777216.0f))
      return node.error("bad scale of axis " + Twine(target) + ", extent " +
                        Twine(axes[target].in));
    axes[target].scale = scale;
    axes[target].out = static_cast<int64_t>(out);
  }
  return success();
}

static SmallVector<Axis> unscaledAxes(Node &node) {
  SmallVector<Axis> axes;
  for (int64_t extent : node.shape(0))
    axes.push_back({extent, extent, 1.0f});
  return axes;
}

/// Upsample, and Resize of opset 10.
static LogicalResult importUpsample(Node &node) {
  SmallVector<Axis> axes = unscaledAxes(node);
  std::vector<float> scales;
  if (node.opset < 9) {
    if (!node.attribute("scales"))
      return node.error("expects an attribute 'scales'");
    scales = node.floatsAttr("scales").value_or(scales);
  } else {
    FailureOr<std::vector<float>> given = node.constantFloats(1, "scales");
    if (failed(given))
      return failure();
    scales = *given;
  }
  FailureOr<Shape> targets = resizedAxes(node);
  if (failed(targets) || failed(setScales(node, scales, *targets, axes)))
    return failure();
  Sampling sampling;
  sampling.convention = "asymmetric";
  sampling.rounding = "simple";
  return emitResize(node, axes, sampling);
}

/// Sizes that the resized axes have, or would have if their ratio did not
/// matter.
static LogicalResult setSizes(Node &node, ArrayRef<int64_t> sizes,
                              ArrayRef<int64_t> targets,
                              MutableArrayRef<Axis> axes) {
  if (sizes.size() != targets.size())
    return node.error("expects " + Twine(targets.size()) + " sizes, found " +
                      Twine(sizes.size()));
  std::string policy = node.stringAttr("keep_aspect_ratio_policy", "stretch");
  if (policy != "stretch" && policy != "not_larger" && policy != "not_smaller")
    return node.error("expects attribute 'keep_aspect_ratio_policy' to be "
                      "stretch, not_larger or not_smaller, found '" +
                      policy + "'");
  constexpr int64_t kMost = int64_t(1) << 24;
  std::optional<float> common;
  for (auto [target, size] : llvm::zip(targets, sizes)) {
    Axis &axis = axes[target];
    if (size < 1 || size >= kMost)
      return node.error("bad size " + Twine(size) + " of axis " +
                        Twine(target));
    axis.out = size;
    axis.scale = static_cast<float>(size) / axis.in;
    if (!common ||
        (policy == "not_larger" ? axis.scale < *common : axis.scale > *common))
      common = axis.scale;
  }
  if (policy == "stretch")
    return success();
  for (int64_t target : targets) {
    float out = std::floor(*common * axes[target].in + 0.5f);
    if (!(out >= 1.0f) || !(out < static_cast<float>(kMost)))
      return node.error("bad sizes " + formatShape(sizes) + " of input " +
                        formatShape(node.shape(0)));
    axes[target].out = static_cast<int64_t>(out);
    axes[target].scale = *common;
  }
  return success();
}

/// The region of interest: where it begins along all axes, and where it ends.
static LogicalResult setRegion(Node &node, ArrayRef<int64_t> targets,
                               MutableArrayRef<Axis> axes) {
  if (!node.input(1))
    return node.error("expects input 'roi' with coordinate_transformation_mode "
                      "tf_crop_and_resize");
  FailureOr<std::vector<float>> roi = node.constantFloats(1, "roi");
  if (failed(roi))
    return failure();
  if (roi->size() != 2 * targets.size())
    return node.error("expects 'roi' to have " + Twine(2 * targets.size()) +
                      " values, found " + Twine(roi->size()));
  for (auto [i, target] : llvm::enumerate(targets)) {
    axes[target].begin = (*roi)[i];
    axes[target].end = (*roi)[i + targets.size()];
    constexpr float kMost = 1e6f;
    if (!(std::abs(axes[target].begin) < kMost) ||
        !(std::abs(axes[target].end) < kMost))
      return node.error("bad 'roi' of axis " + Twine(target));
  }
  return success();
}

static LogicalResult importResize(Node &node) {
  Sampling sampling;
  sampling.convention =
      node.stringAttr("coordinate_transformation_mode", "half_pixel");
  sampling.rounding = node.stringAttr("nearest_mode", "round_prefer_floor");
  sampling.cubicCoefficient = node.floatAttr("cubic_coeff_a", -0.75f);
  sampling.excludeOutside = node.intAttr("exclude_outside", 0) != 0;
  sampling.antialias = node.intAttr("antialias", 0) != 0;
  sampling.extrapolation = node.floatAttr("extrapolation_value", 0.0f);
  FailureOr<Shape> targets = resizedAxes(node);
  if (failed(targets))
    return failure();
  SmallVector<Axis> axes = unscaledAxes(node);
  if (sampling.crops() && failed(setRegion(node, *targets, axes)))
    return failure();
  if (node.input(3)) {
    FailureOr<Shape> sizes = node.constantInts(3, "sizes");
    if (failed(sizes) || failed(setSizes(node, *sizes, *targets, axes)))
      return failure();
  } else {
    if (!node.input(2))
      return node.error("expects an input 'scales' or 'sizes'");
    FailureOr<std::vector<float>> scales = node.constantFloats(2, "scales");
    if (failed(scales) || failed(setScales(node, *scales, *targets, axes)))
      return failure();
  }
  return emitResize(node, axes, sampling);
}

ArrayRef<OpEntry> mlir::lw::importer::resizeOps() {
  static const OpEntry entries[] = {
      {"Resize", 10, 2, importUpsample,
       "`lw.interpolate` or `lw.interleave`; modes nearest and linear",
       Integers::Bytes},
      {"Resize", 11, 1, importResize,
       "`lw.interpolate` or `lw.interleave`; every mode, scales, sizes and roi "
       "known at import",
       Integers::Bytes},
      {"Upsample", 7, 1, importUpsample,
       "`lw.interpolate` or `lw.interleave`; scales an attribute",
       Integers::Bytes},
      {"Upsample", 9, 2, importUpsample,
       "`lw.interpolate` or `lw.interleave`; scales an input known at import",
       Integers::Bytes},
  };
  return entries;
}
