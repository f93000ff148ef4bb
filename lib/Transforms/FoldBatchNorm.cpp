//===- FoldBatchNorm.cpp - Batch norms and scales into convolutions
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "ActivationMatchers.h"
#include "ConvWeights.h"
#include "lw/Dialect/IR/BatchNorm.h"
#include "lw/Dialect/IR/Constants.h"
#include "lw/Transforms/Passes.h"
#include "lw/Transforms/Patterns.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "llvm/Support/DebugLog.h"
#include <cmath>

#define DEBUG_TYPE "lw-fold-batch-norm"

namespace mlir::lw {
#define GEN_PASS_DEF_LWFOLDBATCHNORM
#include "lw/Transforms/Passes.h.inc"
} // namespace mlir::lw

using namespace mlir;
using namespace mlir::lw;

namespace {

/// `scale[c] * input[c] + shift[c]` over channels.
struct Affine {
  Value input;
  std::vector<double> scale, shift;
};

} // namespace

static std::optional<Affine> readAffine(BatchNormOp op) {
  auto scale = readConstant(op.getScale()),
       offset = readConstant(op.getOffset()), mean = readConstant(op.getMean()),
       variance = readConstant(op.getVariance());
  if (!scale || !offset || !mean || !variance)
    return std::nullopt;
  Affine affine{op.getInput(), {}, {}};
  double epsilon = op.getEpsilon().convertToFloat();
  for (size_t c = 0; c < scale->size(); ++c) {
    double s = (*scale)[c] / std::sqrt((*variance)[c] + epsilon);
    affine.scale.push_back(s);
    affine.shift.push_back((*offset)[c] - (*mean)[c] * s);
  }
  return affine;
}

/// A tosa.mul, add or sub with one constant per channel; one operand at least
/// is then no constant.
static std::optional<Affine> readAffine(Operation *op) {
  if (!isa<tosa::MulOp, tosa::AddOp, tosa::SubOp>(op))
    return std::nullopt;
  auto type = dyn_cast<RankedTensorType>(op->getResult(0).getType());
  if (!type || !isa<FloatType>(type.getElementType()))
    return std::nullopt;
  for (unsigned constant : {1u, 0u}) {
    Value input = op->getOperand(1 - constant);
    if (input.getType() != type || isConstantFloat(input))
      continue;
    auto values = readPerChannel(op->getOperand(constant), type);
    if (!values)
      continue;
    std::vector<double> ones(values->size(), 1.0), zeros(values->size(), 0.0);
    if (isa<tosa::MulOp>(op))
      return Affine{input, *values, zeros};
    if (isa<tosa::SubOp>(op)) {
      for (double &v : constant == 1 ? *values : ones)
        v = -v;
    }
    return Affine{input, ones, *values};
  }
  return std::nullopt;
}

/// The convolution that makes `value`, when its weights may absorb an affine
/// function of its result.
static ConvolutionOpInterface absorbingProducer(Value value) {
  auto conv = value.getDefiningOp<ConvolutionOpInterface>();
  if (!conv)
    return {};
  if (!value.hasOneUse() || conv.getConvResidual() ||
      conv.getConvActivation() || !hasConstantWeights(conv)) {
    LDBG() << conv.getLoc()
           << ": takes up nothing: it has another user, a residual, an "
              "activation or weights that are not constant";
    return {};
  }
  return conv;
}

static LogicalResult foldIntoProducer(PatternRewriter &rewriter, Operation *op,
                                      ConvolutionOpInterface conv,
                                      const Affine &affine) {
  rewriter.setInsertionPoint(conv);
  rewriter.startOpModification(conv);
  if (failed(applyToOutput(rewriter, conv, affine.scale, affine.shift))) {
    rewriter.cancelOpModification(conv);
    return rewriter.notifyMatchFailure(op, "weights would leave their range");
  }
  rewriter.finalizeOpModification(conv);
  LDBG() << conv.getLoc() << ": takes up " << op->getName() << " at "
         << op->getLoc();
  rewriter.replaceOp(op, conv->getResult(0));
  return success();
}

namespace {

struct BatchNormIntoConv : OpRewritePattern<BatchNormOp> {
  BatchNormIntoConv(MLIRContext *context, RewriteCount count)
      : OpRewritePattern(context, /*benefit=*/2), count(count) {}
  LogicalResult matchAndRewrite(BatchNormOp op,
                                PatternRewriter &rewriter) const override {
    ConvolutionOpInterface conv = absorbingProducer(op.getInput());
    if (!conv)
      return failure();
    std::optional<Affine> affine = readAffine(op);
    if (!affine || failed(foldIntoProducer(rewriter, op, conv, *affine)))
      return failure();
    ++count;
    return success();
  }
  RewriteCount count;
};

/// What has no convolution before it becomes a multiplication and an addition.
struct BatchNormToAffine : OpRewritePattern<BatchNormOp> {
  BatchNormToAffine(MLIRContext *context, RewriteCount count)
      : OpRewritePattern(context, /*benefit=*/1), count(count) {}
  LogicalResult matchAndRewrite(BatchNormOp op,
                                PatternRewriter &rewriter) const override {
    auto type = dyn_cast<RankedTensorType>(op.getType());
    std::optional<Affine> affine = readAffine(op);
    if (!affine || !type)
      return failure();
    NormalRange range(cast<FloatType>(type.getElementType()));
    for (auto [scale, shift] : llvm::zip(affine->scale, affine->shift))
      if (!range.contains(scale) || range.overflows(shift))
        return rewriter.notifyMatchFailure(op, "factors leave their range");
    auto constant = [&](ArrayRef<double> values) {
      SmallVector<int64_t> shape(type.getRank(), 1);
      shape.back() = values.size();
      return createConstant(rewriter, op.getLoc(),
                            RankedTensorType::get(shape, type.getElementType()),
                            std::vector<float>(values.begin(), values.end()));
    };
    Value result = op.getInput();
    if (llvm::any_of(affine->scale, [](double s) { return s != 1.0; })) {
      auto shiftType = RankedTensorType::get({1}, rewriter.getI8Type());
      Value shift = tosa::ConstOp::create(
          rewriter, op.getLoc(), shiftType,
          DenseElementsAttr::get(shiftType, static_cast<int8_t>(0)));
      result = tosa::MulOp::create(rewriter, op.getLoc(), type, result,
                                   constant(affine->scale), shift);
    }
    if (llvm::any_of(affine->shift, [](double t) { return t != 0.0; }))
      result = tosa::AddOp::create(rewriter, op.getLoc(), type, result,
                                   constant(affine->shift));
    rewriter.replaceOp(op, result);
    ++count;
    return success();
  }
  RewriteCount count;
};

template <typename Op> struct ScaleIntoPreviousConv : OpRewritePattern<Op> {
  ScaleIntoPreviousConv(MLIRContext *context, RewriteCount count)
      : OpRewritePattern<Op>(context), count(count) {}
  LogicalResult matchAndRewrite(Op op,
                                PatternRewriter &rewriter) const override {
    std::optional<Affine> affine = readAffine(op.getOperation());
    if (!affine)
      return failure();
    ConvolutionOpInterface conv = absorbingProducer(affine->input);
    if (!conv || failed(foldIntoProducer(rewriter, op, conv, *affine)))
      return failure();
    ++count;
    return success();
  }
  RewriteCount count;
};

template <typename Op> struct ScaleIntoNextConv : OpRewritePattern<Op> {
  ScaleIntoNextConv(MLIRContext *context, RewriteCount count)
      : OpRewritePattern<Op>(context), count(count) {}
  LogicalResult matchAndRewrite(Op op,
                                PatternRewriter &rewriter) const override {
    if (!op->hasOneUse())
      return failure();
    OpOperand &use = *op->getUses().begin();
    auto conv = dyn_cast<ConvolutionOpInterface>(use.getOwner());
    if (!conv || use.getOperandNumber() != 0 || !hasConstantWeights(conv))
      return failure();
    if (matchActivation(op))
      return rewriter.notifyMatchFailure(
          op, "it ends an activation, which the layer before it takes up");
    std::optional<Affine> affine = readAffine(op.getOperation());
    if (!affine)
      return failure();
    bool shifts = llvm::any_of(affine->shift, [](double t) { return t != 0; });
    if (shifts && conv.getConvGeometry().hasPadding())
      return rewriter.notifyMatchFailure(op,
                                         "the convolution after it pads with "
                                         "zeros, which a shift would change");
    rewriter.setInsertionPoint(conv);
    rewriter.startOpModification(conv);
    if (failed(applyToInput(rewriter, conv, affine->scale, affine->shift))) {
      rewriter.cancelOpModification(conv);
      return rewriter.notifyMatchFailure(op, "weights would leave their range");
    }
    rewriter.finalizeOpModification(conv);
    LDBG() << conv.getLoc() << ": takes up " << op->getName()
           << " before it at " << op.getLoc();
    rewriter.replaceOp(op, affine->input);
    ++count;
    return success();
  }
  RewriteCount count;
};

} // namespace

void lw::populateFoldIntoPreviousPatterns(RewritePatternSet &patterns,
                                          RewriteCount folded,
                                          RewriteCount affine,
                                          RewriteCount scales) {
  MLIRContext *context = patterns.getContext();
  patterns.add<BatchNormIntoConv>(context, folded);
  patterns.add<BatchNormToAffine>(context, affine);
  patterns.add<ScaleIntoPreviousConv<tosa::MulOp>,
               ScaleIntoPreviousConv<tosa::AddOp>,
               ScaleIntoPreviousConv<tosa::SubOp>>(context, scales);
}

void lw::populateFoldIntoNextPatterns(RewritePatternSet &patterns,
                                      RewriteCount scales) {
  patterns.add<ScaleIntoNextConv<tosa::MulOp>, ScaleIntoNextConv<tosa::AddOp>,
               ScaleIntoNextConv<tosa::SubOp>>(patterns.getContext(), scales);
}

namespace {

struct FoldBatchNormPass : lw::impl::LwFoldBatchNormBase<FoldBatchNormPass> {
  void runOnOperation() override {
    bool bad = false;
    getOperation().walk(
        [&](BatchNormOp op) { bad |= failed(checkParameters(op)); });
    if (bad)
      return signalPassFailure();

    // The convolution before a scale is preferred to the one after it, so all
    // of the former first.
    MLIRContext *context = &getContext();
    RewritePatternSet before(context), after(context);
    populateFoldIntoPreviousPatterns(before, numFolded, numAffine,
                                     numScalesBefore);
    populateFoldIntoNextPatterns(after, numScalesAfter);
    if (failed(applyPatternsGreedily(getOperation(), std::move(before))) ||
        failed(applyPatternsGreedily(getOperation(), std::move(after))))
      return signalPassFailure();
  }
};

} // namespace
