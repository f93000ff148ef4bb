//===- SplitSeparable.cpp - Separable to depthwise and pointwise
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Dialect/IR/Constants.h"
#include "lw/Dialect/IR/LwOps.h"
#include "lw/Dialect/IR/Precision.h"
#include "lw/Transforms/Passes.h"
#include "lw/Transforms/Patterns.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Transforms/WalkPatternRewriteDriver.h"
#include "llvm/Support/DebugLog.h"

#define DEBUG_TYPE "lw-split-separable"

namespace mlir::lw {
#define GEN_PASS_DEF_LWSPLITSEPARABLE
#include "lw/Transforms/Passes.h.inc"
} // namespace mlir::lw

using namespace mlir;
using namespace mlir::lw;

/// Channels between the two halves, c * T + t of the definition, as type.
static RankedTensorType betweenType(SeparableConv2DOp op, int64_t channels) {
  SmallVector<int64_t> shape(op.getType().getShape());
  shape.back() = channels;
  return RankedTensorType::get(shape, op.getType().getElementType());
}

/// A layer that stays in f32 does so in its parts.
static void copyPrecision(SeparableConv2DOp from, Operation *to) {
  if (Attribute mark = from->getDiscardableAttr(kStaysFloatAttrName))
    to->setDiscardableAttr(kStaysFloatAttrName, mark);
}

static Value createDepthwise(PatternRewriter &rewriter, SeparableConv2DOp op,
                             Value filter, int64_t channels) {
  auto depthwise = DepthwiseConv2DOp::create(
      rewriter, op.getLoc(), betweenType(op, channels), op.getInput(), filter,
      /*bias=*/Value(), /*residual=*/Value(), op.getStrides(), op.getPadding(),
      op.getDilations(), ActivationAttr(), ConvQuantAttr());
  copyPrecision(op, depthwise);
  return depthwise;
}

static void replaceByPointwise(PatternRewriter &rewriter, SeparableConv2DOp op,
                               Value depthwise, Value filter) {
  auto pointwise = PointwiseConv2DOp::create(
      rewriter, op.getLoc(), op.getType(), depthwise, filter, op.getBias(),
      op.getResidual(), ArrayRef<int64_t>{1, 1}, op.getActivationAttr(),
      ConvQuantAttr());
  copyPrecision(op, pointwise);
  rewriter.replaceOp(op, pointwise);
}

/// One depthwise convolution a term; fails when a filter is no constant or
/// there is but one term.
static LogicalResult splitTerms(PatternRewriter &rewriter,
                                SeparableConv2DOp op) {
  std::optional<std::vector<double>> dw =
      readConstantF64(op.getDepthwiseFilter());
  std::optional<std::vector<double>> pw =
      readConstantF64(op.getPointwiseFilter());
  auto dwType = cast<RankedTensorType>(op.getDepthwiseFilter().getType());
  auto pwType = cast<RankedTensorType>(op.getPointwiseFilter().getType());
  int64_t channels = dwType.getDimSize(2), terms = dwType.getDimSize(3);
  int64_t outputs = pwType.getDimSize(3);
  if (!dw || !pw || terms == 1)
    return failure();

  SmallVector<Value> parts;
  SmallVector<int64_t> shape(dwType.getShape());
  shape.back() = 1;
  auto partType = RankedTensorType::get(shape, dwType.getElementType());
  std::vector<double> part(partType.getNumElements()), rows(pw->size());
  for (int64_t t = 0; t < terms; ++t) {
    for (size_t i = 0; i < part.size(); ++i)
      part[i] = (*dw)[i * terms + t];
    parts.push_back(createDepthwise(
        rewriter, op,
        createConstant(rewriter, op.getLoc(), partType, ArrayRef(part)),
        channels));
    for (int64_t c = 0; c < channels; ++c)
      std::copy_n(pw->begin() + (c * terms + t) * outputs, outputs,
                  rows.begin() + (t * channels + c) * outputs);
  }
  Value joined = tosa::ConcatOp::create(rewriter, op.getLoc(),
                                        betweenType(op, channels * terms),
                                        parts, rewriter.getI32IntegerAttr(3));
  replaceByPointwise(
      rewriter, op, joined,
      createConstant(rewriter, op.getLoc(), pwType, ArrayRef(rows)));
  return success();
}

namespace {

struct SplitSeparable : OpRewritePattern<SeparableConv2DOp> {
  SplitSeparable(MLIRContext *context, bool termsApart, RewriteCount count)
      : OpRewritePattern(context), termsApart(termsApart), count(count) {}
  LogicalResult matchAndRewrite(SeparableConv2DOp op,
                                PatternRewriter &rewriter) const override {
    ++count;
    Location location = op.getLoc();
    if (termsApart && succeeded(splitTerms(rewriter, op))) {
      LDBG() << location << ": split, its terms apart";
      return success();
    }
    ArrayRef<int64_t> filter =
        cast<ShapedType>(op.getDepthwiseFilter().getType()).getShape();
    int64_t channels = ShapedType::isDynamic(filter[2] | filter[3])
                           ? ShapedType::kDynamic
                           : filter[2] * filter[3];
    replaceByPointwise(
        rewriter, op,
        createDepthwise(rewriter, op, op.getDepthwiseFilter(), channels),
        op.getPointwiseFilter());
    LDBG() << location << ": split"
           << (termsApart ? "; it has one term, or filters not constant" : "");
    return success();
  }
  bool termsApart;
  RewriteCount count;
};

struct SplitSeparablePass : lw::impl::LwSplitSeparableBase<SplitSeparablePass> {
  using Base::Base;

  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    populateSplitSeparablePatterns(patterns, termsApart, numSplit);
    walkAndApplyPatterns(getOperation(), std::move(patterns));
  }
};

} // namespace

void lw::populateSplitSeparablePatterns(RewritePatternSet &patterns,
                                        bool termsApart, RewriteCount split) {
  patterns.add<SplitSeparable>(patterns.getContext(), termsApart, split);
}
