//===- DecomposeSeparable.cpp - Separable to depthwise and pointwise
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Dialect/IR/Constants.h"
#include "lw/Dialect/IR/LwOps.h"
#include "lw/Transforms/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "mlir/IR/PatternMatch.h"

namespace mlir::lw {
#define GEN_PASS_DEF_LWDECOMPOSESEPARABLE
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

static Value createDepthwise(IRRewriter &rewriter, SeparableConv2DOp op,
                             Value filter, int64_t channels) {
  return DepthwiseConv2DOp::create(
      rewriter, op.getLoc(), betweenType(op, channels), op.getInput(), filter,
      /*bias=*/Value(), /*residual=*/Value(), op.getStrides(), op.getPadding(),
      op.getDilations(), ActivationAttr());
}

static void replaceByPointwise(IRRewriter &rewriter, SeparableConv2DOp op,
                               Value depthwise, Value filter) {
  rewriter.replaceOpWithNewOp<PointwiseConv2DOp>(
      op, op.getType(), depthwise, filter, op.getBias(), op.getResidual(),
      ArrayRef<int64_t>{1, 1}, op.getActivationAttr());
}

/// One depthwise convolution a term; fails when a filter is no constant or
/// there is but one term.
static LogicalResult splitTerms(IRRewriter &rewriter, SeparableConv2DOp op) {
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

struct DecomposeSeparablePass
    : lw::impl::LwDecomposeSeparableBase<DecomposeSeparablePass> {
  using LwDecomposeSeparableBase::LwDecomposeSeparableBase;

  void runOnOperation() override {
    SmallVector<SeparableConv2DOp> convolutions;
    getOperation().walk(
        [&](SeparableConv2DOp op) { convolutions.push_back(op); });
    IRRewriter rewriter(&getContext());
    for (SeparableConv2DOp op : convolutions) {
      rewriter.setInsertionPoint(op);
      ++numDecomposed;
      if (termsApart && succeeded(splitTerms(rewriter, op)))
        continue;
      ArrayRef<int64_t> filter =
          cast<ShapedType>(op.getDepthwiseFilter().getType()).getShape();
      int64_t channels = ShapedType::isDynamic(filter[2] | filter[3])
                             ? ShapedType::kDynamic
                             : filter[2] * filter[3];
      replaceByPointwise(
          rewriter, op,
          createDepthwise(rewriter, op, op.getDepthwiseFilter(), channels),
          op.getPointwiseFilter());
    }
  }
};

} // namespace
