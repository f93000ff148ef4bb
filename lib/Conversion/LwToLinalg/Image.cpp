//===- Image.cpp - Lower operations on images
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Image.h"
#include "../TensorUtils.h"
#include "LwToLinalg.h"
#include "lw/Dialect/IR/LwFusedOps.h"
#include "lw/Dialect/IR/LwImageOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace mlir::lw;

namespace {
/// Each place between neighbours is written by itself.
struct LowerInterleave : OpRewritePattern<InterleaveOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(InterleaveOp op,
                                PatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    RankedTensorType type = tensorTypeOf(op.getOutput());
    ArrayRef<int64_t> strides = op.getStrides();
    auto attrs = [&](ArrayRef<int64_t> values) {
      return getAsIndexOpFoldResult(b.getContext(), values);
    };
    Value result =
        tensor::EmptyOp::create(b, type.getShape(), type.getElementType());
    for (int64_t phase = 0; phase < strides[0] * strides[1]; ++phase) {
      auto [number, channel] = op.sourceOf(phase);
      Value input = op.getInputs()[number];
      SmallVector<int64_t> size(tensorTypeOf(input).getShape());
      size[3] = type.getDimSize(3);
      Value part =
          tensor::ExtractSliceOp::create(b, input, attrs({0, 0, 0, channel}),
                                         attrs(size), attrs({1, 1, 1, 1}));
      result = tensor::InsertSliceOp::create(
          b, part, result,
          attrs({0, phase / strides[1], phase % strides[1], 0}), attrs(size),
          attrs({1, strides[0], strides[1], 1}));
    }
    rewriter.replaceOp(op, result);
    return success();
  }
};

/// A loop over the result and, within, over the elements of a sum.
struct LowerInterpolate : OpRewritePattern<InterpolateOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(InterpolateOp op,
                                PatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    RankedTensorType type = tensorTypeOf(op.getOutput());
    int64_t rank = type.getRank();
    // Indices and weights are [extent, taps].
    SmallVector<int64_t> table = {type.getDimSize(op.getAxis()), op.taps()};
    Value indices = arith::ConstantOp::create(
        b, DenseElementsAttr::get(RankedTensorType::get(table, b.getI32Type()),
                                  op.getIndices()));
    Value weights;
    if (!op.getWeights().empty())
      weights = arith::ConstantOp::create(
          b,
          DenseElementsAttr::get(RankedTensorType::get(table, b.getF32Type()),
                                 op.getWeights()));
    Value init =
        tensor::EmptyOp::create(b, type.getShape(), type.getElementType());
    auto generic = linalg::GenericOp::create(
        b, init.getType(), ValueRange(), init,
        AffineMap::getMultiDimIdentityMap(rank, b.getContext()),
        SmallVector<utils::IteratorType>(rank, utils::IteratorType::parallel),
        [&](OpBuilder &nested, Location location, ValueRange) {
          ImplicitLocOpBuilder n(location, nested);
          linalg::YieldOp::create(n, element(n, op, indices, weights));
        });
    rewriter.replaceOp(op, generic.getResults());
    return success();
  }

private:
  /// The element at the indices of the loop around.
  static Value element(ImplicitLocOpBuilder &n, InterpolateOp op, Value indices,
                       Value weights) {
    RankedTensorType type = tensorTypeOf(op.getOutput());
    SmallVector<Value> place;
    for (int64_t i = 0; i < type.getRank(); ++i)
      place.push_back(linalg::IndexOp::create(n, i));
    auto load = [&](ImplicitLocOpBuilder &n, Value tap) -> Value {
      SmallVector<Value> at = place;
      Value &along = at[op.getAxis()];
      SmallVector<Value> entry = {along, tap};
      along = arith::IndexCastOp::create(
          n, n.getIndexType(),
          tensor::ExtractOp::create(n, indices, entry).getResult());
      Value x = tensor::ExtractOp::create(n, op.getInput(), at);
      if (!weights)
        return x;
      Value weight = tensor::ExtractOp::create(n, weights, entry);
      // As all sums of the reference.
      Type wide = n.getF64Type();
      return arith::MulFOp::create(n, castFloat(n, n.getLoc(), x, wide),
                                   castFloat(n, n.getLoc(), weight, wide));
    };
    Value zero = arith::ConstantIndexOp::create(n, 0);
    if (!weights)
      return load(n, zero);
    Value one = arith::ConstantIndexOp::create(n, 1),
          count = arith::ConstantIndexOp::create(n, op.taps());
    Value none = arith::ConstantOp::create(n, n.getF64FloatAttr(0.0));
    auto loop = scf::ForOp::create(
        n, zero, count, one, none,
        [&](OpBuilder &nested, Location location, Value tap, ValueRange sum) {
          ImplicitLocOpBuilder inner(location, nested);
          Value product = load(inner, tap);
          scf::YieldOp::create(
              inner, ValueRange{arith::AddFOp::create(inner, sum[0], product)});
        });
    return castFloat(n, n.getLoc(), loop.getResult(0), type.getElementType());
  }
};

/// The body is what it computes.
struct LowerElementwise : OpRewritePattern<ElementwiseOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ElementwiseOp op,
                                PatternRewriter &rewriter) const override {
    Block &body = op.getBody().front();
    auto yield = cast<YieldOp>(body.getTerminator());
    Value result = yield.getValue();
    if (auto argument = dyn_cast<BlockArgument>(result))
      result = op.getInputs()[argument.getArgNumber()];
    rewriter.eraseOp(yield);
    rewriter.inlineBlockBefore(&body, op, op.getInputs());
    rewriter.replaceOp(op, result);
    return success();
  }
};
} // namespace

void lw::populateImagePatterns(RewritePatternSet &patterns) {
  patterns.add<LowerElementwise, LowerInterleave, LowerInterpolate>(
      patterns.getContext());
}
