//===- Preprocessing.cpp - Operators of ai.onnx.ml around a network
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

/// The columns of a matrix that are named by their numbers.
static LogicalResult importArrayFeatureExtractor(Node &node) {
  Composition c(node);
  TensorRef x = node.inputs[0];
  if (x->rank() == 1)
    x = c.reshape(x, {1, x->shape[0]});
  TensorRef columns = c.reshape(node.inputs[1], {-1});
  return c.finish(
      c.op("Gather", {x, columns}, c.attribute("axis", int64_t(-1))));
}

/// A fully connected layer whose weights are attributes.
static LogicalResult importLinearRegressor(Node &node) {
  if (std::string transform = node.stringAttr("post_transform", "NONE");
      transform != "NONE")
    return node.error("post_transform " + transform + " is not supported");
  if (failed(node.checkRank(0, 2)))
    return failure();
  int64_t targets = node.intAttr("targets", 1), columns = node.shape(0)[1];
  auto weights = node.floatsAttr("coefficients");
  auto bias = node.floatsAttr("intercepts");
  auto sizeOf = [](const std::optional<std::vector<float>> &values) {
    return static_cast<int64_t>(values ? values->size() : 0);
  };
  if (sizeOf(weights) != targets * columns)
    return node.error("expects attribute 'coefficients' of " +
                      Twine(targets * columns) + " numbers, found " +
                      Twine(sizeOf(weights)));
  if (bias && sizeOf(bias) != targets)
    return node.error("expects attribute 'intercepts' of " + Twine(targets) +
                      " numbers, found " + Twine(sizeOf(bias)));
  Composition c(node);
  SmallVector<TensorRef> operands = {
      c.op("Cast", node.inputs[0],
           c.attribute("to", int64_t(::onnx::TensorProto::FLOAT))),
      c.floats({targets, columns}, std::move(*weights))};
  if (bias)
    operands.push_back(c.floats({targets}, std::move(*bias)));
  return c.finish(c.op("Gemm", operands, c.attribute("transB", int64_t(1))));
}

ArrayRef<OpEntry> mlir::lw::importer::preprocessingOps() {
  static const OpEntry entries[] = {
      {"ai.onnx.ml.ArrayFeatureExtractor", 1, 2, importArrayFeatureExtractor,
       "as Gather", Integers::Own},
      {"ai.onnx.ml.LinearRegressor", 1, 1, importLinearRegressor, "as Gemm",
       Integers::Own},
      {"ai.onnx.ml.Scaler", 1, 1, importScaler, "Sub and Mul", Integers::Own},
  };
  return entries;
}
