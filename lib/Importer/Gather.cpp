//===- Gather.cpp - Gather, Expand and Tile
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Elements.h"
#include "Fold.h"
#include "IndexOperands.h"
#include "lw/Dialect/IR/LwIndexOps.h"

using namespace mlir;
using namespace mlir::lw::importer;

//===----------------------------------------------------------------------===//
// Operands
//===----------------------------------------------------------------------===//

Value mlir::lw::importer::plainValue(GraphBuilder &build,
                                     const TensorRef &tensor) {
  if (tensor->constant && !tensor->constant->isFloat)
    return build.getPlain(convert(build, tensor, elementOf(tensor)));
  return build.getPlain(tensor);
}

FailureOr<Value> mlir::lw::importer::indexValue(Node &node, size_t i) {
  const TensorRef &tensor = node.inputs[i];
  Element element = elementOf(tensor);
  if (element != Element::I32 && element != Element::I64)
    return node.error("expects indices, input " + Twine(i) +
                      ", of int32 or int64, found " + elementName(element));
  if (failed(node.checkShape(tensor->shape)))
    return failure();
  return plainValue(node.build, tensor);
}

TensorRef mlir::lw::importer::tensorOf(Value value, Element element) {
  TensorRef tensor = GraphBuilder::fromValue(value);
  tensor->element = element;
  return tensor;
}

ConstantRef mlir::lw::importer::makeEmpty(ArrayRef<int64_t> shape,
                                          const TensorRef &like) {
  Element element = elementOf(like);
  return element == Element::Float ? makeFloats(shape, {})
                                   : makeInts(shape, {}, dataTypeOf(element));
}

/// What moves instead of `tensor`: the integers that it is made of, if any.
static const TensorRef &movedPart(const TensorRef &tensor) {
  return tensor->integers ? tensor->integers : tensor;
}

/// `value`, moved from `from`, stands for elements like those of `tensor`.
static LogicalResult finishMoved(Node &node, Value value,
                                 const TensorRef &tensor) {
  TensorRef moved = tensorOf(value, elementOf(movedPart(tensor)));
  return node.finish(tensor->integers
                         ? GraphBuilder::dequantize(moved, tensor->quantization)
                         : moved);
}

/// Integers known at import, each counted from the end where it is negative.
static FailureOr<Shape> knownIndices(Node &node, const Constant &indices,
                                     int64_t extent) {
  if (indices.isFloat)
    return node.error("expects indices of int32 or int64, found float32");
  Shape result;
  for (int64_t index : indices.ints) {
    if (index < -extent || index >= extent)
      return node.error("index " + Twine(index) + " is outside of extent " +
                        Twine(extent));
    result.push_back(index + (index < 0 ? extent : 0));
  }
  return result;
}

//===----------------------------------------------------------------------===//
// Gather
//===----------------------------------------------------------------------===//

LogicalResult mlir::lw::importer::finishSelected(Node &node,
                                                 const TensorRef &input,
                                                 int64_t axis,
                                                 ArrayRef<int64_t> indices,
                                                 ArrayRef<int64_t> shape) {
  ArrayRef<int64_t> from = input->shape;
  if (!countElements(shape))
    return node.error("shape " + formatShape(shape) +
                      " has more than 2^31 elements");
  int64_t outer = *countElements(from.take_front(axis));
  int64_t inner = *countElements(from.drop_front(axis + 1));
  int64_t extent = from[axis], count = indices.size();
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
  if (llvm::is_contained(shape, 0))
    return node.finish(GraphBuilder::fromConstant(makeEmpty(shape, input)));
  if (failed(node.checkShape(shape)) ||
      failed(checkFoldedShape(node, {outer, count})))
    return failure();
  GraphBuilder &build = node.build;
  Value value = build.reshapeValue(build.getPlain(movedPart(input)),
                                   {outer, extent, inner});
  if (count == 1)
    value = build.slice(value, {0, indices[0], 0}, {outer, 1, inner});
  else
    value = build.gather(value,
                         SmallVector<int32_t>(indices.begin(), indices.end()));
  return finishMoved(node, build.reshapeValue(value, shape), input);
}

static LogicalResult importGather(Node &node) {
  const TensorRef &input = node.inputs[0], &where = node.inputs[1];
  FailureOr<int64_t> axis = node.axis(node.intAttr("axis", 0), input->rank());
  if (failed(axis))
    return failure();
  ArrayRef<int64_t> from = input->shape;
  Shape shape(from.take_front(*axis));
  shape.append(where->shape);
  shape.append(from.begin() + *axis + 1, from.end());
  if (where->constant) {
    FailureOr<Shape> indices =
        knownIndices(node, *where->constant, from[*axis]);
    if (failed(indices))
      return failure();
    return finishSelected(node, input, *axis, *indices, shape);
  }
  FailureOr<Value> indices = indexValue(node, 1);
  if (failed(indices) || failed(node.checkShape(from)) ||
      failed(node.checkShape(shape)))
    return failure();
  GraphBuilder &build = node.build;
  Value table = plainValue(build, movedPart(input));
  return finishMoved(node,
                     lw::GatherOp::create(build.builder, build.loc,
                                          build.type(shape, table), table,
                                          *indices, *axis),
                     input);
}

FailureOr<int64_t> mlir::lw::importer::checkElementAxis(Node &node) {
  ArrayRef<int64_t> input = node.shape(0), indices = node.shape(1);
  FailureOr<int64_t> axis = node.axis(node.intAttr("axis", 0), input.size());
  if (failed(axis) || failed(node.checkShape(input)))
    return failure();
  if (indices.size() != input.size())
    return node.error("expects indices of rank " + Twine(input.size()) +
                      ", found shape " + formatShape(indices));
  for (size_t i = 0; i < input.size(); ++i)
    if (static_cast<int64_t>(i) != *axis && indices[i] > input[i])
      return node.error("expects indices that are no larger than the input " +
                        formatShape(input) + " beside axis " + Twine(*axis) +
                        ", found shape " + formatShape(indices));
  return *axis;
}

static LogicalResult importGatherElements(Node &node) {
  FailureOr<int64_t> axis = checkElementAxis(node);
  if (failed(axis))
    return failure();
  FailureOr<Value> indices = indexValue(node, 1);
  if (failed(indices))
    return failure();
  GraphBuilder &build = node.build;
  const TensorRef &input = node.inputs[0];
  Value value = plainValue(build, movedPart(input));
  return finishMoved(
      node,
      lw::GatherElementsOp::create(build.builder, build.loc,
                                   build.type(node.shape(1), value), value,
                                   *indices, *axis),
      input);
}

FailureOr<int64_t> mlir::lw::importer::checkTuples(Node &node,
                                                   int64_t batchDims) {
  ArrayRef<int64_t> input = node.shape(0), indices = node.shape(1);
  int64_t rank = input.size(), indexRank = indices.size();
  if (rank < 1 || indexRank < 1 || batchDims < 0 ||
      batchDims >= std::min(rank, indexRank))
    return node.error("expects input and indices of more than " +
                      Twine(std::max<int64_t>(batchDims, 0)) +
                      " dimensions, found shapes " + formatShape(input) +
                      " and " + formatShape(indices));
  if (input.take_front(batchDims) != indices.take_front(batchDims))
    return node.error("expects equal batch dimensions, found shapes " +
                      formatShape(input) + " and " + formatShape(indices));
  int64_t size = indices.back();
  if (size < 1 || size > rank - batchDims)
    return node.error("expects tuples of 1 to " + Twine(rank - batchDims) +
                      " indices in the last dimension of input 1, found " +
                      formatShape(indices));
  if (failed(node.checkShape(input)))
    return failure();
  return size;
}

static LogicalResult importGatherND(Node &node) {
  int64_t batchDims = node.intAttr("batch_dims", 0);
  FailureOr<int64_t> size = checkTuples(node, batchDims);
  if (failed(size))
    return failure();
  Shape shape(node.shape(1).drop_back());
  llvm::append_range(shape, node.shape(0).drop_front(batchDims + *size));
  FailureOr<Value> indices = indexValue(node, 1);
  if (failed(indices) || failed(node.checkShape(shape)))
    return failure();
  GraphBuilder &build = node.build;
  const TensorRef &input = node.inputs[0];
  Value value = plainValue(build, movedPart(input));
  return finishMoved(node,
                     lw::GatherNDOp::create(build.builder, build.loc,
                                            build.type(shape, value), value,
                                            *indices, batchDims),
                     input);
}

//===----------------------------------------------------------------------===//
// Expand and Tile
//===----------------------------------------------------------------------===//

/// Repeats the input along its dimensions; constants are copied.
static LogicalResult finishTile(Node &node, ArrayRef<int64_t> repeats) {
  const TensorRef &input = node.inputs[0];
  Shape shape;
  for (auto [extent, repeat] : llvm::zip(input->shape, repeats)) {
    if (repeat < 0 || repeat > kMaxElements)
      return node.error(
          "expects repeats of at least 0 and at most 2^31, found " +
          formatShape(repeats));
    shape.push_back(extent * repeat);
  }
  if (llvm::is_contained(shape, 0))
    return node.finish(GraphBuilder::fromConstant(makeEmpty(shape, input)));
  if (failed(node.checkShape(shape)))
    return failure();
  GraphBuilder &build = node.build;
  Permutation layout = GraphBuilder::commonLayout(input, input->rank());
  Value value = build.get(convert(build, input, elementOf(input)), layout);
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
  if (node.shape(0) == ArrayRef<int64_t>(*shape))
    return node.finish(node.inputs[0]);
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
       "`tosa.slice` or `tosa.gather`; with indices that are known at run time "
       "only `lw.gather`",
       Integers::Own},
      {"GatherElements", 11, 2, importGatherElements, "`lw.gather_elements`",
       Integers::Own},
      {"GatherND", 11, 2, importGatherND, "`lw.gather_nd`", Integers::Own},
      {"Tile", 6, 2, importTile, "`tosa.tile`; repeats known at import",
       Integers::Moved},
  };
  return entries;
}
