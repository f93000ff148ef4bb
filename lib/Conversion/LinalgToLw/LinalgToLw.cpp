//===- LinalgToLw.cpp - Raise linalg to lw
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "LinalgToLw.h"
#include "../ReshapeConstant.h"
#include "../TensorUtils.h"
#include "lw/Conversion/Passes.h"
#include "lw/Dialect/IR/LwOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "llvm/Support/DebugLog.h"

#define DEBUG_TYPE "convert-linalg-to-lw"

namespace mlir::lw {
#define GEN_PASS_DEF_CONVERTLINALGTOLW
#include "lw/Conversion/Passes.h.inc"
} // namespace mlir::lw

using namespace mlir;
using namespace mlir::lw;

bool lw::isElementwise(linalg::LinalgOp op) {
  return op && op.hasPureTensorSemantics() && op->getNumResults() == 1 &&
         op.getNumLoops() == op.getNumParallelLoops() &&
         op.getMatchingIndexingMap(op.getDpsInitOperand(0)).isIdentity();
}

/// Readers that are one operation count as one: it may have `value` as its
/// output operand too.
static bool hasOneReader(Value value) {
  return !value.use_empty() &&
         llvm::all_equal(llvm::to_vector(value.getUsers()));
}

Value lw::getChannelsLast(Value value, bool &channelsFirst) {
  auto transposed = value.getDefiningOp<linalg::TransposeOp>();
  channelsFirst = transposed && hasOneReader(value) &&
                  transposed.getPermutation() == ArrayRef(kToChannelsFirst);
  return channelsFirst ? transposed.getInput() : value;
}

OpOperand *lw::findRaisedOperand(linalg::LinalgOp op) {
  auto type = cast<RankedTensorType>(op->getResult(0).getType());
  // An index along an extent of one may be written as 0.
  auto isIdentity = [&](AffineMap map) {
    return map.getNumResults() == map.getNumDims() &&
           llvm::all_of(llvm::enumerate(map.getResults()), [&](auto it) {
             auto zero = dyn_cast<AffineConstantExpr>(it.value());
             return it.value() ==
                        getAffineDimExpr(it.index(), map.getContext()) ||
                    (zero && zero.getValue() == 0 &&
                     type.getDimSize(it.index()) == 1);
           });
  };
  OpOperand *found = nullptr;
  for (OpOperand *operand : op.getDpsInputOperands()) {
    bool channelsFirst;
    Value source = getChannelsLast(operand->get(), channelsFirst);
    Operation *producer = source.getDefiningOp();
    // Accumulators of integers have neither scale nor activation.
    auto conv = dyn_cast_or_null<ConvolutionOpInterface>(producer);
    if (!isa_and_nonnull<ConvolutionOpInterface, BatchNormOp>(producer) ||
        (conv && conv.getConvQuantization()) || !hasOneReader(source) ||
        !hasOneReader(operand->get()) || operand->get().getType() != type ||
        !isIdentity(op.getMatchingIndexingMap(operand)))
      continue;
    if (found)
      return nullptr;
    found = operand;
  }
  return found;
}

namespace {
/// Weights are reshaped before a depthwise convolution and a batch norm.
template <typename Op> struct FoldReshapeOfConstant : OpRewritePattern<Op> {
  using OpRewritePattern<Op>::OpRewritePattern;
  LogicalResult matchAndRewrite(Op op,
                                PatternRewriter &rewriter) const override {
    if (!op.getType().hasStaticShape())
      return failure();
    Value constant = reshapeConstant(rewriter, op.getLoc(), op.getSrc(),
                                     op.getType().getShape());
    if (!constant)
      return failure();
    rewriter.replaceOp(op, constant);
    return success();
  }
};

struct ConvertLinalgToLw : lw::impl::ConvertLinalgToLwBase<ConvertLinalgToLw> {
  void runOnOperation() override {
    MLIRContext *context = &getContext();
    RewritePatternSet convolutions(context);
    convolutions.add<FoldReshapeOfConstant<tensor::CollapseShapeOp>,
                     FoldReshapeOfConstant<tensor::ExpandShapeOp>>(
        context, /*benefit=*/2);
    populateRaiseConvolutionPatterns(convolutions);
    populateWidenConvolutionPatterns(convolutions);
    Conv2DOp::getCanonicalizationPatterns(convolutions, context);
    // Transposes and reshapes between neighbours that were raised cancel.
    linalg::TransposeOp::getCanonicalizationPatterns(convolutions, context);
    tensor::CollapseShapeOp::getCanonicalizationPatterns(convolutions, context);
    tensor::ExpandShapeOp::getCanonicalizationPatterns(convolutions, context);
    if (failed(applyPatternsGreedily(getOperation(), std::move(convolutions))))
      return signalPassFailure();
    LLVM_DEBUG(getOperation()->walk([](linalg::ConvolutionOpInterface op) {
      LDBG() << op.getLoc() << ": " << op->getName() << " is none of lw's";
    }));

    // What is arithmetic beside a convolution is known once all are raised.
    RewritePatternSet arithmetic(context);
    populateRaiseBatchNormPatterns(arithmetic);
    populateRaiseActivationPatterns(arithmetic);
    linalg::TransposeOp::getCanonicalizationPatterns(arithmetic, context);
    if (failed(applyPatternsGreedily(getOperation(), std::move(arithmetic))))
      return signalPassFailure();
  }
};
} // namespace
