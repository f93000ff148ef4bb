//===- Reduction.cpp - Reductions and the product of matrices
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "OpTable.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"

using namespace mlir;
using namespace mlir::lw::exporter;

template <typename Op>
static LogicalResult emitReduce(Graph &graph, Operation *op,
                                const OpEntry &entry) {
  auto reduce = cast<Op>(op);
  TensorRef x = graph.find(reduce.getInput());
  Order order = Graph::commonOrder(x);
  int64_t axis = positionOf(order, reduce.getAxis());
  SmallVector<std::string> inputs = {graph.get(x, order)};
  Attributes attributes;
  // Of the reductions of opset 17 only the sum has its axes as an input.
  if (std::is_same_v<Op, tosa::ReduceSumOp>)
    inputs.push_back(graph.ints(axis));
  else
    attributes.push_back(attribute("axes", ArrayRef<int64_t>(axis)));
  auto type = cast<RankedTensorType>(reduce.getOutput().getType());
  graph.set(reduce, makeTensor(type.getShape(), x->type, order,
                               graph.node(entry.becomes, inputs, attributes)));
  return success();
}

static LogicalResult emitMatMul(Graph &graph, Operation *op,
                                const OpEntry &entry) {
  auto matmul = cast<tosa::MatMulOp>(op);
  TensorRef a = graph.find(matmul.getA()), b = graph.find(matmul.getB());
  if (a->type != TensorProto::FLOAT)
    return refuse(op, "only floats are multiplied; dequantize first");
  auto type = cast<RankedTensorType>(matmul.getOutput().getType());
  std::string left = graph.getPlain(a), right = graph.getPlain(b);
  graph.set(matmul, makeTensor(type.getShape(), a->type, identityOrder(3),
                               graph.node(entry.becomes, {left, right})));
  return success();
}

ArrayRef<OpEntry> mlir::lw::exporter::reductionOps() {
  static const OpEntry entries[] = {
      {tosa::MatMulOp::getOperationName(), emitMatMul, "MatMul"},
      {tosa::ReduceMaxOp::getOperationName(), emitReduce<tosa::ReduceMaxOp>,
       "ReduceMax"},
      {tosa::ReduceMinOp::getOperationName(), emitReduce<tosa::ReduceMinOp>,
       "ReduceMin"},
      {tosa::ReduceProductOp::getOperationName(),
       emitReduce<tosa::ReduceProductOp>, "ReduceProd"},
      {tosa::ReduceSumOp::getOperationName(), emitReduce<tosa::ReduceSumOp>,
       "ReduceSum"},
  };
  return entries;
}
