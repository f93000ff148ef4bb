//===- ConvGeometry.h - Shapes of a convolution -----------------*- C++ -*-===//
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_DIALECT_IR_CONVGEOMETRY_H
#define LW_DIALECT_IR_CONVGEOMETRY_H

#include "mlir/IR/BuiltinTypes.h"
#include <array>
#include <cstdint>
#include <optional>

namespace mlir::lw {

/// Extents and window parameters of a convolution of any variant. Extents that
/// a type does not know are ShapedType::kDynamic.
struct ConvGeometry {
  int64_t batch = 0;
  int64_t inHeight = 0, inWidth = 0, inChannels = 0;
  int64_t outHeight = 0, outWidth = 0, outChannels = 0;
  int64_t kernelHeight = 1, kernelWidth = 1;
  std::array<int64_t, 2> strides = {1, 1};
  std::array<int64_t, 4> padding = {0, 0, 0, 0}; // top, bottom, left, right
  std::array<int64_t, 2> dilations = {1, 1};
  /// 1 for standard and pointwise, Cin for depthwise and the depthwise half of
  /// a separable convolution.
  int64_t groups = 1;
  /// Filters per input channel of a depthwise part, otherwise 1.
  int64_t multiplier = 1;

  int64_t outPixels() const { return batch * outHeight * outWidth; }
  bool hasPadding() const {
    return padding[0] || padding[1] || padding[2] || padding[3];
  }
  bool hasStride() const { return strides[0] != 1 || strides[1] != 1; }
  bool hasDilation() const { return dilations[0] != 1 || dilations[1] != 1; }
};

/// floor((in + before + after - dilation * (kernel - 1) - 1) / stride) + 1, or
/// kDynamic when `in` or `kernel` is; std::nullopt when the window does not fit
/// or a parameter overflows.
std::optional<int64_t> convOutputExtent(int64_t in, int64_t kernel,
                                        int64_t stride, int64_t before,
                                        int64_t after, int64_t dilation);

} // namespace mlir::lw

#endif // LW_DIALECT_IR_CONVGEOMETRY_H
