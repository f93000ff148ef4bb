//===- DecomposeSeparable.cpp - Separable to depthwise and pointwise
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Dialect/IR/LwOps.h"
#include "lw/Transforms/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/PatternMatch.h"

namespace mlir::lw {
#define GEN_PASS_DEF_LWDECOMPOSESEPARABLE
#include "lw/Transforms/Passes.h.inc"
} // namespace mlir::lw

using namespace mlir;
using namespace mlir::lw;

namespace {

struct DecomposeSeparablePass
    : lw::impl::LwDecomposeSeparableBase<DecomposeSeparablePass> {
  void runOnOperation() override {
    SmallVector<SeparableConv2DOp> convolutions;
    getOperation().walk(
        [&](SeparableConv2DOp op) { convolutions.push_back(op); });
    IRRewriter rewriter(&getContext());
    for (SeparableConv2DOp op : convolutions) {
      rewriter.setInsertionPoint(op);
      ArrayRef<int64_t> filter =
          cast<ShapedType>(op.getDepthwiseFilter().getType()).getShape();
      SmallVector<int64_t> shape(op.getType().getShape());
      shape.back() = ShapedType::isDynamic(filter[2] | filter[3])
                         ? ShapedType::kDynamic
                         : filter[2] * filter[3];
      auto type = RankedTensorType::get(shape, op.getType().getElementType());
      Value depthwise = DepthwiseConv2DOp::create(
          rewriter, op.getLoc(), type, op.getInput(), op.getDepthwiseFilter(),
          /*bias=*/Value(), /*residual=*/Value(), op.getStrides(),
          op.getPadding(), op.getDilations(), ActivationAttr());
      rewriter.replaceOpWithNewOp<PointwiseConv2DOp>(
          op, op.getType(), depthwise, op.getPointwiseFilter(), op.getBias(),
          op.getResidual(), ArrayRef<int64_t>{1, 1}, op.getActivationAttr());
      ++numDecomposed;
    }
  }
};

} // namespace
