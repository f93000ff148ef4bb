//===- IntegerArithmetic.cpp - Arithmetic on integers at run time
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "IntegerArithmetic.h"
#include "Fold.h"
#include "Graph.h"
#include "OpTable.h"
#include "mlir/IR/Matchers.h"
#include <cmath>

using namespace mlir;
using namespace mlir::lw::importer;

LogicalResult Numbers::collect(Node &node, ArrayRef<TensorRef> operands) {
  FailureOr<Element> common = commonElement(node, operands);
  if (failed(common))
    return failure();
  element = *common;
  if (element == Element::Bool)
    return node.error("expects numbers, found bool; cast it before");
  held = isByte(element) ? Element::I32 : element;
  return Broadcast::collect(node, operands, held);
}

LogicalResult Numbers::finish(Node &node, Value value) const {
  TensorRef result = GraphBuilder::fromValue(
      convert(node.build, value, held, element), layout);
  result->element = element;
  return node.finish(result);
}

//===----------------------------------------------------------------------===//
// Division
//===----------------------------------------------------------------------===//

/// Whether a divisor is known to be neither 0 nor -1, where processors stop.
static bool dividesSafely(Value divisor) {
  DenseElementsAttr elements;
  return matchPattern(divisor, m_Constant(&elements)) &&
         llvm::none_of(elements.getValues<APInt>(), [](const APInt &value) {
           return value.isZero() || value.isAllOnes();
         });
}

/// Rounds toward zero. Without a quotient (by 0) the dividend is the result.
Value mlir::lw::importer::divideInts(GraphBuilder &build, Value a, Value b) {
  if (dividesSafely(b))
    return build.binary<tosa::IntDivOp>(a, b);
  Value one = splatLike(build, b, 1);
  Value isMinusOne = compare<tosa::EqualOp>(build, b, splatLike(build, b, -1));
  Value isZero = compare<tosa::EqualOp>(build, b, splatLike(build, b, 0));
  Value unsafe = tosa::LogicalOrOp::create(
      build.builder, build.loc, isZero.getType(), isMinusOne, isZero);
  Value quotient =
      build.binary<tosa::IntDivOp>(a, select(build, unsafe, one, b));
  return select(build, isMinusOne, negateInts(build, quotient), quotient);
}

Value mlir::lw::importer::negateInts(GraphBuilder &build, Value x) {
  return build.binary<tosa::SubOp>(splatLike(build, x, 0), x);
}

/// Of the sign of the dividend, or with `ofDivisor` of the divisor.
static Value emitRemainder(GraphBuilder &build, Value a, Value b,
                           bool ofDivisor) {
  Value rest =
      build.binary<tosa::SubOp>(a, build.mul(divideInts(build, a, b), b));
  if (!ofDivisor)
    return rest;
  Value zero = splatLike(build, rest, 0);
  Value differs = compare<tosa::GreaterOp>(
      build, zero, build.binary<tosa::BitwiseXorOp>(rest, b));
  Value isWhole = compare<tosa::EqualOp>(build, rest, zero);
  Value moved =
      select(build, differs, build.binary<tosa::AddOp>(rest, b), rest);
  return select(build, isWhole, rest, moved);
}

static Value castFloat(GraphBuilder &build, Value value, Type type) {
  return tosa::CastOp::create(
      build.builder, build.loc,
      RankedTensorType::get(GraphBuilder::shapeOf(value), type), value);
}

/// In f64, whose roundings are too small to move a quotient of two f32 to the
/// other side of what lies between two f32.
TensorRef mlir::lw::importer::divideExactly(Node &node,
                                            const TensorRef &tensor) {
  if (!node.graph || tensor->stored.empty())
    return tensor;
  const auto &quotients = node.graph->context().quotients;
  auto found = quotients.find(tensor->stored.front().value);
  Numbers operands;
  if (found == quotients.end() ||
      failed(operands.collect(node,
                              {found->second.dividend, found->second.divisor})))
    return tensor;
  GraphBuilder &build = node.build;
  Type wide = build.builder.getF64Type();
  Value divisor = castFloat(build, operands.values[1], wide);
  Value product = build.mul(castFloat(build, operands.values[0], wide),
                            build.unary<tosa::ReciprocalOp>(divisor));
  return GraphBuilder::fromValue(
      castFloat(build, product, build.builder.getF32Type()), operands.layout);
}

/// In f64, whose quotients below 2^28 are exact enough.
static Value emitFloatRemainder(GraphBuilder &build, Value a, Value b) {
  Type wide = build.builder.getF64Type();
  Value x = castFloat(build, a, wide), y = castFloat(build, b, wide);
  Value quotient = build.mul(x, build.unary<tosa::ReciprocalOp>(y));
  Value isNegative =
      compare<tosa::GreaterOp>(build, splatLike(build, quotient, 0), quotient);
  Value whole = select(build, isNegative, build.unary<tosa::CeilOp>(quotient),
                       build.unary<tosa::FloorOp>(quotient));
  return castFloat(build, build.binary<tosa::SubOp>(x, build.mul(whole, y)),
                   build.builder.getF32Type());
}

static LogicalResult importMod(Node &node) {
  bool likeDividend = node.intAttr("fmod", 0) != 0;
  const TensorRef &a = node.inputs[0], &b = node.inputs[1];
  if (a->constant && b->constant) {
    FoldInts truncated = [](int64_t x, int64_t y) -> std::optional<int64_t> {
      if (y == 0)
        return std::nullopt;
      return y == -1 ? 0 : x % y;
    };
    FoldInts floored = [](int64_t x, int64_t y) -> std::optional<int64_t> {
      if (y == 0)
        return std::nullopt;
      int64_t rest = y == -1 ? 0 : x % y;
      return rest != 0 && (rest < 0) != (y < 0) ? rest + y : rest;
    };
    FoldFloats truncatedReal = [](float x, float y) { return std::fmod(x, y); };
    FoldFloats flooredReal = [](float x, float y) {
      float rest = std::fmod(x, y);
      return rest * y < 0 ? rest + y : rest;
    };
    auto result = foldBinary(node, a->constant, b->constant,
                             likeDividend ? truncatedReal : flooredReal,
                             likeDividend ? truncated : floored);
    return failed(result) ? failure()
                          : node.finish(GraphBuilder::fromConstant(*result));
  }
  Numbers numbers;
  if (failed(numbers.collect(node, node.inputs)))
    return failure();
  Value x = numbers.values[0], y = numbers.values[1];
  if (numbers.held == Element::Float) {
    GraphBuilder &build = node.build;
    Value rest = emitFloatRemainder(build, x, y);
    if (likeDividend)
      return numbers.finish(node, rest);
    // Of the sign of the divisor.
    Value zero = splatLike(build, rest, 0);
    Value differs = compare<tosa::GreaterOp>(build, zero, build.mul(rest, y));
    return numbers.finish(
        node, select(build, differs, build.binary<tosa::AddOp>(rest, y), rest));
  }
  return numbers.finish(node, emitRemainder(node.build, x, y, !likeDividend));
}

/// In f64, as integers of up to 53 bits are exact there.
Value mlir::lw::importer::powerOfInts(GraphBuilder &build, Value a, Value b) {
  Type type = getElementTypeOrSelf(a);
  auto wide = [&](Value value) -> Value {
    return tosa::CastOp::create(
        build.builder, build.loc,
        RankedTensorType::get(GraphBuilder::shapeOf(value),
                              build.builder.getF64Type()),
        value);
  };
  Value power = build.binary<tosa::PowOp>(wide(a), wide(b));
  Value isNegative =
      compare<tosa::GreaterOp>(build, splatLike(build, power, 0), power);
  Value whole = select(build, isNegative, build.unary<tosa::CeilOp>(power),
                       build.unary<tosa::FloorOp>(power));
  return tosa::CastOp::create(
      build.builder, build.loc,
      RankedTensorType::get(GraphBuilder::shapeOf(power), type), whole);
}

//===----------------------------------------------------------------------===//
// Signs and bits
//===----------------------------------------------------------------------===//

static LogicalResult importSign(Node &node) {
  const TensorRef &x = node.inputs[0];
  if (x->constant)
    return node.finish(GraphBuilder::fromConstant(foldUnary(
        *x->constant,
        [](float v) { return static_cast<float>((v > 0.0f) - (v < 0.0f)); },
        [](int64_t v) { return static_cast<int64_t>((v > 0) - (v < 0)); })));
  Numbers numbers;
  if (failed(numbers.collect(node, node.inputs)))
    return failure();
  GraphBuilder &build = node.build;
  Value value = numbers.values[0], zero = splatLike(build, value, 0);
  Value negative = select(build, compare<tosa::GreaterOp>(build, zero, value),
                          splatLike(build, value, -1), zero);
  return numbers.finish(
      node, select(build, compare<tosa::GreaterOp>(build, value, zero),
                   splatLike(build, value, 1), negative));
}

using EmitInts = Value (*)(GraphBuilder &build, Value a, Value b);

template <typename Op>
static Value emitInts(GraphBuilder &build, Value a, Value b) {
  return build.binary<Op>(a, b);
}

static LogicalResult importBits(Node &node, FoldInts onInts, EmitInts emit) {
  for (const TensorRef &operand : node.inputs)
    if (!operand || !isInteger(elementOf(operand)))
      return node.error("expects integers");
  if (node.inputs[0]->constant && node.inputs[1]->constant) {
    auto result = foldBinary(
        node, node.inputs[0]->constant, node.inputs[1]->constant,
        [](float a, float) { return a; }, onInts);
    return failed(result) ? failure()
                          : node.finish(GraphBuilder::fromConstant(*result));
  }
  Numbers numbers;
  if (failed(numbers.collect(node, node.inputs)))
    return failure();
  return numbers.finish(node,
                        emit(node.build, numbers.values[0], numbers.values[1]));
}

static LogicalResult importBitwiseAnd(Node &node) {
  return importBits(
      node, [](int64_t a, int64_t b) { return std::optional(a & b); },
      emitInts<tosa::BitwiseAndOp>);
}

static LogicalResult importBitwiseOr(Node &node) {
  return importBits(
      node, [](int64_t a, int64_t b) { return std::optional(a | b); },
      emitInts<tosa::BitwiseOrOp>);
}

static LogicalResult importBitwiseXor(Node &node) {
  return importBits(
      node, [](int64_t a, int64_t b) { return std::optional(a ^ b); },
      emitInts<tosa::BitwiseXorOp>);
}

static LogicalResult importBitwiseNot(Node &node) {
  node.inputs.resize(1);
  node.inputs.push_back(GraphBuilder::fromConstant(makeInts({}, {-1})));
  return importBitwiseXor(node);
}

/// Of unsigned integers. Nothing is left of what is shifted by all of its bits.
template <typename Op>
static Value emitShift(GraphBuilder &build, Value a, Value b) {
  double bits = getElementTypeOrSelf(b).getIntOrFloatBitWidth();
  Value isAll =
      compare<tosa::GreaterEqualOp>(build, b, splatLike(build, b, bits));
  Value zero = splatLike(build, b, 0);
  Value shifted = build.binary<Op>(a, select(build, isAll, zero, b));
  return select(build, isAll, zero, shifted);
}

/// Of signed integers, whose sign moves in from the left: the complement of a
/// negative one is shifted.
static Value emitSignedRightShift(GraphBuilder &build, Value a, Value b) {
  Value ones = splatLike(build, a, -1);
  Value isNegative = compare<tosa::GreaterOp>(build, splatLike(build, a, 0), a);
  Value flipped = build.binary<tosa::BitwiseXorOp>(a, ones);
  Value shifted = emitShift<tosa::LogicalRightShiftOp>(
      build, select(build, isNegative, flipped, a), b);
  return select(build, isNegative,
                build.binary<tosa::BitwiseXorOp>(shifted, ones), shifted);
}

static LogicalResult importBitShift(Node &node) {
  std::string direction = node.stringAttr("direction", "");
  if (direction == "LEFT")
    return importBits(
        node,
        [](int64_t a, int64_t b) {
          return std::optional(b < 64 ? static_cast<int64_t>(uint64_t(a) << b)
                                      : 0);
        },
        emitShift<tosa::LogicalLeftShiftOp>);
  // Signed integers are shifted since opset 28.
  if (direction == "RIGHT" && node.opset >= 28)
    return importBits(
        node,
        [](int64_t a, int64_t b) {
          return std::optional(a >> std::clamp<int64_t>(b, 0, 63));
        },
        emitSignedRightShift);
  if (direction == "RIGHT")
    return importBits(
        node,
        [](int64_t a, int64_t b) {
          return std::optional(b < 64 ? static_cast<int64_t>(uint64_t(a) >> b)
                                      : 0);
        },
        emitShift<tosa::LogicalRightShiftOp>);
  return node.error("expects attribute 'direction' to be LEFT or RIGHT, found "
                    "'" +
                    direction + "'");
}

ArrayRef<OpEntry> mlir::lw::importer::integerArithmeticOps() {
  static const OpEntry entries[] = {
      {"BitShift", 11, 2, importBitShift,
       "`tosa.logical_left_shift`, `tosa.logical_right_shift`", Integers::Own},
      {"BitwiseAnd", 18, 2, importBitwiseAnd, "`tosa.bitwise_and`",
       Integers::Own},
      {"BitwiseNot", 18, 1, importBitwiseNot, "`tosa.bitwise_xor`",
       Integers::Own},
      {"BitwiseOr", 18, 2, importBitwiseOr, "`tosa.bitwise_or`", Integers::Own},
      {"BitwiseXor", 18, 2, importBitwiseXor, "`tosa.bitwise_xor`",
       Integers::Own},
      {"Mod", 10, 2, importMod,
       "`tosa.intdiv`; of floats in f64, quotients below 2^28", Integers::Own},
      {"Sign", 9, 1, importSign, "`tosa.greater` and `tosa.select`",
       Integers::Own},
  };
  return entries;
}
