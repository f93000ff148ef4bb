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
using Proto = ::onnx::TensorProto;

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
  return node.error("expects one of the attributes value, value_float, "
                    "value_floats, value_int and value_ints");
}

static LogicalResult importConstantOfShape(Node &node) {
  FailureOr<Shape> shape = node.constantInts(0, "shape");
  if (failed(shape) || failed(checkFoldedShape(node, *shape)))
    return failure();
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
  return finishConstant(node, makeInts({count}, std::move(values)));
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

/// An activation as float32.
static LogicalResult finishFloats(Node &node, const TensorRef &x) {
  GraphBuilder &build = node.build;
  if (x->element == Element::Float)
    return node.finish(x);
  if (x->element != Element::I32)
    return node.finish(GraphBuilder::dequantize(
        x, mlir::lw::QuantAttr::get(build.builder.getContext(),
                                    x->element == Element::U8, APFloat(1.0f),
                                    /*zeroPoint=*/0)));
  Permutation layout = GraphBuilder::layoutOf(x);
  Value value = build.get(x, layout);
  return node.finish(
      tosa::CastOp::create(build.builder, build.loc,
                           build.type(GraphBuilder::shapeOf(value)), value),
      layout);
}

static LogicalResult importCast(Node &node) {
  int64_t to = node.intAttr("to", 0);
  bool toFloat = to == Proto::FLOAT || to == Proto::DOUBLE ||
                 to == Proto::FLOAT16 || to == Proto::BFLOAT16;
  bool toInt = to == Proto::INT64 || to == Proto::INT32;
  if (!node.inputs[0]->constant) {
    if (to == Proto::FLOAT)
      return finishFloats(node, node.inputs[0]);
    return node.error("activations are float32 only, found a cast to element "
                      "type " +
                      elementTypeName(to));
  }
  const ConstantRef &x = node.inputs[0]->constant;
  if (!toFloat && !toInt && to != Proto::BOOL)
    return node.error("a cast to element type " + elementTypeName(to) +
                      " is not supported");
  if (x->isFloat == toFloat && to != Proto::BOOL)
    return finishConstant(node, x);
  if (toFloat)
    return finishConstant(
        node, makeFloats(x->shape, {x->ints.begin(), x->ints.end()}));
  std::vector<int64_t> values;
  for (int64_t i = 0; i < x->size(); ++i) {
    double value = x->number(i);
    if (std::abs(value) > 9e18)
      return node.error("element " + Twine(i) + " does not fit an integer");
    values.push_back(to == Proto::BOOL ? value != 0.0
                                       : static_cast<int64_t>(value));
  }
  return finishConstant(node, makeInts(x->shape, std::move(values)));
}

//===----------------------------------------------------------------------===//
// Comparisons
//===----------------------------------------------------------------------===//

static LogicalResult importComparison(Node &node, FoldFloats onFloats,
                                      FoldInts onInts) {
  if (!node.inputs[0]->constant || !node.inputs[1]->constant)
    return node.error("expects inputs known at import");
  FailureOr<ConstantRef> result =
      foldBinary(node, node.inputs[0]->constant, node.inputs[1]->constant,
                 onFloats, onInts, /*isBool=*/true);
  return failed(result) ? failure() : finishConstant(node, *result);
}

static LogicalResult importEqual(Node &node) {
  return importComparison(
      node, [](float a, float b) { return a == b ? 1.0f : 0.0f; },
      [](int64_t a, int64_t b) { return std::optional<int64_t>(a == b); });
}

static LogicalResult importGreater(Node &node) {
  return importComparison(
      node, [](float a, float b) { return a > b ? 1.0f : 0.0f; },
      [](int64_t a, int64_t b) { return std::optional<int64_t>(a > b); });
}

static LogicalResult importLess(Node &node) {
  return importComparison(
      node, [](float a, float b) { return a < b ? 1.0f : 0.0f; },
      [](int64_t a, int64_t b) { return std::optional<int64_t>(a < b); });
}

static LogicalResult importNot(Node &node) {
  const ConstantRef &x = node.inputs[0]->constant;
  if (!x || x->isFloat)
    return node.error("expects a bool tensor known at import");
  std::vector<int64_t> values;
  for (int64_t value : x->ints)
    values.push_back(value == 0);
  return finishConstant(node, makeInts(x->shape, std::move(values)));
}

static LogicalResult importWhere(Node &node) {
  ConstantRef operands[3];
  std::optional<Shape> shape = Shape();
  for (int i = 0; i < 3; ++i) {
    operands[i] = node.inputs[i]->constant;
    if (!operands[i])
      return node.error("expects inputs known at import");
    shape = broadcastShapes(*shape, operands[i]->shape);
    if (!shape)
      return node.error("the shapes of the inputs do not broadcast");
  }
  if (operands[0]->isFloat || operands[1]->isFloat != operands[2]->isFloat)
    return node.error("expects a bool condition and two values of one type");
  if (failed(checkFoldedShape(node, *shape)))
    return failure();
  for (ConstantRef &operand : operands)
    operand = broadcastConstant(operand, *shape);
  auto result = std::make_shared<Constant>(*operands[2]);
  for (int64_t i = 0; i < result->size(); ++i) {
    if (operands[0]->ints[i] == 0)
      continue;
    if (result->isFloat)
      result->floats[i] = operands[1]->floats[i];
    else
      result->ints[i] = operands[1]->ints[i];
  }
  return finishConstant(node, result);
}

ArrayRef<OpEntry> mlir::lw::importer::constantOps() {
  static const OpEntry entries[] = {
      {"Cast", 6, 1, importCast, "folded; of activations to float32 only",
       Integers::Own},
      {"Constant", 1, 0, importConstant,
       "`tosa.const`; all forms but strings and sparse tensors"},
      {"ConstantOfShape", 9, 1, importConstantOfShape, "folded"},
      {"Equal", 7, 2, importEqual, "folded"},
      {"Greater", 7, 2, importGreater, "folded"},
      {"Less", 7, 2, importLess, "folded"},
      {"Not", 1, 1, importNot, "folded"},
      {"Range", 11, 3, importRange, "folded"},
      {"Shape", 1, 1, importShape, "folded", Integers::Moved},
      {"Size", 1, 1, importSize, "folded", Integers::Moved},
      {"Where", 9, 3, importWhere, "folded"},
  };
  return entries;
}
