//===- Ranges.h - Parameters of quantized tensors from histograms
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_QUANTIZATION_RANGES_H
#define LW_QUANTIZATION_RANGES_H

#include "lw/Dialect/IR/LwAttributes.h"
#include "lw/Numerics/Histogram.h"

namespace mlir::lw {

/// How the range of a tensor's integers is chosen from the values seen.
enum class RangeMethod {
  /// The least mean squared error.
  Error,
  /// From the least to the largest value.
  MinMax,
  /// Without a share of the values at either end.
  Percentile,
  /// The least Kullback-Leibler divergence between the distributions before
  /// and after.
  Entropy,
  /// The mean over the samples of the least and of the largest value of each.
  Average,
};

/// Real numbers that 8-bit integers are to cover.
struct RealRange {
  float low = 0, high = 0;
};

/// `percentile` is the share of values, in percent, that the method of that
/// name keeps. The method Average needs more than a histogram and takes
/// MinMax's range here.
RealRange chooseRange(const Histogram &histogram, RangeMethod method,
                      double percentile);

/// The scale of a range that is widened to hold zero; no normal number where it
/// has no extent or too little.
float makeScale(RealRange range);

/// Unsigned parameters for a range, which is widened to hold zero, an integer
/// itself. A range without a scale has scale 1.
QuantAttr makeQuantization(MLIRContext *context, RealRange range);

/// The mean squared difference between values and what their integers stand
/// for, from the middles of the histogram's bins.
double quantizationError(const Histogram &histogram, QuantAttr quantization);

/// The mean square of the values.
double meanSquare(const Histogram &histogram);

} // namespace mlir::lw

#endif // LW_QUANTIZATION_RANGES_H
