//===- LowerSums.cpp - Sums to loops with f64 accumulators
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Lowering/Passes.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Affine/Utils.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/Support/DebugLog.h"

#define DEBUG_TYPE "lw-lower-sums"

namespace mlir::lw {
#define GEN_PASS_DEF_LWLOWERSUMS
#include "lw/Lowering/Passes.h.inc"
} // namespace mlir::lw

using namespace mlir;

namespace {

/// A linalg operation whose result is a sum: out += term over the reduction
/// loops, in f32.
struct Sum {
  linalg::LinalgOp op;
  arith::AddFOp add;
  Value term;
  /// The factors where the term is a product; else null.
  arith::MulFOp product;

  static std::optional<Sum> match(linalg::LinalgOp op);
  Block &body() { return op->getRegion(0).front(); }
  AffineMap map(OpOperand &operand) {
    return op.getMatchingIndexingMap(&operand);
  }
  /// Whether the body is nothing but the sum of an input or of a product of
  /// inputs.
  bool isPlain() {
    return llvm::hasNItems(body().without_terminator(), product ? 2 : 1);
  }
};

/// Emits one sum.
class SumLowering {
public:
  SumLowering(const Sum &sum, int64_t mostLanes, OpBuilder &builder)
      : sum(sum), op(sum.op), b(op.getLoc(), builder) {
    chooseVector(mostLanes);
  }
  void lower();

private:
  void chooseVector(int64_t mostLanes);
  bool isContiguousAlong(OpOperand &operand, int64_t loop);
  bool isReduction(int64_t loop) {
    return op.getIteratorTypesArray()[loop] == utils::IteratorType::reduction;
  }

  void emitElements(size_t next);
  void emitElement();
  Value emitReductions(size_t next, Value accumulator);
  Value emitTerm(Value accumulator);
  /// A loop over the extent of `loop`, first over whole vectors, then over the
  /// elements that are left; `body` finds its index in `ivs`.
  Value emitLoop(int64_t loop, Value carried,
                 llvm::function_ref<Value(Value)> body);

  SmallVector<Value> indices(OpOperand &operand);
  Value load(OpOperand &operand);
  Value widen(Value value);
  Type withLanes(Type element) {
    return lanes == 1 ? element : VectorType::get({lanes}, element);
  }

  Sum sum;
  linalg::LinalgOp op;
  ImplicitLocOpBuilder b;
  SmallVector<unsigned> elements, reductions; // loops
  SmallVector<Value> extents, ivs;
  /// The loop over whole vectors, if there is one, and its lanes.
  int64_t vectorLoop = -1, vectorLanes = 1;
  int64_t lanes = 1; // at hand
};

} // namespace

std::optional<Sum> Sum::match(linalg::LinalgOp op) {
  if (op.getNumReductionLoops() == 0 || !op.hasPureBufferSemantics() ||
      op.getNumDpsInits() != 1 || op.hasIndexSemantics() ||
      !getElementTypeOrSelf(op.getDpsInits()[0]).isF32())
    return std::nullopt;
  Block &body = op->getRegion(0).front();
  auto add = body.getTerminator()->getOperand(0).getDefiningOp<arith::AddFOp>();
  BlockArgument out = body.getArguments().back();
  if (!add || !out.hasOneUse() || *out.user_begin() != add)
    return std::nullopt;
  Value term = add.getLhs() == out ? add.getRhs() : add.getLhs();
  auto product = term.getDefiningOp<arith::MulFOp>();
  if (product && !product->hasOneUse())
    product = {};
  return Sum{op, add, term, product};
}

/// Whether a vector along `loop` is one of neighbours in memory, or of the same
/// element.
bool SumLowering::isContiguousAlong(OpOperand &operand, int64_t loop) {
  AffineMap map = sum.map(operand);
  if (!map.isFunctionOfDim(loop))
    return true;
  auto type = cast<MemRefType>(operand.get().getType());
  unsigned last = map.getNumResults() - 1;
  return type.isLastDimUnitStride() &&
         map.getResult(last) == getAffineDimExpr(loop, map.getContext()) &&
         !map.dropResult(last).isFunctionOfDim(loop);
}

/// Vectors lie along a loop of the result, else along one of the reduction, and
/// of these along the longest.
void SumLowering::chooseVector(int64_t mostLanes) {
  if (mostLanes < 2 || !sum.isPlain())
    return;
  SmallVector<int64_t> ranges = op.getStaticLoopRanges();
  auto choose = [&](bool reduction) {
    for (int64_t loop = 0, end = ranges.size(); loop < end; ++loop) {
      bool fits = llvm::all_of(op->getOpOperands(), [&](OpOperand &operand) {
        return getElementTypeOrSelf(operand.get()).isF32() &&
               isContiguousAlong(operand, loop);
      });
      if (isReduction(loop) != reduction || !fits || ranges[loop] < 4 ||
          (vectorLoop >= 0 && ranges[loop] <= ranges[vectorLoop]))
        continue;
      vectorLoop = loop;
    }
  };
  choose(/*reduction=*/false);
  if (vectorLoop < 0)
    choose(/*reduction=*/true);
  if (vectorLoop >= 0)
    vectorLanes = std::min<int64_t>(
        mostLanes, llvm::bit_floor<uint64_t>(ranges[vectorLoop]));
}

SmallVector<Value> SumLowering::indices(OpOperand &operand) {
  SmallVector<Value> result;
  AffineMap map = sum.map(operand);
  for (unsigned i = 0; i < map.getNumResults(); ++i)
    result.push_back(getValueOrCreateConstantIndexOp(
        b, b.getLoc(),
        affine::makeComposedFoldedAffineApply(b, b.getLoc(), map.getSubMap({i}),
                                              getAsOpFoldResult(ivs))));
  return result;
}

Value SumLowering::load(OpOperand &operand) {
  Value memref = operand.get();
  if (!isa<MemRefType>(memref.getType()))
    return memref;
  if (lanes > 1 && sum.map(operand).isFunctionOfDim(vectorLoop))
    return vector::LoadOp::create(b,
                                  cast<VectorType>(withLanes(b.getF32Type())),
                                  memref, indices(operand));
  return memref::LoadOp::create(b, memref, indices(operand));
}

/// In f64, and as a vector where vectors are at hand.
Value SumLowering::widen(Value value) {
  Type element = getElementTypeOrSelf(value);
  if (element.isF32()) {
    Type type = b.getF64Type();
    if (auto vector = dyn_cast<VectorType>(value.getType()))
      type = vector.clone(type);
    value = arith::ExtFOp::create(b, type, value);
  }
  if (lanes > 1 && !isa<VectorType>(value.getType()))
    value = vector::BroadcastOp::create(b, withLanes(b.getF64Type()), value);
  return value;
}

/// accumulator + term, and the product of two f32 is exact in f64: contraction
/// changes nothing.
Value SumLowering::emitTerm(Value accumulator) {
  auto contract = arith::FastMathFlagsAttr::get(b.getContext(),
                                                arith::FastMathFlags::contract);
  IRMapping mapping;
  for (OpOperand *input : op.getDpsInputOperands())
    mapping.map(op.getMatchingBlockArgument(input), load(*input));
  for (Operation &inner : sum.body().without_terminator())
    if (&inner != sum.add && &inner != sum.product)
      b.clone(inner, mapping);
  auto at = [&](Value value) { return widen(mapping.lookupOrDefault(value)); };
  if (!sum.product)
    return arith::AddFOp::create(b, accumulator, at(sum.term));
  Value product = arith::MulFOp::create(b, at(sum.product.getLhs()),
                                        at(sum.product.getRhs()), contract);
  return arith::AddFOp::create(b, accumulator, product, contract);
}

Value SumLowering::emitLoop(int64_t loop, Value carried,
                            llvm::function_ref<Value(Value)> body) {
  auto run = [&](Value lower, Value upper, int64_t step, Value init) -> Value {
    Value stepValue = arith::ConstantIndexOp::create(b, step);
    auto forOp = scf::ForOp::create(b, lower, upper, stepValue,
                                    init ? ValueRange(init) : ValueRange());
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(forOp.getBody());
    ivs[loop] = forOp.getInductionVar();
    Value next = body(init ? forOp.getRegionIterArg(0) : Value());
    if (!init)
      return {};
    scf::YieldOp::create(b, next);
    return forOp.getResult(0);
  };
  Value lower = arith::ConstantIndexOp::create(b, 0), upper = extents[loop];
  if (loop != vectorLoop || vectorLanes == 1)
    return run(lower, upper, 1, carried);
  int64_t extent = op.getStaticLoopRanges()[loop];
  int64_t whole = extent / vectorLanes * vectorLanes;
  Value middle = arith::ConstantIndexOp::create(b, whole);
  lanes = vectorLanes;
  Value vectors = carried;
  if (carried)
    vectors =
        arith::ConstantOp::create(b, b.getZeroAttr(withLanes(b.getF64Type())));
  vectors = run(lower, middle, vectorLanes, vectors);
  lanes = 1;
  if (carried)
    carried = arith::AddFOp::create(
        b, carried,
        vector::ReductionOp::create(b, vector::CombiningKind::ADD, vectors,
                                    arith::FastMathFlags::reassoc));
  return whole == extent ? carried : run(middle, upper, 1, carried);
}

Value SumLowering::emitReductions(size_t next, Value accumulator) {
  if (next == reductions.size())
    return emitTerm(accumulator);
  return emitLoop(reductions[next], accumulator, [&](Value carried) {
    return emitReductions(next + 1, carried);
  });
}

void SumLowering::emitElement() {
  OpOperand &out = *op.getDpsInitOperand(0);
  Value result = emitReductions(0, widen(load(out)));
  result = arith::TruncFOp::create(b, withLanes(b.getF32Type()), result);
  if (lanes > 1)
    vector::StoreOp::create(b, result, out.get(), indices(out));
  else
    memref::StoreOp::create(b, result, out.get(), indices(out));
}

void SumLowering::emitElements(size_t next) {
  if (next == elements.size())
    return emitElement();
  emitLoop(elements[next], {}, [&](Value) {
    emitElements(next + 1);
    return Value();
  });
}

void SumLowering::lower() {
  for (unsigned loop = 0; loop < op.getNumLoops(); ++loop)
    (isReduction(loop) ? reductions : elements).push_back(loop);
  for (Range range : op.createLoopRanges(b, b.getLoc()))
    extents.push_back(
        getValueOrCreateConstantIndexOp(b, b.getLoc(), range.size));
  ivs.assign(extents.size(), arith::ConstantIndexOp::create(b, 0));
  emitElements(0);
  op->erase();
}

namespace {
struct LowerSums : lw::impl::LwLowerSumsBase<LowerSums> {
  using LwLowerSumsBase::LwLowerSumsBase;
  void runOnOperation() override {
    SmallVector<Sum> sums;
    getOperation()->walk([&](linalg::LinalgOp op) {
      if (std::optional<Sum> sum = Sum::match(op))
        sums.push_back(*sum);
    });
    for (const Sum &sum : sums) {
      LDBG() << sum.op->getLoc() << ": " << sum.op->getName() << " in f64, "
             << lanes << " elements at once";
      OpBuilder builder(sum.op);
      SumLowering(sum, lanes, builder).lower();
    }
  }
};
} // namespace
