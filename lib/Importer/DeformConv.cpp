//===- DeformConv.cpp - Convolutions whose taps are moved
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Composition.h"
#include "Families.h"
#include "Fold.h"
#include "Window.h"

using namespace mlir;
using namespace mlir::lw::importer;

namespace {

/// What of the image a dimension of the windows meets.
struct Grid {
  const AxisWindow &window;
  int64_t extent;
};

} // namespace

/// Where a dimension's taps are read, on the scale of GridSample: [K, height,
/// width] without and [N, groups, K, height, width] with the offsets.
static TensorRef coordinates(Composition &c, const TensorRef &offset,
                             ArrayRef<Grid> grids, int axis) {
  const AxisWindow &y = grids[0].window, &x = grids[1].window;
  const Grid &grid = grids[axis];
  std::vector<float> places;
  for (int64_t i = 0; i < y.kernel; ++i)
    for (int64_t j = 0; j < x.kernel; ++j)
      for (int64_t row = 0; row < y.out; ++row)
        for (int64_t column = 0; column < x.out; ++column)
          places.push_back(static_cast<float>(
              (axis == 0 ? row : column) * grid.window.stride +
              (axis == 0 ? i : j) * grid.window.dilation - grid.window.before));
  TensorRef moved = c.op("Slice", {offset, c.integers({axis}),
                                   c.integers({axis + 1}), c.integers({3})});
  moved = c.op("Squeeze", {moved, c.integers({3})});
  moved = c.add(
      moved, c.floats({y.kernel * x.kernel, y.out, x.out}, std::move(places)));
  float extent = static_cast<float>(grid.extent);
  moved = c.add(c.mul(moved, c.number(2.0f / extent)),
                c.number(1.0f / extent - 1.0f));
  return c.op("Unsqueeze", {moved, c.integers({-1})});
}

/// The elements that all taps read are the channels of a convolution of single
/// pixels.
static LogicalResult importDeformConv(Node &node) {
  for (int i = 0; i < 3; ++i)
    if (failed(node.checkRank(i, 4)))
      return failure();
  ArrayRef<int64_t> in = node.shape(0), weights = node.shape(1);
  int64_t groups = node.intAttr("group", 1),
          moved = node.intAttr("offset_group", 1);
  if (groups < 1 || moved < 1 || in[1] % groups || in[1] % moved ||
      weights[0] % groups || weights[1] != in[1] / groups)
    return node.error(
        "expects attributes 'group' and 'offset_group' to divide " +
        Twine(in[1]) + " channels, and weights " + formatShape(weights) +
        " to fit");
  FailureOr<SmallVector<AxisWindow>> axes =
      readAxes(node, in.drop_front(2), weights.drop_front(2),
               /*ceilMode=*/false);
  if (failed(axes))
    return failure();
  const AxisWindow &y = (*axes)[0], &x = (*axes)[1];
  int64_t taps = y.kernel * x.kernel;
  Shape offsets = {in[0], moved * taps * 2, y.out, x.out};
  if (node.shape(2) != ArrayRef<int64_t>(offsets))
    return node.error("expects offsets, input 2, of shape " +
                      formatShape(offsets) + ", found " +
                      formatShape(node.shape(2)));
  TensorRef mask = node.input(4);
  offsets[1] = moved * taps;
  if (mask && ArrayRef<int64_t>(mask->shape) != ArrayRef<int64_t>(offsets))
    return node.error("expects a mask, input 4, of shape " +
                      formatShape(offsets) + ", found " +
                      formatShape(mask->shape));
  if (failed(checkFoldedShape(node, {taps, y.out, x.out})))
    return failure();

  Composition c(node);
  Grid grids[] = {{y, in[2]}, {x, in[3]}};
  TensorRef offset =
      c.reshape(node.inputs[2], {in[0], moved, taps, 2, y.out, x.out});
  TensorRef grid =
      c.op("Concat",
           {coordinates(c, offset, grids, 1), coordinates(c, offset, grids, 0)},
           c.attribute("axis", int64_t(-1)));
  int64_t images = in[0] * moved, rows = taps * y.out;
  grid = c.reshape(grid, {images, rows, x.out, 2});
  TensorRef read = c.op(
      "GridSample",
      {c.reshape(node.inputs[0], {images, in[1] / moved, in[2], in[3]}), grid});
  if (mask)
    read = c.mul(read, c.reshape(mask, {images, 1, rows, x.out}));
  read = c.reshape(read, {in[0], in[1] * taps, y.out, x.out});
  TensorRef filter =
      c.reshape(node.inputs[1], {weights[0], weights[1] * taps, 1, 1});
  return c.finish(c.op("Conv", {read, filter, node.input(3)},
                       c.attribute("group", groups)));
}

ArrayRef<OpEntry> mlir::lw::importer::deformableOps() {
  static const OpEntry entries[] = {
      {"DeformConv", 19, 3, importDeformConv, "GridSample and Conv; images"},
  };
  return entries;
}
