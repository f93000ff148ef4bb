//===- Pooling.cpp - Pools
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "OpTable.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"

using namespace mlir;
using namespace mlir::lw::exporter;

/// `global` is the operator for a window that is the whole image.
static TensorRef emitPool(Graph &graph, StringRef type, StringRef global,
                          const TensorRef &x, ArrayRef<int64_t> kernel,
                          ArrayRef<int64_t> strides, ArrayRef<int64_t> pad,
                          ArrayRef<int64_t> shape) {
  Order order = channelsFirst(4);
  std::string held = graph.get(x, order);
  if (!global.empty() && kernel == ArrayRef<int64_t>(x->shape).slice(1, 2) &&
      llvm::all_of(pad, [](int64_t p) { return p == 0; }))
    return makeTensor(shape, x->type, order, graph.node(global, {held}));
  return makeTensor(
      shape, x->type, order,
      graph.node(type, {held},
                 {attribute("kernel_shape", kernel),
                  attribute("pads", {pad[0], pad[2], pad[1], pad[3]}),
                  attribute("strides", strides)}));
}

TensorRef mlir::lw::exporter::emitAverage(Graph &graph, const TensorRef &x,
                                          ArrayRef<int64_t> kernel,
                                          ArrayRef<int64_t> strides,
                                          ArrayRef<int64_t> pad,
                                          ArrayRef<int64_t> shape) {
  return emitPool(graph, "AveragePool", "GlobalAveragePool", x, kernel, strides,
                  pad, shape);
}

static LogicalResult emitAveragePool(Graph &graph, Operation *op,
                                     const OpEntry &) {
  auto pool = cast<tosa::AvgPool2dOp>(op);
  TensorRef x = graph.find(pool.getInput());
  if (x->type != TensorProto::FLOAT)
    return refuse(op, "integers are not averaged; dequantize first");
  auto type = cast<RankedTensorType>(pool.getOutput().getType());
  graph.set(pool, emitAverage(graph, x, pool.getKernel(), pool.getStride(),
                              pool.getPad(), type.getShape()));
  return success();
}

static LogicalResult emitMaxPool(Graph &graph, Operation *op, const OpEntry &) {
  auto pool = cast<tosa::MaxPool2dOp>(op);
  TensorRef x = graph.find(pool.getInput());
  if (x->type == TensorProto::UINT8)
    return refuse(op, "its bytes are unsigned, and the pool takes them for "
                      "signed; quantize to s8");
  // Of the two operators only the first knows integers.
  StringRef global = x->type == TensorProto::FLOAT ? "GlobalMaxPool" : "";
  auto type = cast<RankedTensorType>(pool.getOutput().getType());
  graph.set(pool, emitPool(graph, "MaxPool", global, x, pool.getKernel(),
                           pool.getStride(), pool.getPad(), type.getShape()));
  return success();
}

ArrayRef<OpEntry> mlir::lw::exporter::poolingOps() {
  static const OpEntry entries[] = {
      {tosa::AvgPool2dOp::getOperationName(), emitAveragePool,
       "AveragePool or GlobalAveragePool; floats only"},
      {tosa::MaxPool2dOp::getOperationName(), emitMaxPool,
       "MaxPool or GlobalMaxPool"},
  };
  return entries;
}
