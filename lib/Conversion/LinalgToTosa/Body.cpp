//===- Body.cpp - Scalar bodies to tosa
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "LinalgToTosa.h"
#include "lw/Dialect/IR/Constants.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlir::lw;
using arith::CmpFPredicate;
using tosa::NanPropagationMode;

Value BodyRaiser::fail(const Twine &why) {
  if (reason.empty())
    reason = why.str();
  return {};
}

Value BodyRaiser::get(Value scalar) {
  if (Value known = tensors.lookup(scalar))
    return known;
  Operation *op = scalar.getDefiningOp();
  if (!op)
    return fail("its body reads an operand whose places are no loops of it");
  if (DenseElementsAttr known = evaluateOverLoops(this->op, scalar))
    return tensors[scalar] = tosa::ConstOp::create(
               b, cast<RankedTensorType>(known.getType()), known);
  if (op->getNumResults() != 1 || op->getNumRegions() != 0)
    return fail("its body has '" + op->getName().getStringRef() +
                "', which has no form in tosa");
  Value result = compute(op);
  if (!result)
    return fail("its body has '" + op->getName().getStringRef() +
                "', which has no form in tosa");
  return tensors[scalar] = result;
}

/// x where `value` is 1 / (1 + exp(-x)).
static Value matchSigmoid(arith::DivFOp division) {
  auto add = division.getRhs().getDefiningOp<arith::AddFOp>();
  if (!add || !matchPattern(division.getLhs(), m_OneFloat()))
    return {};
  for (unsigned i : {0u, 1u}) {
    auto exponential = add->getOperand(i).getDefiningOp<math::ExpOp>();
    auto negated = exponential
                       ? exponential.getOperand().getDefiningOp<arith::NegFOp>()
                       : arith::NegFOp();
    if (negated && matchPattern(add->getOperand(1 - i), m_OneFloat()))
      return negated.getOperand();
  }
  return {};
}

/// The number that all elements of a constant are.
static std::optional<double> uniform(Value value) {
  if (std::optional<std::vector<float>> constant = readConstant(value))
    if (!constant->empty() && llvm::all_equal(*constant))
      return constant->front();
  return std::nullopt;
}

/// Products with what is divided exactly once, as for networks from ONNX; a sum
/// over a window that is divided by the pixels of the window is its mean.
Value BodyRaiser::computeDivision(Operation *op) {
  if (Value x = matchSigmoid(cast<arith::DivFOp>(op))) {
    Value input = get(x);
    return input ? b.unary<tosa::SigmoidOp>(input) : Value();
  }
  Value left = get(op->getOperand(0));
  Value right = left ? get(op->getOperand(1)) : Value();
  if (!right)
    return {};
  std::optional<std::vector<double>> divisors = readConstantF64(right);
  if (!divisors)
    return b.mul(left, b.unary<tosa::ReciprocalOp>(right));
  NormalRange range(cast<FloatType>(TosaBuilder::elementOf(right)));
  for (double &divisor : *divisors) {
    if (divisor == 0 || !range.contains(1 / divisor))
      return b.mul(left, b.unary<tosa::ReciprocalOp>(right));
    divisor = 1 / divisor;
  }
  return b.mul(left, createConstant(b, b.getLoc(), tensorTypeOf(right),
                                    ArrayRef<double>(*divisors)));
}

/// A bound that is one number is a clamp. Between two values that vary, a
/// comparison keeps a NaN on one side only.
static Value bound(TosaBuilder &b, Value x, Value limit, bool above,
                   NanPropagationMode mode) {
  std::optional<double> value = uniform(limit);
  auto type = dyn_cast<FloatType>(TosaBuilder::elementOf(x));
  if (!value || !type)
    return {};
  APFloat largest = APFloat::getInf(type.getFloatSemantics());
  APFloat low = largest;
  low.changeSign();
  APFloat number(*value);
  bool lossy;
  number.convert(type.getFloatSemantics(), APFloat::rmNearestTiesToEven,
                 &lossy);
  return tosa::ClampOp::create(
      b, x.getType(), x, b.getFloatAttr(type, above ? low : number),
      b.getFloatAttr(type, above ? number : largest), mode);
}

/// Comparing a wider form of f32 with a number of f32 is comparing f32.
static void narrowComparison(TosaBuilder &b, Value &left, Value &right) {
  for (auto [wide, number] : {std::pair(&left, &right), {&right, &left}}) {
    auto cast = wide->getDefiningOp<tosa::CastOp>();
    std::optional<std::vector<double>> values = readConstantF64(*number);
    if (!cast || !TosaBuilder::elementOf(*wide).isF64() || !values ||
        !TosaBuilder::elementOf(cast.getInput()).isF32() ||
        llvm::any_of(*values, [](double value) {
          return value != static_cast<float>(value);
        }))
      continue;
    *number = createConstant(
        b, b.getLoc(),
        RankedTensorType::get(TosaBuilder::shapeOf(*number), b.getF32Type()),
        ArrayRef<double>(*values));
    *wide = cast.getInput();
    return;
  }
}

Value BodyRaiser::compare(Operation *op) {
  Value left = get(op->getOperand(0));
  Value right = left ? get(op->getOperand(1)) : Value();
  if (!right)
    return {};
  narrowComparison(b, left, right);
  auto negation = [&](Value x) { return b.unary<tosa::LogicalNotOp>(x); };
  auto greater = [&](Value x, Value y) {
    return b.compare<tosa::GreaterOp>(x, y);
  };
  auto greaterEqual = [&](Value x, Value y) {
    return b.compare<tosa::GreaterEqualOp>(x, y);
  };
  if (auto integers = dyn_cast<arith::CmpIOp>(op)) {
    using Predicate = arith::CmpIPredicate;
    if (TosaBuilder::elementOf(left).isInteger(1))
      return {};
    switch (integers.getPredicate()) {
    case Predicate::eq:
      return b.compare<tosa::EqualOp>(left, right);
    case Predicate::ne:
      return negation(b.compare<tosa::EqualOp>(left, right));
    case Predicate::sgt:
      return greater(left, right);
    case Predicate::sge:
      return greaterEqual(left, right);
    case Predicate::slt:
      return greater(right, left);
    case Predicate::sle:
      return greaterEqual(right, left);
    default:
      return {};
    }
  }
  // The unordered ones are what the opposite is not.
  switch (cast<arith::CmpFOp>(op).getPredicate()) {
  case CmpFPredicate::OEQ:
    return b.compare<tosa::EqualOp>(left, right);
  case CmpFPredicate::UNE:
    return negation(b.compare<tosa::EqualOp>(left, right));
  case CmpFPredicate::OGT:
    return greater(left, right);
  case CmpFPredicate::OGE:
    return greaterEqual(left, right);
  case CmpFPredicate::OLT:
    return greater(right, left);
  case CmpFPredicate::OLE:
    return greaterEqual(right, left);
  case CmpFPredicate::UGT:
    return negation(greaterEqual(right, left));
  case CmpFPredicate::UGE:
    return negation(greater(right, left));
  case CmpFPredicate::ULT:
    return negation(greaterEqual(left, right));
  case CmpFPredicate::ULE:
    return negation(greater(left, right));
  case CmpFPredicate::UNO:
    if (left == right)
      return negation(b.compare<tosa::EqualOp>(left, left));
    return {};
  default:
    return {};
  }
}

static bool isGreater(CmpFPredicate predicate) {
  return llvm::is_contained({CmpFPredicate::OGT, CmpFPredicate::OGE,
                             CmpFPredicate::UGT, CmpFPredicate::UGE},
                            predicate);
}
static bool isLess(CmpFPredicate predicate) {
  return llvm::is_contained({CmpFPredicate::OLT, CmpFPredicate::OLE,
                             CmpFPredicate::ULT, CmpFPredicate::ULE},
                            predicate);
}

/// The greater or lesser of two values. NaN is passed on where the bound is a
/// number, whichever way the comparison was written.
Value BodyRaiser::computeSelect(Operation *op) {
  auto select = cast<arith::SelectOp>(op);
  Value yes = get(select.getTrueValue());
  Value no = yes ? get(select.getFalseValue()) : Value();
  if (!no)
    return {};
  auto test = select.getCondition().getDefiningOp<arith::CmpFOp>();
  if (test && (isGreater(test.getPredicate()) || isLess(test.getPredicate()))) {
    Value left = get(test.getLhs());
    Value right = left ? get(test.getRhs()) : Value();
    if (!right)
      return {};
    bool straight = left == yes && right == no;
    bool crossed = left == no && right == yes;
    bool least = isLess(test.getPredicate()) == straight;
    if (straight || crossed)
      for (auto [x, limit] : {std::pair(left, right), std::pair(right, left)})
        if (Value clamped =
                bound(b, x, limit, least, NanPropagationMode::PROPAGATE))
          return b.broadcast(clamped,
                             b.meet({x, limit}, b.getF32Type()).getShape());
  }
  Value condition = get(select.getCondition());
  return condition ? b.select(condition, yes, no) : Value();
}

/// Powers; squares and cubes as products.
Value BodyRaiser::computePower(Operation *op) {
  Value base = get(op->getOperand(0));
  if (!base)
    return {};
  Type element = TosaBuilder::elementOf(base);
  TypedAttr exponent = evaluateScalar(op->getOperand(1));
  if (auto whole = dyn_cast_or_null<IntegerAttr>(exponent)) {
    if (whole.getValue().getSExtValue() == 2)
      return b.mul(base, base);
    return b.binary<tosa::PowOp>(
        base, b.number(loops.size(), element, whole.getValue().getSExtValue()));
  }
  Value power = get(op->getOperand(1));
  if (!power || TosaBuilder::elementOf(power) != element)
    return {};
  return b.binary<tosa::PowOp>(base, power);
}

Value BodyRaiser::compute(Operation *op) {
  if (isa<arith::SelectOp>(op))
    return computeSelect(op);
  if (isa<arith::DivFOp>(op))
    return computeDivision(op);
  if (isa<arith::CmpFOp, arith::CmpIOp>(op))
    return compare(op);
  if (isa<math::PowFOp, math::FPowIOp>(op))
    return computePower(op);
  if (isa<tensor::ExtractOp>(op))
    return computeExtract(op);
  SmallVector<Value> x;
  for (Value operand : op->getOperands()) {
    x.push_back(get(operand));
    if (!x.back())
      return {};
  }
  auto limit = [&](Value a, Value c, bool above,
                   NanPropagationMode mode) -> Value {
    // A clamp that ignores NaN makes its least number of it, which here is
    // none.
    bool clamps = !above || mode == NanPropagationMode::PROPAGATE;
    for (auto [value, constant] : {std::pair(a, c), std::pair(c, a)})
      if (Value clamped =
              clamps ? bound(b, value, constant, above, mode) : Value())
        return b.broadcast(clamped, b.meet({a, c}, b.getF32Type()).getShape());
    RankedTensorType type = b.meet({a, c}, TosaBuilder::elementOf(a));
    return above ? tosa::MinimumOp::create(b, type, a, c, mode).getResult()
                 : tosa::MaximumOp::create(b, type, a, c, mode).getResult();
  };
  Type type = op->getResult(0).getType();
  return llvm::TypeSwitch<Operation *, Value>(op)
      .Case<arith::AddFOp, arith::AddIOp>(
          [&](auto) { return b.binary<tosa::AddOp>(x[0], x[1]); })
      .Case<arith::SubFOp, arith::SubIOp>(
          [&](auto) { return b.binary<tosa::SubOp>(x[0], x[1]); })
      .Case<arith::MulFOp, arith::MulIOp>(
          [&](auto) { return b.mul(x[0], x[1]); })
      .Case([&](arith::NegFOp) { return b.negate(x[0]); })
      .Case([&](arith::MaximumFOp) {
        return limit(x[0], x[1], false, NanPropagationMode::PROPAGATE);
      })
      .Case([&](arith::MinimumFOp) {
        return limit(x[0], x[1], true, NanPropagationMode::PROPAGATE);
      })
      .Case([&](arith::MaxNumFOp) {
        return limit(x[0], x[1], false, NanPropagationMode::IGNORE);
      })
      .Case([&](arith::MinNumFOp) {
        return limit(x[0], x[1], true, NanPropagationMode::IGNORE);
      })
      .Case([&](arith::MaxSIOp) -> Value {
        return b.binary<tosa::MaximumOp>(x[0], x[1]);
      })
      .Case([&](arith::MinSIOp) -> Value {
        return b.binary<tosa::MinimumOp>(x[0], x[1]);
      })
      .Case<arith::AndIOp, arith::OrIOp, arith::XOrIOp>(
          [&](Operation *logic) -> Value {
            bool truth = type.isInteger(1);
            if (isa<arith::AndIOp>(logic))
              return truth ? b.binary<tosa::LogicalAndOp>(x[0], x[1])
                           : b.binary<tosa::BitwiseAndOp>(x[0], x[1]);
            if (isa<arith::OrIOp>(logic))
              return truth ? b.binary<tosa::LogicalOrOp>(x[0], x[1])
                           : b.binary<tosa::BitwiseOrOp>(x[0], x[1]);
            return truth ? b.binary<tosa::LogicalXorOp>(x[0], x[1])
                         : b.binary<tosa::BitwiseXorOp>(x[0], x[1]);
          })
      .Case<arith::ExtFOp, arith::TruncFOp, arith::SIToFPOp, arith::ExtSIOp,
            arith::TruncIOp>([&](Operation *) -> Value {
        // True is 1 in tosa, and -1 as a signed integer.
        return TosaBuilder::elementOf(x[0]).isInteger(1) ? Value()
                                                         : b.cast(x[0], type);
      })
      // tosa.cast rounds to the nearest.
      .Case([&](arith::FPToSIOp) -> Value {
        if (isa_and_nonnull<math::RoundEvenOp>(
                op->getOperand(0).getDefiningOp()))
          return b.cast(x[0], type);
        Value isBelow = b.compare<tosa::GreaterOp>(
            b.number(loops.size(), TosaBuilder::elementOf(x[0]), 0), x[0]);
        return b.cast(b.select(isBelow, b.unary<tosa::CeilOp>(x[0]),
                               b.unary<tosa::FloorOp>(x[0])),
                      type);
      })
      .Case<arith::UIToFPOp, arith::ExtUIOp>([&](Operation *) -> Value {
        return TosaBuilder::elementOf(x[0]).isInteger(1) ? b.cast(x[0], type)
                                                         : Value();
      })
      .Case([&](arith::IndexCastOp) -> Value {
        return b.cast(x[0], type.isIndex() ? b.getI32Type() : type);
      })
      .Case([&](math::ExpOp) { return b.unary<tosa::ExpOp>(x[0]); })
      .Case([&](math::LogOp) { return b.unary<tosa::LogOp>(x[0]); })
      .Case([&](math::TanhOp) { return b.unary<tosa::TanhOp>(x[0]); })
      .Case([&](math::ErfOp) { return b.unary<tosa::ErfOp>(x[0]); })
      .Case([&](math::RsqrtOp) { return b.unary<tosa::RsqrtOp>(x[0]); })
      .Case([&](math::AbsFOp) { return b.unary<tosa::AbsOp>(x[0]); })
      .Case([&](math::CeilOp) { return b.unary<tosa::CeilOp>(x[0]); })
      .Case([&](math::FloorOp) { return b.unary<tosa::FloorOp>(x[0]); })
      .Case([&](math::SinOp) { return b.unary<tosa::SinOp>(x[0]); })
      .Case([&](math::CosOp) { return b.unary<tosa::CosOp>(x[0]); })
      .Case([&](math::SqrtOp) {
        return b.binary<tosa::PowOp>(
            x[0], b.number(loops.size(), TosaBuilder::elementOf(x[0]), 0.5));
      })
      // Functions that tosa lacks are element-wise on tensors too.
      .Case<math::Log1pOp, math::ExpM1Op, math::RoundOp, math::RoundEvenOp,
            math::TruncOp, math::TanOp, math::AtanOp, math::AcosOp,
            math::AsinOp, math::SinhOp, math::CoshOp, math::AcoshOp,
            math::AsinhOp, math::AtanhOp, math::Log2Op, math::Exp2Op>(
          [&](auto function) -> Value {
            using Op = decltype(function);
            return Op::create(b, x[0].getType(), x[0]).getResult();
          })
      .Default([](Operation *) { return Value(); });
}
