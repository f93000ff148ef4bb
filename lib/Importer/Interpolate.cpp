//===- Interpolate.cpp - Elements chosen and weighted along a dimension
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Interpolate.h"
#include "Fold.h"
#include "lw/Dialect/IR/LwImageOps.h"
#include <algorithm>

using namespace mlir;
using namespace mlir::lw::importer;

Value mlir::lw::importer::interpolate(GraphBuilder &build, Value value,
                                      int64_t axis, int64_t extent,
                                      ArrayRef<int32_t> indices,
                                      ArrayRef<float> weights) {
  Shape shape(GraphBuilder::shapeOf(value));
  shape[axis] = extent;
  return lw::InterpolateOp::create(build.builder, build.loc,
                                   build.type(shape, value), value, axis,
                                   indices, weights);
}

/// The element at `i` of `extent` elements that go on to both sides.
static int64_t continued(StringRef mode, int64_t i, int64_t extent) {
  if (mode == "edge")
    return std::clamp<int64_t>(i, 0, extent - 1);
  int64_t period =
      mode == "wrap" ? extent : std::max<int64_t>(2 * extent - 2, 1);
  i %= period;
  if (i < 0)
    i += period;
  return i < extent ? i : period - i;
}

LogicalResult mlir::lw::importer::finishPad(Node &node, StringRef mode,
                                            ArrayRef<int64_t> before,
                                            ArrayRef<int64_t> after,
                                            ArrayRef<int64_t> start,
                                            ArrayRef<int64_t> size) {
  GraphBuilder &build = node.build;
  const TensorRef &input = node.inputs[0];
  if (llvm::is_contained(size, 0))
    return node.error("expects something of the input " +
                      formatShape(input->shape) + " to be left that mode '" +
                      mode + "' can repeat");
  Permutation layout = GraphBuilder::commonLayout(input, input->rank());
  Value value = build.get(input, layout);
  for (auto [place, axis] : llvm::enumerate(layout)) {
    int64_t extent = before[axis] + size[axis] + after[axis];
    if (before[axis] == 0 && after[axis] == 0 &&
        size[axis] == input->shape[axis])
      continue;
    if (failed(checkFoldedShape(node, {extent})))
      return failure();
    SmallVector<int32_t> indices;
    for (int64_t i = 0; i < extent; ++i)
      indices.push_back(static_cast<int32_t>(
          start[axis] + continued(mode, i - before[axis], size[axis])));
    value = interpolate(build, value, place, extent, indices);
  }
  TensorRef result = GraphBuilder::fromValue(value, layout);
  result->element = input->element;
  return node.finish(result);
}
