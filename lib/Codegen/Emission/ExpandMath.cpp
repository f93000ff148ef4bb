//===- ExpandMath.cpp - Expand exp and tanh into polynomials
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Codegen/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace mlir::lw {
#define GEN_PASS_DEF_LWEXPANDMATH
#include "lw/Codegen/Passes.h.inc"
} // namespace mlir::lw

using namespace mlir;

namespace {
struct ExpandMath : public lw::impl::LwExpandMathBase<ExpandMath> {
  void runOnOperation() override {
    // Few kernels have any, and the driver folds all operations that it meets.
    WalkResult search = getOperation().walk([](Operation *op) {
      return isa_and_nonnull<math::MathDialect>(op->getDialect())
                 ? WalkResult::interrupt()
                 : WalkResult::advance();
    });
    if (!search.wasInterrupted())
      return;
    RewritePatternSet patterns(&getContext());
    populateMathPolynomialApproximationPatterns(patterns, [](StringRef name) {
      return llvm::is_contained(
          {math::AcosOp::getOperationName(), math::AsinOp::getOperationName(),
           math::AtanOp::getOperationName(), math::CosOp::getOperationName(),
           math::ErfOp::getOperationName(), math::ExpOp::getOperationName(),
           math::LogOp::getOperationName(), math::SinOp::getOperationName(),
           math::TanhOp::getOperationName()},
          name);
    });
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};
} // namespace
