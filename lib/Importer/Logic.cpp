//===- Logic.cpp - Comparisons, logic and selection
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Broadcast.h"
#include "Fold.h"
#include "OpTable.h"
#include <cmath>
#include <limits>

using namespace mlir;
using namespace mlir::lw::importer;

static LogicalResult finishConstant(Node &node, ConstantRef constant) {
  return node.finish(GraphBuilder::fromConstant(std::move(constant)));
}

//===----------------------------------------------------------------------===//
// Comparisons
//===----------------------------------------------------------------------===//

using Emit = Value (*)(GraphBuilder &build, Value a, Value b);

static LogicalResult importComparison(Node &node, FoldFloats onFloats,
                                      FoldInts onInts, Emit emit) {
  if (node.inputs[0]->constant && node.inputs[1]->constant) {
    FailureOr<ConstantRef> result =
        foldBinary(node, node.inputs[0]->constant, node.inputs[1]->constant,
                   onFloats, onInts, /*isBool=*/true);
    return failed(result) ? failure() : finishConstant(node, *result);
  }
  FailureOr<Element> element = commonElement(node, node.inputs);
  if (failed(element))
    return failure();
  // Bytes of tosa have a sign, and true is more than false.
  Element held =
      isByte(*element) || (*element == Element::Bool &&
                           emit != static_cast<Emit>(compare<tosa::EqualOp>))
          ? Element::I32
          : *element;
  Broadcast operands;
  if (failed(operands.collect(node, node.inputs, held)))
    return failure();
  return node.finish(emit(node.build, operands.values[0], operands.values[1]),
                     operands.layout);
}

template <typename Op>
static Value compareSwapped(GraphBuilder &build, Value a, Value b) {
  return compare<Op>(build, b, a);
}

static LogicalResult importEqual(Node &node) {
  return importComparison(
      node, [](float a, float b) { return a == b ? 1.0f : 0.0f; },
      [](int64_t a, int64_t b) { return std::optional<int64_t>(a == b); },
      compare<tosa::EqualOp>);
}

static LogicalResult importGreater(Node &node) {
  return importComparison(
      node, [](float a, float b) { return a > b ? 1.0f : 0.0f; },
      [](int64_t a, int64_t b) { return std::optional<int64_t>(a > b); },
      compare<tosa::GreaterOp>);
}

static LogicalResult importGreaterOrEqual(Node &node) {
  return importComparison(
      node, [](float a, float b) { return a >= b ? 1.0f : 0.0f; },
      [](int64_t a, int64_t b) { return std::optional<int64_t>(a >= b); },
      compare<tosa::GreaterEqualOp>);
}

static LogicalResult importLess(Node &node) {
  return importComparison(
      node, [](float a, float b) { return a < b ? 1.0f : 0.0f; },
      [](int64_t a, int64_t b) { return std::optional<int64_t>(a < b); },
      compareSwapped<tosa::GreaterOp>);
}

static LogicalResult importLessOrEqual(Node &node) {
  return importComparison(
      node, [](float a, float b) { return a <= b ? 1.0f : 0.0f; },
      [](int64_t a, int64_t b) { return std::optional<int64_t>(a <= b); },
      compareSwapped<tosa::GreaterEqualOp>);
}

static LogicalResult importTest(Node &node, bool (*test)(float),
                                Value (*emit)(GraphBuilder &, Value)) {
  const TensorRef &x = node.inputs[0];
  if (elementOf(x) != Element::Float)
    return node.error("expects floats, found " + elementName(elementOf(x)));
  if (x->constant) {
    std::vector<int64_t> values;
    for (float value : x->constant->floats)
      values.push_back(test(value));
    return finishConstant(node, makeBools(x->shape, std::move(values)));
  }
  Permutation layout = GraphBuilder::layoutOf(x);
  return node.finish(emit(node.build, node.build.get(x, layout)), layout);
}

static Value emitNot(GraphBuilder &build, Value x) {
  return build.unary<tosa::LogicalNotOp>(x);
}

/// What is not equal to itself.
static LogicalResult importIsNaN(Node &node) {
  return importTest(
      node, [](float x) { return std::isnan(x); },
      [](GraphBuilder &build, Value x) {
        return emitNot(build, compare<tosa::EqualOp>(build, x, x));
      });
}

static LogicalResult importIsInf(Node &node) {
  bool positive = node.intAttr("detect_positive", 1) != 0;
  bool negative = node.intAttr("detect_negative", 1) != 0;
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (positive && negative)
    return importTest(
        node, [](float x) { return std::isinf(x); },
        [](GraphBuilder &build, Value x) {
          return compare<tosa::EqualOp>(build, build.unary<tosa::AbsOp>(x),
                                        splatLike(build, x, kInfinity));
        });
  if (positive)
    return importTest(
        node, [](float x) { return x == kInfinity; },
        [](GraphBuilder &build, Value x) {
          return compare<tosa::EqualOp>(build, x,
                                        splatLike(build, x, kInfinity));
        });
  if (negative)
    return importTest(
        node, [](float x) { return x == -kInfinity; },
        [](GraphBuilder &build, Value x) {
          return compare<tosa::EqualOp>(build, x,
                                        splatLike(build, x, -kInfinity));
        });
  return importTest(
      node, [](float) { return false; },
      [](GraphBuilder &build, Value x) {
        return compare<tosa::GreaterOp>(build, x,
                                        splatLike(build, x, kInfinity));
      });
}

//===----------------------------------------------------------------------===//
// Logic
//===----------------------------------------------------------------------===//

template <typename Op>
static Value emitLogic(GraphBuilder &build, Value a, Value b) {
  return build.binary<Op>(a, b);
}

static LogicalResult importLogic(Node &node, FoldInts onInts, Emit emit) {
  for (const TensorRef &operand : node.inputs)
    if (!operand || (!operand->constant && operand->element != Element::Bool) ||
        (operand->constant && operand->constant->isFloat))
      return node.error("expects bool operands");
  if (node.inputs[0]->constant && node.inputs[1]->constant) {
    FailureOr<ConstantRef> result = foldBinary(
        node, node.inputs[0]->constant, node.inputs[1]->constant,
        [](float a, float) { return a; }, onInts, /*isBool=*/true);
    return failed(result) ? failure() : finishConstant(node, *result);
  }
  Broadcast operands;
  if (failed(operands.collect(node, node.inputs, Element::Bool)))
    return failure();
  return node.finish(emit(node.build, operands.values[0], operands.values[1]),
                     operands.layout);
}

/// And, or Or with `isOr`. Where one operand decides alone, so does what is
/// known at import.
template <bool isOr> static LogicalResult importAndOr(Node &node) {
  const TensorRef &a = node.inputs[0], &b = node.inputs[1];
  for (bool isFirst : {true, false}) {
    const TensorRef &known = isFirst ? a : b, &other = isFirst ? b : a;
    if (!known->constant || other->constant || known->constant->isFloat ||
        other->element != Element::Bool || known->constant->size() == 0)
      continue;
    auto holds = [&](bool value) {
      return llvm::all_of(known->constant->ints,
                          [&](int64_t x) { return (x != 0) == value; });
    };
    FailureOr<Shape> shape = node.broadcast(a->shape, b->shape);
    if (failed(shape))
      return failure();
    if (holds(isOr))
      return node.finish(GraphBuilder::fromConstant(makeBools(
          *shape, std::vector<int64_t>(*countElements(*shape), isOr))));
    if (holds(!isOr) && *shape == other->shape)
      return node.finish(other);
  }
  if (isOr)
    return importLogic(
        node,
        [](int64_t a, int64_t b) { return std::optional<int64_t>(a || b); },
        emitLogic<tosa::LogicalOrOp>);
  return importLogic(
      node, [](int64_t a, int64_t b) { return std::optional<int64_t>(a && b); },
      emitLogic<tosa::LogicalAndOp>);
}

static LogicalResult importXor(Node &node) {
  return importLogic(
      node,
      [](int64_t a, int64_t b) { return std::optional<int64_t>(!a != !b); },
      emitLogic<tosa::LogicalXorOp>);
}

static LogicalResult importNot(Node &node) {
  const TensorRef &x = node.inputs[0];
  if (x->constant ? x->constant->isFloat : x->element != Element::Bool)
    return node.error("expects a bool tensor, found " +
                      elementName(elementOf(x)));
  if (!x->constant) {
    Permutation layout = GraphBuilder::layoutOf(x);
    return node.finish(emitNot(node.build, node.build.get(x, layout)), layout);
  }
  std::vector<int64_t> values;
  for (int64_t value : x->constant->ints)
    values.push_back(value == 0);
  return finishConstant(node, makeBools(x->shape, std::move(values)));
}

//===----------------------------------------------------------------------===//
// Where
//===----------------------------------------------------------------------===//

static LogicalResult foldWhere(Node &node) {
  ConstantRef operands[3];
  std::optional<Shape> shape = Shape();
  for (int i = 0; i < 3; ++i) {
    operands[i] = node.inputs[i]->constant;
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
  result->steps = result->scales = nullptr;
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

static LogicalResult importWhere(Node &node) {
  if (llvm::all_of(node.inputs,
                   [](const TensorRef &x) { return x->constant != nullptr; }))
    return foldWhere(node);
  const TensorRef &condition = node.inputs[0];
  if (condition->constant ? condition->constant->isFloat
                          : condition->element != Element::Bool)
    return node.error("expects a bool condition, found " +
                      elementName(elementOf(condition)));
  FailureOr<Element> element =
      commonElement(node, {node.inputs[1], node.inputs[2]});
  if (failed(element))
    return failure();
  GraphBuilder &build = node.build;
  Broadcast operands;
  if (failed(
          operands.collect(node, {convert(build, condition, Element::Bool),
                                  convert(build, node.inputs[1], *element),
                                  convert(build, node.inputs[2], *element)})))
    return failure();
  TensorRef result = GraphBuilder::fromValue(
      select(build, operands.values[0], operands.values[1], operands.values[2]),
      operands.layout);
  result->element = *element;
  return node.finish(result);
}

ArrayRef<OpEntry> mlir::lw::importer::logicOps() {
  static const OpEntry entries[] = {
      {"And", 7, 2, importAndOr<false>, "`tosa.logical_and`; broadcasting",
       Integers::Own},
      {"Equal", 7, 2, importEqual, "`tosa.equal`; broadcasting", Integers::Own},
      {"Greater", 7, 2, importGreater, "`tosa.greater`; broadcasting",
       Integers::Own},
      {"GreaterOrEqual", 12, 2, importGreaterOrEqual,
       "`tosa.greater_equal`; broadcasting", Integers::Own},
      {"IsInf", 10, 1, importIsInf, "`tosa.equal` with infinity",
       Integers::Own},
      {"IsNaN", 9, 1, importIsNaN, "`tosa.equal` with itself", Integers::Own},
      {"Less", 7, 2, importLess, "`tosa.greater`; broadcasting", Integers::Own},
      {"LessOrEqual", 12, 2, importLessOrEqual,
       "`tosa.greater_equal`; broadcasting", Integers::Own},
      {"Not", 1, 1, importNot, "`tosa.logical_not`", Integers::Own},
      {"Or", 7, 2, importAndOr<true>, "`tosa.logical_or`; broadcasting",
       Integers::Own},
      {"Where", 9, 3, importWhere, "`tosa.select`; broadcasting",
       Integers::Own},
      {"Xor", 7, 2, importXor, "`tosa.logical_xor`; broadcasting",
       Integers::Own},
  };
  return entries;
}
