//===- TensorStatistics.cpp - Range, moments and histogram of a tensor
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Statistics/TensorStatistics.h"
#include "llvm/ADT/STLExtras.h"
#include <algorithm>
#include <cmath>
#include <limits>

using namespace mlir::lw;

static int64_t product(llvm::ArrayRef<int64_t> extents) {
  int64_t result = 1;
  for (int64_t extent : extents)
    result *= extent;
  return result;
}

TensorStatistics::TensorStatistics(std::string name, std::string operation,
                                   std::vector<int64_t> shape,
                                   int64_t channelAxis)
    : name(std::move(name)), operation(std::move(operation)),
      shape(std::move(shape)), channelAxis(channelAxis) {
  int64_t channels = numChannels();
  minimum.assign(channels, std::numeric_limits<float>::infinity());
  maximum.assign(channels, -std::numeric_limits<float>::infinity());
  mean.assign(channels, 0);
  squares.assign(channels, 0);
}

int64_t TensorStatistics::numElements() const { return product(shape); }

int64_t TensorStatistics::numChannels() const {
  return channelAxis < 0 ? 1 : shape[channelAxis];
}

/// Calls `each(channel, value)` for all values of a tensor of `channels`
/// channels, each with `inner` neighbouring values.
template <typename Function>
static void forEachValue(llvm::ArrayRef<float> values, int64_t channels,
                         int64_t inner, Function each) {
  const float *value = values.begin();
  while (value != values.end())
    for (int64_t c = 0; c < channels; ++c)
      for (int64_t i = 0; i < inner; ++i)
        each(c, *value++);
}

/// Moves moments of `countB` values into those of `countA` (Chan et al., 1979).
static void mergeMoments(int64_t countA, double &meanA, double &squaresA,
                         int64_t countB, double meanB, double squaresB) {
  double difference = meanB - meanA;
  double share =
      static_cast<double>(countB) / static_cast<double>(countA + countB);
  meanA += difference * share;
  squaresA += squaresB + difference * difference * share * countA;
}

bool TensorStatistics::add(const float *data) {
  llvm::ArrayRef<float> values(data, numElements());
  if (values.empty())
    return true;
  int64_t channels = numChannels();
  int64_t inner =
      channelAxis < 0
          ? values.size()
          : product(llvm::ArrayRef(shape).drop_front(channelAxis + 1));
  int64_t each = values.size() / channels;

  // Two passes over a sample: sums of squares of f32 values with a large mean
  // would cancel.
  std::vector<double> means(channels, 0.0), deviations(channels, 0.0);
  forEachValue(values, channels, inner,
               [&](int64_t c, float value) { means[c] += value; });
  for (double &sum : means) {
    if (!std::isfinite(sum))
      return false;
    sum /= static_cast<double>(each);
  }
  forEachValue(values, channels, inner, [&](int64_t c, float value) {
    double difference = value - means[c];
    deviations[c] += difference * difference;
    minimum[c] = std::min(minimum[c], value);
    maximum[c] = std::max(maximum[c], value);
  });
  for (int64_t c = 0; c < channels; ++c)
    mergeMoments(count, mean[c], squares[c], each, means[c], deviations[c]);
  count += each;
  histogram.add(values);
  return true;
}

void TensorStatistics::merge(const TensorStatistics &other) {
  if (other.count == 0)
    return;
  for (size_t c = 0; c < mean.size(); ++c) {
    mergeMoments(count, mean[c], squares[c], other.count, other.mean[c],
                 other.squares[c]);
    minimum[c] = std::min(minimum[c], other.minimum[c]);
    maximum[c] = std::max(maximum[c], other.maximum[c]);
  }
  count += other.count;
  histogram.merge(other.histogram);
}

double TensorStatistics::totalMean() const {
  double sum = 0;
  for (double value : mean)
    sum += value;
  return sum / static_cast<double>(mean.size());
}

double TensorStatistics::totalVariance() const {
  double center = totalMean(), sum = 0;
  for (size_t c = 0; c < mean.size(); ++c)
    sum += variance(c) + (mean[c] - center) * (mean[c] - center);
  return sum / static_cast<double>(mean.size());
}
