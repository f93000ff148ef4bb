//===- Resize.cpp - Resize and Upsample
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

// Which input elements an output element reads is known at import, for every
// coordinate convention alike: each dimension becomes a gather of one element
// (nearest) or the weighted sum of two gathers (linear).

#include "Fold.h"
#include "OpTable.h"
#include <cmath>

using namespace mlir;
using namespace mlir::lw::importer;

namespace {

/// The extents of one dimension before and after, and their ratio as the node
/// states it (not always the quotient of the extents).
struct Axis {
  int64_t in, out;
  float scale;

  bool isResized() const { return in != out || scale != 1.0f; }
};

} // namespace

/// Where output element `x` lies in the input; NaN for an unknown convention.
/// Computed in f32, and where f32 decides between two elements in the order of
/// operations that onnxruntime has.
static float sourceCoordinate(StringRef convention, const Axis &axis,
                              int64_t x) {
  float position = static_cast<float>(x);
  float halfPixel = (position + 0.5f) / axis.scale - 0.5f;
  if (convention == "half_pixel")
    return halfPixel;
  if (convention == "pytorch_half_pixel")
    return axis.out > 1 ? halfPixel : 0.0f;
  if (convention == "asymmetric")
    return position / axis.scale;
  if (convention == "align_corners")
    return axis.out > 1 ? position * (axis.in - 1) / (axis.out - 1) : 0.0f;
  if (convention == "tf_half_pixel_for_nn")
    return (position + 0.5f) / axis.scale;
  if (convention == "half_pixel_symmetric") {
    // The rounded offset, and the rest in f64.
    float adjustment = axis.out / (axis.in * axis.scale);
    float offset = axis.in / 2.0f * (1.0f - adjustment);
    return static_cast<float>(offset + (x + 0.5) / axis.scale - 0.5);
  }
  return std::nanf("");
}

/// The nearest element; NaN for an unknown rounding. What lies within 1e-6 of
/// the middle is taken for the middle: a scale is seldom exact in f32.
static float roundCoordinate(StringRef rounding, const Axis &axis, float x) {
  float below = std::floor(x);
  float above = x - below - 0.5f;
  bool isTie = std::abs(above) <= 1e-6f;
  if (rounding == "round_prefer_floor")
    return below + (above > 0.0f && !isTie ? 1.0f : 0.0f);
  if (rounding == "round_prefer_ceil")
    return below + (above > 0.0f || isTie ? 1.0f : 0.0f);
  // Before opset 11 fewer elements are the last of those they stand for.
  if (rounding == "ceil" || (rounding == "simple" && axis.scale < 1.0f))
    return std::ceil(x);
  if (rounding == "floor" || rounding == "simple")
    return below;
  return std::nanf("");
}

/// Resizes dimension 1 of [A, B, C].
static Value resizeAxis(GraphBuilder &build, Value value, const Axis &axis,
                        StringRef convention, bool linear, StringRef rounding) {
  SmallVector<int32_t> lower, upper;
  SmallVector<float> lowerWeights, upperWeights;
  float last = static_cast<float>(axis.in - 1);
  auto clampTo = [&](float x) {
    return static_cast<int32_t>(std::min(std::max(x, 0.0f), last));
  };
  for (int64_t x = 0; x < axis.out; ++x) {
    float source = sourceCoordinate(convention, axis, x);
    float base =
        linear ? std::floor(source) : roundCoordinate(rounding, axis, source);
    lower.push_back(clampTo(base));
    upper.push_back(clampTo(base + 1.0f));
    upperWeights.push_back(source - base);
    lowerWeights.push_back(1.0f - (source - base));
  }
  Value first = build.gather(value, lower);
  if (!linear)
    return first;
  Value second = build.gather(value, upper);
  return build.binary<tosa::AddOp>(
      build.mul(first, build.floats({1, axis.out, 1}, lowerWeights)),
      build.mul(second, build.floats({1, axis.out, 1}, upperWeights)));
}

/// Resizes one dimension after the other.
static LogicalResult emitResize(Node &node, ArrayRef<Axis> axes,
                                StringRef convention, StringRef rounding) {
  std::string mode = node.stringAttr("mode", "nearest");
  bool linear = mode == "linear" || mode == "bilinear";
  if (!linear && mode != "nearest")
    return node.error(
        "expects attribute 'mode' to be nearest or linear, found '" + mode +
        "'");
  if (std::isnan(sourceCoordinate(convention, {1, 1, 1.0f}, 0)))
    return node.error("coordinate_transformation_mode '" + convention +
                      "' is not supported");
  if (std::isnan(roundCoordinate(rounding, {1, 1, 1.0f}, 0.0f)))
    return node.error("nearest_mode '" + rounding + "' is not supported");
  GraphBuilder &build = node.build;
  const TensorRef &input = node.inputs[0];
  Shape shape(input->shape);
  if (failed(node.checkShape(shape)))
    return failure();
  Permutation layout = shape.size() == 4 ? GraphBuilder::nhwc()
                                         : identityPermutation(shape.size());
  Value value = build.get(input, layout);
  for (auto [number, axis] : llvm::enumerate(axes)) {
    if (!axis.isResized())
      continue;
    int64_t outer = 1, inner = 1;
    int64_t position =
        llvm::find(layout, static_cast<int32_t>(number)) - layout.begin();
    for (auto [i, other] : llvm::enumerate(layout))
      if (static_cast<int64_t>(i) != position)
        (static_cast<int64_t>(i) < position ? outer : inner) *= shape[other];
    shape[number] = axis.out;
    // The indices of a gather are constants.
    if (failed(node.checkShape(shape)) ||
        failed(checkFoldedShape(node, {outer, axis.out})))
      return failure();
    value = build.reshapeValue(value, {outer, axis.in, inner});
    value = resizeAxis(build, value, axis, convention, linear, rounding);
  }
  value = build.reshapeValue(value, permuteShape(shape, layout));
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
  return emitResize(node, axes, "asymmetric", "simple");
}

static LogicalResult importResize(Node &node) {
  if (node.intAttr("antialias", 0) != 0)
    return node.error("antialias = 1 is not supported");
  if (node.intAttr("exclude_outside", 0) != 0)
    return node.error("exclude_outside = 1 is not supported");
  if (node.stringAttr("keep_aspect_ratio_policy", "stretch") != "stretch")
    return node.error("keep_aspect_ratio_policy other than stretch is not "
                      "supported");
  FailureOr<Shape> targets = resizedAxes(node);
  if (failed(targets))
    return failure();
  SmallVector<Axis> axes = unscaledAxes(node);
  if (node.input(3)) {
    FailureOr<Shape> sizes = node.constantInts(3, "sizes");
    if (failed(sizes))
      return failure();
    if (sizes->size() != targets->size())
      return node.error("expects " + Twine(targets->size()) + " sizes, found " +
                        Twine(sizes->size()));
    for (auto [target, size] : llvm::zip(*targets, *sizes)) {
      if (size < 1 || size >= (1 << 24))
        return node.error("bad size " + Twine(size) + " of axis " +
                          Twine(target));
      axes[target].out = size;
      axes[target].scale = static_cast<float>(size) / axes[target].in;
    }
  } else {
    FailureOr<std::vector<float>> scales = node.constantFloats(2, "scales");
    if (failed(scales) || failed(setScales(node, *scales, *targets, axes)))
      return failure();
  }
  return emitResize(
      node, axes,
      node.stringAttr("coordinate_transformation_mode", "half_pixel"),
      node.stringAttr("nearest_mode", "round_prefer_floor"));
}

ArrayRef<OpEntry> mlir::lw::importer::resizeOps() {
  static const OpEntry entries[] = {
      {"Resize", 10, 2, importUpsample,
       "`tosa.gather`; modes nearest and linear", Integers::Bytes},
      {"Resize", 11, 1, importResize,
       "`tosa.gather`; modes nearest and linear, every coordinate mode but "
       "tf_crop_and_resize, aspect ratios as given; no antialias",
       Integers::Bytes},
      {"Upsample", 7, 1, importUpsample, "`tosa.gather`; scales an attribute",
       Integers::Bytes},
      {"Upsample", 9, 2, importUpsample,
       "`tosa.gather`; scales an input known "
       "at import",
       Integers::Bytes},
  };
  return entries;
}
