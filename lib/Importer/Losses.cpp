//===- Losses.cpp - Losses of classifiers
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Composition.h"
#include "Elements.h"
#include "Families.h"

using namespace mlir;
using namespace mlir::lw::importer;

/// The negated logarithms of the target classes' probabilities, each times the
/// weight of its class; classes are along dimension 1.
static TensorRef createLoss(Node &node, Composition &c,
                            const TensorRef &logarithms) {
  TensorRef target = node.inputs[1], weight = node.input(2), hidden;
  if (node.attribute("ignore_index")) {
    TensorRef ignored = c.integer(node.intAttr("ignore_index", 0));
    hidden = c.op("Equal", {target, ignored});
    // Any class will do where the weight is 0.
    Element element = elementOf(target);
    TensorRef first =
        GraphBuilder::fromConstant(makeInts({}, {0}, dataTypeOf(element)));
    target = c.op("Where", {hidden, first, target});
  }
  TensorRef at = c.op("Unsqueeze", {target, c.integers({1})});
  TensorRef loss = c.op("Neg", c.op("GatherElements", {logarithms, at},
                                    c.attribute("axis", int64_t(1))));
  loss = c.op("Squeeze", {loss, c.integers({1})});
  TensorRef factor = weight ? c.op("Gather", {weight, target}) : nullptr;
  if (hidden)
    factor =
        c.op("Where", {hidden, c.number(0), factor ? factor : c.number(1)});
  if (factor)
    loss = c.mul(loss, factor);
  std::string reduction = node.stringAttr("reduction", "mean");
  if (reduction == "none")
    return loss;
  auto drop = c.attribute("keepdims", int64_t(0));
  if (reduction == "mean" && !factor)
    return c.op("ReduceMean", loss, drop);
  TensorRef sum = c.op("ReduceSum", loss, drop);
  if (reduction == "mean")
    return c.op("Div", {sum, c.op("ReduceSum", factor, drop)});
  return sum;
}

static LogicalResult checkOperands(Node &node) {
  Shape wanted(node.shape(0));
  if (wanted.size() < 2)
    return node.error("expects an input of rank 2 or more, found shape " +
                      formatShape(wanted));
  int64_t classes = wanted[1];
  wanted.erase(wanted.begin() + 1);
  if (node.shape(1) != ArrayRef<int64_t>(wanted))
    return node.error("expects a target, input 1, of shape " +
                      formatShape(wanted) + ", found " +
                      formatShape(node.shape(1)));
  if (node.input(2) && node.shape(2) != ArrayRef<int64_t>(classes))
    return node.error("expects a weight, input 2, of shape " +
                      formatShape(classes) + ", found " +
                      formatShape(node.shape(2)));
  std::string reduction = node.stringAttr("reduction", "mean");
  if (reduction != "none" && reduction != "mean" && reduction != "sum")
    return node.error("expects attribute 'reduction' to be none, mean or sum, "
                      "found '" +
                      reduction + "'");
  return success();
}

static LogicalResult importNegativeLogLikelihood(Node &node) {
  if (failed(checkOperands(node)))
    return failure();
  Composition c(node);
  return c.finish(createLoss(node, c, node.inputs[0]));
}

static LogicalResult importSoftmaxCrossEntropy(Node &node) {
  if (failed(checkOperands(node)))
    return failure();
  Composition c(node);
  TensorRef logarithms =
      c.op("LogSoftmax", node.inputs[0], c.attribute("axis", int64_t(1)));
  if (!logarithms)
    return failure();
  return c.finish({createLoss(node, c, logarithms), logarithms});
}

ArrayRef<OpEntry> mlir::lw::importer::lossOps() {
  static const OpEntry entries[] = {
      {"NegativeLogLikelihoodLoss", 12, 2, importNegativeLogLikelihood,
       "GatherElements and ReduceSum", Integers::Own},
      {"SoftmaxCrossEntropyLoss", 12, 2, importSoftmaxCrossEntropy,
       "LogSoftmax, GatherElements and ReduceSum", Integers::Own},
  };
  return entries;
}
