//===- Logic.cpp - Comparisons, choices and changes of type
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "OpTable.h"
#include "Signedness.h"
#include "lw/Dialect/IR/Quantization.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::lw::exporter;

static LogicalResult emitComparison(Graph &graph, Operation *op,
                                    const OpEntry &entry) {
  graph.set(op->getResult(0),
            graph.binary(entry.becomes, graph.find(op->getOperand(0)),
                         graph.find(op->getOperand(1)), TensorProto::BOOL));
  return success();
}

static LogicalResult emitSelect(Graph &graph, Operation *op,
                                const OpEntry &entry) {
  SmallVector<TensorRef> operands;
  for (Value operand : op->getOperands())
    operands.push_back(graph.find(operand));
  Order order = Graph::commonOrder(operands);
  SmallVector<std::string> inputs;
  for (const TensorRef &operand : operands)
    inputs.push_back(graph.get(operand, order));
  auto type = cast<RankedTensorType>(op->getResult(0).getType());
  graph.set(op->getResult(0),
            makeTensor(type.getShape(), operands[1]->type, order,
                       graph.node(entry.becomes, inputs)));
  return success();
}

/// Whether all or any are true: the least or the greatest of 0 and 1.
template <typename Op>
static LogicalResult emitReduceBool(Graph &graph, Operation *op,
                                    const OpEntry &) {
  auto reduce = cast<Op>(op);
  TensorRef x = graph.cast(graph.find(reduce.getInput()), TensorProto::INT32);
  Order order = Graph::commonOrder(x);
  int64_t axis = positionOf(order, reduce.getAxis());
  Shape shape = x->shape;
  shape[reduce.getAxis()] = 1;
  TensorRef found = makeTensor(
      shape, TensorProto::INT32, order,
      graph.node(
          std::is_same_v<Op, tosa::ReduceAllOp> ? "ReduceMin" : "ReduceMax",
          {graph.get(x, order)}, {attribute("axes", ArrayRef<int64_t>(axis))}));
  graph.set(reduce, graph.cast(found, TensorProto::BOOL));
  return success();
}

/// Only the lowest bits: what is left of a division by a power of two, which
/// has the sign of the divisor.
static LogicalResult emitBitwiseAnd(Graph &graph, Operation *op,
                                    const OpEntry &entry) {
  TensorRef x = graph.find(op->getOperand(0)),
            mask = graph.find(op->getOperand(1));
  std::optional<int64_t> bits = mask->splat();
  if (!bits || *bits < 0 || !llvm::isMask_64(*bits) ||
      *bits == std::numeric_limits<int64_t>::max())
    return refuse(op, "only the lowest bits can be kept, by a constant of "
                      "one value");
  if (x->type == TensorProto::INT32 &&
      *bits == std::numeric_limits<int32_t>::max())
    return refuse(op, "31 of 32 bits are kept, whose divisor is no int32");
  graph.set(op->getResult(0),
            graph.binary(entry.becomes, x,
                         makeSplat(Shape(x->rank(), 1), x->type, *bits + 1)));
  return success();
}

static LogicalResult emitCast(Graph &graph, Operation *op, const OpEntry &) {
  TensorRef x = graph.find(op->getOperand(0));
  int32_t type = elementTypeOf(op->getResult(0));
  if (x->type == TensorProto::UINT8 && x->type != type)
    x = graph.cast(x, TensorProto::INT8); // tosa's bytes have a sign
  if (isFloat(x->type) && !isFloat(type) && type != TensorProto::BOOL) {
    if (x->type != TensorProto::FLOAT)
      x = graph.cast(x, TensorProto::FLOAT);
    x = graph.unary("Round", x);
    if (type == TensorProto::INT8 || type == TensorProto::UINT8)
      x = clampTo(graph, x, -128.0f, 127.0f);
    else if (type == TensorProto::INT16)
      x = clampTo(graph, x, -32768.0f, 32767.0f);
    if (type == TensorProto::UINT8)
      x = graph.cast(x, TensorProto::INT8);
  }
  graph.set(op->getResult(0), graph.cast(x, type));
  return success();
}

ArrayRef<OpEntry> mlir::lw::exporter::logicOps() {
  static const OpEntry entries[] = {
      {tosa::BitwiseAndOp::getOperationName(), emitBitwiseAnd, "Mod"},
      {tosa::CastOp::getOperationName(), emitCast,
       "Cast, to integers after Round"},
      {tosa::EqualOp::getOperationName(), emitComparison, "Equal"},
      {tosa::GreaterEqualOp::getOperationName(), emitComparison,
       "GreaterOrEqual"},
      {tosa::GreaterOp::getOperationName(), emitComparison, "Greater"},
      {tosa::LogicalAndOp::getOperationName(), emitComparison, "And"},
      {tosa::LogicalNotOp::getOperationName(), emitUnary, "Not"},
      {tosa::LogicalOrOp::getOperationName(), emitComparison, "Or"},
      {tosa::LogicalXorOp::getOperationName(), emitComparison, "Xor"},
      {tosa::ReduceAllOp::getOperationName(), emitReduceBool<tosa::ReduceAllOp>,
       "Cast, ReduceMin and Cast"},
      {tosa::ReduceAnyOp::getOperationName(), emitReduceBool<tosa::ReduceAnyOp>,
       "Cast, ReduceMax and Cast"},
      {tosa::SelectOp::getOperationName(), emitSelect, "Where"},
  };
  return entries;
}
