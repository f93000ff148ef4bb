//===- ResizeTaps.cpp - Which elements a resampled dimension takes
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "ResizeTaps.h"
#include "llvm/ADT/STLExtras.h"
#include <algorithm>
#include <cmath>

using namespace mlir;
using namespace mlir::lw::importer;

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
  if (convention == "tf_crop_and_resize") {
    float last = static_cast<float>(axis.in - 1);
    return axis.out > 1
               ? axis.begin * last +
                     position * (axis.end - axis.begin) * last / (axis.out - 1)
               : 0.5f * (axis.begin + axis.end) * last;
  }
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

/// What a cubic filter of parameter `a` weighs elements at distance `x` with.
static double cubicWeight(double x, double a) {
  x = std::abs(x);
  if (x < 1.0)
    return ((a + 2.0) * x - (a + 3.0)) * x * x + 1.0;
  return x < 2.0 ? ((a * x - 5.0 * a) * x + 8.0 * a) * x - 4.0 * a : 0.0;
}

/// The weighted elements around `source`.
static SmallVector<std::pair<int64_t, double>>
weighElements(const Sampling &sampling, const Axis &axis, float source) {
  bool cubic = sampling.mode == "cubic";
  // Fewer elements are averages of all that they stand for.
  double scale = sampling.antialias ? std::min<double>(axis.scale, 1.0) : 1.0;
  double support = (cubic ? 2.0 : 1.0) / scale, total = 0.0;
  SmallVector<std::pair<int64_t, double>> result;
  // In f32 where there is nothing to add up, as other engines have it.
  float base = std::floor(source);
  if (!cubic && scale == 1.0) {
    float above = source - base;
    result = {{static_cast<int64_t>(base), 1.0f - above},
              {static_cast<int64_t>(base) + 1, above}};
    return result;
  }
  int64_t reach = static_cast<int64_t>(std::ceil(support));
  for (int64_t i = static_cast<int64_t>(base) - reach + 1;
       i <= static_cast<int64_t>(base) + reach; ++i) {
    double x = (static_cast<double>(i) - source) * scale;
    double weight = cubic ? cubicWeight(x, sampling.cubicCoefficient)
                          : std::max(1.0 - std::abs(x), 0.0);
    if (sampling.excludeOutside && (i < 0 || i >= axis.in))
      weight = 0.0;
    total += weight;
    result.push_back({i, weight});
  }
  if (total != 0.0)
    for (auto &[index, weight] : result)
      weight /= total;
  return result;
}

Taps mlir::lw::importer::tapsOf(const Sampling &sampling, const Axis &axis) {
  Taps taps;
  float last = static_cast<float>(axis.in - 1);
  SmallVector<SmallVector<std::pair<int64_t, double>>> all;
  size_t most = 0;
  for (int64_t x = 0; x < axis.out; ++x) {
    float source = sourceCoordinate(sampling.convention, axis, x);
    taps.outside.push_back(sampling.crops() &&
                           !(source >= 0.0f && source <= last));
    // Further away every element is the first or last one.
    float reach = 4.0f + 4.0f / std::min(axis.scale, 1.0f);
    source = std::min(std::max(source, -reach), last + reach);
    if (sampling.isNearest())
      taps.indices.push_back(static_cast<int32_t>(std::min(
          std::max(roundCoordinate(sampling.rounding, axis, source), 0.0f),
          last)));
    else
      all.push_back(weighElements(sampling, axis, source));
    if (!all.empty())
      most = std::max(most, all.back().size());
  }
  for (auto [x, elements] : llvm::enumerate(all)) {
    elements.resize(most, {0, 0.0});
    for (auto [index, weight] : elements) {
      taps.indices.push_back(
          static_cast<int32_t>(std::clamp<int64_t>(index, 0, axis.in - 1)));
      taps.weights.push_back(taps.outside[x] ? 0.0f
                                             : static_cast<float>(weight));
    }
  }
  if (sampling.isNearest() && llvm::is_contained(taps.outside, true))
    for (bool outside : taps.outside)
      taps.weights.push_back(outside ? 0.0f : 1.0f);
  return taps;
}

int64_t mlir::lw::importer::repeatsOf(const Axis &axis, const Taps &taps) {
  int64_t repeats = axis.out / axis.in;
  if (!taps.weights.empty() || axis.out % axis.in != 0)
    return 0;
  for (int64_t x = 0; x < axis.out; ++x)
    if (taps.indices[x] != x / repeats)
      return 0;
  return repeats;
}

bool mlir::lw::importer::isKnownConvention(StringRef convention) {
  return !std::isnan(sourceCoordinate(convention, {1, 1, 1.0f}, 0));
}

bool mlir::lw::importer::isKnownRounding(StringRef rounding) {
  return !std::isnan(roundCoordinate(rounding, {1, 1, 1.0f}, 0.0f));
}
