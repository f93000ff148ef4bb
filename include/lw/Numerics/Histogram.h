//===- Histogram.h - Counts of values in a stream
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_NUMERICS_HISTOGRAM_H
#define LW_NUMERICS_HISTOGRAM_H

#include "llvm/ADT/ArrayRef.h"
#include <cstdint>
#include <vector>

namespace mlir::lw {

/// Counts of values in at most 2048 bins of equal width `w`, a power of two.
/// Bin `i` counts the values of [(first + i) w, (first + i + 1) w), so zero is
/// always an edge. The width doubles as the range of the values grows, which
/// joins neighbouring bins exactly: a histogram depends on its values alone,
/// not on their order or on how streams of them were merged.
class Histogram {
public:
  static constexpr int64_t kMaxBins = 2048;

  /// Adds finite values.
  void add(llvm::ArrayRef<float> values);
  void merge(const Histogram &other);

  /// The same from its parts; false when they do not make a histogram.
  bool restore(float minimum, float maximum, std::vector<uint64_t> counts);

  bool empty() const { return counts.empty(); }
  /// The least and the largest value; 0 when there are none.
  float getMinimum() const { return minimum; }
  float getMaximum() const { return maximum; }
  /// log2 of the width of a bin.
  int getExponent() const { return exponent; }
  int64_t getFirst() const { return first; }
  /// The first and the last bin hold the least and the largest value.
  llvm::ArrayRef<uint64_t> getCounts() const { return counts; }

  /// The value that a share of all values does not exceed, to one bin: the
  /// upper edge of the bin where it is reached, at most the maximum.
  float quantile(double share) const;

private:
  /// Takes a range that includes the present one.
  void grow(float newMinimum, float newMaximum);
  int64_t binOf(float value) const;

  float minimum = 0, maximum = 0;
  int exponent = 0;
  int64_t first = 0;
  std::vector<uint64_t> counts;
};

} // namespace mlir::lw

#endif // LW_NUMERICS_HISTOGRAM_H
