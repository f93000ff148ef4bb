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

/// Reads one attribute of [least, kMaxParameter] values, one for each spatial
/// dimension, or two: first what is before all of them, then what is behind.
static LogicalResult readInts(Node &node, StringRef name, int64_t least,
                              MutableArrayRef<AxisWindow> axes,
                              int64_t AxisWindow::*first,
                              int64_t AxisWindow::*second = nullptr) {
  std::optional<Shape> values = node.intsAttr(name);
  if (!values)
    return success();
  size_t rank = axes.size(), count = second ? 2 * rank : rank;
  if (values->size() != count)
    return node.error("expects attribute '" + name + "' to have " +
                      Twine(count) + " values (" + Twine(rank) +
                      " spatial dimensions), found " + Twine(values->size()));
  for (auto [i, value] : llvm::enumerate(*values)) {
    if (value < least || value > kMaxParameter)
      return node.error("expects attribute '" + name + "' to be at least " +
                        Twine(least) + " and at most 2^31, found " +
                        Twine(value));
    axes[i % rank].*(i < rank ? first : second) = value;
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

static Shape collect(ArrayRef<AxisWindow> axes, int64_t AxisWindow::*member) {
  return llvm::map_to_vector(
      axes, [&](const AxisWindow &axis) { return axis.*member; });
}

FailureOr<SmallVector<AxisWindow>>
mlir::lw::importer::readAxes(Node &node, ArrayRef<int64_t> in,
                             std::optional<ArrayRef<int64_t>> kernel,
                             bool ceilMode) {
  SmallVector<AxisWindow> axes(in.size());
  if (kernel)
    for (auto [axis, extent] : llvm::zip(axes, *kernel))
      axis.kernel = extent;
  else if (!node.attribute("kernel_shape"))
    return node.error("expects an attribute 'kernel_shape'");
  if (failed(readInts(node, "kernel_shape", 1, axes, &AxisWindow::kernel)) ||
      failed(readInts(node, "strides", 1, axes, &AxisWindow::stride)) ||
      failed(readInts(node, "dilations", 1, axes, &AxisWindow::dilation)) ||
      failed(readInts(node, "pads", 0, axes, &AxisWindow::before,
                      &AxisWindow::after)))
    return failure();
  Shape kernels = collect(axes, &AxisWindow::kernel);
  if (kernel && *kernel != ArrayRef<int64_t>(kernels))
    return node.error("expects attribute 'kernel_shape' to be that of the "
                      "weights (" +
                      formatShape(*kernel) + "), found " +
                      formatShape(kernels));
  std::string autoPad = node.stringAttr("auto_pad", "NOTSET");
  bool same = autoPad == "SAME_UPPER" || autoPad == "SAME_LOWER";
  if (!same && autoPad != "NOTSET" && autoPad != "VALID" && !autoPad.empty())
    return node.error("expects attribute 'auto_pad' to be NOTSET, SAME_UPPER, "
                      "SAME_LOWER or VALID, found '" +
                      autoPad + "'");
  std::string window = "(kernel " + formatShape(kernels) + ", dilations " +
                       formatShape(collect(axes, &AxisWindow::dilation)) + ")";

  for (auto [axis, extent] : llvm::zip(axes, in)) {
    int64_t span = 0;
    if (llvm::MulOverflow(axis.dilation, axis.kernel - 1, span) ||
        span > kMaxParameter)
      return node.error("the window is too large " + window);
    span += 1;
    if (same) {
      axis.out = llvm::divideCeil(extent, axis.stride);
      int64_t total =
          std::max<int64_t>((axis.out - 1) * axis.stride + span - extent, 0);
      axis.before = autoPad == "SAME_UPPER" ? total / 2 : total - total / 2;
      axis.after = total - axis.before;
    } else if (autoPad == "VALID") {
      axis.before = axis.after = 0;
    }
    int64_t slack = extent + axis.before + axis.after - span;
    // Rounded up, one window that reaches past the end is left.
    if (slack < 0 && !(ceilMode && slack > -axis.stride))
      return node.error("expects the window " + window +
                        " to fit the padded input, found extent " +
                        Twine(extent) + " and padding " + Twine(axis.before) +
                        ", " + Twine(axis.after));
    axis.out = std::max<int64_t>(slack, 0) / axis.stride + 1;
    if (ceilMode && slack > 0 && slack % axis.stride != 0 &&
        axis.out * axis.stride < extent + axis.before)
      ++axis.out;
    axis.overhang = std::max<int64_t>((axis.out - 1) * axis.stride - slack, 0);
  }
  return axes;
}

FailureOr<Window>
mlir::lw::importer::readWindow(Node &node, ArrayRef<int64_t> in,
                               std::optional<std::array<int64_t, 2>> kernel,
                               bool ceilMode) {
  // A signal is an image of one row.
  size_t skipped = node.inputs[0]->rank() == 3 ? 1 : 0;
  std::optional<ArrayRef<int64_t>> extents;
  if (kernel)
    extents = ArrayRef<int64_t>(*kernel).drop_front(skipped);
  FailureOr<SmallVector<AxisWindow>> axes =
      readAxes(node, in.drop_front(skipped), extents, ceilMode);
  if (failed(axes))
    return failure();
  Window window;
  for (auto [i, axis] : llvm::enumerate(*axes)) {
    window.kernel[i + skipped] = axis.kernel;
    window.strides[i + skipped] = axis.stride;
    window.dilations[i + skipped] = axis.dilation;
    window.before[i + skipped] = axis.before;
    window.after[i + skipped] = axis.after;
    window.out[i + skipped] = axis.out;
    window.overhang[i + skipped] = axis.overhang;
  }
  return window;
}
