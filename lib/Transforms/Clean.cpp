//===- Clean.cpp - Remove what prediction does not need
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "CleanInterleaves.h"
#include "lw/Dialect/IR/LwOps.h"
#include "lw/Transforms/Passes.h"
#include "lw/Transforms/Patterns.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "mlir/IR/Dominance.h"
#include "mlir/Transforms/CSE.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "llvm/Support/DebugLog.h"

#define DEBUG_TYPE "lw-clean"

namespace mlir::lw {
#define GEN_PASS_DEF_LWCLEAN
#include "lw/Transforms/Passes.h.inc"
} // namespace mlir::lw

using namespace mlir;
using namespace mlir::lw;

static int64_t countOperations(Operation *root) {
  int64_t count = 0;
  root->walk([&](Operation *) { ++count; });
  return count;
}

namespace {

struct CleanPass : lw::impl::LwCleanBase<CleanPass> {
  using Base::Base;

  void runOnOperation() override {
    MLIRContext *context = &getContext();
    func::FuncOp function = getOperation();
    int64_t before = countOperations(function);

    RewritePatternSet patterns(context);
    // The dialects' own: pairs of reshapes, transposes, clamps, slices and
    // concatenations, and the most specific variant of each convolution.
    for (RegisteredOperationName name : context->getRegisteredOperations())
      if (isa<LwDialect, tosa::TosaDialect>(name.getDialect()))
        name.getCanonicalizationPatterns(patterns, context);
    populateDropIdentityPatterns(patterns, numIdentities);
    populateSinkInterleavePatterns(patterns, numMoved);
    if (moveTransposes)
      populateSinkTransposePatterns(patterns, numFoldedTransposes, numMoved);
    if (moveReshapes)
      populateSinkReshapePatterns(patterns, numMoved);
    if (absorbPads)
      populateAbsorbPadPatterns(patterns, numPads);
    FrozenRewritePatternSet frozen(std::move(patterns));

    // Merging equal operations gives patterns that ask for one user new
    // matches, and the other way round.
    bool changed = true;
    while (changed) {
      changed = false;
      // Every pattern ends. Should two ever undo each other, the limit, far
      // above any need, ends them: what they leave is valid, so that failing
      // to converge is no failure of the pass.
      GreedyRewriteConfig config;
      config.setMaxNumRewrites(100 * before + 10000);
      bool converged =
          succeeded(applyPatternsGreedily(function, frozen, config));
      LDBG() << function.getName()
             << (converged ? ": converged" : ": rewrites without end, stopped");
      IRRewriter rewriter(context);
      DominanceInfo dominance(function);
      eliminateCommonSubExpressions(rewriter, dominance, function, &changed);
      changed &= converged;
    }
    numRemoved += std::max<int64_t>(before - countOperations(function), 0);
  }
};

} // namespace
