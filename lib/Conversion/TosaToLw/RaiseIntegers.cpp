//===- RaiseIntegers.cpp - Integer operations of TOSA
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Convolutions and products of i8 become lw's with the accumulators as their
// result. What follows them, tosa.rescale, stays: it rounds otherwise than lw's
// requantization does, and files mean what they say.
//
//===----------------------------------------------------------------------===//

#include "../TensorUtils.h"
#include "TosaToLw.h"
#include "lw/Dialect/IR/LwOps.h"
#include "lw/Dialect/IR/Quantization.h"
#include "lw/Dialect/IR/Rescale.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "mlir/Dialect/Tosa/Utils/ConversionUtils.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace mlir::lw;

static bool isTensorOf(Value value, unsigned bits) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  return type && type.getElementType().isInteger(bits);
}

static std::optional<int32_t> readNumber(Value value) {
  std::optional<std::vector<int32_t>> values = readIntegers(value);
  if (!values || values->size() != 1)
    return std::nullopt;
  return values->front();
}

/// Bytes less a zero point, whose accumulators are the result.
static ConvQuantAttr accumulatorsOf(MLIRContext *context, int32_t zeroPoint) {
  return ConvQuantAttr::get(
      context,
      QuantAttr::get(context, /*isUnsigned=*/false, APFloat(1.0f), zeroPoint),
      /*filter=*/{}, /*output=*/{}, /*residual=*/{});
}

/// Constant weights less their zero point, where 8 bits hold that.
static std::optional<std::vector<int32_t>> readWeights(Value weights,
                                                       Value zeroPoint) {
  std::optional<int32_t> zero = readNumber(zeroPoint);
  std::optional<std::vector<int32_t>> values = readIntegers(weights);
  if (!zero || !values)
    return std::nullopt;
  for (int32_t &value : *values) {
    value -= *zero;
    if (value < -128 || value > 127)
      return std::nullopt;
  }
  return values;
}

/// A constant bias, an element for each channel.
static std::optional<std::vector<int32_t>> readBias(Value bias,
                                                    int64_t channels) {
  std::optional<std::vector<int32_t>> values = readIntegers(bias);
  if (values && values->size() == 1)
    values->resize(channels, values->front());
  return values && static_cast<int64_t>(values->size()) == channels
             ? values
             : std::nullopt;
}

namespace {
template <typename TosaOp, typename LwOp>
struct RaiseConvolution : OpRewritePattern<TosaOp> {
  using OpRewritePattern<TosaOp>::OpRewritePattern;
  LogicalResult matchAndRewrite(TosaOp op,
                                PatternRewriter &rewriter) const override {
    constexpr bool depthwise = std::is_same_v<LwOp, DepthwiseConv2DOp>;
    if (!isTensorOf(op.getInput(), 8) || !isTensorOf(op.getWeight(), 8) ||
        !isTensorOf(op.getBias(), 32) || !isTensorOf(op.getOutput(), 32))
      return rewriter.notifyMatchFailure(op, "not of i8 to i32");
    ArrayRef<int64_t> shape = tensorTypeOf(op.getWeight()).getShape();
    std::optional<int32_t> zero = readNumber(op.getInputZp());
    auto weights = readWeights(op.getWeight(), op.getWeightZp());
    auto bias =
        readBias(op.getBias(), depthwise ? shape[2] * shape[3] : shape[0]);
    if (!zero || !weights || !bias)
      return rewriter.notifyMatchFailure(
          op, "weights, bias or zero points that vary or need more than 8 "
              "bits");
    Location location = op.getLoc();
    Value filter = createIntegers(rewriter, location,
                                  tensorTypeOf(op.getWeight()), *weights);
    Value sums = createIntegers(
        rewriter, location,
        RankedTensorType::get(bias->size(), rewriter.getI32Type()), *bias);
    ConvQuantAttr quant = accumulatorsOf(op.getContext(), *zero);
    if constexpr (depthwise) {
      rewriter.replaceOpWithNewOp<LwOp>(op, op.getType(), op.getInput(), filter,
                                        sums, Value(), op.getStride(),
                                        op.getPad(), op.getDilation(),
                                        ActivationAttr(), quant);
    } else {
      auto type = RankedTensorType::get(
          {shape[1], shape[2], shape[3], shape[0]}, rewriter.getI8Type());
      filter =
          transposeConstant(rewriter, location, filter, {1, 2, 3, 0}, type);
      rewriter.replaceOpWithNewOp<LwOp>(op, op.getType(), op.getInput(), filter,
                                        sums, Value(), op.getStride(),
                                        op.getPad(), op.getDilation(),
                                        /*groups=*/1, ActivationAttr(), quant);
    }
    return success();
  }
};

/// [1, M, K] times a constant [1, K, N].
struct RaiseMatMul : OpRewritePattern<tosa::MatMulOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(tosa::MatMulOp op,
                                PatternRewriter &rewriter) const override {
    if (!isTensorOf(op.getA(), 8) || !isTensorOf(op.getB(), 8) ||
        !isTensorOf(op.getOutput(), 32))
      return rewriter.notifyMatchFailure(op, "not of i8 to i32");
    RankedTensorType a = tensorTypeOf(op.getA()), b = tensorTypeOf(op.getB());
    if (!a.hasStaticShape() || !b.hasStaticShape() || a.getDimSize(0) != 1 ||
        b.getDimSize(0) != 1)
      return rewriter.notifyMatchFailure(op, "more than one product");
    std::optional<int32_t> zero = readNumber(op.getAZp());
    auto weights = readWeights(op.getB(), op.getBZp());
    if (!zero || !weights)
      return rewriter.notifyMatchFailure(
          op, "both factors or zero points vary or need more than 8 bits");
    int64_t rows = a.getDimSize(1), inner = a.getDimSize(2),
            columns = b.getDimSize(2);
    Location location = op.getLoc();
    auto reshape = [&](Value value, ArrayRef<int64_t> shape) {
      return tosa::ReshapeOp::create(
                 rewriter, location, tensorTypeOf(value).clone(shape), value,
                 tosa::getTosaConstShape(rewriter, location, shape))
          .getResult();
    };
    Value filter = createIntegers(
        rewriter, location,
        RankedTensorType::get({1, 1, inner, columns}, rewriter.getI8Type()),
        *weights);
    auto type =
        RankedTensorType::get({rows, 1, 1, columns}, rewriter.getI32Type());
    Value result = PointwiseConv2DOp::create(
        rewriter, location, type, reshape(op.getA(), {rows, 1, 1, inner}),
        filter, Value(), Value(), ArrayRef<int64_t>{1, 1}, ActivationAttr(),
        accumulatorsOf(op.getContext(), *zero));
    rewriter.replaceOp(op, reshape(result, {1, rows, columns}));
    return success();
  }
};

/// An operation on single bytes is a lookup of what it makes of each of them.
struct RaiseTable : RewritePattern {
  RaiseTable(MLIRContext *context)
      : RewritePattern(MatchAnyOpTypeTag(), /*benefit=*/1, context) {}
  LogicalResult matchAndRewrite(Operation *op,
                                PatternRewriter &rewriter) const override {
    if (!isa<tosa::TableOp, tosa::ClampOp, tosa::RescaleOp>(op) ||
        !isTensorOf(op->getOperand(0), 8) || !isTensorOf(op->getResult(0), 8) ||
        op->getOperand(0).getType() != op->getResult(0).getType())
      return failure();
    std::optional<std::vector<int64_t>> made = evaluate(op);
    if (!made)
      return rewriter.notifyMatchFailure(op, "it varies");
    SmallVector<int8_t> bytes(256);
    for (int i = 0; i < 256; ++i)
      bytes[i] = static_cast<int8_t>((*made)[i ^ 0x80]);
    auto type = RankedTensorType::get(256, rewriter.getI8Type());
    rewriter.replaceOpWithNewOp<LookupOp>(
        op, op->getResult(0).getType(), op->getOperand(0),
        DenseElementsAttr::get(type, ArrayRef<int8_t>(bytes)));
    return success();
  }

  /// What -128 becomes, -127 and so on.
  static std::optional<std::vector<int64_t>> evaluate(Operation *op) {
    std::vector<int64_t> result;
    if (auto table = dyn_cast<tosa::TableOp>(op)) {
      std::optional<std::vector<int32_t>> values =
          readIntegers(table.getTable());
      if (!values || values->size() != 256)
        return std::nullopt;
      result.assign(values->begin(), values->end());
      return result;
    }
    if (auto clamp = dyn_cast<tosa::ClampOp>(op)) {
      int64_t low = cast<IntegerAttr>(clamp.getMinVal()).getInt(),
              high = cast<IntegerAttr>(clamp.getMaxVal()).getInt();
      for (int64_t x = -128; x < 128; ++x)
        result.push_back(std::min(std::max(x, low), high));
      return result;
    }
    std::optional<Rescale> rescale = Rescale::get(op);
    if (!rescale || rescale->perChannel())
      return std::nullopt;
    for (int64_t x = -128; x < 128; ++x)
      result.push_back(rescale->applyToByte(x));
    return result;
  }
};

/// A window that begins before the first row or column as one on an input whose
/// first are repeated: others take the remainder of a negative position toward
/// zero.
struct MoveResize : OpRewritePattern<tosa::ResizeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(tosa::ResizeOp op,
                                PatternRewriter &rewriter) const override {
    auto type = dyn_cast<RankedTensorType>(op.getInput().getType());
    SmallVector<int64_t> scale, offset;
    if (!type || !type.hasStaticShape() ||
        !isa<IntegerType>(type.getElementType()) ||
        !tosa::getConstShapeValues(op.getScale().getDefiningOp(), scale) ||
        !tosa::getConstShapeValues(op.getOffset().getDefiningOp(), offset) ||
        llvm::all_of(offset, [](int64_t first) { return first >= 0; }))
      return rewriter.notifyMatchFailure(op, "no integers before the first");
    Location location = op.getLoc();
    auto values = [&](ArrayRef<int64_t> list) {
      return tosa::getTosaConstShape(rewriter, location, list);
    };
    Value input = op.getInput();
    for (unsigned axis : {0u, 1u})
      for (; offset[axis] < 0; offset[axis] += scale[2 * axis]) {
        type = tensorTypeOf(input);
        SmallVector<int64_t> zeros(4, 0), shape(type.getShape());
        shape[axis + 1] = 1;
        Value first =
            tosa::SliceOp::create(rewriter, location, type.clone(shape), input,
                                  values(zeros), values(shape));
        shape[axis + 1] = type.getDimSize(axis + 1) + 1;
        input = tosa::ConcatOp::create(rewriter, location, type.clone(shape),
                                       ValueRange{first, input}, axis + 1);
      }
    rewriter.replaceOpWithNewOp<tosa::ResizeOp>(op, op.getType(), input,
                                                op.getScale(), values(offset),
                                                op.getBorder(), op.getMode());
    return success();
  }
};
} // namespace

void lw::populateRaiseIntegersPatterns(RewritePatternSet &patterns) {
  patterns.add<RaiseConvolution<tosa::Conv2DOp, Conv2DOp>,
               RaiseConvolution<tosa::DepthwiseConv2DOp, DepthwiseConv2DOp>,
               RaiseMatMul, RaiseTable, MoveResize>(patterns.getContext());
}
