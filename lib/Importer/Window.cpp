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

/// Reads one attribute of [least, kMaxParameter] values, `perAxis` for each of
/// the `rank` spatial dimensions. A one-dimensional window is a row: its value
/// stands for the horizontal dimension.
template <size_t count>
static LogicalResult readInts(Node &node, StringRef name, int64_t rank,
                              int64_t least,
                              std::array<int64_t, count> &result) {
  std::optional<Shape> values = node.intsAttr(name);
  if (!values)
    return success();
  int64_t perAxis = count / 2;
  if (static_cast<int64_t>(values->size()) != rank * perAxis)
    return node.error("expects attribute '" + name + "' to have " +
                      Twine(rank * perAxis) + " values (" + Twine(rank) +
                      " spatial dimensions), found " + Twine(values->size()));
  for (auto [i, value] : llvm::enumerate(*values)) {
    if (value < least || value > kMaxParameter)
      return node.error("expects attribute '" + name + "' to be at least " +
                        Twine(least) + " and at most 2^31, found " +
                        Twine(value));
    result[rank == 2 ? i : 2 * i + 1] = value;
  }
  return success();
}

FailureOr<TensorRef> mlir::lw::importer::asImage(Node &node, size_t i) {
  const TensorRef &input = node.inputs[i];
  if (input->rank() != 3 && input->rank() != 4)
    return node.error("expects input " + Twine(i) +
                      " of one or two spatial dimensions, found shape " +
                      formatShape(input->shape));
  if (failed(node.checkShape(input->shape)))
    return failure();
  if (input->rank() == 4)
    return input;
  ArrayRef<int64_t> shape = input->shape;
  return node.build.reshape(input, {shape[0], shape[1], 1, shape[2]});
}

LogicalResult mlir::lw::importer::finishImage(Node &node, Value value) {
  TensorRef image = GraphBuilder::fromNhwc(value);
  if (node.inputs[0]->rank() == 4)
    return node.finish(image);
  return node.finish(node.build.reshape(
      image, {image->shape[0], image->shape[1], image->shape[3]}));
}

FailureOr<Window>
mlir::lw::importer::readWindow(Node &node, ArrayRef<int64_t> in,
                               std::optional<std::array<int64_t, 2>> kernel,
                               bool ceilMode) {
  Window window;
  int64_t rank = node.inputs[0]->rank() - 2;
  if (kernel)
    window.kernel = *kernel;
  else if (!node.attribute("kernel_shape"))
    return node.error("expects an attribute 'kernel_shape'");
  std::array<int64_t, 4> pads = {0, 0, 0, 0}; // top, left, bottom, right
  if (failed(readInts(node, "kernel_shape", rank, 1, window.kernel)) ||
      failed(readInts(node, "strides", rank, 1, window.strides)) ||
      failed(readInts(node, "dilations", rank, 1, window.dilations)) ||
      failed(readInts(node, "pads", rank, 0, pads)))
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
    // Rounded up, one window that reaches past the end is left.
    if (slack < 0 && !(ceilMode && slack > -stride))
      return node.error(
          "expects the window (kernel " + formatShape(window.kernel) +
          ", dilations " + formatShape(window.dilations) +
          ") to fit the padded input, found extent " + Twine(in[axis]) +
          " and padding " + Twine(before) + ", " + Twine(after));
    int64_t &out = window.out[axis];
    out = std::max<int64_t>(slack, 0) / stride + 1;
    if (ceilMode && slack > 0 && slack % stride != 0 &&
        out * stride < in[axis] + before)
      ++out;
    window.overhang[axis] = std::max<int64_t>((out - 1) * stride - slack, 0);
  }
  return window;
}
