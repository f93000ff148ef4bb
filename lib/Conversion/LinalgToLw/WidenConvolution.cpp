//===- WidenConvolution.cpp - Convolutions of rows as those of images
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "../TensorUtils.h"
#include "LinalgToLw.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace mlir::lw;

namespace {

/// A convolution of rows as one of images that are one row high.
struct WidenConvolution : OpInterfaceRewritePattern<linalg::LinalgOp> {
  using OpInterfaceRewritePattern::OpInterfaceRewritePattern;

  /// The new dimension is beside the last, or before the last of the two.
  static Value widen(ImplicitLocOpBuilder &b, Value value, unsigned dim) {
    if (auto fill = value.getDefiningOp<linalg::FillOp>();
        fill && isZeroTensor(value)) {
      SmallVector<OpFoldResult> sizes =
          tensor::getMixedSizes(b, b.getLoc(), value);
      sizes.insert(sizes.begin() + dim, b.getIndexAttr(1));
      Value empty = tensor::EmptyOp::create(
          b, sizes, tensorTypeOf(value).getElementType());
      return linalg::FillOp::create(b, fill.getInputs()[0], empty).getResult(0);
    }
    // A pad of the rows is one of the images.
    auto pad = value.getDefiningOp<tensor::PadOp>();
    if (pad && pad.getConstantPaddingValue()) {
      SmallVector<OpFoldResult> low = pad.getMixedLowPad(),
                                high = pad.getMixedHighPad();
      low.insert(low.begin() + dim, b.getIndexAttr(0));
      high.insert(high.begin() + dim, b.getIndexAttr(0));
      return tensor::PadOp::create(b, Type(), widen(b, pad.getSource(), dim),
                                   low, high, pad.getConstantPaddingValue());
    }
    // The vector of a bias stays one.
    if (auto bias = value.getDefiningOp<linalg::BroadcastOp>();
        bias && tensorTypeOf(bias.getInput()).getRank() == 1) {
      SmallVector<int64_t> kept;
      unsigned channel = 3;
      for (unsigned d = 0; d < 3; ++d)
        if (!llvm::is_contained(bias.getDimensions(), d))
          channel = d < dim ? d : d + 1;
      for (unsigned d = 0; d < 4; ++d)
        if (d != channel)
          kept.push_back(d);
      SmallVector<OpFoldResult> sizes =
          tensor::getMixedSizes(b, b.getLoc(), value);
      sizes.insert(sizes.begin() + dim, b.getIndexAttr(1));
      Value empty = tensor::EmptyOp::create(
          b, sizes, tensorTypeOf(value).getElementType());
      return linalg::BroadcastOp::create(b, bias.getInput(), empty, kept)
          ->getResult(0);
    }
    return splitDimension(b, value, dim, 1,
                          tensorTypeOf(value).getDimSize(dim));
  }

  LogicalResult matchAndRewrite(linalg::LinalgOp op,
                                PatternRewriter &rewriter) const override {
    bool first =
        isa<linalg::Conv1DNcwFcwOp, linalg::DepthwiseConv1DNcwCwOp>(op);
    bool last = isa<linalg::Conv1DNwcWcfOp, linalg::DepthwiseConv1DNwcWcOp>(op);
    if ((!first && !last) || !op.hasPureTensorSemantics())
      return failure();
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    bool depthwise =
        isa<linalg::DepthwiseConv1DNcwCwOp, linalg::DepthwiseConv1DNwcWcOp>(op);
    unsigned row = first ? 2 : 1;
    Value input = widen(b, op->getOperand(0), row);
    Value filter = splitDimension(b, op->getOperand(1),
                                  !first      ? 0
                                  : depthwise ? 1
                                              : 2,
                                  1,
                                  tensorTypeOf(op->getOperand(1))
                                      .getDimSize(!first      ? 0
                                                  : depthwise ? 1
                                                              : 2));
    Value init = widen(b, op->getOperand(2), row);
    auto pair = [&](StringRef name) {
      auto attribute = op->getAttrOfType<DenseIntElementsAttr>(name);
      int64_t value = attribute ? *attribute.value_begin<int64_t>() : 1;
      return b.getI64TensorAttr({1, value});
    };
    auto create = [&](auto tag) -> Value {
      using Op = decltype(tag);
      return Op::create(b, init.getType(), ValueRange{input, filter}, init,
                        pair("strides"), pair("dilations"))
          .getResult(0);
    };
    Value result = first ? depthwise
                               ? create(linalg::DepthwiseConv2DNchwChwOp())
                               : create(linalg::Conv2DNchwFchwOp())
                   : depthwise ? create(linalg::DepthwiseConv2DNhwcHwcOp())
                               : create(linalg::Conv2DNhwcHwcfOp());
    rewriter.replaceOp(op, mergeDimensions(b, result, row));
    return success();
  }
};

} // namespace

void lw::populateWidenConvolutionPatterns(RewritePatternSet &patterns) {
  patterns.add<WidenConvolution>(patterns.getContext());
}
