//===- Samples.h - Samples of a network's inputs
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_STEPPING_SAMPLES_H
#define LW_STEPPING_SAMPLES_H

#include <cstddef>
#include <cstdint>
#include <functional>

namespace mlir::lw {

/// Samples of a network's inputs; one is for one run, all of its batch.
struct CalibrationSamples {
  int64_t count = 0;
  /// Writes input `input` of sample `index`, dense and row-major.
  std::function<void(size_t input, int64_t index, float *values)> read;
  /// How often each sample is there in different forms: sample `i` is a form of
  /// sample `i % (count / variants)`.
  int64_t variants = 1;
};

} // namespace mlir::lw

#endif // LW_STEPPING_SAMPLES_H
