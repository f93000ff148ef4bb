//===- QuantizedDraw.h - Random integers and what they mean -----*- C++ -*-===//
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_TEST_UNIT_PROPERTY_QUANTIZEDDRAW_H
#define LW_TEST_UNIT_PROPERTY_QUANTIZEDDRAW_H

#include "QuantizedCase.h"

namespace lwtest {

/// The standard distributions differ between libraries; a seed should not.
class QuantizedDraw {
public:
  explicit QuantizedDraw(std::mt19937 &random) : random(random) {}

  int64_t between(int64_t low, int64_t high) {
    return low + static_cast<int64_t>(random() % (high - low + 1));
  }
  bool oneIn(int64_t n) { return between(1, n) == 1; }

  /// Near 1; a power of two now and then, which makes for ties.
  float factor();
  /// `scale`, any range, and zero points at its ends as often as inside.
  Quant quant(float scale);
  /// Any bytes, or those where 16 bits overflow.
  Bytes bytes(int64_t count);
  /// Bytes of a filter: sometimes so small that sums of some products fit 16
  /// bits, just or just not.
  Bytes weights(int64_t count);

  std::mt19937 &random;
};

} // namespace lwtest

#endif // LW_TEST_UNIT_PROPERTY_QUANTIZEDDRAW_H
