//===- Rows.cpp - Softmax and normalizations
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Graph.h"
#include "OpTable.h"
#include "lw/Dialect/IR/LwRowOps.h"

using namespace mlir;
using namespace mlir::lw;
using namespace mlir::lw::exporter;

static LogicalResult emitSoftmax(Graph &graph, Operation *op, const OpEntry &) {
  auto softmax = cast<SoftmaxOp>(op);
  TensorRef x = graph.find(softmax.getInput());
  Order order = Graph::commonOrder(x);
  int64_t axis = positionOf(order, softmax.getAxis());
  graph.set(
      softmax,
      makeTensor(x->shape, x->type, order,
                 graph.node(softmax.getIsLog() ? "LogSoftmax" : "Softmax",
                            {graph.get(x, order)}, {attribute("axis", axis)})));
  return success();
}

/// One element for each of a row, or null where that is not so.
static TensorRef perElement(Graph &graph, Value value, ArrayRef<int64_t> row) {
  int64_t count = 1;
  for (int64_t extent : row)
    count *= extent;
  TensorRef tensor = graph.find(value);
  return tensor->count() == count ? graph.reshape(tensor, row) : TensorRef();
}

/// (x - mean) / deviation, with scale and bias where they are those of a row.
static TensorRef emitLayer(Graph &graph, NormalizeOp op, const TensorRef &x,
                           bool &takesParameters) {
  // The axes last.
  Order order;
  Shape row;
  for (int64_t i = 0; i < x->rank(); ++i)
    if (!llvm::is_contained(op.getAxes(), i))
      order.push_back(i);
  for (int64_t axis : op.getAxes()) {
    order.push_back(axis);
    row.push_back(x->shape[axis]);
  }
  TensorRef scale, bias;
  // Elements of other dimensions have their own.
  auto isOfRow = [&](Value value) {
    auto shape = cast<RankedTensorType>(value.getType()).getShape();
    return llvm::all_of(llvm::seq<int64_t>(0, x->rank()), [&](int64_t i) {
      return shape[i] == 1 || llvm::is_contained(op.getAxes(), i);
    });
  };
  takesParameters = (!op.getScale() || isOfRow(op.getScale())) &&
                    (!op.getBias() || isOfRow(op.getBias()));
  if (takesParameters && op.getScale())
    takesParameters = !!(scale = perElement(graph, op.getScale(), row));
  if (takesParameters && op.getBias())
    takesParameters = !!(bias = perElement(graph, op.getBias(), row));
  if (!takesParameters || !scale) {
    int64_t count = 1;
    for (int64_t extent : row)
      count *= extent;
    scale = makeFloats(row, std::vector<float>(count, 1.0f));
  }
  SmallVector<std::string> inputs = {graph.get(x, order),
                                     graph.getParameter(scale, "scale")};
  if (takesParameters && bias)
    inputs.push_back(graph.getParameter(bias, "bias"));
  int64_t first = x->rank() - op.getAxes().size();
  return makeTensor(
      x->shape, x->type, order,
      graph.node("LayerNormalization", inputs,
                 {attribute("axis", first),
                  attribute("epsilon", op.getEpsilon().convertToFloat())}));
}

static TensorRef emitRms(Graph &graph, NormalizeOp op, const TensorRef &x) {
  TensorRef square = graph.binary("Mul", x, x);
  Order order = Graph::commonOrder(square);
  SmallVector<int64_t> axes;
  Shape shape = x->shape;
  for (int64_t axis : op.getAxes()) {
    axes.push_back(positionOf(order, axis));
    shape[axis] = 1;
  }
  TensorRef mean =
      makeTensor(shape, x->type, order,
                 graph.node("ReduceMean", {graph.get(square, order)},
                            {attribute("axes", ArrayRef<int64_t>(axes))}));
  Shape ones(x->rank(), 1);
  TensorRef sum = graph.binary(
      "Add", mean, makeFloats(ones, op.getEpsilon().convertToFloat()));
  return graph.binary("Div", x, graph.unary("Sqrt", sum));
}

static LogicalResult emitNormalize(Graph &graph, Operation *op,
                                   const OpEntry &) {
  auto normalize = cast<NormalizeOp>(op);
  TensorRef x = graph.find(normalize.getInput()), result;
  bool takesParameters = false;
  switch (normalize.getKind()) {
  case NormKind::Deviation:
    result = emitLayer(graph, normalize, x, takesParameters);
    break;
  case NormKind::Rms:
    result = emitRms(graph, normalize, x);
    break;
  case NormKind::L1:
  case NormKind::L2: {
    if (normalize.getAxes().size() != 1)
      return refuse(op, "a norm along several axes; reshape them to one");
    Order order = Graph::commonOrder(x);
    int64_t axis = positionOf(order, normalize.getAxes().front());
    int64_t p = normalize.getKind() == NormKind::L1 ? 1 : 2;
    result =
        makeTensor(x->shape, x->type, order,
                   graph.node("LpNormalization", {graph.get(x, order)},
                              {attribute("axis", axis), attribute("p", p)}));
    break;
  }
  }
  if (!takesParameters && normalize.getScale())
    result = graph.binary("Mul", result, graph.find(normalize.getScale()));
  if (!takesParameters && normalize.getBias())
    result = graph.binary("Add", result, graph.find(normalize.getBias()));
  graph.set(normalize, result);
  return success();
}

ArrayRef<OpEntry> mlir::lw::exporter::rowOps() {
  static const OpEntry entries[] = {
      {NormalizeOp::getOperationName(), emitNormalize,
       "LayerNormalization, with Mul and Add where scale and bias are not "
       "those "
       "of a row; LpNormalization; by the root mean square Mul, ReduceMean, "
       "Add, Sqrt, Div"},
      {SoftmaxOp::getOperationName(), emitSoftmax, "Softmax or LogSoftmax"},
  };
  return entries;
}
