//===- Window.h - Sliding windows of convolutions and pools
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_IMPORTER_WINDOW_H
#define LW_LIB_IMPORTER_WINDOW_H

#include "Node.h"
#include <array>

namespace mlir::lw::importer {

/// A sliding window along one dimension.
struct AxisWindow {
  int64_t kernel = 1, stride = 1, dilation = 1;
  int64_t before = 0, after = 0;
  /// The extent of the output.
  int64_t out = 1;
  /// What a rounded-up output extent needs behind `after`.
  int64_t overhang = 0;
};

/// A two-dimensional sliding window, [vertical, horizontal].
struct Window {
  std::array<int64_t, 2> kernel = {1, 1};
  std::array<int64_t, 2> strides = {1, 1};
  std::array<int64_t, 2> dilations = {1, 1};
  std::array<int64_t, 2> before = {0, 0}, after = {0, 0};
  /// Extents of the output.
  std::array<int64_t, 2> out = {1, 1};
  /// What a rounded-up output extent needs behind `after`.
  std::array<int64_t, 2> overhang = {0, 0};
};

/// Input `i` as [N, C, H, W]; a signal [N, C, L] counts as an image of one row.
FailureOr<TensorRef> asImage(Node &node, size_t i);

/// Finishes the node with an NHWC value, in the rank of its first input.
LogicalResult finishImage(Node &node, Value value);

/// Reads kernel_shape, strides, dilations, pads and auto_pad of a node whose
/// input has the spatial extents `in`, as below.
FailureOr<SmallVector<AxisWindow>>
readAxes(Node &node, ArrayRef<int64_t> in,
         std::optional<ArrayRef<int64_t>> kernel, bool ceilMode);

/// The same of an image. Reads kernel_shape, strides, dilations, pads and
/// auto_pad of a node whose input, as an image, has the spatial extents `in`,
/// and computes the output extents (rounded up with `ceilMode`, without windows
/// that would lie in the trailing padding only). `kernel` stands for
/// kernel_shape where that is left out.
FailureOr<Window> readWindow(Node &node, ArrayRef<int64_t> in,
                             std::optional<std::array<int64_t, 2>> kernel,
                             bool ceilMode);

} // namespace mlir::lw::importer

#endif // LW_LIB_IMPORTER_WINDOW_H
