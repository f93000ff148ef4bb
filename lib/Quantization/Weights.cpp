//===- Weights.cpp - Filters and biases as integers
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Quantization/Weights.h"
#include <algorithm>
#include <cmath>

using namespace mlir::lw;

/// Biases are at most that large, so that the products added to them do not
/// wrap.
static constexpr double kMaxBias = 1 << 30;

/// Products of larger scales with others stay normal numbers.
static constexpr double kLeastScale = 1e-20;

std::vector<float> mlir::lw::chooseFilterScales(llvm::ArrayRef<float> filter,
                                                llvm::ArrayRef<float> bias,
                                                int64_t channels,
                                                float inputScale,
                                                bool perTensor) {
  std::vector<double> largest(channels);
  for (size_t i = 0; i < filter.size(); ++i) {
    double &value = largest[i % channels];
    value = std::max(value, std::abs(static_cast<double>(filter[i])));
  }
  if (perTensor)
    largest.assign(channels, *std::max_element(largest.begin(), largest.end()));
  std::vector<float> scales(channels);
  for (int64_t c = 0; c < channels; ++c) {
    double scale = largest[c] / 127;
    double shift = bias.empty() ? 0 : std::abs(static_cast<double>(bias[c]));
    // Of a channel of zeros the bias is all that counts.
    scale = std::max(scale, shift / inputScale /
                                (largest[c] == 0 ? 1 << 20 : kMaxBias));
    scales[c] =
        static_cast<float>(scale == 0 ? 1 : std::max(scale, kLeastScale));
  }
  return scales;
}

bool mlir::lw::vanish(llvm::ArrayRef<float> filter) {
  double largest = 0;
  for (float value : filter)
    largest = std::max(largest, std::abs(static_cast<double>(value)));
  // Of fewer than 32 of 127 steps.
  return largest > 0 && largest < 127.0 / 4 * kLeastScale;
}

std::vector<int32_t> mlir::lw::roundFilter(llvm::ArrayRef<float> filter,
                                           llvm::ArrayRef<float> scales) {
  std::vector<int32_t> result(filter.size());
  for (size_t i = 0; i < filter.size(); ++i)
    result[i] = static_cast<int32_t>(
        std::clamp(std::nearbyint(static_cast<double>(filter[i]) /
                                  scales[i % scales.size()]),
                   -127.0, 127.0));
  return result;
}

std::vector<int32_t> mlir::lw::roundBias(llvm::ArrayRef<float> bias,
                                         llvm::ArrayRef<float> scales,
                                         float inputScale) {
  std::vector<int32_t> result(bias.size());
  for (size_t c = 0; c < bias.size(); ++c)
    result[c] = static_cast<int32_t>(std::clamp(
        std::nearbyint(static_cast<double>(bias[c]) /
                       (static_cast<double>(inputScale) * scales[c])),
        -kMaxBias, kMaxBias));
  return result;
}
