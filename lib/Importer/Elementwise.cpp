//===- Elementwise.cpp - Arithmetic on elements
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Fold.h"
#include "Graph.h"
#include "IntegerArithmetic.h"
#include "OpTable.h"
#include "llvm/Support/MathExtras.h"
#include <cmath>
#include <limits>

using namespace mlir;
using namespace mlir::lw::importer;

//===----------------------------------------------------------------------===//
// Two or more operands
//===----------------------------------------------------------------------===//

namespace {

/// One operation, on constants and on values.
struct Binary {
  FoldFloats onFloats;
  FoldInts onInts;
  Value (*emit)(GraphBuilder &build, Value a, Value b);
  Value (*emitInts)(GraphBuilder &build, Value a, Value b);
};

} // namespace

/// The result of an operation that tells whether it overflows.
template <bool (*overflows)(int64_t, int64_t, int64_t &)>
static std::optional<int64_t> checked(int64_t a, int64_t b) {
  int64_t result;
  if (overflows(a, b, result))
    return std::nullopt;
  return result;
}

static bool add(int64_t a, int64_t b, int64_t &result) {
  return llvm::AddOverflow(a, b, result);
}

static bool subtract(int64_t a, int64_t b, int64_t &result) {
  return llvm::SubOverflow(a, b, result);
}

static bool multiply(int64_t a, int64_t b, int64_t &result) {
  return llvm::MulOverflow(a, b, result);
}

static bool divide(int64_t a, int64_t b, int64_t &result) {
  if (b == 0 || (a == std::numeric_limits<int64_t>::min() && b == -1))
    return true;
  result = a / b;
  return false;
}

template <typename Op>
static Value emitBinary(GraphBuilder &build, Value a, Value b) {
  return build.binary<Op>(a, b);
}

static const Binary kAdd = {[](float a, float b) { return a + b; },
                            checked<add>, emitBinary<tosa::AddOp>,
                            emitBinary<tosa::AddOp>};
static const Binary kSub = {[](float a, float b) { return a - b; },
                            checked<subtract>, emitBinary<tosa::SubOp>,
                            emitBinary<tosa::SubOp>};
static const Binary kMul = {
    [](float a, float b) { return a * b; }, checked<multiply>,
    [](GraphBuilder &build, Value a, Value b) { return build.mul(a, b); },
    [](GraphBuilder &build, Value a, Value b) { return build.mul(a, b); }};
static const Binary kDiv = {
    [](float a, float b) { return a / b; }, checked<divide>,
    [](GraphBuilder &build, Value a, Value b) {
      return build.mul(a, build.unary<tosa::ReciprocalOp>(b));
    },
    divideInts};
static const Binary kPow = {[](float a, float b) { return std::pow(a, b); },
                            [](int64_t a, int64_t b) -> std::optional<int64_t> {
                              double power = std::pow(static_cast<double>(a),
                                                      static_cast<double>(b));
                              if (!(std::abs(power) < 9e15)) // exact in double
                                return std::nullopt;
                              return static_cast<int64_t>(power);
                            },
                            emitBinary<tosa::PowOp>, powerOfInts};
static const Binary kMin = {
    [](float a, float b) { return std::isnan(b) ? b : std::min(a, b); },
    [](int64_t a, int64_t b) { return std::optional(std::min(a, b)); },
    [](GraphBuilder &build, Value a, Value b) {
      return build.binary<tosa::MinimumOp>(a, b);
    },
    emitBinary<tosa::MinimumOp>};
static const Binary kMax = {
    [](float a, float b) { return std::isnan(b) ? b : std::max(a, b); },
    [](int64_t a, int64_t b) { return std::optional(std::max(a, b)); },
    [](GraphBuilder &build, Value a, Value b) {
      return build.binary<tosa::MaximumOp>(a, b);
    },
    emitBinary<tosa::MaximumOp>};

/// Combines all operands from left to right.
static LogicalResult importChain(Node &node, const Binary &op) {
  for (const TensorRef &operand : node.inputs)
    if (!operand)
      return node.error("expects no input to be left out");
  if (llvm::all_of(node.inputs,
                   [](const TensorRef &x) { return x->constant != nullptr; })) {
    ConstantRef result = node.inputs[0]->constant;
    for (const TensorRef &operand : llvm::drop_begin(node.inputs)) {
      FailureOr<ConstantRef> next =
          foldBinary(node, result, operand->constant, op.onFloats, op.onInts);
      if (failed(next))
        return failure();
      result = *next;
    }
    return node.finish(GraphBuilder::fromConstant(result));
  }
  Numbers operands;
  if (failed(operands.collect(node, node.inputs)))
    return failure();
  auto emit = operands.held == Element::Float ? op.emit : op.emitInts;
  Value result = operands.values[0];
  for (Value operand : llvm::drop_begin(operands.values))
    result = emit(node.build, result, operand);
  return operands.finish(node, result);
}

template <const Binary &op> static LogicalResult importBinary(Node &node) {
  if (node.inputs.size() != 2)
    return node.error("expects 2 inputs, found " + Twine(node.inputs.size()));
  return importChain(node, op);
}

/// The result has the type of the base, to which the exponent is converted.
static LogicalResult importPow(Node &node) {
  if (node.inputs.size() != 2)
    return node.error("expects 2 inputs, found " + Twine(node.inputs.size()));
  TensorRef &base = node.inputs[0], &exponent = node.inputs[1];
  Element from = elementOf(exponent), to = elementOf(base);
  if (!exponent->constant) {
    if (to == Element::Float || from == Element::Bool)
      exponent = convert(node.build, exponent, to);
    else if (from == Element::Float)
      return node.error("expects an exponent of integers for a base of "
                        "integers; cast the base to float before");
    else if (from != to)
      exponent = convert(node.build, exponent, to);
  } else if (to == Element::Float && !exponent->constant->isFloat) {
    exponent = GraphBuilder::fromConstant(
        makeFloats(exponent->shape, {exponent->constant->ints.begin(),
                                     exponent->constant->ints.end()}));
  } else if (to != Element::Float && exponent->constant->isFloat) {
    for (float value : exponent->constant->floats)
      if (value != std::trunc(value) || std::abs(value) > 64.0f)
        return node.error("expects whole exponents for a base of integers; "
                          "cast the base to float before");
    exponent = GraphBuilder::fromConstant(
        makeInts(exponent->shape, {exponent->constant->floats.begin(),
                                   exponent->constant->floats.end()}));
  }
  return importBinary<kPow>(node);
}

template <const Binary &op> static LogicalResult importVariadic(Node &node) {
  return importChain(node, op);
}

/// Division by a constant multiplies with what import divides exactly once.
/// Where that is infinite, or has lost bits below the normal range, a power of
/// two multiplies first: what it takes out of range, the division does as well.
static LogicalResult importProduct(Node &node) {
  const TensorRef &divisor = node.inputs[1];
  if (node.inputs[0]->constant || !divisor->constant ||
      node.inputs[0]->element != Element::Float || !divisor->constant->isFloat)
    return importBinary<kDiv>(node);
  std::vector<float> powers, reciprocals;
  for (float value : divisor->constant->floats) {
    float power = 1.0f;
    if (value != 0.0f && std::isfinite(value) && !std::isnormal(1.0f / value))
      power = std::abs(value) < 1.0f ? 0x1p64f : 0x1p-64f;
    powers.push_back(power);
    reciprocals.push_back(1.0f / (value * power));
  }
  Shape shape = divisor->shape;
  if (llvm::any_of(powers, [](float power) { return power != 1.0f; })) {
    node.inputs[1] =
        GraphBuilder::fromConstant(makeFloats(shape, std::move(powers)));
    if (failed(importBinary<kMul>(node)))
      return failure();
    node.inputs[0] = node.results.pop_back_val();
  }
  node.inputs[1] =
      GraphBuilder::fromConstant(makeFloats(shape, std::move(reciprocals)));
  return importBinary<kMul>(node);
}

/// Whether products with the reciprocals of `divisor` are the quotients.
static bool isPowerOfTwo(const TensorRef &divisor) {
  return divisor->constant && divisor->constant->isFloat &&
         llvm::all_of(divisor->constant->floats, [](float value) {
           int exponent;
           return std::abs(std::frexp(value, &exponent)) == 0.5f;
         });
}

static LogicalResult importDiv(Node &node) {
  TensorRef dividend = node.inputs[0], divisor = node.inputs[1];
  if (failed(importProduct(node)))
    return failure();
  TensorRef &result = node.results.back();
  if (!result->constant && result->element == Element::Float &&
      !isPowerOfTwo(divisor) && node.graph)
    node.graph->context().quotients[result->stored.front().value] = {dividend,
                                                                     divisor};
  return success();
}

static LogicalResult importMean(Node &node) {
  float count = node.inputs.size();
  if (failed(importChain(node, kAdd)))
    return failure();
  TensorRef &sum = node.results.back();
  if (sum->constant) {
    FailureOr<ConstantRef> mean =
        foldBinary(node, sum->constant, makeFloats({}, {count}), kDiv.onFloats,
                   kDiv.onInts);
    if (failed(mean))
      return failure();
    sum = GraphBuilder::fromConstant(*mean);
    return success();
  }
  Permutation layout = GraphBuilder::layoutOf(sum);
  Value value = node.build.get(sum, layout);
  sum = GraphBuilder::fromValue(
      node.build.mul(value, node.build.number(layout.size(), 1.0f / count)),
      layout);
  return success();
}

//===----------------------------------------------------------------------===//
// One operand
//===----------------------------------------------------------------------===//

using Emit = Value (*)(GraphBuilder &build, Value value);
using Evaluate = float (*)(float);
using EvaluateInt = int64_t (*)(int64_t);

/// `emitInts` where the operator has integers.
static LogicalResult importElements(Node &node, Emit emit, Evaluate onFloats,
                                    EvaluateInt onInts,
                                    Emit emitInts = nullptr) {
  const TensorRef &x = node.inputs[0];
  if (x->constant)
    return node.finish(
        GraphBuilder::fromConstant(foldUnary(*x->constant, onFloats, onInts)));
  if (x->element != Element::Float) {
    Numbers number;
    if (failed(number.collect(node, x)))
      return failure();
    return number.finish(node, emitInts(node.build, number.values[0]));
  }
  Permutation layout = GraphBuilder::commonLayout(x, x->rank());
  Value value = node.build.get(x, layout);
  return node.finish(emit(node.build, value), layout);
}

template <typename Op> static Value emitUnary(GraphBuilder &build, Value x) {
  return build.unary<Op>(x);
}

static int64_t sameInt(int64_t x) { return x; }

static LogicalResult importAbs(Node &node) {
  return importElements(
      node, emitUnary<tosa::AbsOp>, [](float x) { return std::abs(x); },
      [](int64_t x) { return x < 0 ? static_cast<int64_t>(-uint64_t(x)) : x; },
      [](GraphBuilder &build, Value x) {
        return build.binary<tosa::MaximumOp>(x, negateInts(build, x));
      });
}

static LogicalResult importCeil(Node &node) {
  node.inputs[0] = divideExactly(node, node.inputs[0]);
  return importElements(
      node, emitUnary<tosa::CeilOp>, [](float x) { return std::ceil(x); },
      sameInt);
}

static LogicalResult importExp(Node &node) {
  return importElements(
      node, emitUnary<tosa::ExpOp>, [](float x) { return std::exp(x); },
      sameInt);
}

static LogicalResult importFloor(Node &node) {
  node.inputs[0] = divideExactly(node, node.inputs[0]);
  return importElements(
      node, emitUnary<tosa::FloorOp>, [](float x) { return std::floor(x); },
      sameInt);
}

static LogicalResult importLog(Node &node) {
  return importElements(
      node, emitUnary<tosa::LogOp>, [](float x) { return std::log(x); },
      sameInt);
}

static LogicalResult importNeg(Node &node) {
  return importElements(
      node, [](GraphBuilder &build, Value x) { return build.negate(x); },
      [](float x) { return -x; },
      [](int64_t x) { return static_cast<int64_t>(-uint64_t(x)); }, negateInts);
}

static LogicalResult importReciprocal(Node &node) {
  return importElements(
      node, emitUnary<tosa::ReciprocalOp>, [](float x) { return 1.0f / x; },
      sameInt);
}

/// tosa has no square root: a power, which is exact where 1 / rsqrt(0) is not.
static LogicalResult importSqrt(Node &node) {
  return importElements(
      node,
      [](GraphBuilder &build, Value x) {
        int64_t rank = GraphBuilder::shapeOf(x).size();
        return build.binary<tosa::PowOp>(x, build.number(rank, 0.5f));
      },
      [](float x) { return std::sqrt(x); }, sameInt);
}

ArrayRef<OpEntry> mlir::lw::importer::elementwiseOps() {
  static const OpEntry entries[] = {
      {"Abs", 6, 1, importAbs, "`tosa.abs`", Integers::Own},
      {"Add", 7, 2, importBinary<kAdd>, "`tosa.add`; broadcasting",
       Integers::Own},
      {"Ceil", 6, 1, importCeil, "`tosa.ceil`"},
      {"Div", 7, 2, importDiv,
       "`tosa.mul` by the reciprocal, in f64 before Floor, Ceil and Cast; "
       "broadcasting",
       Integers::Own},
      {"Exp", 6, 1, importExp, "`tosa.exp`"},
      {"Floor", 6, 1, importFloor, "`tosa.floor`"},
      {"Log", 6, 1, importLog, "`tosa.log`"},
      {"Max", 6, 1, importVariadic<kMax>, "`tosa.maximum`; broadcasting",
       Integers::Moved},
      {"Mean", 6, 1, importMean, "`tosa.add` and `tosa.mul`; broadcasting"},
      {"Min", 6, 1, importVariadic<kMin>, "`tosa.minimum`; broadcasting",
       Integers::Moved},
      {"Mul", 7, 2, importBinary<kMul>, "`tosa.mul`; broadcasting",
       Integers::Own},
      {"Neg", 6, 1, importNeg, "`tosa.negate`", Integers::Own},
      {"Pow", 7, 2, importPow, "`tosa.pow`; broadcasting", Integers::Own},
      {"Reciprocal", 6, 1, importReciprocal, "`tosa.reciprocal`"},
      {"Sqrt", 6, 1, importSqrt, "`tosa.pow` with 0.5"},
      {"Sub", 7, 2, importBinary<kSub>, "`tosa.sub`; broadcasting",
       Integers::Own},
      {"Sum", 6, 1, importVariadic<kAdd>, "`tosa.add`; broadcasting",
       Integers::Own},
  };
  return entries;
}
