//===- Gather.cpp - Gather, Expand and Tile
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Fold.h"
#include "OpTable.h"

using namespace mlir;
using namespace mlir::lw::importer;

static LogicalResult importGather(Node &node) {
  const TensorRef &input = node.inputs[0], &where = node.inputs[1];
  int64_t rank = input->rank();
  FailureOr<int64_t> axis = node.axis(node.intAttr("axis", 0), rank);
  if (failed(axis))
    return failure();
  if (!where->constant || where->constant->isFloat)
    return node.error("expects integer indices known at import");
  Shape indices(ArrayRef<int64_t>(where->constant->ints));
  int64_t extent = input->shape[*axis];
  for (int64_t &index : indices) {
    if (index < -extent || index >= extent)
      return node.error("index " + Twine(index) + " is outside of extent " +
                        Twine(extent));
    index += index < 0 ? extent : 0;
  }
  ArrayRef<int64_t> from = input->shape;
  Shape shape(from.take_front(*axis));
  shape.append(where->shape);
  shape.append(from.begin() + *axis + 1, from.end());
  int64_t outer = *countElements(from.take_front(*axis));
  int64_t inner = *countElements(from.drop_front(*axis + 1));
  int64_t count = indices.size();
  if (!countElements(shape))
    return node.error("shape " + formatShape(shape) +
                      " has more than 2^31 elements");
  if (input->constant) {
    if (failed(checkFoldedShape(node, shape)))
      return failure();
    std::vector<int64_t> elements;
    for (int64_t o = 0; o < outer; ++o)
      for (int64_t index : indices)
        for (int64_t i = 0; i < inner; ++i)
          elements.push_back((o * extent + index) * inner + i);
    return node.finish(GraphBuilder::fromConstant(
        gatherElements(*input->constant, shape, elements)));
  }
  if (failed(node.checkShape(shape)) ||
      failed(checkFoldedShape(node, {outer, count})))
    return failure();
  GraphBuilder &build = node.build;
  Value value =
      build.reshapeValue(build.getPlain(input), {outer, extent, inner});
  if (count == 1)
    value = build.slice(value, {0, indices[0], 0}, {outer, 1, inner});
  else
    value = build.gather(value,
                         SmallVector<int32_t>(indices.begin(), indices.end()));
  return node.finish(GraphBuilder::fromValue(build.reshapeValue(value, shape)));
}

/// Repeats the input along its dimensions; constants are copied.
static LogicalResult finishTile(Node &node, ArrayRef<int64_t> repeats) {
  const TensorRef &input = node.inputs[0];
  Shape shape;
  for (auto [extent, repeat] : llvm::zip(input->shape, repeats)) {
    if (repeat < 1 || repeat > kMaxElements)
      return node.error(
          "expects repeats of at least 1 and at most 2^31, found " +
          formatShape(repeats));
    shape.push_back(extent * repeat);
  }
  if (failed(node.checkShape(shape)))
    return failure();
  GraphBuilder &build = node.build;
  Permutation layout = GraphBuilder::commonLayout(input, input->rank());
  Value value = build.get(input, layout);
  if (shape != input->shape)
    value = tosa::TileOp::create(
        build.builder, build.loc,
        build.type(permuteShape(shape, layout), value), value,
        build.constShape(permuteShape(repeats, layout)));
  return node.finish(value, layout);
}

static LogicalResult importTile(Node &node) {
  FailureOr<Shape> repeats = node.constantInts(1, "repeats");
  if (failed(repeats))
    return failure();
  if (static_cast<int64_t>(repeats->size()) != node.inputs[0]->rank())
    return node.error("expects " + Twine(node.inputs[0]->rank()) +
                      " repeats, found " + Twine(repeats->size()));
  return finishTile(node, *repeats);
}

static LogicalResult importExpand(Node &node) {
  FailureOr<Shape> wanted = node.constantInts(1, "shape");
  if (failed(wanted))
    return failure();
  std::optional<Shape> shape = broadcastShapes(node.shape(0), *wanted);
  if (!shape || !countElements(*shape))
    return node.error("shapes " + formatShape(node.shape(0)) + " and " +
                      formatShape(*wanted) + " do not broadcast");
  if (node.inputs[0]->constant) {
    if (failed(checkFoldedShape(node, *shape)))
      return failure();
    return node.finish(GraphBuilder::fromConstant(
        broadcastConstant(node.inputs[0]->constant, *shape)));
  }
  Shape extended(shape->size() - node.inputs[0]->rank(), 1), repeats;
  extended.append(node.inputs[0]->shape);
  for (auto [from, to] : llvm::zip(extended, *shape))
    repeats.push_back(from == to ? 1 : to);
  node.inputs[0] = node.build.reshape(node.inputs[0], extended);
  return finishTile(node, repeats);
}

ArrayRef<OpEntry> mlir::lw::importer::gatherOps() {
  static const OpEntry entries[] = {
      {"Expand", 8, 2, importExpand, "`tosa.tile`; shape known at import",
       Integers::Moved},
      {"Gather", 1, 2, importGather,
       "`tosa.slice` or `tosa.gather`; indices known at import",
       Integers::Moved},
      {"Tile", 6, 2, importTile, "`tosa.tile`; repeats known at import",
       Integers::Moved},
  };
  return entries;
}
