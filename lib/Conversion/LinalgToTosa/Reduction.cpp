//===- Reduction.cpp - Sums, extremes and matrix products to tosa
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "LinalgToTosa.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace mlir::lw;
using tosa::NanPropagationMode;

namespace {

enum class Combiner { Sum, Product, Maximum, Minimum, All, Any };

/// What is combined with what was accumulated.
struct Step {
  Combiner combiner;
  Value term;
  /// Of extremes, what becomes of a NaN among the terms.
  NanPropagationMode mode = NanPropagationMode::PROPAGATE;
};

} // namespace

/// True for a comparison of `x` with `y` that is true where `x` is above it, or
/// with `below` below it.
static bool compares(Value condition, Value x, Value y, bool below) {
  auto test = condition.getDefiningOp<arith::CmpFOp>();
  if (!test)
    return false;
  using Predicate = arith::CmpFPredicate;
  bool swapped = test.getLhs() == y && test.getRhs() == x;
  if (!swapped && !(test.getLhs() == x && test.getRhs() == y))
    return false;
  switch (test.getPredicate()) {
  case Predicate::OGT:
  case Predicate::OGE:
  case Predicate::UGT:
  case Predicate::UGE:
    return swapped == below;
  case Predicate::OLT:
  case Predicate::OLE:
  case Predicate::ULT:
  case Predicate::ULE:
    return swapped != below;
  default:
    return false;
  }
}

static bool isTrueOfNan(arith::CmpFOp test) {
  using Predicate = arith::CmpFPredicate;
  return llvm::is_contained(
      {Predicate::UGT, Predicate::UGE, Predicate::ULT, Predicate::ULE},
      test.getPredicate());
}

static std::optional<Step> matchStep(Value value, BlockArgument accumulated) {
  Operation *op = value.getDefiningOp();
  if (!op)
    return std::nullopt;
  std::optional<Combiner> combiner;
  if (isa<arith::AddFOp, arith::AddIOp>(op))
    combiner = Combiner::Sum;
  else if (isa<arith::MulFOp, arith::MulIOp>(op))
    combiner = Combiner::Product;
  else if (isa<arith::MaximumFOp, arith::MaxNumFOp, arith::MaxSIOp>(op))
    combiner = Combiner::Maximum;
  else if (isa<arith::MinimumFOp, arith::MinNumFOp, arith::MinSIOp>(op))
    combiner = Combiner::Minimum;
  else if (isa<arith::AndIOp>(op) && value.getType().isInteger(1))
    combiner = Combiner::All;
  else if (isa<arith::OrIOp>(op) && value.getType().isInteger(1))
    combiner = Combiner::Any;
  if (combiner) {
    for (unsigned i : {0u, 1u})
      if (op->getOperand(i) == accumulated &&
          op->getOperand(1 - i) != accumulated)
        return Step{*combiner, op->getOperand(1 - i),
                    isa<arith::MaxNumFOp, arith::MinNumFOp>(op)
                        ? NanPropagationMode::IGNORE
                        : NanPropagationMode::PROPAGATE};
    return std::nullopt;
  }
  auto select = dyn_cast<arith::SelectOp>(op);
  if (!select)
    return std::nullopt;
  Value yes = select.getTrueValue(), no = select.getFalseValue();
  if ((yes == accumulated) == (no == accumulated))
    return std::nullopt;
  Value term = yes == accumulated ? no : yes;
  for (bool below : {false, true})
    if (compares(select.getCondition(), yes, no, below)) {
      auto test = select.getCondition().getDefiningOp<arith::CmpFOp>();
      return Step{below ? Combiner::Minimum : Combiner::Maximum, term,
                  isTrueOfNan(test) == (yes == accumulated)
                      ? NanPropagationMode::IGNORE
                      : NanPropagationMode::PROPAGATE};
    }
  return std::nullopt;
}

/// True where starting from `value` is starting from nothing.
static bool isNeutral(TypedAttr value, Combiner combiner) {
  if (auto real = dyn_cast_or_null<FloatAttr>(value)) {
    const APFloat &number = real.getValue();
    switch (combiner) {
    case Combiner::Sum:
      return number.isZero();
    case Combiner::Product:
      return number.isExactlyValue(1.0);
    case Combiner::Maximum:
      return number.isNegative() && (number.isInfinity() || number.isLargest());
    case Combiner::Minimum:
      return !number.isNegative() &&
             (number.isInfinity() || number.isLargest());
    case Combiner::All:
    case Combiner::Any:
      return false;
    }
  }
  if (auto whole = dyn_cast_or_null<IntegerAttr>(value)) {
    const APInt &number = whole.getValue();
    switch (combiner) {
    case Combiner::Sum:
      return number.isZero();
    case Combiner::Product:
      return number.isOne();
    case Combiner::Maximum:
      return number.isMinSignedValue();
    case Combiner::Minimum:
      return number.isMaxSignedValue();
    case Combiner::All:
      return number.isOne();
    case Combiner::Any:
      return number.isZero();
    }
  }
  return false;
}

static Value combine(TosaBuilder &b, const Step &step, Value x, Value y) {
  RankedTensorType type = b.meet({x, y}, TosaBuilder::elementOf(x));
  switch (step.combiner) {
  case Combiner::Sum:
    return b.binary<tosa::AddOp>(x, y);
  case Combiner::Product:
    return b.mul(x, y);
  case Combiner::Maximum:
    return tosa::MaximumOp::create(b, type, x, y, step.mode);
  case Combiner::Minimum:
    return tosa::MinimumOp::create(b, type, x, y, step.mode);
  case Combiner::All:
    return b.binary<tosa::LogicalAndOp>(x, y);
  case Combiner::Any:
    return b.binary<tosa::LogicalOrOp>(x, y);
  }
  llvm_unreachable("unknown combiner");
}

static Value reduce(TosaBuilder &b, const Step &step, Value x, unsigned axis) {
  SmallVector<int64_t> shape(TosaBuilder::shapeOf(x));
  if (shape[axis] == 1)
    return x;
  shape[axis] = 1;
  auto type = RankedTensorType::get(shape, TosaBuilder::elementOf(x));
  switch (step.combiner) {
  case Combiner::Sum:
    return tosa::ReduceSumOp::create(b, type, x, axis);
  case Combiner::Product:
    return tosa::ReduceProductOp::create(b, type, x, axis);
  case Combiner::Maximum:
    return tosa::ReduceMaxOp::create(b, type, x, axis, step.mode);
  case Combiner::Minimum:
    return tosa::ReduceMinOp::create(b, type, x, axis, step.mode);
  case Combiner::All:
    return tosa::ReduceAllOp::create(b, type, x, axis);
  case Combiner::Any:
    return tosa::ReduceAnyOp::create(b, type, x, axis);
  }
  llvm_unreachable("unknown combiner");
}

/// From one dimension for every loop, of one where it was reduced, to the
/// result.
static Value toResult(TosaBuilder &b, Value value, AffineMap map,
                      ArrayRef<int64_t> shape) {
  SmallVector<int64_t> permutation;
  for (AffineExpr expression : map.getResults())
    if (auto loop = dyn_cast<AffineDimExpr>(expression))
      permutation.push_back(loop.getPosition());
  for (int64_t d = 0; d < static_cast<int64_t>(map.getNumDims()); ++d)
    if (!llvm::is_contained(permutation, d))
      permutation.push_back(d);
  return b.reshape(b.transpose(value, permutation), shape);
}

/// True where `value` is the index along the loop of the greatest `term`, the
/// first of several: where the term is greater the index, else what it was.
static bool isIndexOfMaximum(Value value, BlockArgument accumulated, Value term,
                             BlockArgument greatest, unsigned loop) {
  auto select = value.getDefiningOp<arith::SelectOp>();
  if (!select || select.getFalseValue() != accumulated ||
      !compares(select.getCondition(), term, greatest, /*below=*/false))
    return false;
  using Predicate = arith::CmpFPredicate;
  auto test = select.getCondition().getDefiningOp<arith::CmpFOp>();
  if (!llvm::is_contained(
          {Predicate::OGT, Predicate::UGT, Predicate::OLT, Predicate::ULT},
          test.getPredicate()))
    return false;
  Value index = select.getTrueValue();
  if (auto cast = index.getDefiningOp<arith::IndexCastOp>())
    index = cast.getIn();
  auto own = index.getDefiningOp<linalg::IndexOp>();
  return own && own.getDim() == loop;
}

/// True where all terms together are far more than what they are computed from:
/// products of tensors must not be written out.
static bool isOuterProduct(linalg::LinalgOp op) {
  int64_t terms = 1, read = 0;
  for (int64_t extent : op.getStaticLoopRanges())
    terms *= extent;
  for (Value operand : op->getOperands())
    if (auto type = dyn_cast<RankedTensorType>(operand.getType()))
      read += type.getNumElements();
  return terms > (1 << 16) && terms > 4 * read;
}

Raised lw::raiseReduction(TosaBuilder &b, linalg::LinalgOp op) {
  if (isOuterProduct(op))
    return Raised::no("it is a sum of products that tosa has no operation for");
  BodyRaiser body(b, op);
  body.setInputs();
  SmallVector<unsigned> reduced;
  op.getReductionDims(reduced);
  Block *block = op.getBlock();
  Raised raised;
  for (OpResult result : op->getResults()) {
    unsigned number = result.getResultNumber();
    if (result.use_empty()) {
      raised.values.emplace_back();
      continue;
    }
    OpOperand *init = op.getDpsInitOperand(number);
    AffineMap map = op.getMatchingIndexingMap(init);
    if (!map.isProjectedPermutation(/*allowZeroInResults=*/true))
      return Raised::no("its result is not written once in every place");
    BlockArgument accumulated = op.getMatchingBlockArgument(init);
    Value yielded = block->getTerminator()->getOperand(number);
    ArrayRef<int64_t> shape = TosaBuilder::shapeOf(result);
    std::optional<Step> step = matchStep(yielded, accumulated);
    if (!step && number == 1 && reduced.size() == 1 &&
        isa<IntegerType>(tensorTypeOf(result).getElementType())) {
      // The place of the greatest, which the first result is.
      BlockArgument greatest =
          op.getMatchingBlockArgument(op.getDpsInitOperand(0));
      std::optional<Step> first =
          matchStep(block->getTerminator()->getOperand(0), greatest);
      if (!first || first->combiner != Combiner::Maximum ||
          !isIndexOfMaximum(yielded, accumulated, first->term, greatest,
                            reduced[0]))
        return Raised::no("its second result is not the index of the first");
      Value term = body.get(first->term);
      if (!term)
        return Raised::no(body.reason);
      SmallVector<int64_t> kept(TosaBuilder::shapeOf(term));
      kept.erase(kept.begin() + reduced[0]);
      Value index = tosa::ArgMaxOp::create(
          b, RankedTensorType::get(kept, b.getI32Type()), term, reduced[0]);
      kept.insert(kept.begin() + reduced[0], 1);
      raised.values.push_back(
          b.cast(toResult(b, b.reshape(index, kept), map, shape),
                 tensorTypeOf(result).getElementType()));
      continue;
    }
    if (!step)
      return Raised::no("its body is no sum, product, maximum or minimum of "
                        "what it accumulates and something else");
    Value value = body.get(step->term);
    if (!value)
      return Raised::no(body.reason);
    // Along a loop that the term does not depend on it is repeated.
    SmallVector<int64_t> full(op.getStaticLoopRanges());
    value = b.broadcast(value, full);
    for (unsigned axis : reduced)
      value = reduce(b, *step, value, axis);
    value = toResult(b, value, map, shape);
    if (!isNeutral(getFillValue(init->get()), step->combiner)) {
      if (init->get().getDefiningOp<tensor::EmptyOp>())
        return Raised::no("it accumulates onto an empty tensor");
      TypedAttr fill = getFillValue(init->get());
      value = combine(b, *step, value,
                      fill ? b.number(shape.size(), fill) : init->get());
    }
    raised.values.push_back(value);
  }
  return raised;
}

//===----------------------------------------------------------------------===//
// Matrix products
//===----------------------------------------------------------------------===//

bool lw::isQuantizedProduct(Operation *op) {
  return isa<linalg::QuantizedMatmulOp, linalg::QuantizedBatchMatmulOp>(op);
}

Raised lw::raiseContraction(TosaBuilder &b, linalg::LinalgOp op) {
  // Between factors and result, quantized products have zero points.
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  maps = {maps[0], maps[1], maps.back()};
  FailureOr<linalg::ContractionDimensions> dims =
      linalg::inferContractionDims(maps);
  if (failed(dims) || dims->k.empty())
    return Raised::no("it is no product of matrices");
  SmallVector<int64_t> loops = op.getStaticLoopRanges();
  Value left = op->getOperand(0), right = op->getOperand(1);
  Type element = TosaBuilder::elementOf(left);
  Type accumulator = TosaBuilder::elementOf(op->getResult(0));
  if (TosaBuilder::elementOf(right) != element ||
      !(accumulator == element
            ? isa<FloatType>(element)
            : element.isInteger(8) && accumulator.isInteger(32)))
    return Raised::no("tosa.matmul has no product of these types");
  auto extents = [&](ArrayRef<unsigned> list) {
    int64_t result = 1;
    for (unsigned d : list)
      result *= loops[d];
    return result;
  };
  int64_t batch = extents(dims->batch), m = extents(dims->m),
          n = extents(dims->n), k = extents(dims->k);
  // [B, M, K] and [B, K, N]; every loop of an operand is of those.
  auto matrix = [&](Value value, AffineMap map,
                    std::initializer_list<ArrayRef<unsigned>> groups,
                    ArrayRef<int64_t> shape) -> Value {
    SmallVector<int64_t> permutation;
    for (ArrayRef<unsigned> group : groups)
      for (unsigned loop : group)
        for (auto [d, expression] : llvm::enumerate(map.getResults()))
          if (auto dim = dyn_cast<AffineDimExpr>(expression);
              dim && dim.getPosition() == loop)
            permutation.push_back(d);
    if (permutation.size() != map.getNumResults())
      return {};
    return b.reshape(b.transpose(value, permutation), shape);
  };
  left = matrix(left, maps[0], {dims->batch, dims->m, dims->k}, {batch, m, k});
  right =
      matrix(right, maps[1], {dims->batch, dims->k, dims->n}, {batch, k, n});
  if (!left || !right)
    return Raised::no("its operands are not indexed by its loops");
  Value zeros[2];
  for (unsigned i : {0u, 1u}) {
    int64_t zero = 0;
    if (isQuantizedProduct(op)) {
      auto point =
          dyn_cast_or_null<IntegerAttr>(evaluateScalar(op->getOperand(2 + i)));
      if (!point || !point.getValue().isSignedIntN(8))
        return Raised::no("its zero points vary or are none of i8");
      zero = point.getValue().getSExtValue();
    }
    zeros[i] = b.number(1, element, zero);
  }
  Value product = tosa::MatMulOp::create(
      b, RankedTensorType::get({batch, m, n}, accumulator), left, right,
      zeros[0], zeros[1]);
  SmallVector<unsigned> order;
  llvm::append_range(order, dims->batch);
  llvm::append_range(order, dims->m);
  llvm::append_range(order, dims->n);
  SmallVector<int64_t> apart, permutation;
  for (unsigned loop : order)
    apart.push_back(loops[loop]);
  for (AffineExpr expression : maps[2].getResults()) {
    auto *place =
        llvm::find(order, cast<AffineDimExpr>(expression).getPosition());
    permutation.push_back(place - order.begin());
  }
  product = b.transpose(b.reshape(product, apart), permutation);
  Value init = op.getDpsInits()[0];
  TypedAttr fill = getFillValue(init);
  if (isNeutral(fill, Combiner::Sum))
    return product;
  if (init.getDefiningOp<tensor::EmptyOp>())
    return Raised::no("it accumulates onto an empty tensor");
  return b.binary<tosa::AddOp>(
      product, fill ? b.number(permutation.size(), fill) : init);
}
