//===- CleanIdentities.cpp - What changes nothing, and pads of zeros
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "ConvWeights.h"
#include "lw/Dialect/IR/Quantization.h"
#include "lw/Transforms/Patterns.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "mlir/Dialect/Tosa/Utils/ConversionUtils.h"

using namespace mlir;
using namespace mlir::lw;

namespace {

struct DropIdentity : OpRewritePattern<tosa::IdentityOp> {
  DropIdentity(MLIRContext *context, RewriteCount count)
      : OpRewritePattern(context), count(count) {}
  LogicalResult matchAndRewrite(tosa::IdentityOp op,
                                PatternRewriter &rewriter) const override {
    if (op.getInput1().getType() != op.getType())
      return failure();
    rewriter.replaceOp(op, op.getInput1());
    ++count;
    return success();
  }
  RewriteCount count;
};

/// x * 1, x + 0 and x - 0, also where the constant is broadcast. A sum with 0
/// differs from x in the sign of a zero only.
template <typename Op> struct DropNeutral : OpRewritePattern<Op> {
  DropNeutral(MLIRContext *context, RewriteCount count)
      : OpRewritePattern<Op>(context), count(count) {}
  LogicalResult matchAndRewrite(Op op,
                                PatternRewriter &rewriter) const override {
    float neutral = isa<tosa::MulOp>(op.getOperation()) ? 1.0f : 0.0f;
    for (unsigned constant : {1u, 0u}) {
      if (isa<tosa::SubOp>(op.getOperation()) && constant == 0)
        continue;
      Value other = op->getOperand(1 - constant);
      if (other.getType() != op.getType() ||
          readUniform(op->getOperand(constant)) != neutral)
        continue;
      rewriter.replaceOp(op, other);
      ++count;
      return success();
    }
    return failure();
  }
  RewriteCount count;
};

/// True for what a convolution pads with: zero, or the integer that stands for
/// it.
static bool holdsZero(Value value, ConvQuantAttr quantization) {
  if (!quantization)
    return readUniform(value) == 0.0f;
  std::optional<std::vector<int32_t>> bytes = readIntegers(value);
  return bytes && bytes->size() == 1 &&
         quantization.getInput().fromByte(static_cast<uint8_t>(
             bytes->front())) == quantization.getInput().getZeroPoint();
}

struct AbsorbPad : OpInterfaceRewritePattern<ConvolutionOpInterface> {
  AbsorbPad(MLIRContext *context, RewriteCount count)
      : OpInterfaceRewritePattern(context), count(count) {}

  LogicalResult matchAndRewrite(ConvolutionOpInterface conv,
                                PatternRewriter &rewriter) const override {
    auto pad = conv.getConvInput().getDefiningOp<tosa::PadOp>();
    if (!pad || !holdsZero(pad.getPadConst(), conv.getConvQuantization()))
      return failure();
    SmallVector<int64_t> amounts;
    if (!tosa::getConstShapeValues(pad.getPadding().getDefiningOp(), amounts) ||
        amounts.size() != 8 || amounts[0] || amounts[1] || amounts[6] ||
        amounts[7] || llvm::any_of(amounts, [](int64_t a) { return a < 0; }))
      return failure();
    std::array<int64_t, 4> padding = conv.getConvGeometry().padding;
    for (unsigned side = 0; side < 4; ++side)
      padding[side] += amounts[2 + side];

    if (auto pointwise = dyn_cast<PointwiseConv2DOp>(conv.getOperation())) {
      // A pointwise convolution has no padding: the general one has.
      rewriter.replaceOpWithNewOp<Conv2DOp>(
          conv, pointwise.getType(), pad.getInput1(), pointwise.getFilter(),
          pointwise.getBias(), pointwise.getResidual(), pointwise.getStrides(),
          padding, ArrayRef<int64_t>{1, 1}, /*groups=*/1,
          pointwise.getActivationAttr(), pointwise.getQuantizationAttr());
    } else {
      rewriter.modifyOpInPlace(conv, [&] {
        conv->setOperand(0, pad.getInput1());
        if (auto op = dyn_cast<Conv2DOp>(conv.getOperation()))
          op.setPadding(padding);
        else if (auto op = dyn_cast<DepthwiseConv2DOp>(conv.getOperation()))
          op.setPadding(padding);
        else
          cast<SeparableConv2DOp>(conv.getOperation()).setPadding(padding);
      });
    }
    ++count;
    return success();
  }
  RewriteCount count;
};

} // namespace

void lw::populateDropIdentityPatterns(RewritePatternSet &patterns,
                                      RewriteCount removed) {
  patterns.add<DropIdentity, DropNeutral<tosa::MulOp>, DropNeutral<tosa::AddOp>,
               DropNeutral<tosa::SubOp>>(patterns.getContext(), removed);
}

void lw::populateAbsorbPadPatterns(RewritePatternSet &patterns,
                                   RewriteCount absorbed) {
  patterns.add<AbsorbPad>(patterns.getContext(), absorbed);
}
