//===- Preprocessing.cpp - Operators of ai.onnx.ml before a network
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Composition.h"
#include "Families.h"

using namespace mlir;
using namespace mlir::lw::importer;

/// (x - offset) * scale, one number of each or one to a column.
static LogicalResult importScaler(Node &node) {
  Composition c(node);
  int64_t columns = node.inputs[0]->rank() ? node.shape(0).back() : 1;
  auto read = [&](StringRef name) -> FailureOr<TensorRef> {
    std::optional<std::vector<float>> values = node.floatsAttr(name);
    auto count = static_cast<int64_t>(values ? values->size() : 0);
    if (count == 0 || (count != 1 && count != columns))
      return node.error("expects attribute '" + name +
                        "' of one number or of " + Twine(columns) + ", found " +
                        Twine(count));
    return c.floats({count}, std::move(*values));
  };
  FailureOr<TensorRef> offset = read("offset"), scale = read("scale");
  if (failed(offset) || failed(scale))
    return failure();
  TensorRef x = c.op("Cast", node.inputs[0],
                     c.attribute("to", int64_t(::onnx::TensorProto::FLOAT)));
  return c.finish(c.mul(c.op("Sub", {x, *offset}), *scale));
}

ArrayRef<OpEntry> mlir::lw::importer::preprocessingOps() {
  static const OpEntry entries[] = {
      {"ai.onnx.ml.Scaler", 1, 1, importScaler, "Sub and Mul", Integers::Own},
  };
  return entries;
}
