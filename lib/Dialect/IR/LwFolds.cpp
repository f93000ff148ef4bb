//===- LwFolds.cpp - Folders and canonicalization patterns
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Dialect/IR/LwOps.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace mlir::lw;

//===----------------------------------------------------------------------===//
// Into the most specific variant
//===----------------------------------------------------------------------===//

/// `filter` with another shape of as many elements, or null when it is not a
/// constant that can be reshaped in place.
static Value reshapeConstant(PatternRewriter &rewriter, Value filter,
                             ArrayRef<int64_t> shape) {
  ElementsAttr value;
  if (!matchPattern(filter, m_Constant(&value)))
    return {};
  auto type = RankedTensorType::get(shape, value.getElementType());
  if (auto dense = dyn_cast<DenseElementsAttr>(value))
    value = dense.reshape(type);
  else if (auto resource = dyn_cast<DenseResourceElementsAttr>(value))
    value = DenseResourceElementsAttr::get(type, resource.getRawHandle());
  else
    return {};
  Operation *constant = filter.getDefiningOp();
  Operation *reshaped = constant->getDialect()->materializeConstant(
      rewriter, value, type, constant->getLoc());
  return reshaped ? reshaped->getResult(0) : Value();
}

namespace {

/// conv_2d with a 1x1 filter, no padding and one group is pointwise.
struct ConvToPointwise : OpRewritePattern<Conv2DOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(Conv2DOp op,
                                PatternRewriter &rewriter) const override {
    ConvGeometry g = op.getConvGeometry();
    if (g.kernelHeight != 1 || g.kernelWidth != 1 || g.hasPadding() ||
        g.groups != 1)
      return failure();
    rewriter.replaceOpWithNewOp<PointwiseConv2DOp>(
        op, op.getType(), op.getInput(), op.getFilter(), op.getBias(),
        op.getResidual(), op.getStrides(), op.getActivationAttr(),
        op.getQuantizationAttr());
    return success();
  }
};

/// conv_2d with as many groups as input channels is depthwise. The filter
/// [KH, KW, 1, C*M] becomes [KH, KW, C, M]: the same elements in the same
/// order, so only constants are rewritten.
struct ConvToDepthwise : OpRewritePattern<Conv2DOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(Conv2DOp op,
                                PatternRewriter &rewriter) const override {
    ConvGeometry g = op.getConvGeometry();
    auto filterType = cast<ShapedType>(op.getFilter().getType());
    // One input channel is a standard convolution just as well; it stays one.
    if (g.groups == 1 || g.inChannels != g.groups ||
        !filterType.hasStaticShape())
      return failure();
    Value filter = reshapeConstant(
        rewriter, op.getFilter(),
        {g.kernelHeight, g.kernelWidth, g.groups, g.outChannels / g.groups});
    if (!filter)
      return failure();
    rewriter.replaceOpWithNewOp<DepthwiseConv2DOp>(
        op, op.getType(), op.getInput(), filter, op.getBias(), op.getResidual(),
        op.getStrides(), op.getPadding(), op.getDilations(),
        op.getActivationAttr(), op.getQuantizationAttr());
    return success();
  }
};

//===----------------------------------------------------------------------===//
// Common to all convolutions
//===----------------------------------------------------------------------===//

/// Dilation along an axis where the kernel has one tap changes nothing.
template <typename Op> struct DropUselessDilation : OpRewritePattern<Op> {
  using OpRewritePattern<Op>::OpRewritePattern;
  LogicalResult matchAndRewrite(Op op,
                                PatternRewriter &rewriter) const override {
    ConvGeometry g = op.getConvGeometry();
    std::array<int64_t, 2> dilations = {
        g.kernelHeight == 1 ? 1 : g.dilations[0],
        g.kernelWidth == 1 ? 1 : g.dilations[1]};
    if (dilations == g.dilations)
      return failure();
    rewriter.modifyOpInPlace(op, [&] { op.setDilations(dilations); });
    return success();
  }
};

/// A bias of zeros is no bias.
template <typename Op> struct DropZeroBias : OpRewritePattern<Op> {
  using OpRewritePattern<Op>::OpRewritePattern;
  LogicalResult matchAndRewrite(Op op,
                                PatternRewriter &rewriter) const override {
    if (!op.getBias() || (!matchPattern(op.getBias(), m_AnyZeroFloat()) &&
                          !matchPattern(op.getBias(), m_Zero())))
      return failure();
    rewriter.modifyOpInPlace(op, [&] { op.getBiasMutable().clear(); });
    return success();
  }
};

/// Two shuffles that undo each other.
struct CancelShuffles : OpRewritePattern<ChannelShuffleOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ChannelShuffleOp op,
                                PatternRewriter &rewriter) const override {
    auto producer = op.getInput().getDefiningOp<ChannelShuffleOp>();
    int64_t channels =
        cast<ShapedType>(op.getInput().getType()).getShape().back();
    if (!producer || ShapedType::isDynamic(channels) ||
        static_cast<int64_t>(producer.getGroups() * op.getGroups()) != channels)
      return failure();
    rewriter.replaceOp(op, producer.getInput());
    return success();
  }
};

} // namespace

void Conv2DOp::getCanonicalizationPatterns(RewritePatternSet &results,
                                           MLIRContext *context) {
  results.add<ConvToPointwise, ConvToDepthwise, DropUselessDilation<Conv2DOp>,
              DropZeroBias<Conv2DOp>>(context);
}

void DepthwiseConv2DOp::getCanonicalizationPatterns(RewritePatternSet &results,
                                                    MLIRContext *context) {
  results.add<DropUselessDilation<DepthwiseConv2DOp>,
              DropZeroBias<DepthwiseConv2DOp>>(context);
}

void PointwiseConv2DOp::getCanonicalizationPatterns(RewritePatternSet &results,
                                                    MLIRContext *context) {
  results.add<DropZeroBias<PointwiseConv2DOp>>(context);
}

void SeparableConv2DOp::getCanonicalizationPatterns(RewritePatternSet &results,
                                                    MLIRContext *context) {
  results.add<DropUselessDilation<SeparableConv2DOp>,
              DropZeroBias<SeparableConv2DOp>>(context);
}

OpFoldResult ChannelShuffleOp::fold(FoldAdaptor) {
  int64_t channels = cast<ShapedType>(getInput().getType()).getShape().back();
  int64_t groups = getGroups();
  if (groups == 1 || groups == channels)
    return getInput();
  return {};
}

void ChannelShuffleOp::getCanonicalizationPatterns(RewritePatternSet &results,
                                                   MLIRContext *context) {
  results.add<CancelShuffles>(context);
}
