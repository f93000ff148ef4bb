//===- RaiseAffine.cpp - Arithmetic with constants behind convolutions
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Batch normalization has no operation in tosa: it is written as sums,
// differences and products with constants, of which the folding knows nothing.
//
//===----------------------------------------------------------------------===//

#include "../TensorUtils.h"
#include "TosaToLw.h"
#include "lw/Dialect/IR/Constants.h"
#include "lw/Dialect/IR/LwOps.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "mlir/Dialect/Tosa/Utils/ConversionUtils.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace mlir::lw;

static constexpr int32_t kToChannelsFirst[] = {0, 3, 1, 2};

namespace {

/// scale[c] * x + offset[c] of one operation.
struct Step {
  Value x;
  std::vector<double> scale, offset;
};

} // namespace

/// A constant of one element, or of one for each channel: `channel` is the
/// dimension that they have.
static std::optional<std::vector<double>>
readChannels(Value value, unsigned channel, int64_t channels) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  if (!type || !type.hasStaticShape())
    return std::nullopt;
  for (auto [d, extent] : llvm::enumerate(type.getShape()))
    if (extent != 1 && d != channel)
      return std::nullopt;
  std::optional<std::vector<double>> values = readConstantF64(value);
  if (values && values->size() == 1)
    values->resize(channels, values->front());
  return values;
}

static std::optional<Step> matchStep(Value value, unsigned channel,
                                     int64_t channels) {
  Operation *op = value.getDefiningOp();
  if (!isa_and_nonnull<tosa::AddOp, tosa::SubOp, tosa::MulOp>(op))
    return std::nullopt;
  for (unsigned i : {1u, 0u}) {
    Value x = op->getOperand(1 - i);
    std::optional<std::vector<double>> constant =
        x.getType() == value.getType()
            ? readChannels(op->getOperand(i), channel, channels)
            : std::nullopt;
    if (!constant)
      continue;
    Step step{x, std::vector<double>(channels, 1),
              std::vector<double>(channels, 0)};
    if (isa<tosa::MulOp>(op)) {
      step.scale = *constant;
    } else {
      step.offset = *constant;
      if (isa<tosa::SubOp>(op) && i == 0)
        step.scale.assign(channels, -1);
      if (isa<tosa::SubOp>(op) && i == 1)
        for (double &offset : step.offset)
          offset = -offset;
    }
    return step;
  }
  return std::nullopt;
}

namespace {

struct RaiseBatchNorm : RewritePattern {
  RaiseBatchNorm(MLIRContext *context)
      : RewritePattern(MatchAnyOpTypeTag(), /*benefit=*/1, context) {}
  LogicalResult matchAndRewrite(Operation *op,
                                PatternRewriter &rewriter) const override {
    if (!isa<tosa::AddOp, tosa::SubOp, tosa::MulOp>(op))
      return failure();
    auto type = dyn_cast<RankedTensorType>(op->getResult(0).getType());
    if (!type || type.getRank() != 4 || !isa<FloatType>(type.getElementType()))
      return failure();
    for (bool channelsFirst : {false, true}) {
      unsigned channel = channelsFirst ? 1 : 3;
      int64_t channels = type.getDimSize(channel);
      if (ShapedType::isDynamic(channels))
        return failure();
      std::vector<double> scale(channels, 1), offset(channels, 0);
      Value x = op->getResult(0);
      // The last of several raises them all.
      if (x.hasOneUse())
        if (Operation *user = *x.user_begin(); user->getNumResults() == 1)
          if (std::optional<Step> next =
                  matchStep(user->getResult(0), channel, channels);
              next && next->x == x)
            continue;
      // From the last operation to the first: s * (a * x + b) + t.
      while (std::optional<Step> step = matchStep(x, channel, channels)) {
        for (int64_t c = 0; c < channels; ++c) {
          offset[c] += scale[c] * step->offset[c];
          scale[c] *= step->scale[c];
        }
        x = step->x;
        if (!x.hasOneUse())
          break;
      }
      Value source = x;
      if (channelsFirst) {
        auto transposed = x.getDefiningOp<tosa::TransposeOp>();
        if (!transposed || !x.hasOneUse() ||
            transposed.getPerms() != ArrayRef(kToChannelsFirst))
          continue;
        source = transposed.getInput1();
      }
      auto conv = source.getDefiningOp<ConvolutionOpInterface>();
      if (!conv || !source.hasOneUse() || conv.getConvQuantization() ||
          conv.getConvActivation())
        continue;
      NormalRange range(cast<FloatType>(type.getElementType()));
      if (llvm::any_of(scale, [&](double s) { return !range.contains(s); }) ||
          llvm::any_of(offset, [&](double t) { return range.overflows(t); }))
        return rewriter.notifyMatchFailure(op, "factors leave their range");
      auto parameterType =
          RankedTensorType::get(channels, type.getElementType());
      auto parameter = [&](ArrayRef<double> elements) {
        return createConstant(rewriter, op->getLoc(), parameterType, elements);
      };
      std::vector<double> zeros(channels, 0), ones(channels, 1);
      Value result = BatchNormOp::create(
          rewriter, op->getLoc(), source.getType(), source, parameter(scale),
          parameter(offset), parameter(zeros), parameter(ones), APFloat(0.0f));
      if (channelsFirst)
        result = tosa::TransposeOp::create(rewriter, op->getLoc(), type, result,
                                           ArrayRef(kToChannelsFirst));
      rewriter.replaceOp(op, result);
      return success();
    }
    return failure();
  }
};

/// [1, M, K] times a constant [1, K, N], as networks from ONNX have it.
struct RaiseMatMul : OpRewritePattern<tosa::MatMulOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(tosa::MatMulOp op,
                                PatternRewriter &rewriter) const override {
    auto a = dyn_cast<RankedTensorType>(op.getA().getType());
    auto b = dyn_cast<RankedTensorType>(op.getB().getType());
    auto type = dyn_cast<RankedTensorType>(op.getType());
    if (!a || !b || !type || !a.hasStaticShape() || !b.hasStaticShape() ||
        a.getDimSize(0) != 1 || b.getDimSize(0) != 1 ||
        !a.getElementType().isF32() || !type.getElementType().isF32())
      return failure();
    std::optional<std::vector<float>> weights = readConstant(op.getB());
    if (!weights)
      return rewriter.notifyMatchFailure(op, "both factors vary");
    int64_t rows = a.getDimSize(1), inner = a.getDimSize(2),
            columns = b.getDimSize(2);
    Location location = op.getLoc();
    auto reshape = [&](Value value, ArrayRef<int64_t> shape) {
      return tosa::ReshapeOp::create(
                 rewriter, location,
                 RankedTensorType::get(shape, rewriter.getF32Type()), value,
                 tosa::getTosaConstShape(rewriter, location, shape))
          .getResult();
    };
    Value filter = createConstant(rewriter, location, {1, 1, inner, columns},
                                  ArrayRef<float>(*weights));
    auto convType =
        RankedTensorType::get({rows, 1, 1, columns}, rewriter.getF32Type());
    Value result = PointwiseConv2DOp::create(
        rewriter, location, convType, reshape(op.getA(), {rows, 1, 1, inner}),
        filter, Value(), Value(), ArrayRef<int64_t>{1, 1}, ActivationAttr(),
        ConvQuantAttr());
    rewriter.replaceOp(op, reshape(result, {1, rows, columns}));
    return success();
  }
};

} // namespace

void lw::populateRaiseAffinePatterns(RewritePatternSet &patterns) {
  patterns.add<RaiseBatchNorm, RaiseMatMul>(patterns.getContext());
}
