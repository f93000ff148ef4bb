//===- Classifiers.cpp - Linear classifiers and support vectors
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Composition.h"
#include "Families.h"

using namespace mlir;
using namespace mlir::lw::importer;

static TensorRef castToFloat(Composition &c, const TensorRef &x) {
  return c.op("Cast", x,
              c.attribute("to", int64_t(::onnx::TensorProto::FLOAT)));
}

/// What attribute post_transform says of the scores, one row to a sample.
static FailureOr<TensorRef> transformScores(Node &node, Composition &c,
                                            const TensorRef &scores) {
  std::string transform = node.stringAttr("post_transform", "NONE");
  if (transform == "NONE")
    return scores;
  if (transform == "LOGISTIC")
    return c.op("Sigmoid", scores);
  if (transform == "SOFTMAX")
    return c.op("Softmax", scores, c.attribute("axis", int64_t(-1)));
  return node.error("post_transform " + transform + " is not supported");
}

/// The numbers of attribute `name`, of which there must be `count`.
static FailureOr<std::vector<float>> numbers(Node &node, StringRef name,
                                             int64_t count) {
  std::optional<std::vector<float>> values = node.floatsAttr(name);
  auto found = static_cast<int64_t>(values ? values->size() : 0);
  if (found != count)
    return node.error("expects attribute '" + name + "' of " + Twine(count) +
                      " numbers, found " + Twine(found));
  return std::move(*values);
}

/// The product of `x` and the rows of attribute `coefficients`, and a bias.
static FailureOr<TensorRef> multiply(Node &node, Composition &c, int64_t rows,
                                     StringRef bias) {
  if (failed(node.checkRank(0, 2)))
    return failure();
  auto weights = numbers(node, "coefficients", rows * node.shape(0)[1]);
  if (failed(weights))
    return failure();
  SmallVector<TensorRef> operands = {
      castToFloat(c, node.inputs[0]),
      c.floats({rows, node.shape(0)[1]}, std::move(*weights))};
  if (node.attribute(bias)) {
    auto values = numbers(node, bias, rows);
    if (failed(values))
      return failure();
    operands.push_back(c.floats({rows}, std::move(*values)));
  }
  return c.op("Gemm", operands, c.attribute("transB", int64_t(1)));
}

static LogicalResult importLinearRegressor(Node &node) {
  Composition c(node);
  FailureOr<TensorRef> scores =
      multiply(node, c, node.intAttr("targets", 1), "intercepts");
  if (failed(scores) || failed(scores = transformScores(node, c, *scores)))
    return failure();
  return c.finish(*scores);
}

/// The class of the largest score, and the scores. A class that is a string is
/// not computed.
static LogicalResult importLinearClassifier(Node &node) {
  Shape labels = node.intsAttr("classlabels_ints").value_or(Shape());
  int64_t classes = labels.size();
  if (const auto *names = node.attribute("classlabels_strings"))
    classes = std::max<int64_t>(classes, names->strings_size());
  if (classes == 0)
    return node.error("expects attribute 'classlabels_ints' or "
                      "'classlabels_strings'");
  Composition c(node);
  FailureOr<TensorRef> scores = multiply(node, c, classes, "intercepts");
  if (failed(scores))
    return failure();
  TensorRef label;
  if (!labels.empty()) {
    TensorRef best = c.op(
        "ArgMax", *scores,
        {c.attribute("axis", int64_t(1)), c.attribute("keepdims", int64_t(0))});
    label = c.op("Gather", {c.integers(labels), best});
  }
  if (failed(scores = transformScores(node, c, *scores)))
    return failure();
  return c.finish({label, *scores});
}

/// What a kernel gives of samples and support vectors, a column to a vector.
static FailureOr<TensorRef> applyKernel(Node &node, Composition &c,
                                        const TensorRef &x,
                                        const TensorRef &vectors) {
  std::string kind = node.stringAttr("kernel_type", "LINEAR");
  std::vector<float> parameters = {0, 0, 0};
  if (kind != "LINEAR") {
    auto values = numbers(node, "kernel_params", 3);
    if (failed(values))
      return failure();
    parameters = *values;
  }
  auto [gamma, offset, degree] =
      std::tuple(parameters[0], parameters[1], parameters[2]);
  if (kind == "RBF") {
    TensorRef difference =
        c.op("Sub", {c.op("Unsqueeze", {x, c.integers({1})}), vectors});
    TensorRef squares = c.op("ReduceSumSquare", {difference, c.integers({2})},
                             c.attribute("keepdims", int64_t(0)));
    return c.op("Exp", c.mul(squares, c.number(-gamma)));
  }
  TensorRef product =
      c.op("Gemm", {x, vectors}, c.attribute("transB", int64_t(1)));
  if (kind == "LINEAR")
    return product;
  TensorRef scaled = c.add(c.mul(product, c.number(gamma)), c.number(offset));
  if (kind == "POLY")
    return c.op("Pow", {scaled, c.number(degree)});
  if (kind == "SIGMOID")
    return c.op("Tanh", scaled);
  return node.error("expects attribute 'kernel_type' to be LINEAR, POLY, RBF "
                    "or SIGMOID, found '" +
                    kind + "'");
}

/// The weighted sum of what the kernel gives of every support vector; without
/// any, a linear layer.
static LogicalResult importSVMRegressor(Node &node) {
  Composition c(node);
  int64_t count = node.intAttr("n_supports", 0);
  FailureOr<TensorRef> sum = TensorRef();
  if (count <= 0) {
    sum = multiply(node, c, 1, "rho");
  } else {
    if (failed(node.checkRank(0, 2)))
      return failure();
    int64_t columns = node.shape(0)[1];
    auto vectors = numbers(node, "support_vectors", count * columns);
    if (failed(vectors))
      return failure();
    auto weights = numbers(node, "coefficients", count);
    if (failed(weights))
      return failure();
    auto offset = numbers(node, "rho", 1);
    if (failed(offset))
      return failure();
    FailureOr<TensorRef> kernel =
        applyKernel(node, c, castToFloat(c, node.inputs[0]),
                    c.floats({count, columns}, std::move(*vectors)));
    if (failed(kernel))
      return failure();
    sum = c.op("Gemm", {*kernel, c.floats({count, 1}, std::move(*weights)),
                        c.floats({1}, std::move(*offset))});
  }
  if (failed(sum))
    return failure();
  if (node.intAttr("one_class", 0))
    return c.finish(c.op("Where", {c.op("Greater", {*sum, c.number(0)}),
                                   c.number(1), c.number(-1)}));
  if (failed(sum = transformScores(node, c, *sum)))
    return failure();
  return c.finish(*sum);
}

ArrayRef<OpEntry> mlir::lw::importer::classifierOps() {
  static const OpEntry entries[] = {
      {"ai.onnx.ml.LinearClassifier", 1, 1, importLinearClassifier,
       "Gemm, ArgMax and Gather; a row of weights for each class; labels "
       "that are strings are left out",
       Integers::Own},
      {"ai.onnx.ml.LinearRegressor", 1, 1, importLinearRegressor, "as Gemm",
       Integers::Own},
      {"ai.onnx.ml.SVMRegressor", 1, 1, importSVMRegressor,
       "the kernel of all support vectors, and Gemm", Integers::Own},
  };
  return entries;
}
