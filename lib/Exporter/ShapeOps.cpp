//===- ShapeOps.cpp - Operations that move elements
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Image.h"
#include "OpTable.h"
#include "lw/Dialect/IR/LwImageOps.h"
#include "lw/Dialect/IR/Quantization.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "mlir/Dialect/Tosa/Utils/ConversionUtils.h"
#include <limits>

using namespace mlir;
using namespace mlir::lw::exporter;

static ArrayRef<int64_t> shapeOf(Value value) {
  return cast<RankedTensorType>(value.getType()).getShape();
}

/// The numbers of an operand that is a tosa.const_shape.
static LogicalResult readShape(Operation *op, Value value,
                               SmallVector<int64_t> &numbers) {
  if (value.getDefiningOp() &&
      tosa::getConstShapeValues(value.getDefiningOp(), numbers))
    return success();
  return refuse(op, "its shape is computed; give it as a tosa.const_shape");
}

/// A node that keeps the rank and the order.
static void finish(Graph &graph, Operation *op, const TensorRef &x,
                   ArrayRef<int64_t> order, std::string name) {
  graph.set(op->getResult(0), makeTensor(shapeOf(op->getResult(0)), x->type,
                                         order, std::move(name)));
}

static LogicalResult emitReshape(Graph &graph, Operation *op, const OpEntry &) {
  graph.set(op->getResult(0), graph.reshape(graph.find(op->getOperand(0)),
                                            shapeOf(op->getResult(0))));
  return success();
}

static LogicalResult emitTranspose(Graph &graph, Operation *op,
                                   const OpEntry &) {
  ArrayRef<int32_t> perms = cast<tosa::TransposeOp>(op).getPerms();
  graph.set(op->getResult(0),
            graph.transpose(graph.find(op->getOperand(0)),
                            Order(perms.begin(), perms.end())));
  return success();
}

static LogicalResult emitConcat(Graph &graph, Operation *op,
                                const OpEntry &entry) {
  SmallVector<TensorRef> parts;
  for (Value operand : op->getOperands())
    parts.push_back(graph.find(operand));
  for (const TensorRef &part : parts)
    if (part->type != parts.front()->type)
      return refuse(op, "some of its operands are signed bytes, others "
                        "unsigned; requantize them to one kind");
  Order order = Graph::commonOrder(parts);
  SmallVector<std::string> inputs;
  for (const TensorRef &part : parts)
    inputs.push_back(graph.get(part, order));
  int64_t axis = positionOf(order, cast<tosa::ConcatOp>(op).getAxis());
  finish(graph, op, parts.front(), order,
         graph.node(entry.becomes, inputs, {attribute("axis", axis)}));
  return success();
}

/// The part from `starts` to `ends` of the dimensions that it cuts.
static std::string emitSliceNode(Graph &graph, const std::string &x,
                                 ArrayRef<int64_t> axes,
                                 ArrayRef<int64_t> starts,
                                 ArrayRef<int64_t> ends, int64_t step) {
  return graph.node("Slice",
                    {x, graph.ints(starts), graph.ints(ends), graph.ints(axes),
                     graph.ints(Shape(axes.size(), step))});
}

static LogicalResult emitSlice(Graph &graph, Operation *op, const OpEntry &) {
  auto slice = cast<tosa::SliceOp>(op);
  SmallVector<int64_t> start, size;
  if (failed(readShape(op, slice.getStart(), start)) ||
      failed(readShape(op, slice.getSize(), size)))
    return failure();
  TensorRef x = graph.find(slice.getInput1());
  Order order = Graph::commonOrder(x);
  Shape axes, starts, ends;
  for (auto [i, dim] : llvm::enumerate(order)) {
    if (size[dim] == x->shape[dim])
      continue;
    axes.push_back(i);
    starts.push_back(start[dim]);
    ends.push_back(start[dim] + size[dim]);
  }
  if (axes.empty())
    graph.set(slice, x);
  else
    finish(graph, op, x, order,
           emitSliceNode(graph, graph.get(x, order), axes, starts, ends, 1));
  return success();
}

static LogicalResult emitReverse(Graph &graph, Operation *op, const OpEntry &) {
  TensorRef x = graph.find(op->getOperand(0));
  Order order = Graph::commonOrder(x);
  int64_t axis = positionOf(order, cast<tosa::ReverseOp>(op).getAxis());
  finish(graph, op, x, order,
         emitSliceNode(graph, graph.get(x, order), axis, -1,
                       std::numeric_limits<int64_t>::min(), -1));
  return success();
}

static LogicalResult emitPad(Graph &graph, Operation *op,
                             const OpEntry &entry) {
  auto pad = cast<tosa::PadOp>(op);
  SmallVector<int64_t> padding;
  if (failed(readShape(op, pad.getPadding(), padding)))
    return failure();
  TensorRef x = graph.find(pad.getInput1()),
            fill = graph.find(pad.getPadConst());
  Order order = Graph::commonOrder(x);
  Shape pads;
  for (int64_t side = 0; side < 2; ++side)
    for (int64_t dim : order)
      pads.push_back(padding[2 * dim + side]);
  if (fill->constant && fill->type != x->type) {
    // Bytes that nothing says a sign of.
    auto constant = std::make_shared<Constant>(*fill->constant);
    constant->type = x->type;
    fill = permuteConstant(*constant, identityOrder(fill->rank()));
  }
  finish(graph, op, x, order,
         graph.node(entry.becomes, {graph.get(x, order), graph.ints(pads),
                                    graph.getPlain(graph.reshape(fill, {}))}));
  return success();
}

static LogicalResult emitTile(Graph &graph, Operation *op,
                              const OpEntry &entry) {
  auto tile = cast<tosa::TileOp>(op);
  SmallVector<int64_t> multiples;
  if (failed(readShape(op, tile.getMultiples(), multiples)))
    return failure();
  TensorRef x = graph.find(tile.getInput1());
  Order order = Graph::commonOrder(x);
  finish(graph, op, x, order,
         graph.node(entry.becomes, {graph.get(x, order),
                                    graph.ints(permute(multiples, order))}));
  return success();
}

/// The dimension of `shape` that `extent` elements of [outer, extent, inner]
/// are, if any.
static std::optional<int64_t> middleDimension(ArrayRef<int64_t> shape,
                                              ArrayRef<int64_t> matrix) {
  int64_t outer = 1;
  for (auto [dim, extent] : llvm::enumerate(shape)) {
    if (outer == matrix[0] && extent == matrix[1])
      return dim;
    outer *= extent;
  }
  return std::nullopt;
}

/// The same elements of every matrix [K, C], mostly those of a Resize; then an
/// image that was reshaped for the purpose is gathered from as it is.
static LogicalResult emitGather(Graph &graph, Operation *op,
                                const OpEntry &entry) {
  auto gather = cast<tosa::GatherOp>(op);
  auto indices = lw::readIntegers(gather.getIndices());
  TensorRef x = graph.find(gather.getValues());
  int64_t batch = x->shape[0];
  // Each image has its own.
  auto emitEach = [&](const TensorRef &where) {
    TensorRef tuples = graph.reshape(graph.cast(where, TensorProto::INT64),
                                     {batch, where->count() / batch, 1});
    finish(graph, op, x, identityOrder(3),
           graph.node("GatherND", {graph.getPlain(x), graph.getPlain(tuples)},
                      {attribute("batch_dims", int64_t(1))}));
    return success();
  };
  if (!indices)
    return emitEach(graph.find(gather.getIndices()));
  int64_t count = indices->size() / batch;
  Shape first(indices->begin(), indices->begin() + count);
  bool same = true;
  for (int64_t n = 1; n < batch; ++n)
    same &=
        std::equal(first.begin(), first.end(), indices->begin() + n * count);
  if (!same)
    return emitEach(graph.reshape(
        makeInts(Shape(indices->begin(), indices->end())), {batch, count}));
  TensorRef source = x;
  int64_t dim = 1;
  if (x->isPending())
    if (auto found = middleDimension(x->reshaped->shape, x->shape)) {
      source = x->reshaped;
      dim = *found;
    }
  Order order = Graph::commonOrder(source);
  std::string name =
      graph.node("Gather", {graph.get(source, order), graph.ints(first)},
                 {attribute("axis", positionOf(order, dim))});
  Shape shape = source->shape;
  shape[dim] = count;
  graph.set(gather, graph.reshape(makeTensor(shape, x->type, order, name),
                                  shapeOf(gather.getOutput())));
  return success();
}

ArrayRef<OpEntry> mlir::lw::exporter::shapeOps() {
  static const OpEntry entries[] = {
      {tosa::ConcatOp::getOperationName(), emitConcat, "Concat"},
      {tosa::GatherOp::getOperationName(), emitGather, "Gather or GatherND"},
      {lw::InterleaveOp::getOperationName(), emitInterleave,
       "Reshape, Gather, Transpose and Reshape"},
      {lw::InterpolateOp::getOperationName(), emitInterpolate,
       "Gather, Mul and Add"},
      {tosa::PadOp::getOperationName(), emitPad, "Pad"},
      {tosa::ReshapeOp::getOperationName(), emitReshape,
       "Reshape, where an operator needs the shape"},
      {tosa::ReverseOp::getOperationName(), emitReverse, "Slice"},
      {tosa::SliceOp::getOperationName(), emitSlice, "Slice"},
      {tosa::TileOp::getOperationName(), emitTile, "Tile"},
      {tosa::TransposeOp::getOperationName(), emitTranspose,
       "Transpose, where an operator needs the order"},
  };
  return entries;
}
