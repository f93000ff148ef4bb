//===- Reduction.cpp - Reductions and softmax
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Fold.h"
#include "IntegerArithmetic.h"
#include "OpTable.h"

using namespace mlir;
using namespace mlir::lw::importer;

namespace {

enum class ReduceKind { Max, Mean, Min, Prod, Sum };

} // namespace

static Value emitReduce(GraphBuilder &build, ReduceKind kind, Value value,
                        int64_t axis) {
  switch (kind) {
  case ReduceKind::Max:
    return build.reduce<tosa::ReduceMaxOp>(value, axis,
                                           tosa::NanPropagationMode::IGNORE);
  case ReduceKind::Min:
    return build.reduce<tosa::ReduceMinOp>(value, axis,
                                           tosa::NanPropagationMode::IGNORE);
  case ReduceKind::Prod:
    return build.reduce<tosa::ReduceProductOp>(value, axis);
  case ReduceKind::Mean:
  case ReduceKind::Sum:
    return build.reduce<tosa::ReduceSumOp>(value, axis);
  }
  llvm_unreachable("covered switch");
}

/// A product of all elements of a constant vector, which shape arithmetic uses.
static LogicalResult foldProduct(Node &node, bool keepDims) {
  const Constant &x = *node.inputs[0]->constant;
  int64_t product = 1;
  for (int64_t value : x.ints)
    if (llvm::MulOverflow(product, value, product))
      return node.error("integer arithmetic overflows");
  return node.finish(GraphBuilder::fromConstant(
      makeInts(keepDims ? Shape{1} : Shape{}, {product})));
}

/// Axes are an attribute before opset `axesInput` and an input from then on.
static LogicalResult importReduce(Node &node, ReduceKind kind,
                                  int64_t axesInput) {
  const TensorRef &input = node.inputs[0];
  int64_t rank = input->rank();
  auto axes = node.intsOf("axes", 1, axesInput);
  if (failed(axes))
    return failure();
  bool keepDims = node.intAttr("keepdims", 1) != 0;
  SmallVector<bool> reduced(rank, false);
  for (int64_t value : axes->value_or(Shape())) {
    FailureOr<int64_t> axis = node.axis(value, rank);
    if (failed(axis))
      return failure();
    reduced[*axis] = true;
  }
  if (axes->value_or(Shape()).empty()) {
    if (node.intAttr("noop_with_empty_axes", 0) != 0)
      return node.finish(input);
    reduced.assign(rank, true);
  }
  if (input->constant && !input->constant->isFloat &&
      kind == ReduceKind::Prod && rank == 1)
    return foldProduct(node, keepDims);
  if (failed(node.checkShape(input->shape)))
    return failure();

  GraphBuilder &build = node.build;
  Element element = elementOf(input);
  bool isLogic = element == Element::Bool &&
                 (kind == ReduceKind::Max || kind == ReduceKind::Min);
  if (element == Element::Bool && !isLogic)
    return node.error("expects numbers, found bool; cast it before");
  // Maxima and minima of bool are those of 0 and 1.
  Element held = isByte(element) || isLogic ? Element::I32 : element;
  TensorRef widened = convert(build, input, held);
  Permutation layout = GraphBuilder::commonLayout(widened, rank);
  Value value = build.get(widened, layout);
  Shape shape;
  int64_t count = 1;
  for (int64_t axis = 0; axis < rank; ++axis) {
    if (!reduced[axis]) {
      shape.push_back(input->shape[axis]);
      continue;
    }
    count *= input->shape[axis];
    if (keepDims)
      shape.push_back(1);
    value = emitReduce(build, kind, value,
                       llvm::find(layout, axis) - layout.begin());
  }
  if (kind == ReduceKind::Mean && held == Element::Float)
    value = build.mul(value, build.number(rank, 1.0f / count));
  else if (kind == ReduceKind::Mean)
    value = divideInts(build, value, splatLike(build, value, count));
  TensorRef result =
      GraphBuilder::fromValue(convert(build, value, held, element), layout);
  result->element = element;
  return node.finish(build.reshape(result, shape));
}

static LogicalResult importReduceMax(Node &node) {
  return importReduce(node, ReduceKind::Max, 18);
}

static LogicalResult importReduceMean(Node &node) {
  return importReduce(node, ReduceKind::Mean, 18);
}

static LogicalResult importReduceMin(Node &node) {
  return importReduce(node, ReduceKind::Min, 18);
}

static LogicalResult importReduceProd(Node &node) {
  return importReduce(node, ReduceKind::Prod, 18);
}

static LogicalResult importReduceSum(Node &node) {
  return importReduce(node, ReduceKind::Sum, 13);
}

//===----------------------------------------------------------------------===//
// Softmax
//===----------------------------------------------------------------------===//

/// exp(x - max) / sum(exp(x - max)), or with `isLog` its logarithm.
static Value emitSoftmax(GraphBuilder &build, Value x, int64_t axis,
                         bool isLog) {
  Value greatest = build.reduce<tosa::ReduceMaxOp>(x, axis);
  Value moved = build.binary<tosa::SubOp>(x, greatest);
  Value exponential = build.unary<tosa::ExpOp>(moved);
  Value sum = build.reduce<tosa::ReduceSumOp>(exponential, axis);
  if (isLog)
    return build.binary<tosa::SubOp>(moved, build.unary<tosa::LogOp>(sum));
  return build.mul(exponential, build.unary<tosa::ReciprocalOp>(sum));
}

/// Before opset 13 the tensor counts as a matrix whose columns are all
/// dimensions from `axis` on; from then on `axis` alone is normalized.
static LogicalResult finishSoftmax(Node &node, bool isLog) {
  const TensorRef &input = node.inputs[0];
  int64_t rank = input->rank();
  if (rank == 0)
    return node.error("expects an input of rank 1 or more");
  if (failed(node.checkShape(input->shape)))
    return failure();
  FailureOr<int64_t> axis = node.axis(
      node.intAttr("axis", node.opset < 13 ? (rank > 1 ? 1 : 0) : -1), rank);
  if (failed(axis))
    return failure();
  GraphBuilder &build = node.build;
  ArrayRef<int64_t> shape = input->shape;
  // The single dimension of the matrix view that is wider than 1, if it is one.
  SmallVector<int64_t> wide;
  for (int64_t i = *axis; i < rank; ++i)
    if (shape[i] != 1)
      wide.push_back(i);
  if (node.opset < 13 && wide.size() > 1) {
    Shape matrix = {*countElements(shape.take_front(*axis)),
                    *countElements(shape.drop_front(*axis))};
    Value value = build.getPlain(build.reshape(input, matrix));
    value = emitSoftmax(build, value, 1, isLog);
    return node.finish(build.reshape(GraphBuilder::fromValue(value), shape));
  }
  if (node.opset < 13 && wide.size() == 1)
    axis = wide.front();
  Permutation layout = GraphBuilder::commonLayout(input, rank);
  Value value = build.get(input, layout);
  int64_t position = llvm::find(layout, *axis) - layout.begin();
  return node.finish(emitSoftmax(build, value, position, isLog), layout);
}

static LogicalResult importSoftmax(Node &node) {
  return finishSoftmax(node, /*isLog=*/false);
}

static LogicalResult importLogSoftmax(Node &node) {
  return finishSoftmax(node, /*isLog=*/true);
}

ArrayRef<OpEntry> mlir::lw::importer::reductionOps() {
  static const OpEntry entries[] = {
      {"LogSoftmax", 1, 1, importLogSoftmax,
       "exp, log and reductions; all dimensions from axis on"},
      {"LogSoftmax", 13, 1, importLogSoftmax, "exp, log and reductions"},
      {"ReduceMax", 1, 1, importReduceMax, "`tosa.reduce_max`", Integers::Own},
      {"ReduceMean", 1, 1, importReduceMean, "`tosa.reduce_sum`, `tosa.mul`",
       Integers::Own},
      {"ReduceMin", 1, 1, importReduceMin, "`tosa.reduce_min`", Integers::Own},
      {"ReduceProd", 1, 1, importReduceProd, "`tosa.reduce_product`",
       Integers::Own},
      {"ReduceSum", 1, 1, importReduceSum, "`tosa.reduce_sum`", Integers::Own},
      {"Softmax", 1, 1, importSoftmax,
       "exp and reductions; all dimensions from axis on"},
      {"Softmax", 13, 1, importSoftmax, "exp and reductions; one axis"},
  };
  return entries;
}
