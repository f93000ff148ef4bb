//===- Convolution.cpp - Convolutions to linalg
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Zero padding by tensor.pad, the window by a named linalg convolution that
// accumulates onto the bias, residual and activation by one element-wise
// operation. A quantized convolution is the same on i32, once the input's zero
// point is taken away.
//
//===----------------------------------------------------------------------===//

#include "../TensorUtils.h"
#include "LwToLinalg.h"
#include "lw/Conversion/Activation.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/Support/DebugLog.h"

#define DEBUG_TYPE "convert-lw-to-linalg"

using namespace mlir;
using namespace mlir::lw;

using Sizes = SmallVector<OpFoldResult>;

namespace {
/// Lowers the parts of one convolution.
class ConvLowering {
public:
  ConvLowering(ConvolutionOpInterface op, OpBuilder &builder)
      : op(op), g(op.getConvGeometry()), b(op.getLoc(), builder),
        accumulator(
            accumulatorType(op.getConvInput().getType().getElementType())) {}

  Value lower() {
    ConvQuantAttr quant = op.getConvQuantization();
    Value input = op.getConvInput();
    if (quant)
      input = subtractZeroPoint(b, input, quant.getInput());
    input = pad(input);
    Value result;
    SmallVector<Value> filters = op.getConvFilters();
    if (isa<SeparableConv2DOp>(op)) {
      Sizes middle = outputSizes(input, g.groups * g.multiplier);
      Value terms = depthwise(input, filters[0], fill(middle));
      result = standard(terms, filters[1], init(terms), {1, 1}, {1, 1});
    } else if (isa<DepthwiseConv2DOp>(op)) {
      result = depthwise(input, filters[0], init(input));
    } else if (g.groups > 1) {
      result = grouped(input, filters[0], init(input));
    } else {
      result = standard(input, filters[0], init(input), g.strides, g.dilations);
    }
    result = quant ? requantize(b, op, result) : epilogue(result);
    Type type = op->getResult(0).getType();
    return result.getType() == type ? result
                                    : tensor::CastOp::create(b, type, result);
  }

private:
  Value zero(Type type) {
    return arith::ConstantOp::create(b, b.getZeroAttr(type));
  }

  Value pad(Value input) {
    if (!g.hasPadding())
      return input;
    RankedTensorType type = tensorTypeOf(input);
    Sizes low(4, b.getIndexAttr(0)), high = low;
    SmallVector<int64_t> shape(type.getShape());
    for (int axis = 0; axis < 2; ++axis) {
      int64_t before = g.padding[2 * axis], after = g.padding[2 * axis + 1];
      low[1 + axis] = b.getIndexAttr(before);
      high[1 + axis] = b.getIndexAttr(after);
      if (!ShapedType::isDynamic(shape[1 + axis]))
        shape[1 + axis] += before + after;
    }
    return tensor::PadOp::create(
        b, RankedTensorType::get(shape, type.getElementType()), input, low,
        high, zero(type.getElementType()));
  }

  /// Extents of the window's output over a padded input.
  Sizes outputSizes(Value padded, int64_t channels) {
    Sizes sizes = tensor::getMixedSizes(b, b.getLoc(), padded);
    const int64_t kernel[2] = {g.kernelHeight, g.kernelWidth};
    for (int axis = 0; axis < 2; ++axis) {
      AffineExpr in = b.getAffineDimExpr(0);
      AffineExpr out = (in - (g.dilations[axis] * (kernel[axis] - 1) + 1))
                           .floorDiv(g.strides[axis]) +
                       1;
      sizes[1 + axis] = affine::makeComposedFoldedAffineApply(
          b, b.getLoc(), out, {sizes[1 + axis]});
    }
    sizes[3] = b.getIndexAttr(channels);
    return sizes;
  }

  Value fill(const Sizes &sizes) {
    Value empty = tensor::EmptyOp::create(b, sizes, accumulator);
    return linalg::FillOp::create(b, zero(accumulator), empty).getResult(0);
  }

  /// What the last part of the convolution accumulates onto: the bias or zero.
  /// `input` is what that part reads.
  Value init(Value input) {
    Sizes sizes = isa<SeparableConv2DOp>(op)
                      ? tensor::getMixedSizes(b, b.getLoc(), input)
                      : outputSizes(input, g.outChannels);
    sizes[3] = b.getIndexAttr(g.outChannels);
    Value bias = op.getConvBias();
    if (!bias)
      return fill(sizes);
    Type biasType = tensorTypeOf(bias).getElementType();
    if (biasType != accumulator)
      bias = mapElements(
          b, bias, tensor::getMixedSizes(b, b.getLoc(), bias), accumulator,
          [&](OpBuilder &nested, Location location, ValueRange values) {
            return castFloat(nested, location, values[0], accumulator);
          });
    Value empty = tensor::EmptyOp::create(b, sizes, accumulator);
    return linalg::BroadcastOp::create(b, bias, empty,
                                       ArrayRef<int64_t>{0, 1, 2})
        ->getResult(0);
  }

  template <typename Op>
  Value window(Value input, Value filter, Value init,
               std::array<int64_t, 2> strides,
               std::array<int64_t, 2> dilations) {
    return Op::create(b, init.getType(), ValueRange{input, filter}, init,
                      b.getI64TensorAttr(strides),
                      b.getI64TensorAttr(dilations))
        .getResult(0);
  }

  Value standard(Value input, Value filter, Value init,
                 std::array<int64_t, 2> strides,
                 std::array<int64_t, 2> dilations) {
    return window<linalg::Conv2DNhwcHwcfOp>(input, filter, init, strides,
                                            dilations);
  }

  /// [KH, KW, ci, G*co] to linalg's [G, co, KH, KW, ci].
  Value grouped(Value input, Value filter, Value init) {
    int64_t perGroup = g.outChannels / g.groups;
    filter = splitDimension(b, filter, 3, g.groups, perGroup);
    filter = transpose(b, filter, {3, 4, 0, 1, 2});
    input = splitDimension(b, input, 3, g.groups, g.inChannels / g.groups);
    init = splitDimension(b, init, 3, g.groups, perGroup);
    return mergeDimensions(b,
                           window<linalg::Conv2DNhwgcGfhwcOp>(
                               input, filter, init, g.strides, g.dilations),
                           3);
  }

  Value depthwise(Value input, Value filter, Value init) {
    if (g.multiplier == 1)
      return window<linalg::DepthwiseConv2DNhwcHwcOp>(
          input, mergeDimensions(b, filter, 2), init, g.strides, g.dilations);
    init = splitDimension(b, init, 3, g.groups, g.multiplier);
    return mergeDimensions(b,
                           window<linalg::DepthwiseConv2DNhwcHwcmOp>(
                               input, filter, init, g.strides, g.dilations),
                           3);
  }

  /// Residual, activation and the element type of the result. The sum comes to
  /// be where the residual is, so that a loop may accumulate onto one value.
  Value epilogue(Value sum) {
    Type elementType = getElementTypeOrSelf(op->getResult(0));
    if (!op.getConvResidual() && !op.getConvActivation() &&
        elementType == accumulator)
      return sum;
    Value residual = op.getConvResidual();
    if (residual && getElementTypeOrSelf(residual) != elementType)
      residual = mapElements(
          b, residual, tensor::getMixedSizes(b, b.getLoc(), residual),
          elementType,
          [&](OpBuilder &nested, Location location, ValueRange values) {
            return castFloat(nested, location, values[0], elementType);
          });
    return mapElements(
        b, sum, tensor::getMixedSizes(b, b.getLoc(), sum), elementType,
        [&](OpBuilder &nested, Location location, ValueRange values) {
          Value x = values[0];
          if (values.size() > 1)
            x = arith::AddFOp::create(
                nested, location, x,
                castFloat(nested, location, values[1], accumulator));
          x = buildActivation(nested, location, op.getConvActivation(), x);
          return castFloat(nested, location, x, elementType);
        },
        residual);
  }

  ConvolutionOpInterface op;
  ConvGeometry g;
  ImplicitLocOpBuilder b;
  Type accumulator;
};

struct LowerConvolution : OpInterfaceRewritePattern<ConvolutionOpInterface> {
  using OpInterfaceRewritePattern::OpInterfaceRewritePattern;
  LogicalResult matchAndRewrite(ConvolutionOpInterface op,
                                PatternRewriter &rewriter) const override {
    LDBG() << op.getLoc() << ": " << op->getName() << " to linalg";
    rewriter.replaceOp(op, ConvLowering(op, rewriter).lower());
    return success();
  }
};
} // namespace

void lw::populateConvolutionPatterns(RewritePatternSet &patterns) {
  patterns.add<LowerConvolution>(patterns.getContext());
}
