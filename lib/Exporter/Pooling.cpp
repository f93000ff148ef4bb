//===- Pooling.cpp - Pools
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "OpTable.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"

using namespace mlir;
using namespace mlir::lw::exporter;

template <typename Op>
static LogicalResult emitPool(Graph &graph, Operation *op,
                              const OpEntry &entry) {
  auto pool = cast<Op>(op);
  TensorRef x = graph.find(pool.getInput());
  constexpr bool isMax = std::is_same_v<Op, tosa::MaxPool2dOp>;
  bool isFloat = x->type == TensorProto::FLOAT;
  if (!isFloat && (!isMax || x->type != TensorProto::INT8))
    return refuse(op, isMax ? "its bytes are unsigned, and the pool takes them "
                              "for signed; quantize to s8"
                            : "integers are not averaged; dequantize first");
  Order order = channelsFirst(4);
  ArrayRef<int64_t> kernel = pool.getKernel(), pad = pool.getPad();
  auto type = cast<RankedTensorType>(pool.getOutput().getType());
  std::string held = graph.get(x, order), name;
  if (isFloat && kernel[0] == x->shape[1] && kernel[1] == x->shape[2] &&
      llvm::all_of(pad, [](int64_t p) { return p == 0; })) {
    name = graph.node(isMax ? "GlobalMaxPool" : "GlobalAveragePool", {held});
  } else {
    name =
        graph.node(isMax ? "MaxPool" : "AveragePool", {held},
                   {attribute("kernel_shape", kernel),
                    attribute("pads", {pad[0], pad[2], pad[1], pad[3]}),
                    attribute("strides", ArrayRef<int64_t>(pool.getStride()))});
  }
  graph.set(pool, makeTensor(type.getShape(), x->type, order, name));
  return success();
}

ArrayRef<OpEntry> mlir::lw::exporter::poolingOps() {
  static const OpEntry entries[] = {
      {tosa::AvgPool2dOp::getOperationName(), emitPool<tosa::AvgPool2dOp>,
       "AveragePool or GlobalAveragePool; floats only"},
      {tosa::MaxPool2dOp::getOperationName(), emitPool<tosa::MaxPool2dOp>,
       "MaxPool or GlobalMaxPool"},
  };
  return entries;
}
