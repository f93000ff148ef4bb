//===- NarrowF64.cpp - Detours through f64 in f32
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// torch-mlir computes the variance of f32 in f64 and rounds it. Kernels compute
// in f32, with sums in parts that do not lose what one long sum would. Where
// there is no sum, f64 is for the sake of its digits.
//
//===----------------------------------------------------------------------===//

#include "../TensorUtils.h"
#include "TosaToLw.h"
#include "lw/Dialect/IR/Constants.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace mlir::lw;

static bool isF64(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  return type && type.getElementType().isF64();
}

static RankedTensorType narrowType(Value value) {
  auto type = cast<RankedTensorType>(value.getType());
  return RankedTensorType::get(type.getShape(),
                               Float32Type::get(value.getContext()));
}

/// Operations whose meaning in f32 is that in f64 but for rounding.
static bool canNarrow(Operation *op) {
  return isa<tosa::AddOp, tosa::SubOp, tosa::MulOp, tosa::PowOp, tosa::RsqrtOp,
             tosa::ReciprocalOp, tosa::NegateOp, tosa::ExpOp, tosa::LogOp,
             tosa::AbsOp, tosa::ReduceSumOp, tosa::ReduceMaxOp,
             tosa::ReduceMinOp, tosa::ReshapeOp, tosa::TransposeOp>(op);
}

namespace {

struct NarrowF64 : OpRewritePattern<tosa::CastOp> {
  using OpRewritePattern::OpRewritePattern;

  /// True where all that `value` is computed from begins in f32 or constants.
  static bool check(Value value, llvm::SmallDenseSet<Value> &seen,
                    bool &hasSum) {
    if (!isF64(value) || !seen.insert(value).second)
      return true;
    Operation *op = value.getDefiningOp();
    if (!op)
      return false;
    if (auto cast = dyn_cast<tosa::CastOp>(op))
      return getElementTypeOrSelf(cast.getInput().getType()).isF32();
    if (readConstantF64(value))
      return true;
    hasSum |= isa<tosa::ReduceSumOp>(op);
    return canNarrow(op) && llvm::all_of(op->getOperands(), [&](Value operand) {
             return check(operand, seen, hasSum);
           });
  }

  static Value narrow(Value value, DenseMap<Value, Value> &narrowed,
                      PatternRewriter &rewriter) {
    if (!isF64(value))
      return value;
    if (Value known = narrowed.lookup(value))
      return known;
    Operation *op = value.getDefiningOp();
    OpBuilder::InsertionGuard guard(rewriter);
    rewriter.setInsertionPoint(op);
    Value result;
    if (auto cast = dyn_cast<tosa::CastOp>(op)) {
      result = cast.getInput();
    } else if (std::optional<std::vector<double>> constant =
                   readConstantF64(value)) {
      result = createConstant(rewriter, value.getLoc(), narrowType(value),
                              ArrayRef<double>(*constant));
    } else {
      IRMapping mapping;
      for (Value operand : op->getOperands())
        mapping.map(operand, narrow(operand, narrowed, rewriter));
      Operation *clone = rewriter.clone(*op, mapping);
      rewriter.modifyOpInPlace(
          clone, [&] { clone->getResult(0).setType(narrowType(value)); });
      result = clone->getResult(0);
    }
    return narrowed[value] = result;
  }

  LogicalResult matchAndRewrite(tosa::CastOp op,
                                PatternRewriter &rewriter) const override {
    llvm::SmallDenseSet<Value> seen;
    bool hasSum = false;
    if (!isF64(op.getInput()) || !getElementTypeOrSelf(op.getType()).isF32() ||
        !check(op.getInput(), seen, hasSum) || !hasSum)
      return failure();
    DenseMap<Value, Value> narrowed;
    rewriter.replaceOp(op, narrow(op.getInput(), narrowed, rewriter));
    return success();
  }
};

} // namespace

void lw::populateNarrowF64Patterns(RewritePatternSet &patterns) {
  patterns.add<NarrowF64>(patterns.getContext());
}
