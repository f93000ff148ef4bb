//===- LinalgToLw.cpp - Raise linalg to lw
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "LinalgToLw.h"
#include "lw/Conversion/Passes.h"
#include "lw/Dialect/IR/LwOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace mlir::lw {
#define GEN_PASS_DEF_CONVERTLINALGTOLW
#include "lw/Conversion/Passes.h.inc"
} // namespace mlir::lw

using namespace mlir;
using namespace mlir::lw;

namespace {
struct ConvertLinalgToLw : lw::impl::ConvertLinalgToLwBase<ConvertLinalgToLw> {
  void runOnOperation() override {
    MLIRContext *context = &getContext();
    RewritePatternSet convolutions(context);
    populateRaiseConvolutionPatterns(convolutions);
    Conv2DOp::getCanonicalizationPatterns(convolutions, context);
    // Transposes and reshapes between neighbours that were raised cancel.
    linalg::TransposeOp::getCanonicalizationPatterns(convolutions, context);
    tensor::CollapseShapeOp::getCanonicalizationPatterns(convolutions, context);
    tensor::ExpandShapeOp::getCanonicalizationPatterns(convolutions, context);
    if (failed(applyPatternsGreedily(getOperation(), std::move(convolutions))))
      return signalPassFailure();

    // What is arithmetic beside a convolution is known once all are raised.
    RewritePatternSet arithmetic(context);
    populateRaiseBatchNormPatterns(arithmetic);
    linalg::TransposeOp::getCanonicalizationPatterns(arithmetic, context);
    if (failed(applyPatternsGreedily(getOperation(), std::move(arithmetic))))
      return signalPassFailure();
  }
};
} // namespace
