//===- Weights.cpp - Filters and biases as integers
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Quantization/Weights.h"
#include "lw/Dialect/IR/ShortSums.h"
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

/// Takes from integers that are added together what is more than fits 16 bits,
/// where it moves them least from `reals`.
static void cutShortSum(llvm::MutableArrayRef<int32_t> integers,
                        llvm::ArrayRef<double> reals) {
  for (int sign : {1, -1}) {
    auto above = [&](size_t i) { return sign * integers[i]; };
    int64_t sum = 0;
    for (size_t i = 0; i < integers.size(); ++i)
      sum += std::max(0, above(i));
    for (; sum > kMostShortSum; --sum) {
      size_t least = integers.size();
      auto cost = [&](size_t i) { return sign * reals[i] - above(i); };
      for (size_t i = 0; i < integers.size(); ++i)
        if (above(i) > 0 && (least == integers.size() || cost(i) < cost(least)))
          least = i;
      integers[least] -= sign;
    }
  }
}

std::vector<int32_t> mlir::lw::roundForShortSums(llvm::ArrayRef<float> filter,
                                                 const ConvGeometry &g,
                                                 std::vector<float> &scales) {
  constexpr int64_t kProducts = 4, kTried = 9;
  std::vector<double> most = largestShortSums(filter, g, kProducts);
  std::vector<float> tried(scales), chosen(scales);
  std::vector<double> errors(scales.size()), least(scales.size());
  std::vector<int32_t> result(filter.size()), integers(filter.size());
  for (int64_t step = 0; step < kTried; ++step) {
    for (size_t o = 0; o < scales.size(); ++o) {
      // With the largest of them nothing is cut: four roundings add half each.
      double largest =
          std::max<double>(most[o] / (kMostShortSum - 2), scales[o]);
      tried[o] = static_cast<float>(scales[o] + (largest - scales[o]) * step /
                                                    (kTried - 1));
    }
    integers = roundFilter(filter, tried);
    std::fill(errors.begin(), errors.end(), 0);
    visitShortSums(g, kProducts, [&](int64_t o, llvm::ArrayRef<int64_t> rows) {
      llvm::SmallVector<int32_t, kProducts> mine;
      llvm::SmallVector<double, kProducts> reals;
      for (int64_t row : rows) {
        mine.push_back(integers[row + o]);
        reals.push_back(filter[row + o] / static_cast<double>(tried[o]));
      }
      cutShortSum(mine, reals);
      for (size_t i = 0; i < rows.size(); ++i) {
        integers[rows[i] + o] = mine[i];
        double error = (mine[i] - reals[i]) * tried[o];
        errors[o] += error * error;
      }
    });
    for (size_t i = 0; i < filter.size(); ++i) {
      size_t o = i % scales.size();
      if (step == 0 || errors[o] < least[o])
        result[i] = integers[i];
    }
    for (size_t o = 0; o < scales.size(); ++o)
      if (step == 0 || errors[o] < least[o]) {
        least[o] = errors[o];
        chosen[o] = tried[o];
      }
  }
  scales = std::move(chosen);
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
