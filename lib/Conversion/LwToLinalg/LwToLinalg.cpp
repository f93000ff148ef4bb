//===- LwToLinalg.cpp - Lower lw to linalg
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// The slow and obvious meaning of every lw operation, the reference for faster
// lowerings: zero padding by tensor.pad, the window by a named linalg
// convolution that accumulates onto the bias, residual and activation by one
// element-wise operation. Floats narrower than f32 accumulate in f32. Batch and
// image extents may be dynamic.
//
//===----------------------------------------------------------------------===//

#include "LwToLinalg.h"
#include "../TensorUtils.h"
#include "lw/Conversion/Activation.h"
#include "lw/Conversion/Passes.h"
#include "lw/Dialect/IR/BatchNorm.h"
#include "lw/Dialect/IR/LwOps.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Transforms/DialectConversion.h"
#include "llvm/Support/DebugLog.h"

#define DEBUG_TYPE "convert-lw-to-linalg"

namespace mlir::lw {
#define GEN_PASS_DEF_CONVERTLWTOLINALG
#include "lw/Conversion/Passes.h.inc"
} // namespace mlir::lw

using namespace mlir;
using namespace mlir::lw;

using Sizes = SmallVector<OpFoldResult>;

//===----------------------------------------------------------------------===//
// Element-wise operations
//===----------------------------------------------------------------------===//

/// Type of the accumulator of a sum over elements of `type`.
static FloatType accumulatorType(Type type) {
  auto floatType = cast<FloatType>(type);
  return floatType.getWidth() < 32 ? Float32Type::get(type.getContext())
                                   : floatType;
}

static Value castFloat(OpBuilder &builder, Location location, Value value,
                       Type type) {
  unsigned from = value.getType().getIntOrFloatBitWidth();
  unsigned to = type.getIntOrFloatBitWidth();
  if (from < to)
    return arith::ExtFOp::create(builder, location, type, value);
  if (from > to)
    return arith::TruncFOp::create(builder, location, type, value);
  return value;
}

/// An element-wise operation over `inputs`, which are of the shape `sizes` or
/// hold one element per channel, the last dimension. With `onto`, its elements
/// are the function's last argument and the result may take its place.
static Value
mapElements(ImplicitLocOpBuilder &b, ValueRange inputs, const Sizes &sizes,
            Type elementType,
            function_ref<Value(OpBuilder &, Location, ValueRange)> function,
            Value onto = {}) {
  unsigned rank = sizes.size();
  AffineMap identity = b.getMultiDimIdentityMap(rank);
  AffineMap perChannel = AffineMap::get(rank, 0, b.getAffineDimExpr(rank - 1));
  SmallVector<AffineMap> maps;
  for (Value input : inputs)
    maps.push_back(tensorTypeOf(input).getRank() == 1 && rank > 1 ? perChannel
                                                                  : identity);
  maps.push_back(identity);
  Value init = onto ? onto : tensor::EmptyOp::create(b, sizes, elementType);
  SmallVector<utils::IteratorType> iterators(rank,
                                             utils::IteratorType::parallel);
  auto body = [&](OpBuilder &nested, Location location, ValueRange values) {
    linalg::YieldOp::create(
        nested, location,
        function(nested, location, onto ? values : values.drop_back()));
  };
  return linalg::GenericOp::create(b, init.getType(), inputs, init, maps,
                                   iterators, body)
      .getResult(0);
}

//===----------------------------------------------------------------------===//
// Convolutions
//===----------------------------------------------------------------------===//

namespace {
/// Lowers the parts of one convolution.
class ConvLowering {
public:
  ConvLowering(ConvolutionOpInterface op, OpBuilder &builder)
      : op(op), g(op.getConvGeometry()), b(op.getLoc(), builder),
        accumulator(
            accumulatorType(op.getConvInput().getType().getElementType())) {}

  Value lower() {
    Value input = pad(op.getConvInput());
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
    result = epilogue(result);
    Type type = op->getResult(0).getType();
    return result.getType() == type ? result
                                    : tensor::CastOp::create(b, type, result);
  }

private:
  Value zero(Type type) {
    return arith::ConstantOp::create(b, b.getFloatAttr(type, 0));
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
    Type elementType = op.getConvInput().getType().getElementType();
    if (!op.getConvResidual() && !op.getConvActivation() &&
        elementType == accumulator)
      return sum;
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
        op.getConvResidual());
  }

  ConvolutionOpInterface op;
  ConvGeometry g;
  ImplicitLocOpBuilder b;
  FloatType accumulator;
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

//===----------------------------------------------------------------------===//
// Batch normalization and channel shuffle
//===----------------------------------------------------------------------===//

struct LowerBatchNorm : OpRewritePattern<BatchNormOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(BatchNormOp op,
                                PatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    Type elementType = tensorTypeOf(op.getInput()).getElementType();
    Type computeType = accumulatorType(elementType);
    Value result = mapElements(
        b, op.getOperands(),
        tensor::getMixedSizes(b, b.getLoc(), op.getInput()), elementType,
        [&](OpBuilder &nested, Location location, ValueRange values) -> Value {
          ImplicitLocOpBuilder n(location, nested);
          SmallVector<Value> v;
          for (Value value : values)
            v.push_back(castFloat(n, location, value, computeType));
          Value epsilon = arith::ConstantOp::create(
              n,
              n.getFloatAttr(computeType, op.getEpsilon().convertToDouble()));
          Value deviation = math::SqrtOp::create(
              n, arith::AddFOp::create(n, v[4], epsilon).getResult());
          Value centered = arith::SubFOp::create(n, v[0], v[3]);
          Value scaled = arith::MulFOp::create(n, v[1], centered);
          Value normal = arith::DivFOp::create(n, scaled, deviation);
          return castFloat(n, location, arith::AddFOp::create(n, normal, v[2]),
                           elementType);
        });
    // Only extents that the type does not know may differ.
    if (result.getType() != op.getType())
      result = tensor::CastOp::create(b, op.getType(), result);
    rewriter.replaceOp(op, result);
    return success();
  }
};

struct LowerChannelShuffle : OpRewritePattern<ChannelShuffleOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ChannelShuffleOp op,
                                PatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    unsigned last = tensorTypeOf(op.getInput()).getRank() - 1;
    int64_t groups = op.getGroups();
    int64_t perGroup = tensorTypeOf(op.getInput()).getDimSize(last) / groups;
    Value split = splitDimension(b, op.getInput(), last, groups, perGroup);
    auto permutation = llvm::to_vector(llvm::seq<int64_t>(0, last + 2));
    std::swap(permutation[last], permutation[last + 1]);
    rewriter.replaceOp(
        op, mergeDimensions(b, transpose(b, split, permutation), last));
    return success();
  }
};

/// Tensors have no layout.
struct DropConvertLayout : OpRewritePattern<ConvertLayoutOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ConvertLayoutOp op,
                                PatternRewriter &rewriter) const override {
    rewriter.replaceOp(op, op.getInput());
    return success();
  }
};

struct ConvertLwToLinalg : lw::impl::ConvertLwToLinalgBase<ConvertLwToLinalg> {
  void getDependentDialects(DialectRegistry &registry) const override {
    ConvertLwToLinalgBase::getDependentDialects(registry);
    // Broadcasts in tosa of extents that are not known.
    registry.insert<scf::SCFDialect>();
  }

  /// Channels and window extents decide the shape of the code.
  static LogicalResult checkStatic(Operation *op) {
    auto fail = [&](Value value) {
      return op->emitOpError("expects static channel and filter extents to be "
                             "lowered to linalg, found ")
             << value.getType();
    };
    if (auto conv = dyn_cast<ConvolutionOpInterface>(op)) {
      for (Value filter : conv.getConvFilters())
        if (!cast<ShapedType>(filter.getType()).hasStaticShape())
          return fail(filter);
    }
    if (isa_and_nonnull<LwDialect>(op->getDialect()) &&
        !isa<ConvertLayoutOp>(op)) {
      auto type = cast<ShapedType>(op->getOperand(0).getType());
      if (ShapedType::isDynamic(type.getShape().back()))
        return fail(op->getOperand(0));
    }
    return success();
  }

  void runOnOperation() override {
    WalkResult checked = getOperation()->walk([](Operation *op) {
      auto norm = dyn_cast<BatchNormOp>(op);
      return failed(checkStatic(op)) || (norm && failed(checkParameters(norm)))
                 ? WalkResult::interrupt()
                 : WalkResult::advance();
    });
    if (checked.wasInterrupted())
      return signalPassFailure();

    materializeConstants(getOperation());
    ConversionTarget target(getContext());
    target.addIllegalDialect<LwDialect>();
    target.markUnknownOpDynamicallyLegal(
        [](Operation *op) { return !isWrittenByPasses(op); });
    TypeConverter converter;
    RewritePatternSet patterns(&getContext());
    patterns.add<LowerConvolution, LowerBatchNorm, LowerChannelShuffle,
                 DropConvertLayout>(&getContext());
    populateTosaPatterns(converter, patterns);
    if (failed(applyPartialConversion(getOperation(), target,
                                      std::move(patterns))))
      return signalPassFailure();
    eraseDeadConstants(getOperation());
  }
};
} // namespace
