//===- TosaToLw.cpp - Raise TOSA convolutions to lw
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// TOSA keeps standard filters as [Cout, KH, KW, Cin]; lw as [KH, KW, Cin,
// Cout]. Constant filters are transposed here, others by a tosa.transpose.
// Depthwise filters have the same layout in both.
//
//===----------------------------------------------------------------------===//

#include "TosaToLw.h"
#include "../TensorUtils.h"
#include "lw/Conversion/Passes.h"
#include "lw/Dialect/IR/Constants.h"
#include "lw/Dialect/IR/LwIndexOps.h"
#include "lw/Dialect/IR/LwOps.h"
#include "lw/Dialect/IR/Quantization.h"
#include "lw/Dialect/IR/TransposedConv.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "mlir/Dialect/Tosa/Transforms/Passes.h"
#include "mlir/Dialect/Tosa/Utils/ConversionUtils.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/TypeUtilities.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "llvm/Support/DebugLog.h"

#define DEBUG_TYPE "convert-tosa-to-lw"

namespace mlir::lw {
#define GEN_PASS_DEF_CONVERTTOSATOLW
#include "lw/Conversion/Passes.h.inc"
} // namespace mlir::lw

using namespace mlir;
using namespace mlir::lw;

/// [Cout, KH, KW, Cin] to [KH, KW, Cin, Cout].
static Value transposeFilter(PatternRewriter &rewriter, Value filter) {
  RankedTensorType from = tensorTypeOf(filter);
  const int32_t permutation[] = {1, 2, 3, 0};
  SmallVector<int64_t> shape, wide;
  for (int32_t dim : permutation) {
    shape.push_back(from.getDimSize(dim));
    wide.push_back(dim);
  }
  auto to = RankedTensorType::get(shape, from.getElementType());
  if (Value constant =
          transposeConstant(rewriter, filter.getLoc(), filter, wide, to))
    return constant;
  return tosa::TransposeOp::create(rewriter, filter.getLoc(), to, filter,
                                   permutation);
}

/// A bias of `channels` elements; TOSA also allows a single one for all
/// channels, which is repeated when it is a constant. Null otherwise.
static Value channelBias(PatternRewriter &rewriter, Value bias,
                         int64_t channels) {
  RankedTensorType type = tensorTypeOf(bias);
  if (type.getDimSize(0) == channels)
    return bias;
  std::optional<std::vector<float>> value = readConstant(bias);
  if (!value || value->size() != 1)
    return {};
  return createConstant(rewriter, bias.getLoc(),
                        RankedTensorType::get(channels, type.getElementType()),
                        std::vector<float>(channels, value->front()));
}

/// TOSA's padding is top, bottom, left, right too.
template <typename Op> static bool hasRaisableTypes(Op op) {
  for (Value value :
       {op.getInput(), op.getWeight(), op.getBias(), op.getOutput()}) {
    auto type = dyn_cast<RankedTensorType>(value.getType());
    if (!type || !isa<FloatType>(type.getElementType()) ||
        type.getElementType() != getElementTypeOrSelf(op.getInput().getType()))
      return false;
  }
  return matchPattern(op.getInputZp(), m_AnyZeroFloat()) &&
         matchPattern(op.getWeightZp(), m_AnyZeroFloat());
}

namespace {
template <typename TosaOp, typename LwOp>
struct RaiseConvolution : OpRewritePattern<TosaOp> {
  using OpRewritePattern<TosaOp>::OpRewritePattern;
  LogicalResult matchAndRewrite(TosaOp op,
                                PatternRewriter &rewriter) const override {
    constexpr bool depthwise = std::is_same_v<LwOp, DepthwiseConv2DOp>;
    if (!hasRaisableTypes(op))
      return rewriter.notifyMatchFailure(op, "not float, or not ranked, or "
                                             "with zero points");
    RankedTensorType filterType = tensorTypeOf(op.getWeight());
    int64_t channels = depthwise
                           ? filterType.getDimSize(2) * filterType.getDimSize(3)
                           : filterType.getDimSize(0);
    if (!filterType.hasStaticShape())
      return rewriter.notifyMatchFailure(op, "filter of unknown shape");
    Value bias = channelBias(rewriter, op.getBias(), channels);
    if (!bias)
      return rewriter.notifyMatchFailure(op, "bias of unknown extent");
    LDBG() << op.getLoc() << ": " << op->getName() << " to "
           << LwOp::getOperationName();
    Value filter = op.getWeight();
    if constexpr (depthwise)
      rewriter.replaceOpWithNewOp<LwOp>(op, op.getType(), op.getInput(), filter,
                                        bias, Value(), op.getStride(),
                                        op.getPad(), op.getDilation(),
                                        ActivationAttr(), ConvQuantAttr());
    else
      rewriter.replaceOpWithNewOp<LwOp>(
          op, op.getType(), op.getInput(), transposeFilter(rewriter, filter),
          bias, Value(), op.getStride(), op.getPad(), op.getDilation(),
          /*groups=*/1, ActivationAttr(), ConvQuantAttr());
    return success();
  }
};

/// Filters are [Cout, KH, KW, Cin]; a positive padding widens the output.
struct RaiseTransposedConvolution : OpRewritePattern<tosa::TransposeConv2DOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(tosa::TransposeConv2DOp op,
                                PatternRewriter &rewriter) const override {
    if (!hasRaisableTypes(op))
      return rewriter.notifyMatchFailure(op, "not float, or not ranked, or "
                                             "with zero points");
    RankedTensorType in = tensorTypeOf(op.getInput()),
                     weights = tensorTypeOf(op.getWeight()),
                     out = tensorTypeOf(op.getOutput());
    if (!in.hasStaticShape() || !out.hasStaticShape())
      return rewriter.notifyMatchFailure(op, "of unknown shape");
    std::optional<std::vector<float>> elements = readConstant(op.getWeight());
    if (!elements || in.getElementType().isF64())
      return rewriter.notifyMatchFailure(op, "filter not constant");
    Value bias = channelBias(rewriter, op.getBias(), weights.getDimSize(0));
    if (!bias)
      return rewriter.notifyMatchFailure(op, "bias of unknown extent");
    TransposedConv conv;
    for (int axis = 0; axis < 2; ++axis) {
      conv.kernel[axis] = weights.getDimSize(axis + 1);
      conv.strides[axis] = op.getStride()[axis];
      conv.cropped[axis] = -op.getOutPad()[2 * axis];
      conv.out[axis] = out.getDimSize(axis + 1);
    }
    int64_t filters = weights.getDimSize(0);
    int64_t pixels = weights.getNumElements() / filters;
    std::vector<float> filter(elements->size());
    for (int64_t f = 0; f < filters; ++f)
      for (int64_t i = 0; i < pixels; ++i)
        filter[i * filters + f] = (*elements)[f * pixels + i];
    rewriter.replaceOp(op,
                       emitTransposedConv(rewriter, op.getLoc(), op.getInput(),
                                          filter, bias, conv));
    return success();
  }
};

/// The rows of a batch that indices say; tuples of them have the place in the
/// batch before.
struct RaiseScatter : OpRewritePattern<tosa::ScatterOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(tosa::ScatterOp op,
                                PatternRewriter &rewriter) const override {
    auto type = dyn_cast<RankedTensorType>(op.getIndices().getType());
    if (!type || !type.hasStaticShape() ||
        !isa<RankedTensorType>(op.getValuesIn().getType()) ||
        !isa<RankedTensorType>(op.getInput().getType()))
      return rewriter.notifyMatchFailure(op, "of unknown shape");
    Location location = op.getLoc();
    int64_t n = type.getDimSize(0), w = type.getDimSize(1);
    std::vector<int32_t> places;
    for (int64_t i = 0; i < n * w; ++i)
      places.push_back(i / w);
    RankedTensorType single = type.clone({n, w, 1});
    Value batch = createIntegers(rewriter, location, single, places);
    Value rows = tosa::ReshapeOp::create(
        rewriter, location, single, op.getIndices(),
        tosa::getTosaConstShape(rewriter, location, {n, w, 1}));
    Value tuples =
        tosa::ConcatOp::create(rewriter, location, type.clone({n, w, 2}),
                               ValueRange{batch, rows}, /*axis=*/2);
    rewriter.replaceOpWithNewOp<ScatterNDOp>(op, op.getType(), op.getValuesIn(),
                                             tuples, op.getInput());
    return success();
  }
};

struct ConvertTosaToLw : lw::impl::ConvertTosaToLwBase<ConvertTosaToLw> {
  void runOnOperation() override {
    MLIRContext *context = &getContext();
    RewritePatternSet patterns(context);
    patterns.add<RaiseConvolution<tosa::Conv2DOp, Conv2DOp>,
                 RaiseConvolution<tosa::DepthwiseConv2DOp, DepthwiseConv2DOp>,
                 RaiseScatter>(context);
    // What lw cannot say so is a convolution of an input with zeros between.
    patterns.add<RaiseTransposedConvolution>(context, /*benefit=*/2);
    tosa::populateTosaDecomposeTransposeConv(context, patterns);
    Conv2DOp::getCanonicalizationPatterns(patterns, context);
    PointwiseConv2DOp::getCanonicalizationPatterns(patterns, context);
    DepthwiseConv2DOp::getCanonicalizationPatterns(patterns, context);
    populateFoldArithmeticPatterns(patterns);
    populateNarrowF64Patterns(patterns);
    populateRaiseIntegersPatterns(patterns);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      return signalPassFailure();

    // What is arithmetic beside a convolution is known once all are raised.
    RewritePatternSet arithmetic(context);
    populateRaiseAffinePatterns(arithmetic);
    if (failed(applyPatternsGreedily(getOperation(), std::move(arithmetic))))
      signalPassFailure();
  }
};
} // namespace
