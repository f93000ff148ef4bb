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
#include <string>

namespace mlir::lw {

/// Samples of a network's inputs; one is for one run, all of its batch.
struct CalibrationSamples {
  int64_t count = 0;
  /// Writes input `input` of sample `index`, dense and row-major, as elements
  /// of the input's own type.
  std::function<void(size_t input, int64_t index, void *elements)> read;
  /// How often each sample is there in different forms: sample `i` is a form of
  /// sample `i % (count / variants)`.
  int64_t variants = 1;
  /// What messages call sample `index`; may be empty.
  std::function<std::string(int64_t index)> describe;
};

/// Sample `index` for messages.
inline std::string describeSample(const CalibrationSamples &samples,
                                  int64_t index) {
  return samples.describe ? samples.describe(index)
                          : "sample " + std::to_string(index);
}

} // namespace mlir::lw

#endif // LW_STEPPING_SAMPLES_H
