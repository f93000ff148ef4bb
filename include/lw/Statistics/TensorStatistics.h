//===- TensorStatistics.h - Range, moments and histogram of a tensor
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_STATISTICS_TENSORSTATISTICS_H
#define LW_STATISTICS_TENSORSTATISTICS_H

#include "lw/Numerics/Histogram.h"
#include <string>

namespace mlir::lw {

/// What is known of the values of one tensor over all samples. Its size does
/// not depend on their number.
class TensorStatistics {
public:
  /// `channelAxis` is the dimension that counts channels; -1 when there is
  /// none, which is taken as one channel.
  TensorStatistics(std::string name, std::string operation,
                   std::vector<int64_t> shape, int64_t channelAxis);

  /// Adds the tensor of one sample, dense and row-major. False, and nothing is
  /// added, when a value is not finite.
  bool add(const float *data);

  /// Adds what another stream of the same tensor has seen.
  void merge(const TensorStatistics &other);

  int64_t numElements() const;
  int64_t numChannels() const;
  /// The variance of a channel's values, divided by their number.
  double variance(int64_t channel) const {
    return count ? squares[channel] / static_cast<double>(count) : 0;
  }
  /// Mean and variance over all channels.
  double totalMean() const;
  double totalVariance() const;

  /// Layer or input; of equal names all but the last end in `#1`, `#2`, ...
  std::string name;
  /// Operation that makes the tensor, such as `lw.conv_2d`, or `input`.
  std::string operation;
  std::vector<int64_t> shape;
  int64_t channelAxis;

  /// Values of each channel that were seen.
  int64_t count = 0;
  /// Of each channel; `squares` are sums of squared deviations from `mean`.
  std::vector<float> minimum, maximum;
  std::vector<double> mean, squares;
  /// Of the whole tensor.
  Histogram histogram;
};

} // namespace mlir::lw

#endif // LW_STATISTICS_TENSORSTATISTICS_H
