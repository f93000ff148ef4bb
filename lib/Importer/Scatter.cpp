//===- Scatter.cpp - Scatter and OneHot
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "IndexOperands.h"
#include "lw/Dialect/IR/LwIndexOps.h"

using namespace mlir;
using namespace mlir::lw::importer;

//===----------------------------------------------------------------------===//
// Scatter
//===----------------------------------------------------------------------===//

namespace {

/// What the scattering operators have in common.
struct Scatter {
  Element element;
  Value input, indices, updates;
  std::string reduction;

  LogicalResult collect(Node &node, ArrayRef<int64_t> updateShape);
};

} // namespace

LogicalResult Scatter::collect(Node &node, ArrayRef<int64_t> updateShape) {
  if (node.shape(2) != updateShape)
    return node.error("expects updates, input 2, of shape " +
                      formatShape(updateShape) + ", found " +
                      formatShape(node.shape(2)));
  reduction = node.stringAttr("reduction", "none");
  bool orders = reduction == "max" || reduction == "min";
  if (!orders && reduction != "none" && reduction != "add" &&
      reduction != "mul")
    return node.error("expects attribute 'reduction' to be none, add, mul, max "
                      "or min, found '" +
                      reduction + "'");
  FailureOr<Element> common =
      commonElement(node, {node.inputs[0], node.inputs[2]});
  if (failed(common))
    return failure();
  element = *common;
  if (reduction != "none" &&
      (element == Element::Bool || (orders && element == Element::U8)))
    return node.error("reduction '" + reduction + "' of " +
                      elementName(element) +
                      " is not supported; cast to int32 before");
  FailureOr<Value> at = indexValue(node, 1);
  if (failed(at))
    return failure();
  indices = *at;
  GraphBuilder &build = node.build;
  input = build.getPlain(convert(build, node.inputs[0], element));
  updates = build.getPlain(convert(build, node.inputs[2], element));
  return success();
}

static LogicalResult importScatterElements(Node &node) {
  FailureOr<int64_t> axis = checkElementAxis(node);
  if (failed(axis))
    return failure();
  if (node.shape(1).size() && *countElements(node.shape(1)) == 0)
    return node.finish(node.inputs[0]);
  Scatter scatter;
  if (failed(scatter.collect(node, node.shape(1))))
    return failure();
  GraphBuilder &build = node.build;
  return node.finish(tensorOf(
      lw::ScatterElementsOp::create(
          build.builder, build.loc, scatter.input.getType(), scatter.input,
          scatter.indices, scatter.updates, *axis, scatter.reduction),
      scatter.element));
}

static LogicalResult importScatterND(Node &node) {
  FailureOr<int64_t> size = checkTuples(node, 0);
  if (failed(size))
    return failure();
  if (countElements(node.shape(1)) == 0)
    return node.finish(node.inputs[0]);
  Shape shape(node.shape(1).drop_back());
  llvm::append_range(shape, node.shape(0).drop_front(*size));
  Scatter scatter;
  if (failed(scatter.collect(node, shape)))
    return failure();
  GraphBuilder &build = node.build;
  return node.finish(tensorOf(
      lw::ScatterNDOp::create(build.builder, build.loc, scatter.input.getType(),
                              scatter.input, scatter.indices, scatter.updates,
                              scatter.reduction),
      scatter.element));
}

//===----------------------------------------------------------------------===//
// OneHot
//===----------------------------------------------------------------------===//

static LogicalResult importOneHot(Node &node) {
  FailureOr<std::vector<float>> depth = node.constantFloats(1, "depth");
  if (failed(depth))
    return failure();
  if (depth->size() != 1 || !(depth->front() >= 1) ||
      !(depth->front() <= kMaxElements))
    return node.error("expects a depth, input 1, of one number from 1 to 2^31");
  if (node.shape(2) != ArrayRef<int64_t>{2})
    return node.error("expects two values, input 2, found shape " +
                      formatShape(node.shape(2)));
  const TensorRef &where = node.inputs[0];
  Shape shape(where->shape);
  FailureOr<int64_t> axis =
      node.axis(node.intAttr("axis", -1), shape.size() + 1);
  if (failed(axis))
    return failure();
  shape.insert(shape.begin() + *axis, static_cast<int64_t>(depth->front()));
  if (failed(node.checkShape(shape)))
    return failure();
  GraphBuilder &build = node.build;
  Element wanted =
      elementOf(where) == Element::I32 ? Element::I32 : Element::I64;
  Value indices = build.getPlain(convert(build, where, wanted));
  Value values = plainValue(build, node.inputs[2]);
  return node.finish(tensorOf(lw::OneHotOp::create(build.builder, build.loc,
                                                   build.type(shape, values),
                                                   indices, values, *axis),
                              elementOf(node.inputs[2])));
}

ArrayRef<OpEntry> mlir::lw::importer::scatterOps() {
  static const OpEntry entries[] = {
      {"OneHot", 9, 3, importOneHot, "`lw.one_hot`; depth known at import",
       Integers::Own},
      {"Scatter", 9, 3, importScatterElements, "`lw.scatter_elements`",
       Integers::Own},
      {"ScatterElements", 11, 3, importScatterElements, "`lw.scatter_elements`",
       Integers::Own},
      {"ScatterND", 11, 3, importScatterND, "`lw.scatter_nd`", Integers::Own},
  };
  return entries;
}
