//===- Histogram.cpp - Counts of values in a stream
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Numerics/Histogram.h"
#include <algorithm>
#include <cmath>

using namespace mlir::lw;

/// floor(value / 2^exponent).
static int64_t indexOf(float value, int exponent) {
  return static_cast<int64_t>(std::floor(std::ldexp(double(value), -exponent)));
}

/// The least width with which a range fits. Bins finer than the spacing of the
/// floats at its ends would only make the indices large.
static int exponentFor(float minimum, float maximum) {
  float largest = std::max(std::abs(minimum), std::abs(maximum));
  int exponent = largest > 0 ? std::max(std::ilogb(largest) - 23, -149) : -149;
  while (indexOf(maximum, exponent) - indexOf(minimum, exponent) >=
         Histogram::kMaxBins)
    ++exponent;
  return exponent;
}

int64_t Histogram::binOf(float value) const {
  return indexOf(value, exponent) - first;
}

void Histogram::grow(float newMinimum, float newMaximum) {
  Histogram wider;
  wider.minimum = newMinimum;
  wider.maximum = newMaximum;
  wider.exponent = exponentFor(newMinimum, newMaximum);
  wider.first = indexOf(newMinimum, wider.exponent);
  wider.counts.resize(wider.binOf(newMaximum) + 1);
  // At most 2^-149 to 2^128 apart; an arithmetic shift of all bits rounds down
  // like one of more bits.
  int shift = std::min(wider.exponent - exponent, 63);
  for (size_t i = 0; i < counts.size(); ++i)
    wider.counts[((first + static_cast<int64_t>(i)) >> shift) - wider.first] +=
        counts[i];
  *this = std::move(wider);
}

void Histogram::add(llvm::ArrayRef<float> values) {
  if (values.empty())
    return;
  auto [least, largest] = std::minmax_element(values.begin(), values.end());
  if (empty())
    grow(*least, *largest);
  else if (*least < minimum || *largest > maximum)
    grow(std::min(*least, minimum), std::max(*largest, maximum));
  double scale = std::ldexp(1.0, -exponent);
  for (float value : values) {
    // floor, without a call on processors that have no instruction for it.
    double exact = value * scale;
    auto index = static_cast<int64_t>(exact);
    index -= static_cast<double>(index) > exact;
    ++counts[index - first];
  }
}

void Histogram::merge(const Histogram &other) {
  if (other.empty())
    return;
  if (empty()) {
    *this = other;
    return;
  }
  grow(std::min(minimum, other.minimum), std::max(maximum, other.maximum));
  int shift = std::min(exponent - other.exponent, 63);
  for (size_t i = 0; i < other.counts.size(); ++i)
    counts[((other.first + static_cast<int64_t>(i)) >> shift) - first] +=
        other.counts[i];
}

bool Histogram::restore(float newMinimum, float newMaximum,
                        std::vector<uint64_t> newCounts) {
  *this = Histogram();
  if (newCounts.empty())
    return true;
  if (!std::isfinite(newMinimum) || !std::isfinite(newMaximum) ||
      newMinimum > newMaximum)
    return false;
  grow(newMinimum, newMaximum);
  if (counts.size() != newCounts.size() || !newCounts.front() ||
      !newCounts.back())
    return false;
  counts = std::move(newCounts);
  return true;
}

float Histogram::quantile(double share) const {
  uint64_t total = 0, sum = 0;
  for (uint64_t count : counts)
    total += count;
  for (size_t i = 0; i < counts.size(); ++i)
    if (sum += counts[i]; static_cast<double>(sum) >= share * total)
      return std::min<double>(
          maximum,
          std::ldexp(static_cast<double>(first + static_cast<int64_t>(i) + 1),
                     exponent));
  return maximum;
}
