//===- PoolIndices.cpp - Where MaxPool finds its elements, and MaxUnpool
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Composition.h"
#include "Families.h"
#include "Fold.h"
#include "Volume.h"
#include "Window.h"
#include <limits>

using namespace mlir;
using namespace mlir::lw::importer;

/// More elements in a window are not looked for one by one.
static constexpr int64_t kMostTaps = 256;

/// One element of every window, and where in its plane each of them is.
static std::pair<TensorRef, TensorRef>
takeTap(Composition &c, const TensorRef &padded, ArrayRef<AxisWindow> axes,
        ArrayRef<int64_t> at, ArrayRef<int64_t> extents,
        ArrayRef<int64_t> strides) {
  Shape starts, ends, along, steps, shape = {1, 1};
  std::vector<int64_t> places = {0};
  for (auto [d, axis] : llvm::enumerate(axes)) {
    int64_t first = at[d] * axis.dilation;
    starts.push_back(first);
    ends.push_back(first + (axis.out - 1) * axis.stride + 1);
    along.push_back(d + 2);
    steps.push_back(axis.stride);
    shape.push_back(axis.out);
    std::vector<int64_t> next;
    for (int64_t place : places)
      for (int64_t o = 0; o < axis.out; ++o)
        // What lies in the padding is never the greatest.
        next.push_back(place + strides[d] *
                                   std::clamp<int64_t>(first + o * axis.stride -
                                                           axis.before,
                                                       0, extents[d] - 1));
    places = std::move(next);
  }
  TensorRef part = c.op("Slice", {padded, c.integers(starts), c.integers(ends),
                                  c.integers(along), c.integers(steps)});
  return {part, GraphBuilder::fromConstant(makeInts(shape, std::move(places)))};
}

TensorRef mlir::lw::importer::createPoolIndices(Node &node) {
  const TensorRef &x = node.inputs[0];
  if (x->integers || x->constant)
    return nullptr;
  ArrayRef<int64_t> in = x->shape, extents = in.drop_front(2);
  FailureOr<SmallVector<AxisWindow>> axes =
      readAxes(node, extents, std::nullopt, node.intAttr("ceil_mode", 0) != 0);
  if (failed(axes))
    return nullptr;
  int64_t taps = 1, dims = extents.size();
  Shape before = {0, 0}, after = {0, 0}, out = {in[0], in[1]};
  for (auto [axis, extent] : llvm::zip(*axes, extents)) {
    taps *= axis.kernel;
    before.push_back(axis.before);
    int64_t end =
        (axis.out - 1) * axis.stride + (axis.kernel - 1) * axis.dilation + 1;
    after.push_back(std::max<int64_t>(end - axis.before - extent, 0));
    out.push_back(axis.out);
  }
  std::optional<int64_t> count = countElements(out);
  if (taps > kMostTaps || !count || *count > kMaxFoldedElements)
    return nullptr;
  Shape strides = computeStrides(extents);
  if (node.intAttr("storage_order", 0) != 0)
    for (int64_t d = 0, stride = 1; d < dims; stride *= extents[d++])
      strides[d] = stride;

  Composition c(node);
  before.append(after);
  TensorRef padded =
      c.op("Pad", {x, c.integers(before),
                   c.number(-std::numeric_limits<float>::infinity())});
  Shape at(dims, 0);
  TensorRef greatest, where;
  for (int64_t tap = 0; tap < taps; ++tap) {
    auto [value, place] = takeTap(c, padded, *axes, at, extents, strides);
    if (!greatest) {
      greatest = value;
      where = place;
    } else {
      TensorRef isGreater = c.op("Greater", {value, greatest});
      where = c.op("Where", {isGreater, place, where});
      greatest = c.op("Max", {greatest, value});
    }
    for (int64_t d = dims - 1; d >= 0 && ++at[d] == (*axes)[d].kernel; --d)
      at[d] = 0;
  }
  // Planes one after the other.
  Shape planes(dims + 2, 1);
  planes[0] = in[0], planes[1] = in[1];
  std::vector<int64_t> firsts;
  for (int64_t plane = 0; plane < in[0] * in[1]; ++plane)
    firsts.push_back(plane * *countElements(extents));
  TensorRef first =
      GraphBuilder::fromConstant(makeInts(planes, std::move(firsts)));
  TensorRef result = c.add(where, first);
  return taps == 1 ? c.op("Expand", {result, c.integers(out)}) : result;
}

/// The elements of a pool back where they came from, all others 0.
static LogicalResult importMaxUnpool(Node &node) {
  const TensorRef &x = node.inputs[0];
  int64_t rank = x->rank(), dims = rank - 2;
  if (rank < 3)
    return node.error("expects an input of rank 3 or more, found shape " +
                      formatShape(x->shape));
  if (node.shape(1) != node.shape(0))
    return node.error("expects indices, input 1, of shape " +
                      formatShape(x->shape) + ", found " +
                      formatShape(node.shape(1)));
  std::optional<Shape> kernel = node.intsAttr("kernel_shape");
  Shape strides = node.intsAttr("strides").value_or(Shape(dims, 1));
  Shape pads = node.intsAttr("pads").value_or(Shape(2 * dims, 0));
  if (!kernel || static_cast<int64_t>(kernel->size()) != dims ||
      static_cast<int64_t>(strides.size()) != dims ||
      static_cast<int64_t>(pads.size()) != 2 * dims)
    return node.error("expects 'kernel_shape' and 'strides' of " + Twine(dims) +
                      " numbers and 'pads' of " + Twine(2 * dims));
  Shape shape(x->shape);
  for (int64_t d = 0; d < dims; ++d)
    shape[d + 2] = (shape[d + 2] - 1) * strides[d] + (*kernel)[d] - pads[d] -
                   pads[dims + d];
  if (failed(node.checkShape(shape)) || failed(checkFoldedShape(node, shape)))
    return failure();
  // Indices are those of the shape without output_shape.
  Shape whole = shape;
  if (node.input(2)) {
    FailureOr<Shape> given = node.constantInts(2, "output_shape");
    if (failed(given))
      return failure();
    whole = *given;
    if (whole.size() != shape.size())
      return node.error("expects 'output_shape' of " + Twine(rank) +
                        " extents, found " + formatShape(whole));
    for (int64_t d = 0; d < rank; ++d)
      if (whole[d] < shape[d])
        return node.error("expects 'output_shape' of at least " +
                          formatShape(shape) + ", found " + formatShape(whole));
  }
  int64_t count = *countElements(shape), given = *countElements(x->shape);
  Composition c(node);
  TensorRef zeros = c.floats(count, std::vector<float>(count, 0.0f));
  TensorRef y =
      c.op("ScatterElements",
           {zeros, c.reshape(node.inputs[1], given), c.reshape(x, given)});
  y = c.reshape(y, shape);
  if (whole == shape)
    return c.finish(y);
  Shape amounts(rank, 0);
  for (int64_t d = 0; d < rank; ++d)
    amounts.push_back(whole[d] - shape[d]);
  return c.finish(c.op("Pad", {y, c.integers(amounts)}));
}

ArrayRef<OpEntry> mlir::lw::importer::unpoolingOps() {
  static const OpEntry entries[] = {
      {"MaxUnpool", 9, 2, importMaxUnpool,
       "`lw.scatter_elements`; output_shape known at import", Integers::Own},
  };
  return entries;
}
