//===- Elementwise.cpp - Arithmetic on elements
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "OpTable.h"
#include "lw/Dialect/IR/Constants.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"

using namespace mlir;
using namespace mlir::lw::exporter;

LogicalResult mlir::lw::exporter::emitUnary(Graph &graph, Operation *op,
                                            const OpEntry &entry) {
  graph.set(op->getResult(0),
            graph.unary(entry.becomes, graph.find(op->getOperand(0))));
  return success();
}

static LogicalResult emitBinary(Graph &graph, Operation *op,
                                const OpEntry &entry) {
  graph.set(op->getResult(0),
            graph.binary(entry.becomes, graph.find(op->getOperand(0)),
                         graph.find(op->getOperand(1))));
  return success();
}

static LogicalResult emitIdentity(Graph &graph, Operation *op,
                                  const OpEntry &) {
  graph.set(op->getResult(0), graph.find(op->getOperand(0)));
  return success();
}

TensorRef mlir::lw::exporter::clampTo(Graph &graph, const TensorRef &x,
                                      float low, float high) {
  if (low == 0.0f && high == INFINITY)
    return graph.unary("Relu", x);
  SmallVector<std::string> bounds;
  bounds.push_back(low == -INFINITY ? "" : graph.number(low));
  if (high != INFINITY)
    bounds.push_back(graph.number(high));
  return graph.unary("Clip", x, bounds);
}

static LogicalResult emitClamp(Graph &graph, Operation *op, const OpEntry &) {
  auto clamp = cast<tosa::ClampOp>(op);
  TensorRef x = graph.find(clamp.getInput());
  if (auto low = dyn_cast<FloatAttr>(clamp.getMinVal())) {
    auto high = cast<FloatAttr>(clamp.getMaxVal());
    graph.set(clamp, clampTo(graph, x, low.getValueAsDouble(),
                             high.getValueAsDouble()));
    return success();
  }
  if (x->type == TensorProto::UINT8)
    return refuse(op, "a clamp of bytes that are not s8; clamp before they "
                      "are quantized");
  SmallVector<std::string> bounds;
  for (Attribute bound : {clamp.getMinVal(), clamp.getMaxVal()})
    bounds.push_back(graph.getPlain(
        makeSplat({}, x->type, cast<IntegerAttr>(bound).getInt())));
  graph.set(clamp, graph.unary("Clip", x, bounds));
  return success();
}

/// A root where the exponent says so.
static LogicalResult emitPow(Graph &graph, Operation *op,
                             const OpEntry &entry) {
  auto exponent = lw::readConstant(op->getOperand(1));
  TensorRef x = graph.find(op->getOperand(0));
  if (exponent && exponent->size() == 1 && exponent->front() == 0.5f) {
    graph.set(op->getResult(0), graph.unary("Sqrt", x));
    return success();
  }
  return emitBinary(graph, op, entry);
}

static LogicalResult emitRsqrt(Graph &graph, Operation *op, const OpEntry &) {
  TensorRef root = graph.unary("Sqrt", graph.find(op->getOperand(0)));
  graph.set(op->getResult(0), graph.unary("Reciprocal", root));
  return success();
}

static LogicalResult emitMul(Graph &graph, Operation *op,
                             const OpEntry &entry) {
  TensorRef shift = graph.find(cast<tosa::MulOp>(op).getShift());
  if (!shift || !shift->constant || shift->constant->bytes[0] != 0)
    return refuse(op, "its product is shifted; multiply floats");
  return emitBinary(graph, op, entry);
}

static LogicalResult emitNegate(Graph &graph, Operation *op,
                                const OpEntry &entry) {
  if (graph.find(op->getOperand(0))->type == TensorProto::UINT8)
    return refuse(op, "unsigned bytes are not negated; dequantize first");
  return emitUnary(graph, op, entry);
}

/// tosa rounds to integers, ONNX cuts off.
ArrayRef<OpEntry> mlir::lw::exporter::elementwiseOps() {
  static const OpEntry entries[] = {
      {tosa::AbsOp::getOperationName(), emitUnary, "Abs"},
      {tosa::AddOp::getOperationName(), emitBinary, "Add"},
      {tosa::CeilOp::getOperationName(), emitUnary, "Ceil"},
      {tosa::ClampOp::getOperationName(), emitClamp, "Relu or Clip"},
      {tosa::CosOp::getOperationName(), emitUnary, "Cos"},
      {tosa::ErfOp::getOperationName(), emitUnary, "Erf"},
      {tosa::ExpOp::getOperationName(), emitUnary, "Exp"},
      {tosa::FloorOp::getOperationName(), emitUnary, "Floor"},
      {tosa::IntDivOp::getOperationName(), emitBinary, "Div"},
      {tosa::IdentityOp::getOperationName(), emitIdentity, "nothing"},
      {tosa::LogOp::getOperationName(), emitUnary, "Log"},
      {tosa::MaximumOp::getOperationName(), emitBinary, "Max"},
      {tosa::MinimumOp::getOperationName(), emitBinary, "Min"},
      {tosa::MulOp::getOperationName(), emitMul, "Mul"},
      {tosa::NegateOp::getOperationName(), emitNegate, "Neg"},
      {tosa::PowOp::getOperationName(), emitPow, "Pow"},
      {tosa::ReciprocalOp::getOperationName(), emitUnary, "Reciprocal"},
      {tosa::RsqrtOp::getOperationName(), emitRsqrt, "Sqrt and Reciprocal"},
      {tosa::SigmoidOp::getOperationName(), emitUnary, "Sigmoid"},
      {tosa::SinOp::getOperationName(), emitUnary, "Sin"},
      {tosa::SubOp::getOperationName(), emitBinary, "Sub"},
      {tosa::TanhOp::getOperationName(), emitUnary, "Tanh"},
  };
  return entries;
}
