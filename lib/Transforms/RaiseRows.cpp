//===- RaiseRows.cpp - Softmax and normalizations spelled in tosa
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
// Exporters write a normalization as a mean, a difference, its square, another
// mean, an epsilon, a root and a quotient, and a softmax as exponentials and
// their sum. Each of these steps would read all elements once more.
//
//===----------------------------------------------------------------------===//

#include "ConvWeights.h"
#include "RowMatchers.h"
#include "lw/Dialect/IR/Constants.h"
#include "lw/Dialect/IR/LwRowOps.h"
#include "lw/Transforms/Passes.h"
#include "lw/Transforms/Patterns.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "llvm/Support/DebugLog.h"

#define DEBUG_TYPE "lw-raise-rows"

namespace mlir::lw {
#define GEN_PASS_DEF_LWRAISEROWS
#include "lw/Transforms/Passes.h.inc"
} // namespace mlir::lw

using namespace mlir;
using namespace mlir::lw;

//===----------------------------------------------------------------------===//
// Normalizations
//===----------------------------------------------------------------------===//

/// True for what may be the scale or the bias of a normalization: a constant
/// that broadcasts to `type` dimension by dimension.
static bool isParameter(Value value, Type type) {
  auto from = dyn_cast<RankedTensorType>(value.getType());
  auto to = cast<RankedTensorType>(type);
  if (!from || from.getRank() != to.getRank() || !isConstantFloat(value))
    return false;
  return llvm::all_of(llvm::zip(from.getShape(), to.getShape()), [](auto pair) {
    auto [have, want] = pair;
    return have == 1 || have == want;
  });
}

namespace {

/// (x - mean) * inverse deviation, and x * inverse root mean square.
struct RaiseNormalize : OpRewritePattern<tosa::MulOp> {
  RaiseNormalize(MLIRContext *context, RewriteCount count)
      : OpRewritePattern(context), count(count) {}
  LogicalResult matchAndRewrite(tosa::MulOp op,
                                PatternRewriter &rewriter) const override {
    for (unsigned i : {0u, 1u}) {
      Value x = op->getOperand(i);
      auto inverse = matchInverseDeviation(op->getOperand(1 - i));
      if (!inverse || inverse->squared != x || x.getType() != op.getType())
        continue;
      Value input = matchCentered(x, inverse->axes);
      NormKind kind = input ? NormKind::Deviation : NormKind::Rms;
      LDBG() << op.getLoc() << ": a normalization";
      rewriter.replaceOpWithNewOp<NormalizeOp>(
          op, op.getType(), input ? input : x, Value(), Value(),
          rewriter.getDenseI64ArrayAttr(inverse->axes),
          rewriter.getF32FloatAttr(inverse->epsilon),
          NormKindAttr::get(getContext(), kind));
      ++count;
      return success();
    }
    return failure();
  }
  RewriteCount count;
};

/// x * s + (bias - mean * s) with s = scale * inverse deviation.
struct RaiseMoments : OpRewritePattern<tosa::AddOp> {
  RaiseMoments(MLIRContext *context, RewriteCount count)
      : OpRewritePattern(context), count(count) {}
  LogicalResult matchAndRewrite(tosa::AddOp op,
                                PatternRewriter &rewriter) const override {
    for (unsigned i : {0u, 1u}) {
      auto product = op->getOperand(i).getDefiningOp<tosa::MulOp>();
      auto shift = op->getOperand(1 - i).getDefiningOp<tosa::SubOp>();
      if (product && shift && succeeded(raise(op, product, shift, rewriter)))
        return success();
    }
    return failure();
  }

private:
  LogicalResult raise(tosa::AddOp op, tosa::MulOp product, tosa::SubOp shift,
                      PatternRewriter &rewriter) const {
    auto offset = shift.getInput2().getDefiningOp<tosa::MulOp>();
    if (!offset || !isParameter(shift.getInput1(), op.getType()))
      return failure();
    for (unsigned i : {0u, 1u})
      for (unsigned j : {0u, 1u}) {
        Value x = product->getOperand(i), factor = product->getOperand(1 - i);
        std::optional<RowReduction> mean = matchMean(offset->getOperand(j));
        if (!mean || mean->value != x || offset->getOperand(1 - j) != factor ||
            x.getType() != op.getType())
          continue;
        Value scale, inverse = factor;
        if (auto scaled = factor.getDefiningOp<tosa::MulOp>())
          for (unsigned k : {0u, 1u})
            if (isParameter(scaled->getOperand(k), op.getType())) {
              scale = scaled->getOperand(k);
              inverse = scaled->getOperand(1 - k);
            }
        auto deviation = matchInverseDeviation(inverse);
        if (!deviation || deviation->axes != mean->axes ||
            matchCentered(deviation->squared, mean->axes) != x)
          continue;
        rewriter.replaceOpWithNewOp<NormalizeOp>(
            op, op.getType(), x, scale, shift.getInput1(),
            rewriter.getDenseI64ArrayAttr(mean->axes),
            rewriter.getF32FloatAttr(deviation->epsilon),
            NormKindAttr::get(getContext(), NormKind::Deviation));
        ++count;
        return success();
      }
    return failure();
  }
  RewriteCount count;
};

/// A scale or a bias after a normalization that has none yet; a scale only
/// before there is a bias.
template <typename Op> struct TakeParameter : OpRewritePattern<Op> {
  TakeParameter(MLIRContext *context, RewriteCount count)
      : OpRewritePattern<Op>(context), count(count) {}
  LogicalResult matchAndRewrite(Op op,
                                PatternRewriter &rewriter) const override {
    constexpr bool scales = std::is_same_v<Op, tosa::MulOp>;
    for (unsigned i : {0u, 1u}) {
      auto norm = op->getOperand(i).template getDefiningOp<NormalizeOp>();
      Value parameter = op->getOperand(1 - i);
      if (!norm || !norm->hasOneUse() || norm.getBias() ||
          (scales && norm.getScale()) || norm.getType() != op.getType() ||
          !isParameter(parameter, op.getType()))
        continue;
      rewriter.replaceOpWithNewOp<NormalizeOp>(
          op, op.getType(), norm.getInput(),
          scales ? parameter : norm.getScale(), scales ? Value() : parameter,
          norm.getAxesAttr(), norm.getEpsilonAttr(), norm.getKindAttr());
      ++count;
      return success();
    }
    return failure();
  }
  RewriteCount count;
};

/// A scale of ones and a bias of zeros.
struct DropParameters : OpRewritePattern<NormalizeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(NormalizeOp op,
                                PatternRewriter &rewriter) const override {
    auto isAll = [](Value value, float number) {
      return value && readUniform(value) == number;
    };
    bool scale = isAll(op.getScale(), 1), bias = isAll(op.getBias(), 0);
    if (!scale && !bias)
      return failure();
    rewriter.modifyOpInPlace(op, [&] {
      if (scale)
        op.getScaleMutable().clear();
      if (bias)
        op.getBiasMutable().clear();
    });
    return success();
  }
};

//===----------------------------------------------------------------------===//
// Softmax
//===----------------------------------------------------------------------===//

/// exp(x - max) / sum of these, also without the maximum.
struct RaiseSoftmax : OpRewritePattern<tosa::MulOp> {
  RaiseSoftmax(MLIRContext *context, RewriteCount count)
      : OpRewritePattern(context), count(count) {}
  LogicalResult matchAndRewrite(tosa::MulOp op,
                                PatternRewriter &rewriter) const override {
    for (unsigned i : {0u, 1u}) {
      auto power = op->getOperand(i).getDefiningOp<tosa::ExpOp>();
      auto inverse = op->getOperand(1 - i).getDefiningOp<tosa::ReciprocalOp>();
      if (!power || !inverse || power.getType() != op.getType())
        continue;
      auto sum = matchSum(inverse.getInput1());
      if (!sum || sum->axes.size() != 1 || sum->value != power.getResult())
        continue;
      Value x = power.getInput1();
      if (auto sub = x.getDefiningOp<tosa::SubOp>()) {
        auto most = matchMaximum(sub.getInput2());
        if (most && most->value == sub.getInput1() && most->axes == sum->axes)
          x = sub.getInput1();
      }
      rewriter.replaceOpWithNewOp<SoftmaxOp>(op, op.getType(), x,
                                             sum->axes.front(), false);
      ++count;
      return success();
    }
    return failure();
  }
  RewriteCount count;
};

/// x - max - log(sum of exp(x - max)).
struct RaiseLogSoftmax : OpRewritePattern<tosa::SubOp> {
  RaiseLogSoftmax(MLIRContext *context, RewriteCount count)
      : OpRewritePattern(context), count(count) {}
  LogicalResult matchAndRewrite(tosa::SubOp op,
                                PatternRewriter &rewriter) const override {
    auto moved = op.getInput1().getDefiningOp<tosa::SubOp>();
    auto log = op.getInput2().getDefiningOp<tosa::LogOp>();
    if (!moved || !log || moved.getType() != op.getType())
      return failure();
    auto sum = matchSum(log.getInput1());
    auto most = matchMaximum(moved.getInput2());
    auto power = sum ? sum->value.getDefiningOp<tosa::ExpOp>() : tosa::ExpOp();
    if (!power || !most || power.getInput1() != moved.getResult() ||
        most->value != moved.getInput1() || most->axes != sum->axes ||
        sum->axes.size() != 1)
      return failure();
    rewriter.replaceOpWithNewOp<SoftmaxOp>(op, op.getType(), moved.getInput1(),
                                           sum->axes.front(), true);
    ++count;
    return success();
  }
  RewriteCount count;
};

} // namespace

void lw::populateRaiseRowPatterns(RewritePatternSet &patterns,
                                  RewriteCount normalizations,
                                  RewriteCount softmaxes,
                                  RewriteCount parameters) {
  MLIRContext *context = patterns.getContext();
  patterns.add<RaiseNormalize, RaiseMoments>(context, normalizations);
  patterns.add<TakeParameter<tosa::MulOp>, TakeParameter<tosa::AddOp>>(
      context, parameters);
  patterns.add<DropParameters>(context);
  patterns.add<RaiseSoftmax, RaiseLogSoftmax>(context, softmaxes);
}

namespace {

struct RaiseRowsPass : lw::impl::LwRaiseRowsBase<RaiseRowsPass> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    populateRaiseRowPatterns(patterns, numNormalizations, numSoftmaxes,
                             numParameters);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
