//===- Accuracy.h - Top-1 and top-5 of a classifier
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_SUPPORT_ACCURACY_H
#define LW_SUPPORT_ACCURACY_H

#include "llvm/ADT/ArrayRef.h"
#include <cstdint>

namespace mlir::lw {

/// The dimension of an output along which the scores of the classes lie: after
/// that of the samples the last whose extent is not 1. `shape` is not empty.
int64_t classDimension(llvm::ArrayRef<int64_t> shape);

/// Counts over the samples seen so far.
struct Accuracy {
  int64_t samples = 0;
  int64_t top1 = 0;
  int64_t top5 = 0;
  /// Samples with a score that is not a number; they count as wrong.
  int64_t invalid = 0;

  /// Adds one sample: `label` is an index into `scores`. It ranks behind every
  /// higher score, and behind an equal one of a lower index.
  void add(llvm::ArrayRef<float> scores, int64_t label);

  double top1Percent() const { return percent(top1); }
  double top5Percent() const { return percent(top5); }

private:
  double percent(int64_t count) const {
    return samples ? 100.0 * static_cast<double>(count) /
                         static_cast<double>(samples)
                   : 0.0;
  }
};

} // namespace mlir::lw

#endif // LW_SUPPORT_ACCURACY_H
