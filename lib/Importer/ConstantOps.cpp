//===- ConstantOps.cpp - Constants and arithmetic on shapes
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Fold.h"
#include "OpTable.h"
#include "TensorData.h"
#include <cmath>

using namespace mlir;
using namespace mlir::lw::importer;
using AttributeProto = ::onnx::AttributeProto;

static LogicalResult finishConstant(Node &node, ConstantRef constant) {
  return node.finish(GraphBuilder::fromConstant(std::move(constant)));
}

//===----------------------------------------------------------------------===//
// Making constants
//===----------------------------------------------------------------------===//

static LogicalResult importConstant(Node &node) {
  if (const AttributeProto *value = node.attribute("value")) {
    ConstantRef tensor = node.tensorAttr(*value);
    return tensor ? finishConstant(node, tensor) : failure();
  }
  if (const AttributeProto *value = node.attribute("sparse_value")) {
    llvm::Expected<ConstantRef> tensor =
        readSparseTensor(value->sparse_tensor(), node.folder());
    if (!tensor)
      return node.error("attribute 'sparse_value': " +
                        llvm::toString(tensor.takeError()));
    return finishConstant(node, *tensor);
  }
  if (node.attribute("value_float"))
    return finishConstant(node,
                          makeFloats({}, {node.floatAttr("value_float", 0)}));
  if (node.attribute("value_int"))
    return finishConstant(node, makeInts({}, {node.intAttr("value_int", 0)}));
  if (node.attribute("value_floats")) {
    std::vector<float> values =
        node.floatsAttr("value_floats").value_or(std::vector<float>());
    return finishConstant(
        node, makeFloats({static_cast<int64_t>(values.size())}, values));
  }
  if (node.attribute("value_ints")) {
    Shape values = node.intsAttr("value_ints").value_or(Shape());
    return finishConstant(node, makeInts({static_cast<int64_t>(values.size())},
                                         {values.begin(), values.end()}));
  }
  return node.error("expects one of the attributes value, sparse_value, "
                    "value_float, value_floats, value_int and value_ints");
}

static LogicalResult importConstantOfShape(Node &node) {
  FailureOr<Shape> shape = node.constantInts(0, "shape");
  if (failed(shape))
    return failure();
  // One value, however many elements.
  if (!countElements(*shape))
    return node.error("the constant of shape " + formatShape(*shape) +
                      " has a negative extent or more than 2^31 elements");
  ConstantRef value = makeFloats({1}, {0.0f});
  if (const AttributeProto *attribute = node.attribute("value")) {
    value = node.tensorAttr(*attribute);
    if (!value)
      return failure();
    if (value->size() != 1)
      return node.error(
          "expects attribute 'value' of one element, found shape " +
          formatShape(value->shape));
  }
  return finishConstant(node,
                        broadcastConstant(reshapeConstant(value, {}), *shape));
}

static LogicalResult importRange(Node &node) {
  for (const TensorRef &input : node.inputs)
    if (!input || !input->constant || input->constant->size() != 1 ||
        input->constant->isFloat != node.inputs[0]->constant->isFloat)
      return node.error("expects start, limit and delta to be numbers of one "
                        "type known at import");
  const Constant &first = *node.inputs[0]->constant;
  double start = first.number(0), limit = node.inputs[1]->constant->number(0);
  double delta = node.inputs[2]->constant->number(0);
  double extent = std::max(std::ceil((limit - start) / delta), 0.0);
  if (!(extent <= kMaxFoldedElements))
    return node.error("expects a range of at most 2^24 elements and a delta "
                      "other than 0");
  int64_t count = static_cast<int64_t>(extent);
  if (first.isFloat) {
    std::vector<float> values;
    for (int64_t i = 0; i < count; ++i)
      values.push_back(static_cast<float>(start + i * delta));
    return finishConstant(node, makeFloats({count}, std::move(values)));
  }
  std::vector<int64_t> values;
  for (int64_t i = 0; i < count; ++i)
    values.push_back(first.ints[0] + i * node.inputs[2]->constant->ints[0]);
  return finishConstant(node,
                        makeInts({count}, std::move(values), first.fileType));
}

//===----------------------------------------------------------------------===//
// Shapes
//===----------------------------------------------------------------------===//

/// Every shape is known, so that arithmetic on shapes folds.
static LogicalResult importShape(Node &node) {
  int64_t rank = node.inputs[0]->rank();
  auto position = [&](int64_t x) {
    return std::min(std::max<int64_t>(x < 0 ? x + rank : x, 0), rank);
  };
  int64_t start = position(node.intAttr("start", 0));
  int64_t end = std::max(position(node.intAttr("end", rank)), start);
  std::vector<int64_t> values(node.shape(0).begin() + start,
                              node.shape(0).begin() + end);
  return finishConstant(node, makeInts({end - start}, std::move(values)));
}

static LogicalResult importSize(Node &node) {
  return finishConstant(
      node, makeInts({}, {countElements(node.shape(0)).value_or(0)}));
}

ArrayRef<OpEntry> mlir::lw::importer::constantOps() {
  static const OpEntry entries[] = {
      {"Constant", 1, 0, importConstant,
       "`tosa.const`; all forms but strings and sparse tensors"},
      {"ConstantOfShape", 9, 1, importConstantOfShape, "folded"},
      {"Range", 11, 3, importRange, "folded"},
      {"Shape", 1, 1, importShape, "folded", Integers::Moved},
      {"Size", 1, 1, importSize, "folded", Integers::Moved},
  };
  return entries;
}
