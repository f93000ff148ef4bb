//===- FuseEpilogue.cpp - Bias, residual and activation into convolutions
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "ActivationMatchers.h"
#include "ConvWeights.h"
#include "lw/Dialect/IR/Constants.h"
#include "lw/Transforms/Passes.h"
#include "lw/Transforms/Patterns.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "llvm/Support/DebugLog.h"

#define DEBUG_TYPE "lw-fuse-epilogue"

namespace mlir::lw {
#define GEN_PASS_DEF_LWFUSEEPILOGUE
#include "lw/Transforms/Passes.h.inc"
} // namespace mlir::lw

using namespace mlir;
using namespace mlir::lw;

/// The convolution that makes `value` and may still take something up after it
/// in the block of `user`.
static ConvolutionOpInterface openProducer(Value value, Operation *user) {
  auto conv = value.getDefiningOp<ConvolutionOpInterface>();
  if (!conv || conv.getConvActivation() || conv->getBlock() != user->getBlock())
    return {};
  return conv;
}

namespace {

/// conv + c and conv - c, with one value per channel. A bias may join after a
/// residual, as both come before the activation.
template <typename Op> struct FuseBias : OpRewritePattern<Op> {
  FuseBias(MLIRContext *context, RewriteCount count)
      : OpRewritePattern<Op>(context, /*benefit=*/2), count(count) {}
  LogicalResult matchAndRewrite(Op op,
                                PatternRewriter &rewriter) const override {
    bool subtracts = isa<tosa::SubOp>(op.getOperation());
    for (unsigned constant : {1u, 0u}) {
      Value result = op->getOperand(1 - constant);
      ConvolutionOpInterface conv = openProducer(result, op);
      if (!conv || conv.getConvQuantization() || !result.hasOneUse() ||
          result.getType() != op.getType() || (subtracts && constant == 0) ||
          (conv.getConvBias() && !isConstantFloat(conv.getConvBias())))
        continue;
      auto values = readPerChannel(op->getOperand(constant),
                                   cast<RankedTensorType>(op.getType()));
      if (!values)
        continue;
      for (double &v : *values)
        v = subtracts ? -v : v;
      rewriter.setInsertionPoint(conv);
      rewriter.startOpModification(conv);
      if (failed(applyToOutput(rewriter, conv,
                               std::vector<double>(values->size(), 1.0),
                               *values))) {
        rewriter.cancelOpModification(conv);
        continue;
      }
      rewriter.finalizeOpModification(conv);
      LDBG() << conv.getLoc() << ": takes up the bias at " << op.getLoc();
      rewriter.replaceOp(op, conv->getResult(0));
      ++count;
      return success();
    }
    return failure();
  }
  RewriteCount count;
};

struct FuseResidual : OpRewritePattern<tosa::AddOp> {
  FuseResidual(MLIRContext *context, RewriteCount count)
      : OpRewritePattern(context, /*benefit=*/1), count(count) {}
  LogicalResult matchAndRewrite(tosa::AddOp op,
                                PatternRewriter &rewriter) const override {
    // The later convolution takes the other, so that the sum is not delayed.
    ConvolutionOpInterface chosen;
    Value residual;
    for (unsigned i : {0u, 1u}) {
      Value result = op->getOperand(i), other = op->getOperand(1 - i);
      ConvolutionOpInterface conv = openProducer(result, op);
      // The residual of integers has parameters, accumulators have none.
      if (!conv || conv.getConvQuantization() || !result.hasOneUse() ||
          conv.getConvResidual() || result.getType() != op.getType() ||
          other.getType() != op.getType())
        continue;
      if (chosen && conv->isBeforeInBlock(chosen))
        continue;
      chosen = conv;
      residual = other;
    }
    if (!chosen)
      return failure();
    LDBG() << chosen.getLoc() << ": its residual is the other operand of "
           << op.getLoc();
    // Everything the convolution needs stands before it, the residual only
    // before the addition.
    rewriter.moveOpBefore(chosen, op);
    rewriter.modifyOpInPlace(chosen, [&] { chosen.setConvResidual(residual); });
    rewriter.replaceOp(op, chosen->getResult(0));
    ++count;
    return success();
  }
  RewriteCount count;
};

struct FuseActivation : RewritePattern {
  FuseActivation(MLIRContext *context, RewriteCount count)
      : RewritePattern(MatchAnyOpTypeTag(), /*benefit=*/3, context),
        count(count) {}
  LogicalResult matchAndRewrite(Operation *op,
                                PatternRewriter &rewriter) const override {
    std::optional<ActivationMatch> match = matchActivation(op);
    if (!match)
      return failure();
    ConvolutionOpInterface conv = openProducer(match->input, op);
    if (!conv || match->input.getType() != op->getResult(0).getType() ||
        getElementTypeOrSelf(match->input).isInteger(32))
      return failure();
    if (!match->isIsolated(op))
      return rewriter.notifyMatchFailure(
          op, "what comes before the activation is used elsewhere too");
    LDBG() << conv.getLoc() << ": takes up the activation "
           << match->activation;
    rewriter.modifyOpInPlace(
        conv, [&] { conv.setConvActivation(match->activation); });
    rewriter.replaceOp(op, conv->getResult(0));
    ++count;
    return success();
  }
  RewriteCount count;
};

} // namespace

void lw::populateFuseEpiloguePatterns(RewritePatternSet &patterns,
                                      RewriteCount biases,
                                      RewriteCount residuals,
                                      RewriteCount activations) {
  MLIRContext *context = patterns.getContext();
  patterns.add<FuseBias<tosa::AddOp>, FuseBias<tosa::SubOp>>(context, biases);
  patterns.add<FuseResidual>(context, residuals);
  patterns.add<FuseActivation>(context, activations);
}

namespace {

struct FuseEpiloguePass : lw::impl::LwFuseEpilogueBase<FuseEpiloguePass> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    populateFuseEpiloguePatterns(patterns, numBiases, numResiduals,
                                 numActivations);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
