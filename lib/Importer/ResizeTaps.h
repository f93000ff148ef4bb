//===- ResizeTaps.h - Which elements a resampled dimension takes
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_IMPORTER_RESIZETAPS_H
#define LW_LIB_IMPORTER_RESIZETAPS_H

#include "mlir/Support/LLVM.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include <cstdint>
#include <string>

namespace mlir::lw::importer {

/// The extents of one dimension before and after, and their ratio as the node
/// states it (not always the quotient of the extents).
struct Axis {
  int64_t in, out;
  float scale;
  /// The part that is resized, in fractions of the extent.
  float begin = 0.0f, end = 1.0f;

  bool isResized() const {
    return in != out || scale != 1.0f || begin != 0.0f || end != 1.0f;
  }
};

/// How the elements of one dimension are taken.
struct Sampling {
  std::string mode, convention, rounding;
  double cubicCoefficient = -0.75;
  bool excludeOutside = false, antialias = false;
  float extrapolation = 0.0f;

  bool isNearest() const { return mode == "nearest"; }
  bool crops() const { return convention == "tf_crop_and_resize"; }
};

/// The elements that make up each one of the result.
struct Taps {
  SmallVector<int32_t> indices;
  SmallVector<float> weights; // none for the nearest
  /// Of what lies outside of the input.
  SmallVector<bool> outside;
};

Taps tapsOf(const Sampling &sampling, const Axis &axis);

/// How often each element is repeated, if that is all that happens; else 0.
int64_t repeatsOf(const Axis &axis, const Taps &taps);

/// Whether the convention and the rounding are known.
bool isKnownConvention(StringRef convention);
bool isKnownRounding(StringRef rounding);

} // namespace mlir::lw::importer

#endif // LW_LIB_IMPORTER_RESIZETAPS_H
