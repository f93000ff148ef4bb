//===- ElementwiseKernel.cpp - Element-wise operations
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Kernels/Elementwise/ElementwiseKernel.h"
#include "Builder/ErrorFunction.h"
#include "Kernels/Elementwise/QuantizedElements.h"
#include "lw/Dialect/IR/LwFusedOps.h"
#include "lw/Dialect/IR/Reads.h"
#include "lw/Dialect/IR/Rescale.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/TypeSwitch.h"
#include <cmath>
#include <limits>

using namespace mlir;
using namespace mlir::lw;

/// Functions of one number that are no part of tosa.
static bool isMathFunction(Operation *op) {
  return isa_and_nonnull<math::MathDialect>(op->getDialect()) &&
         op->getNumOperands() == 1 && op->getNumResults() == 1 &&
         isa<RankedTensorType>(op->getResult(0).getType()) &&
         op->getOperand(0).getType() == op->getResult(0).getType();
}

bool mlir::lw::isRounding(Operation *op) {
  auto isFloat = [](Value value) {
    Type type = getElementTypeOrSelf(value);
    return type.isF32() || type.isBF16();
  };
  return isa<tosa::CastOp>(op) && isFloat(op->getOperand(0)) &&
         isFloat(op->getResult(0));
}

SmallVector<Value> mlir::lw::kernelOperands(Operation *op) {
  if (isa<tosa::RescaleOp>(op))
    return Rescale::get(op) ? SmallVector<Value>{op->getOperand(0)}
                            : SmallVector<Value>();
  if (isQuantizedElementwise(op) || isa<ElementwiseOp, tosa::SelectOp>(op) ||
      isMathFunction(op))
    return op->getOperands();
  if (isa<tosa::AddOp, tosa::SubOp, tosa::MulOp, tosa::MaximumOp,
          tosa::MinimumOp, tosa::PowOp, tosa::GreaterOp, tosa::GreaterEqualOp,
          tosa::EqualOp>(op))
    return {op->getOperand(0), op->getOperand(1)};
  if (isa<tosa::ClampOp, tosa::SigmoidOp, tosa::TanhOp, tosa::ExpOp,
          tosa::AbsOp, tosa::NegateOp, tosa::ReciprocalOp, tosa::FloorOp,
          tosa::CeilOp, tosa::ErfOp, tosa::LogOp, tosa::RsqrtOp, tosa::SinOp,
          tosa::CosOp>(op) ||
      isRounding(op) || (isa<tosa::CastOp>(op) && isIntegerArithmetic(op)))
    return {op->getOperand(0)};
  return {};
}

static ActivationAttr activationOf(Operation *op) {
  MLIRContext *context = op->getContext();
  if (isa<tosa::SigmoidOp>(op))
    return ActivationAttr::get(context, ActivationKind::Sigmoid);
  if (isa<tosa::TanhOp>(op))
    return ActivationAttr::get(context, ActivationKind::Tanh);
  auto clamp = dyn_cast<tosa::ClampOp>(op);
  if (!clamp)
    return {};
  auto bound = [](Attribute attr) {
    return static_cast<float>(cast<FloatAttr>(attr).getValueAsDouble());
  };
  return ActivationAttr::get(context, ActivationKind::Clamp,
                             bound(clamp.getMinVal()),
                             bound(clamp.getMaxVal()));
}

/// The number that all lanes of a vector have, if it is known.
static std::optional<float> splatOf(Value vector) {
  DenseElementsAttr elements;
  if (!matchPattern(vector, m_Constant(&elements)) || !elements.isSplat())
    return std::nullopt;
  return elements.getSplatValue<APFloat>().convertToFloat();
}

/// Powers by multiples of a quarter are products of roots.
static Value applyPower(KernelBuilder &k, Value x, Value exponent) {
  ImplicitLocOpBuilder &b = k.b;
  constexpr float kMost = 4.0f;
  std::optional<float> power = splatOf(exponent);
  if (!power || std::abs(*power) > kMost || *power == 0.0f ||
      *power * 4.0f != std::floor(*power * 4.0f))
    return math::PowFOp::create(b, x, exponent);
  int64_t quarters = static_cast<int64_t>(std::abs(*power) * 4.0f);
  Value result;
  auto multiply = [&](Value factor) {
    result =
        result ? arith::MulFOp::create(b, result, factor).getResult() : factor;
  };
  for (int64_t i = 0; i < quarters / 4; ++i)
    multiply(x);
  if (quarters % 4) {
    Value root = math::SqrtOp::create(b, x);
    if (quarters % 4 >= 2)
      multiply(root);
    if (quarters % 2)
      multiply(math::SqrtOp::create(b, root));
  }
  if (*power < 0.0f)
    result = arith::DivFOp::create(b, k.splat(1), result);
  return result;
}

/// The logarithm of a number below the normal range is that of a multiple.
static Value applyLogarithm(KernelBuilder &k, Value x) {
  constexpr float kFactor = 0x1p24f, kLogFactor = 16.6355323334f;
  ImplicitLocOpBuilder &b = k.b;
  Value least = k.splat(std::numeric_limits<float>::min());
  Value small = arith::CmpFOp::create(b, arith::CmpFPredicate::OLT, x, least);
  Value scaled = arith::MulFOp::create(b, x, k.splat(kFactor));
  Value log =
      math::LogOp::create(b, arith::SelectOp::create(b, small, scaled, x));
  Value back = arith::SubFOp::create(b, log, k.splat(kLogFactor));
  return arith::SelectOp::create(b, small, back, log);
}

/// An angle less its whole turns, by a sum of three numbers that is 2 pi to 70
/// bits: the polynomials lose digits of large angles.
static Value applyWholeTurns(KernelBuilder &k, Value x) {
  constexpr float kTurn[] = {0x1.921fb6p+2f, -0x1.777a5cp-23f,
                             -0x1.ee59dap-48f};
  constexpr float kTurns = 0.15915494309f;
  Value count = math::RoundEvenOp::create(
      k.b, arith::MulFOp::create(k.b, x, k.splat(-kTurns)));
  for (float part : kTurn)
    x = k.fma(count, k.splat(part), x);
  return x;
}

/// The body of a fused operation on vectors.
static Value applyBody(KernelBuilder &k, ElementwiseOp fused, ValueRange x) {
  llvm::DenseMap<Value, Value> values;
  Block &body = fused.getBody().front();
  for (auto [argument, value] : llvm::zip(body.getArguments(), x))
    values[argument] = value;
  for (Operation &op : body.without_terminator()) {
    if (isCompileTime(&op))
      continue;
    SmallVector<Value> operands;
    for (Value operand : kernelOperands(&op))
      operands.push_back(values.lookup(operand));
    values[op.getResult(0)] = applyElementwise(k, &op, operands);
  }
  return values.lookup(cast<YieldOp>(body.getTerminator()).getValue());
}

Value mlir::lw::applyElementwise(KernelBuilder &k, Operation *op,
                                 ValueRange x) {
  if (isQuantizedElementwise(op))
    return applyQuantized(k, op, x);
  if (ActivationAttr activation = activationOf(op))
    return k.activate(activation, x[0]);
  if (auto fused = dyn_cast<ElementwiseOp>(op))
    return applyBody(k, fused, x);
  ImplicitLocOpBuilder &b = k.b;
  if (isMathFunction(op)) {
    OperationState state(b.getLoc(), op->getName(), x, x[0].getType());
    return b.OpBuilder::create(state)->getResult(0);
  }
  auto compare = [&](arith::CmpFPredicate predicate) {
    return arith::CmpFOp::create(b, predicate, x[0], x[1]);
  };
  if (getElementTypeOrSelf(x[0]).isInteger(32))
    return applyIntegers(k, op, x);
  // The sign of a zero costs as much as NaN.
  auto fast =
      arith::FastMathFlagsAttr::get(b.getContext(), arith::FastMathFlags::nsz);
  return TypeSwitch<Operation *, Value>(op)
      .Case([&](tosa::CastOp) -> Value {
        Type to = getElementTypeOrSelf(op->getResult(0));
        auto from = cast<VectorType>(x[0].getType());
        if (to.isBF16() && !from.getElementType().isBF16())
          return arith::TruncFOp::create(b, from.clone(to), x[0]);
        return to.isBF16() ? x[0] : k.widenFloats(x[0]);
      })
      .Case([&](tosa::AddOp) { return arith::AddFOp::create(b, x[0], x[1]); })
      .Case([&](tosa::SubOp) { return arith::SubFOp::create(b, x[0], x[1]); })
      .Case([&](tosa::MulOp) { return arith::MulFOp::create(b, x[0], x[1]); })
      .Case([&](tosa::MaximumOp) {
        return arith::MaximumFOp::create(b, x[0], x[1], fast);
      })
      .Case([&](tosa::MinimumOp) {
        return arith::MinimumFOp::create(b, x[0], x[1], fast);
      })
      .Case([&](tosa::ExpOp) { return math::ExpOp::create(b, x[0]); })
      .Case([&](tosa::AbsOp) { return math::AbsFOp::create(b, x[0]); })
      .Case([&](tosa::NegateOp) { return arith::NegFOp::create(b, x[0]); })
      .Case([&](tosa::FloorOp) { return math::FloorOp::create(b, x[0]); })
      .Case([&](tosa::CeilOp) { return math::CeilOp::create(b, x[0]); })
      .Case([&](tosa::ErfOp) { return emitErrorFunction(k, x[0]); })
      .Case([&](tosa::LogOp) { return applyLogarithm(k, x[0]); })
      .Case([&](tosa::SinOp) {
        return math::SinOp::create(b, applyWholeTurns(k, x[0]));
      })
      .Case([&](tosa::CosOp) {
        return math::CosOp::create(b, applyWholeTurns(k, x[0]));
      })
      .Case([&](tosa::PowOp) { return applyPower(k, x[0], x[1]); })
      .Case([&](tosa::GreaterOp) { return compare(arith::CmpFPredicate::OGT); })
      .Case([&](tosa::GreaterEqualOp) {
        return compare(arith::CmpFPredicate::OGE);
      })
      .Case([&](tosa::EqualOp) { return compare(arith::CmpFPredicate::OEQ); })
      .Case([&](tosa::SelectOp) {
        return arith::SelectOp::create(b, x[0], x[1], x[2]);
      })
      .Case([&](tosa::RsqrtOp) {
        return arith::DivFOp::create(b, k.splat(1),
                                     math::SqrtOp::create(b, x[0]));
      })
      .Case([&](tosa::ReciprocalOp) {
        return arith::DivFOp::create(b, k.splat(1), x[0]);
      });
}

//===----------------------------------------------------------------------===//
// Loops
//===----------------------------------------------------------------------===//

void ElementwiseSpec::simplify() {
  SmallVector<Side *> sides = {&out};
  for (Side &side : operands)
    if (!side.splat)
      sides.push_back(&side);
  SmallVector<SmallVector<int64_t>> strides(sides.size());
  SmallVector<int64_t> kept;
  for (auto [i, extent] : llvm::enumerate(extents)) {
    if (extent == 1)
      continue;
    bool joins = !kept.empty();
    for (auto [side, made] : llvm::zip(sides, strides))
      joins = joins && made.back() == extent * side->strides[i];
    if (joins)
      kept.back() *= extent;
    else
      kept.push_back(extent);
    for (auto [side, made] : llvm::zip(sides, strides)) {
      if (!joins)
        made.push_back(0);
      made.back() = side->strides[i];
    }
  }
  // A column of planes with a border, or none at all: a run is one element.
  bool isRun = !kept.empty() && strides.front().back() == 1 &&
               llvm::all_of(strides, [](ArrayRef<int64_t> made) {
                 return made.back() == 0 || made.back() == 1;
               });
  if (!isRun) {
    kept.push_back(1);
    for (SmallVector<int64_t> &made : strides)
      made.push_back(1);
  }
  extents = kept;
  for (auto [side, made] : llvm::zip(sides, strides))
    side->strides = made;
}

namespace {

class ElementwiseEmitter {
public:
  ElementwiseEmitter(KernelBuilder &k, const ElementwiseSpec &spec,
                     Operation *op, ArrayRef<Value> buffers, Value output)
      : k(k), s(spec), op(op), buffers(buffers), output(output) {}
  void emit();

private:
  void emitDim(size_t dim, ArrayRef<Address> from, Address to);
  void emitRun(ArrayRef<Address> from, Address to, bool parallel);
  size_t sharedLoop() const;

  KernelBuilder &k;
  const ElementwiseSpec &s;
  Operation *op;
  ArrayRef<Value> buffers;
  Value output;
};

} // namespace

void ElementwiseEmitter::emitRun(ArrayRef<Address> from, Address to,
                                 bool parallel) {
  // What is the same all along.
  SmallVector<Value> repeated(s.operands.size());
  auto load = [&](bool atBegin) {
    for (auto [i, operand] : llvm::enumerate(s.operands)) {
      if (operand.splat)
        repeated[i] = k.splat(*operand.splat);
      else if (atBegin && operand.strides.back() == 0)
        repeated[i] = k.broadcast(k.loadScalar(buffers[i], from[i]));
    }
  };
  load(/*atBegin=*/!parallel);
  auto vector = [&](Value at, int64_t count) {
    if (parallel)
      load(/*atBegin=*/true);
    SmallVector<Value> operands = repeated;
    for (auto [i, operand] : llvm::enumerate(operands))
      if (!s.operands[i].splat && s.operands[i].strides.back() != 0)
        operand = k.loadPart(buffers[i], k.advance(from[i], at, 1), count);
    k.storePart(applyElementwise(k, op, operands), output, k.advance(to, at, 1),
                count);
  };
  int64_t run = s.extents.back(), whole = run / k.vl * k.vl;
  k.loop(0, whole, k.vl, [&](Value i) { vector(i, k.vl); }, parallel);
  if (run % k.vl)
    vector(k.constant(whole), run % k.vl);
}

void ElementwiseEmitter::emitDim(size_t dim, ArrayRef<Address> from,
                                 Address to) {
  if (dim + 1 == s.extents.size())
    return emitRun(from, to, /*parallel=*/dim == sharedLoop());
  k.loop(
      0, s.extents[dim], 1,
      [&](Value i) {
        SmallVector<Address> next;
        for (auto [address, operand] : llvm::zip(from, s.operands))
          next.push_back(operand.splat
                             ? Address()
                             : k.advance(address, i, operand.strides[dim]));
        emitDim(dim + 1, next, k.advance(to, i, s.out.strides[dim]));
      },
      /*parallel=*/dim == sharedLoop());
}

/// The loop whose iterations threads share: the outermost with enough of them.
size_t ElementwiseEmitter::sharedLoop() const {
  constexpr int64_t kEnough = 4;
  const auto *loop = llvm::find_if(
      s.extents, [](int64_t extent) { return extent >= kEnough; });
  return std::min<size_t>(loop - s.extents.begin(), s.extents.size() - 1);
}

void ElementwiseEmitter::emit() {
  SmallVector<Address> from;
  for (const ElementwiseSpec::Side &operand : s.operands)
    from.push_back({Value(), operand.origin});
  emitDim(0, from, {Value(), s.out.origin});
}

void mlir::lw::addOperation(KernelKey &key, Operation *op) {
  key.add(op->getName().getIdentifier()).add(op->getPropertiesAsAttribute());
  auto fused = dyn_cast<ElementwiseOp>(op);
  if (!fused)
    return;
  // Its body: each operation with the numbers of its operands.
  llvm::DenseMap<Value, int64_t> numbers;
  Block &body = fused.getBody().front();
  for (BlockArgument argument : body.getArguments())
    numbers[argument] = numbers.size();
  for (Operation &inner : body) {
    if (isCompileTime(&inner))
      continue;
    key.add(inner.getName().getIdentifier())
        .add(inner.getPropertiesAsAttribute());
    ValueRange operands = inner.getOperands();
    SmallVector<Value> data = kernelOperands(&inner);
    for (Value operand :
         isa<YieldOp>(inner) ? SmallVector<Value>(operands) : data)
      key.add({numbers.lookup(operand)});
    if (inner.getNumResults())
      numbers[inner.getResult(0)] = numbers.size();
  }
}

void mlir::lw::emitElementwise(KernelBuilder &k, const ElementwiseSpec &spec,
                               Operation *op, ArrayRef<Value> buffers,
                               Value output) {
  if (isRounding(op))
    k.vl = k.target.lanes();
  // Real numbers beside bytes lie in blocks of those.
  if (isQuantizedElementwise(op))
    k.vl = isa<LookupOp>(op) ? k.target.tableLanes : TargetInfo::kByteBlock;
  ElementwiseEmitter(k, spec, op, buffers, output).emit();
}
