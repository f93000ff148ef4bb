//===- HistogramParts.h - Histograms that can be drawn ----------*- C++ -*-===//
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_QUANTIZATION_HISTOGRAMPARTS_H
#define LW_LIB_QUANTIZATION_HISTOGRAMPARTS_H

#include "lw/Numerics/Histogram.h"
#include "llvm/ADT/STLExtras.h"
#include <algorithm>
#include <cmath>

namespace mlir::lw {

/// The counts of a histogram in so few parts of its range that they can be
/// drawn; a bin counts where its middle is.
inline std::vector<uint64_t> countParts(const Histogram &histogram) {
  constexpr int64_t kParts = 48;
  double low = histogram.getMinimum(), extent = histogram.getMaximum() - low;
  if (!(extent > 0))
    return {};
  std::vector<uint64_t> parts(kParts);
  for (auto [i, count] : llvm::enumerate(histogram.getCounts())) {
    double middle =
        std::ldexp(static_cast<double>(histogram.getFirst()) + i + 0.5,
                   histogram.getExponent());
    auto part = static_cast<int64_t>((middle - low) / extent * kParts);
    parts[std::clamp<int64_t>(part, 0, kParts - 1)] += count;
  }
  return parts;
}

} // namespace mlir::lw

#endif // LW_LIB_QUANTIZATION_HISTOGRAMPARTS_H
