//===- Preprocessing.cpp - Operators of ai.onnx.ml around a network
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Composition.h"
#include "Families.h"
#include "llvm/ADT/StringSwitch.h"
#include <cmath>

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

/// Rows of one norm; those of zeros stay.
static LogicalResult importNormalizer(Node &node) {
  Composition c(node);
  TensorRef x = c.op("Cast", node.inputs[0],
                     c.attribute("to", int64_t(::onnx::TensorProto::FLOAT)));
  std::string norm = node.stringAttr("norm", "MAX");
  StringRef reduction = llvm::StringSwitch<StringRef>(norm)
                            .Case("MAX", "ReduceMax")
                            .Case("L1", "ReduceL1")
                            .Case("L2", "ReduceL2")
                            .Default("");
  if (reduction.empty())
    return node.error("expects attribute 'norm' to be MAX, L1 or L2, found '" +
                      norm + "'");
  TensorRef size = c.op(reduction, {x, c.integers({-1})});
  TensorRef divisor =
      c.op("Where", {c.op("Equal", {size, c.number(0)}), c.number(1), size});
  return c.finish(c.op("Div", {x, divisor}));
}

static LogicalResult importBinarizer(Node &node) {
  Composition c(node);
  TensorRef isGreater = c.op(
      "Greater", {node.inputs[0], c.number(node.floatAttr("threshold", 0))});
  return c.finish(c.op("Cast", isGreater,
                       c.attribute("to", int64_t(::onnx::TensorProto::FLOAT))));
}

/// Other numbers in place of one number or of what is none.
static LogicalResult importImputer(Node &node) {
  std::optional<std::vector<float>> values =
      node.floatsAttr("imputed_value_floats");
  int64_t columns = node.inputs[0]->rank() ? node.shape(0).back() : 1;
  auto count = static_cast<int64_t>(values ? values->size() : 0);
  if (count == 0 || (count != 1 && count != columns))
    return node.error("expects attribute 'imputed_value_floats' of one number "
                      "or of " +
                      Twine(columns) + ", found " + Twine(count));
  Composition c(node);
  TensorRef x = node.inputs[0];
  float replaced = node.floatAttr("replaced_value_float", 0);
  TensorRef isReplaced = std::isnan(replaced)
                             ? c.op("IsNaN", x)
                             : c.op("Equal", {x, c.number(replaced)});
  return c.finish(
      c.op("Where", {isReplaced, c.floats({count}, std::move(*values)), x}));
}

/// Matrices beside one another.
static LogicalResult importFeatureVectorizer(Node &node) {
  Composition c(node);
  SmallVector<TensorRef> parts;
  for (const TensorRef &input : node.inputs) {
    TensorRef x = c.op("Cast", input,
                       c.attribute("to", int64_t(::onnx::TensorProto::FLOAT)));
    parts.push_back(x && x->rank() == 1 ? c.reshape(x, {1, -1}) : x);
  }
  return c.finish(c.op("Concat", parts, c.attribute("axis", int64_t(1))));
}

/// Columns have no names: the scores of all classes themselves.
static LogicalResult importZipMap(Node &node) {
  return node.finish(node.inputs[0]);
}

ArrayRef<OpEntry> mlir::lw::importer::preprocessingOps() {
  static const OpEntry entries[] = {
      {"ai.onnx.ml.ArrayFeatureExtractor", 1, 2, importArrayFeatureExtractor,
       "as Gather", Integers::Own},
      {"ai.onnx.ml.Binarizer", 1, 1, importBinarizer, "Greater"},
      {"ai.onnx.ml.FeatureVectorizer", 1, 1, importFeatureVectorizer,
       "as Concat", Integers::Own},
      {"ai.onnx.ml.Imputer", 1, 1, importImputer, "Equal or IsNaN, and Where"},
      {"ai.onnx.ml.Normalizer", 1, 1, importNormalizer,
       "ReduceMax, ReduceL1 or ReduceL2, and Div", Integers::Own},
      {"ai.onnx.ml.Scaler", 1, 1, importScaler, "Sub and Mul", Integers::Own},
      {"ai.onnx.ml.ZipMap", 1, 1, importZipMap,
       "nothing: the scores, a column for each class"},
  };
  return entries;
}
