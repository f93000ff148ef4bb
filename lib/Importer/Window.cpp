//===- Window.cpp - Sliding windows of convolutions and pools
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Window.h"

using namespace mlir;
using namespace mlir::lw::importer;

/// No sensible window parameter is larger; keeps the arithmetic from
/// overflowing.
static constexpr int64_t kMaxParameter = int64_t(1) << 31;

/// Reads one attribute of `count` values in [least, kMaxParameter].
template <size_t count>
static LogicalResult readInts(Node &node, StringRef name, int64_t least,
                              std::array<int64_t, count> &result) {
  std::optional<Shape> values = node.intsAttr(name);
  if (!values)
    return success();
  if (values->size() != count)
    return node.error(
        "expects attribute '" + name + "' to have " + Twine(count) +
        " values (two spatial dimensions), found " + Twine(values->size()));
  for (auto [i, value] : llvm::enumerate(*values)) {
    if (value < least || value > kMaxParameter)
      return node.error("expects attribute '" + name + "' to be at least " +
                        Twine(least) + " and at most 2^31, found " +
                        Twine(value));
    result[i] = value;
  }
  return success();
}

FailureOr<Window>
mlir::lw::importer::readWindow(Node &node, ArrayRef<int64_t> in,
                               std::optional<std::array<int64_t, 2>> kernel,
                               bool ceilMode) {
  Window window;
  if (kernel)
    window.kernel = *kernel;
  else if (!node.attribute("kernel_shape"))
    return node.error("expects an attribute 'kernel_shape'");
  std::array<int64_t, 4> pads = {0, 0, 0, 0}; // top, left, bottom, right
  if (failed(readInts(node, "kernel_shape", 1, window.kernel)) ||
      failed(readInts(node, "strides", 1, window.strides)) ||
      failed(readInts(node, "dilations", 1, window.dilations)) ||
      failed(readInts(node, "pads", 0, pads)))
    return failure();
  if (kernel && *kernel != window.kernel)
    return node.error("expects attribute 'kernel_shape' to be that of the "
                      "weights (" +
                      formatShape(*kernel) + "), found " +
                      formatShape(window.kernel));
  std::string autoPad = node.stringAttr("auto_pad", "NOTSET");
  bool same = autoPad == "SAME_UPPER" || autoPad == "SAME_LOWER";
  if (!same && autoPad != "NOTSET" && autoPad != "VALID" && !autoPad.empty())
    return node.error("expects attribute 'auto_pad' to be NOTSET, SAME_UPPER, "
                      "SAME_LOWER or VALID, found '" +
                      autoPad + "'");

  for (int axis = 0; axis < 2; ++axis) {
    int64_t stride = window.strides[axis];
    int64_t span = 0;
    if (llvm::MulOverflow(window.dilations[axis], window.kernel[axis] - 1,
                          span) ||
        span > kMaxParameter)
      return node.error("the window is too large: kernel " +
                        formatShape(window.kernel) + ", dilations " +
                        formatShape(window.dilations));
    span += 1;
    int64_t &before = window.before[axis], &after = window.after[axis];
    if (same) {
      int64_t out = llvm::divideCeil(in[axis], stride);
      int64_t total =
          std::max<int64_t>((out - 1) * stride + span - in[axis], 0);
      before = autoPad == "SAME_UPPER" ? total / 2 : total - total / 2;
      after = total - before;
    } else if (autoPad != "VALID") {
      before = pads[axis];
      after = pads[axis + 2];
    }
    int64_t slack = in[axis] + before + after - span;
    if (slack < 0)
      return node.error(
          "expects the window (kernel " + formatShape(window.kernel) +
          ", dilations " + formatShape(window.dilations) +
          ") to fit the padded input, found extent " + Twine(in[axis]) +
          " and padding " + Twine(before) + ", " + Twine(after));
    int64_t &out = window.out[axis];
    out = slack / stride + 1;
    if (ceilMode && slack % stride != 0 && out * stride < in[axis] + before)
      ++out;
    window.overhang[axis] = std::max<int64_t>((out - 1) * stride - slack, 0);
  }
  return window;
}
