//===- Pooling.cpp - Pools
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "OpTable.h"
#include "Volume.h"
#include <limits>

using namespace mlir;
using namespace mlir::lw::importer;

namespace {

enum class PoolKind { Average, Max };

} // namespace

/// The pool itself. tosa demands that the windows divide the padded input
/// exactly: what the last window leaves over is taken from the trailing padding
/// and then from the input.
static Value emitPool(GraphBuilder &build, PoolKind kind, Value input,
                      Window window) {
  Shape in(GraphBuilder::shapeOf(input)), size = in;
  for (int axis = 0; axis < 2; ++axis) {
    int64_t used =
        (window.out[axis] - 1) * window.strides[axis] + window.kernel[axis];
    window.after[axis] += window.overhang[axis];
    int64_t unused =
        in[axis + 1] + window.before[axis] + window.after[axis] - used;
    int64_t fromPadding = std::min(unused, window.after[axis]);
    window.after[axis] -= fromPadding;
    size[axis + 1] -= unused - fromPadding;
  }
  input = build.slice(input, {0, 0, 0, 0}, size);
  Type type = build.type({in[0], window.out[0], window.out[1], in[3]});
  int64_t padding[] = {window.before[0], window.after[0], window.before[1],
                       window.after[1]};
  if (kind == PoolKind::Max)
    return tosa::MaxPool2dOp::create(build.builder, build.loc, type, input,
                                     ArrayRef<int64_t>(window.kernel),
                                     ArrayRef<int64_t>(window.strides), padding,
                                     tosa::NanPropagationMode::IGNORE);
  OpBuilder &builder = build.builder;
  return tosa::AvgPool2dOp::create(builder, build.loc, type, input,
                                   builder.getDenseI64ArrayAttr(window.kernel),
                                   builder.getDenseI64ArrayAttr(window.strides),
                                   builder.getDenseI64ArrayAttr(padding),
                                   TypeAttr::get(builder.getF32Type()));
}

/// Moves the padding of the window into an operation of its own.
static Value padBeforePool(GraphBuilder &build, Value input, Window &window,
                           float fill) {
  Value padded = build.pad(input, {0, window.before[0], window.before[1], 0},
                           {0, window.after[0], window.after[1], 0}, fill);
  window.before = window.after = {0, 0};
  return padded;
}

static LogicalResult importPool(Node &node, PoolKind kind) {
  std::optional<Shape> dilations = node.intsAttr("dilations");
  bool dilated = dilations && llvm::any_of(*dilations, [](int64_t dilation) {
                   return dilation != 1;
                 });
  if (node.inputs[0]->rank() > 4 || dilated)
    return kind == PoolKind::Max ? importMaxPoolByAxis(node)
                                 : importAveragePoolByAxis(node);
  FailureOr<TensorRef> image = asImage(node, 0);
  if (failed(image))
    return failure();
  ArrayRef<int64_t> in = (*image)->shape;
  FailureOr<Window> window = readWindow(node, in.drop_front(2), std::nullopt,
                                        node.intAttr("ceil_mode", 0) != 0);
  if (failed(window))
    return failure();
  if (failed(node.checkShape({in[0], in[1],
                              in[2] + window->before[0] + window->after[0],
                              in[3] + window->before[1] + window->after[1]})))
    return failure();

  GraphBuilder &build = node.build;
  Value input = build.getNhwc(*image);
  // tosa.avg_pool2d leaves padding out of the count, and both pools want less
  // padding than kernel.
  bool explicitPad =
      kind == PoolKind::Average && node.intAttr("count_include_pad", 0) != 0;
  for (int axis = 0; axis < 2; ++axis)
    explicitPad |= kind == PoolKind::Max &&
                   std::max(window->before[axis], window->after[axis]) >=
                       window->kernel[axis];
  if (explicitPad)
    input = padBeforePool(
        build, input, *window,
        kind == PoolKind::Max ? std::numeric_limits<float>::lowest() : 0.0f);
  for (int axis = 0; axis < 2; ++axis)
    if (std::max(window->before[axis],
                 window->after[axis] + window->overhang[axis]) >=
        window->kernel[axis])
      return node.error("expects less padding than the kernel " +
                        formatShape(window->kernel));
  return finishImage(node, emitPool(build, kind, input, *window));
}

static LogicalResult importMaxPool(Node &node) {
  if (failed(importPool(node, PoolKind::Max)))
    return failure();
  if (node.isUsed(1))
    node.results.push_back(createPoolIndices(node));
  return success();
}

static LogicalResult importAveragePool(Node &node) {
  return importPool(node, PoolKind::Average);
}

/// A window as large as the image; all but one of more dimensions are one.
static LogicalResult importGlobalPool(Node &node, PoolKind kind) {
  if (int64_t rank = node.inputs[0]->rank(); rank > 4) {
    if (failed(node.checkShape(node.inputs[0]->shape)))
      return failure();
    Permutation layout = {0};
    for (int64_t axis = 2; axis < rank; ++axis)
      layout.push_back(axis);
    layout.push_back(1);
    Value value = node.build.get(node.inputs[0], layout);
    Shape in(GraphBuilder::shapeOf(value)), out(rank, 1);
    out.front() = in.front();
    out.back() = in.back();
    Window window;
    window.kernel = {in[1], *countElements(ArrayRef(in).slice(2, rank - 3))};
    value = node.build.reshapeValue(
        value, {in[0], window.kernel[0], window.kernel[1], in.back()});
    value = emitPool(node.build, kind, value, window);
    return node.finish(node.build.reshapeValue(value, out), layout);
  }
  FailureOr<TensorRef> image = asImage(node, 0);
  if (failed(image))
    return failure();
  Window window;
  window.kernel = {(*image)->shape[2], (*image)->shape[3]};
  Value input = node.build.getNhwc(*image);
  return finishImage(node, emitPool(node.build, kind, input, window));
}

static LogicalResult importGlobalAveragePool(Node &node) {
  return importGlobalPool(node, PoolKind::Average);
}

static LogicalResult importGlobalMaxPool(Node &node) {
  return importGlobalPool(node, PoolKind::Max);
}

ArrayRef<OpEntry> mlir::lw::importer::poolingOps() {
  static const OpEntry entries[] = {
      {"AveragePool", 7, 1, importAveragePool,
       "`tosa.avg_pool2d`, `lw.interpolate` with dilations or three spatial "
       "dimensions; count_include_pad, ceil_mode, auto_pad"},
      {"GlobalAveragePool", 1, 1, importGlobalAveragePool, "`tosa.avg_pool2d`"},
      {"GlobalMaxPool", 1, 1, importGlobalMaxPool, "`tosa.max_pool2d`",
       Integers::Bytes},
      {"MaxPool", 1, 1, importMaxPool,
       "`tosa.max_pool2d`, `lw.interpolate` and `tosa.maximum` with dilations "
       "or "
       "three spatial dimensions; ceil_mode, auto_pad; output Indices by "
       "`tosa.greater` and `tosa.select`",
       Integers::Bytes},
  };
  return entries;
}
