//===- Ranges.cpp - Parameters of quantized tensors from histograms
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Quantization/Ranges.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include <algorithm>
#include <cmath>

using namespace mlir;
using namespace mlir::lw;

/// Integers between which a range is divided.
static constexpr int kSteps = 255;

static double widthOf(const Histogram &histogram) {
  return std::ldexp(1.0, histogram.getExponent());
}

/// The middle of bin `i`, within the range of the values.
static double middleOf(const Histogram &histogram, size_t i) {
  double middle = (histogram.getFirst() + static_cast<double>(i) + 0.5) *
                  widthOf(histogram);
  return std::clamp<double>(middle, histogram.getMinimum(),
                            histogram.getMaximum());
}

/// Calls `visit` with the middle and the count of every bin that has values.
static void forEachBin(const Histogram &histogram,
                       llvm::function_ref<void(double, double)> visit) {
  for (size_t i = 0; i < histogram.getCounts().size(); ++i)
    if (uint64_t count = histogram.getCounts()[i])
      visit(middleOf(histogram, i), static_cast<double>(count));
}

static double total(const Histogram &histogram) {
  double sum = 0;
  for (uint64_t count : histogram.getCounts())
    sum += static_cast<double>(count);
  return sum;
}

double lw::meanSquare(const Histogram &histogram) {
  double sum = 0;
  forEachBin(histogram, [&](double x, double n) { sum += n * x * x; });
  return histogram.empty() ? 0 : sum / total(histogram);
}

/// The sum of squared errors with a range that holds zero.
static double errorOf(const Histogram &histogram, RealRange range) {
  double scale = (double(range.high) - range.low) / kSteps;
  double zero = std::nearbyint(-range.low / scale);
  double sum = 0;
  forEachBin(histogram, [&](double x, double n) {
    double q = std::clamp(std::nearbyint(x / scale) + zero, 0.0,
                          static_cast<double>(kSteps));
    double difference = x - (q - zero) * scale;
    sum += n * difference * difference;
  });
  return sum;
}

double lw::quantizationError(const Histogram &histogram,
                             QuantAttr quantization) {
  double scale = quantization.getScaleValue();
  double zero = static_cast<double>(quantization.getZeroPoint());
  double sum = 0;
  forEachBin(histogram, [&](double x, double n) {
    double q = std::clamp(std::nearbyint(x / scale) + zero,
                          static_cast<double>(quantization.least()),
                          static_cast<double>(quantization.greatest()));
    double difference = x - (q - zero) * scale;
    sum += n * difference * difference;
  });
  return histogram.empty() ? 0 : sum / total(histogram);
}

/// The divergence between the values, those outside of the range at its ends,
/// and what is left when each of the integers' shares is spread evenly over its
/// bins that have values.
static double divergenceOf(const Histogram &histogram, RealRange range) {
  ArrayRef<uint64_t> counts = histogram.getCounts();
  double step = (double(range.high) - range.low) / kSteps;
  std::vector<double> clipped(counts.size()), inside(counts.size());
  std::vector<int> level(counts.size());
  auto levelOf = [&](double x) {
    return std::clamp(static_cast<int>(std::nearbyint((x - range.low) / step)),
                      0, kSteps);
  };
  size_t first = counts.size(), last = 0;
  for (size_t i = 0; i < counts.size(); ++i) {
    double x = middleOf(histogram, i);
    level[i] = levelOf(x);
    if (x >= range.low && x <= range.high) {
      first = std::min(first, i);
      last = i;
    }
  }
  if (first > last)
    return INFINITY;
  for (size_t i = 0; i < counts.size(); ++i) {
    clipped[std::clamp(i, first, last)] += static_cast<double>(counts[i]);
    if (i >= first && i <= last)
      inside[i] = static_cast<double>(counts[i]);
  }
  std::vector<double> sums(kSteps + 1), bins(kSteps + 1);
  for (size_t i = first; i <= last; ++i) {
    sums[level[i]] += inside[i];
    bins[level[i]] += inside[i] > 0;
  }
  double all = total(histogram), kept = 0, divergence = 0;
  for (double sum : sums)
    kept += sum;
  if (kept == 0)
    return INFINITY;
  for (size_t i = first; i <= last; ++i) {
    if (clipped[i] == 0)
      continue;
    double p = clipped[i] / all;
    double q = inside[i] > 0 ? sums[level[i]] / bins[level[i]] / kept : 1e-12;
    divergence += p * std::log(p / q);
  }
  return divergence;
}

/// The ends of a range, each moved towards zero in turn, that give the least of
/// `badness`.
static RealRange shrink(RealRange range,
                        llvm::function_ref<double(RealRange)> badness) {
  constexpr int kSteps = 64;
  RealRange best = range;
  double least = badness(range);
  auto tryRange = [&](RealRange candidate) {
    if (!(candidate.high > candidate.low))
      return;
    if (double value = badness(candidate); value < least) {
      least = value;
      best = candidate;
    }
  };
  // Both ends together first: either alone may be held back by the other.
  for (int i = 2; i < kSteps; ++i)
    tryRange({range.low * i / kSteps, range.high * i / kSteps});
  for (int round = 0; round < 2 && range.low < 0 && range.high > 0; ++round) {
    RealRange start = best;
    for (int i = 1; i <= kSteps; ++i)
      tryRange({range.low * i / kSteps, start.high});
    start = best;
    for (int i = 1; i <= kSteps; ++i)
      tryRange({start.low, range.high * i / kSteps});
  }
  return best;
}

RealRange lw::chooseRange(const Histogram &histogram, RangeMethod method,
                          double percentile) {
  RealRange range{std::min(histogram.getMinimum(), 0.0f),
                  std::max(histogram.getMaximum(), 0.0f)};
  if (histogram.empty() || !(range.high > range.low))
    return range;
  switch (method) {
  case RangeMethod::MinMax:
  case RangeMethod::Average:
    return range;
  case RangeMethod::Percentile: {
    double outside = (1 - percentile / 100) / 2;
    // A quantile is the upper edge of its bin.
    float low = histogram.quantile(outside) - widthOf(histogram);
    float high = histogram.quantile(1 - outside);
    // What never leaves zero on one side has all its outliers on the other.
    if (range.low == 0)
      high = histogram.quantile(percentile / 100);
    if (range.high == 0)
      low = histogram.quantile(1 - percentile / 100) - widthOf(histogram);
    RealRange kept{std::clamp(low, range.low, 0.0f),
                   std::clamp(high, 0.0f, range.high)};
    return kept.high > kept.low ? kept : range;
  }
  case RangeMethod::Error:
    return shrink(range, [&](RealRange r) { return errorOf(histogram, r); });
  case RangeMethod::Entropy:
    return shrink(range,
                  [&](RealRange r) { return divergenceOf(histogram, r); });
  }
  llvm_unreachable("all methods are above");
}

float lw::makeScale(RealRange range) {
  double low = std::min(range.low, 0.0f), high = std::max(range.high, 0.0f);
  return static_cast<float>((high - low) / kSteps);
}

QuantAttr lw::makeQuantization(MLIRContext *context, RealRange range) {
  double low = std::min(range.low, 0.0f);
  float scale = makeScale(range);
  if (!std::isnormal(scale))
    scale = 1;
  auto zero = static_cast<int64_t>(std::nearbyint(-low / scale));
  return QuantAttr::get(context, /*isUnsigned=*/true, scale,
                        std::clamp<int64_t>(zero, 0, kSteps));
}
