//===- FuseQuantization.cpp - Float operations between integers
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "ActivationMatchers.h"
#include "ConvWeights.h"
#include "QuantizedTables.h"
#include "lw/Dialect/IR/Constants.h"
#include "lw/Dialect/IR/Quantization.h"
#include "lw/Transforms/IntegerAverage.h"
#include "lw/Transforms/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include <cmath>

namespace mlir::lw {
#define GEN_PASS_DEF_LWFUSEQUANTIZATION
#include "lw/Transforms/Passes.h.inc"
} // namespace mlir::lw

using namespace mlir;
using namespace mlir::lw;

/// True for a ratio of scales that integers may be multiplied by, as the
/// operations verify.
static bool isMultiplier(float value) {
  return std::isnormal(value) && value > 0 && value <= 0x1p64f;
}

namespace {

/// quantize(dequantize(x)).
struct MeetDequantize : OpRewritePattern<QuantizeOp> {
  MeetDequantize(MLIRContext *context, RewriteCount count)
      : OpRewritePattern(context, /*benefit=*/4), count(count) {}
  LogicalResult matchAndRewrite(QuantizeOp op,
                                PatternRewriter &rewriter) const override {
    auto dequantize = op.getInput().getDefiningOp<DequantizeOp>();
    if (!dequantize)
      return failure();
    QuantAttr from = dequantize.getQuantization(), to = op.getQuantization();
    if (!isMultiplier(scaleRatio(from.getScaleValue(), to.getScaleValue())))
      return failure();
    if (from == to)
      rewriter.replaceOp(op, dequantize.getInput());
    else
      rewriter.replaceOpWithNewOp<RequantizeOp>(
          op, op.getType(), dequantize.getInput(), from, to);
    ++count;
    return success();
  }
  RewriteCount count;
};

/// The bytes of a constant.
struct QuantizeConstant : OpRewritePattern<QuantizeOp> {
  QuantizeConstant(MLIRContext *context, RewriteCount count)
      : OpRewritePattern(context), count(count) {}
  LogicalResult matchAndRewrite(QuantizeOp op,
                                PatternRewriter &rewriter) const override {
    auto reals = readConstant(op.getInput());
    if (!reals)
      return failure();
    std::vector<int32_t> bytes;
    for (float real : *reals)
      bytes.push_back(
          static_cast<int32_t>(op.getQuantization().quantize(real)));
    rewriter.replaceOp(op, createIntegers(rewriter, op.getLoc(),
                                          cast<RankedTensorType>(op.getType()),
                                          bytes));
    ++count;
    return success();
  }
  RewriteCount count;
};

//===----------------------------------------------------------------------===//
// Convolutions
//===----------------------------------------------------------------------===//

/// quantize(act(conv)) of integers.
struct FuseConvResult : OpRewritePattern<QuantizeOp> {
  FuseConvResult(MLIRContext *context, RewriteCount count)
      : OpRewritePattern(context, /*benefit=*/3), count(count) {}

  LogicalResult matchAndRewrite(QuantizeOp op,
                                PatternRewriter &rewriter) const override {
    Value result = op.getInput();
    ActivationAttr activation;
    if (auto clamp = result.getDefiningOp<tosa::ClampOp>()) {
      std::optional<ActivationMatch> match = matchActivation(clamp);
      if (!match || !clamp->hasOneUse())
        return failure();
      activation = match->activation;
      result = match->input;
    }
    auto conv = result.getDefiningOp<ConvolutionOpInterface>();
    if (!conv || !conv.getConvQuantization() || !result.hasOneUse() ||
        !getElementTypeOrSelf(result).isF32())
      return failure();
    if (conv.getConvActivation()) {
      if (activation)
        return failure();
      activation = conv.getConvActivation();
    }
    if (activation && activation.getKind() != ActivationKind::Relu &&
        activation.getKind() != ActivationKind::Clamp)
      return failure();
    DequantizeOp residual;
    if (conv.getConvResidual()) {
      residual = conv.getConvResidual().getDefiningOp<DequantizeOp>();
      if (!residual)
        return rewriter.notifyMatchFailure(op, "the residual is float");
    }
    ConvQuantAttr quant = conv.getConvQuantization();
    QuantAttr output = op.getQuantization();
    QuantAttr added = residual ? residual.getQuantization() : QuantAttr();
    if (!hasNormalMultipliers(quant, output, added))
      return failure();
    rewriter.modifyOpInPlace(conv, [&] {
      conv->setAttr("quantization",
                    ConvQuantAttr::get(getContext(), quant.getInput(),
                                       quant.getFilter(), output, added));
      conv.setConvActivation(activation);
      if (residual)
        conv.setConvResidual(residual.getInput());
      conv->getResult(0).setType(cast<RankedTensorType>(op.getType()));
    });
    rewriter.replaceOp(op, result);
    ++count;
    return success();
  }

  static bool hasNormalMultipliers(ConvQuantAttr quant, QuantAttr output,
                                   QuantAttr residual) {
    float scale = output.getScaleValue();
    for (float filter : quant.getFilter().asArrayRef())
      if (!isMultiplier(
              scaleRatio(quant.getInput().getScaleValue(), filter, scale)))
        return false;
    return !residual ||
           isMultiplier(scaleRatio(residual.getScaleValue(), scale));
  }

  RewriteCount count;
};

/// A float convolution of a dequantized input and a dequantized constant.
struct FuseConvOperands : OpInterfaceRewritePattern<ConvolutionOpInterface> {
  FuseConvOperands(MLIRContext *context, RewriteCount count)
      : OpInterfaceRewritePattern(context), count(count) {}

  LogicalResult matchAndRewrite(ConvolutionOpInterface conv,
                                PatternRewriter &rewriter) const override {
    auto input = conv.getConvInput().getDefiningOp<DequantizeOp>();
    if (!input || conv.getConvFilters().size() != 1)
      return failure();
    auto filter = conv.getConvFilters().front().getDefiningOp<DequantizeOp>();
    auto bytes = filter ? readIntegers(filter.getInput()) : std::nullopt;
    if (!bytes)
      return failure();
    QuantAttr weights = filter.getQuantization();
    for (int32_t &byte : *bytes) {
      byte = static_cast<int32_t>(weights.fromByte(static_cast<uint8_t>(byte)) -
                                  weights.getZeroPoint());
      if (byte < -128 || byte > 127)
        return rewriter.notifyMatchFailure(
            conv, "a weight less its zero point needs more than 8 bits");
    }
    float step =
        input.getQuantization().getScaleValue() * weights.getScaleValue();
    Value bias = conv.getConvBias();
    std::vector<int32_t> steps;
    if (bias) {
      auto reals = readConstant(bias);
      if (!reals || !std::isnormal(step))
        return failure();
      for (float real : *reals) {
        double value = std::nearbyint(static_cast<double>(real) / step);
        if (!(std::abs(value) <= 2147483647.0))
          return rewriter.notifyMatchFailure(conv, "the bias exceeds i32");
        steps.push_back(static_cast<int32_t>(value));
      }
      bias = createIntegers(
          rewriter, bias.getLoc(),
          RankedTensorType::get({static_cast<int64_t>(steps.size())},
                                rewriter.getI32Type()),
          steps);
    }
    auto type = cast<RankedTensorType>(filter.getInput().getType());
    Value integers = createIntegers(rewriter, filter.getLoc(), type, *bytes);
    std::vector<float> scales(conv.getConvGeometry().outChannels,
                              weights.getScaleValue());
    rewriter.modifyOpInPlace(conv, [&] {
      conv->setOperand(0, input.getInput());
      conv->setOperand(1, integers);
      if (bias)
        conv.setConvBias(bias);
      conv->setAttr("quantization",
                    ConvQuantAttr::get(getContext(), input.getQuantization(),
                                       rewriter.getDenseF32ArrayAttr(scales),
                                       QuantAttr(), QuantAttr()));
    });
    ++count;
    return success();
  }

  RewriteCount count;
};

struct FuseAveragePool : OpRewritePattern<tosa::AvgPool2dOp> {
  FuseAveragePool(MLIRContext *context, RewriteCount count)
      : OpRewritePattern(context), count(count) {}
  LogicalResult matchAndRewrite(tosa::AvgPool2dOp op,
                                PatternRewriter &rewriter) const override {
    auto input = op.getInput().getDefiningOp<DequantizeOp>();
    if (!input || !input.getType().hasStaticShape() ||
        !op.getType().hasStaticShape())
      return failure();
    rewriter.replaceOp(op, createIntegerAverage(rewriter, op, input.getInput(),
                                                input.getQuantization(),
                                                /*to=*/QuantAttr()));
    ++count;
    return success();
  }
  RewriteCount count;
};

/// The sum over height and width, times one number: a mean of ONNX.
struct FuseSpatialMean : OpRewritePattern<tosa::MulOp> {
  FuseSpatialMean(MLIRContext *context, RewriteCount count)
      : OpRewritePattern(context, /*benefit=*/2), count(count) {}
  LogicalResult matchAndRewrite(tosa::MulOp op,
                                PatternRewriter &rewriter) const override {
    std::optional<float> factor = readUniform(op.getInput2());
    auto outer = op.getInput1().getDefiningOp<tosa::ReduceSumOp>();
    auto inner = outer ? outer.getInput().getDefiningOp<tosa::ReduceSumOp>()
                       : tosa::ReduceSumOp();
    auto input =
        inner ? inner.getInput().getDefiningOp<DequantizeOp>() : DequantizeOp();
    if (!factor || !(*factor > 0) || !std::isnormal(*factor) || !input ||
        op.getType() != outer.getType() || input.getType().getRank() != 4 ||
        !input.getType().hasStaticShape() ||
        std::min(inner.getAxis(), outer.getAxis()) != 1 ||
        std::max(inner.getAxis(), outer.getAxis()) != 2)
      return failure();
    int64_t kernel[] = {input.getType().getDimSize(1),
                        input.getType().getDimSize(2)};
    rewriter.replaceOp(
        op, createWindowSum(rewriter, op.getLoc(), input.getInput(),
                            input.getQuantization(), kernel, /*strides=*/{1, 1},
                            /*padding=*/{0, 0, 0, 0}, *factor,
                            /*to=*/QuantAttr()));
    ++count;
    return success();
  }
  RewriteCount count;
};

//===----------------------------------------------------------------------===//
// Element-wise operations
//===----------------------------------------------------------------------===//

/// quantize(add(dequantize(a), dequantize(b))), and mul.
template <typename From, typename To>
struct FuseBinary : OpRewritePattern<QuantizeOp> {
  FuseBinary(MLIRContext *context, RewriteCount count)
      : OpRewritePattern<QuantizeOp>(context), count(count) {}
  LogicalResult matchAndRewrite(QuantizeOp op,
                                PatternRewriter &rewriter) const override {
    auto binary = op.getInput().getDefiningOp<From>();
    if (!binary)
      return failure();
    auto lhs = binary.getInput1().template getDefiningOp<DequantizeOp>();
    auto rhs = binary.getInput2().template getDefiningOp<DequantizeOp>();
    if (!lhs || !rhs)
      return failure();
    QuantAttr left = lhs.getQuantization(), right = rhs.getQuantization();
    if (!hasMultipliers(left.getScaleValue(), right.getScaleValue(),
                        op.getQuantization().getScaleValue()))
      return rewriter.notifyMatchFailure(op, "scales too far apart");
    Value addend = rhs.getInput();
    if (isa<tosa::SubOp>(binary.getOperation())) {
      // Bytes in reverse stand for the negative numbers.
      int64_t sum = right.least() + right.greatest();
      addend =
          LookupOp::create(rewriter, op.getLoc(), addend.getType(), addend,
                           tabulate(right, [&](int64_t x) { return sum - x; }));
      right = QuantAttr::get(op.getContext(), right.getIsUnsigned(),
                             right.getScale(), sum - right.getZeroPoint());
    }
    rewriter.replaceOpWithNewOp<To>(op, op.getType(), lhs.getInput(), addend,
                                    left, right, op.getQuantization());
    ++count;
    return success();
  }

  /// A mask of the least float leaves no bits to what it is added to.
  static bool hasMultipliers(float lhs, float rhs, float out) {
    if (std::is_same_v<To, MulOp>)
      return isMultiplier(scaleRatio(lhs, rhs, out));
    return isMultiplier(scaleRatio(lhs, out)) &&
           isMultiplier(scaleRatio(rhs, out));
  }

  RewriteCount count;
};

} // namespace

void lw::populateFuseQuantizationPatterns(RewritePatternSet &patterns,
                                          RewriteCount fused,
                                          RewriteCount moved) {
  patterns
      .add<MeetDequantize, QuantizeConstant, FuseConvResult, FuseConvOperands,
           FuseAveragePool, FuseSpatialMean, FuseBinary<tosa::AddOp, AddOp>,
           FuseBinary<tosa::SubOp, AddOp>, FuseBinary<tosa::MulOp, MulOp>>(
          patterns.getContext(), fused);
  populateTabulatePatterns(patterns, fused);
  populateMoveQuantizationPatterns(patterns, moved);
}

/// What is left of dequantized constants are floats.
static void foldConstants(func::FuncOp function) {
  function.walk([](DequantizeOp op) {
    auto bytes = readIntegers(op.getInput());
    if (!bytes)
      return;
    QuantAttr quantization = op.getQuantization();
    std::vector<float> reals;
    for (int32_t byte : *bytes)
      reals.push_back(quantization.dequantize(
          quantization.fromByte(static_cast<uint8_t>(byte))));
    OpBuilder builder(op);
    op.replaceAllUsesWith(createConstant(
        builder, op.getLoc(), cast<RankedTensorType>(op.getType()), reals));
    op.erase();
  });
}

namespace {

struct FuseQuantizationPass
    : lw::impl::LwFuseQuantizationBase<FuseQuantizationPass> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    populateFuseQuantizationPatterns(patterns, numFused, numMoved);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      return signalPassFailure();
    foldConstants(getOperation());
  }
};

} // namespace
