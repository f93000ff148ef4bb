//===- LwToTosa.cpp - Lower lw to tosa
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A network that was rewritten goes back to others as operations that they
// know. What tosa has no operation for goes through its meaning in linalg.
//
//===----------------------------------------------------------------------===//

#include "../LinalgToTosa/TosaBuilder.h"
#include "lw/Conversion/Passes.h"
#include "lw/Dialect/IR/BatchNorm.h"
#include "lw/Dialect/IR/Constants.h"
#include "lw/Dialect/IR/LwOps.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/TypeUtilities.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "mlir/Transforms/Passes.h"

namespace mlir::lw {
#define GEN_PASS_DEF_CONVERTLWTOTOSA
#include "lw/Conversion/Passes.h.inc"
} // namespace mlir::lw

using namespace mlir;
using namespace mlir::lw;

/// The arithmetic of the formula of the attribute.
static Value applyActivation(TosaBuilder &b, ActivationAttr activation,
                             Value x) {
  if (!activation)
    return x;
  auto type = cast<FloatType>(TosaBuilder::elementOf(x));
  int64_t rank = tensorTypeOf(x).getRank();
  auto number = [&](double value) { return b.number(rank, type, value); };
  auto clamp = [&](Value value, double low, double high) -> Value {
    return tosa::ClampOp::create(b, value.getType(), value,
                                 b.getFloatAttr(type, low),
                                 b.getFloatAttr(type, high));
  };
  double largest =
      APFloat::getLargest(type.getFloatSemantics()).convertToDouble();
  double alpha = activation.getAlphaValue(), beta = activation.getBetaValue();
  switch (activation.getKind()) {
  case ActivationKind::Relu:
    return clamp(x, 0, largest);
  case ActivationKind::Clamp:
    return clamp(x, alpha, beta);
  case ActivationKind::LeakyRelu: {
    Value zero = number(0);
    return b.select(b.compare<tosa::GreaterEqualOp>(x, zero), x,
                    b.mul(x, number(alpha)));
  }
  case ActivationKind::Sigmoid:
    return b.unary<tosa::SigmoidOp>(x);
  case ActivationKind::Tanh:
    return b.unary<tosa::TanhOp>(x);
  case ActivationKind::HardSigmoid:
    return clamp(b.binary<tosa::AddOp>(b.mul(x, number(alpha)), number(beta)),
                 0, 1);
  case ActivationKind::HardSwish:
    return b.mul(
        x, clamp(b.binary<tosa::AddOp>(b.mul(x, number(1.0 / 6)), number(0.5)),
                 0, 1));
  case ActivationKind::Silu:
    return b.mul(x, b.unary<tosa::SigmoidOp>(x));
  case ActivationKind::Gelu: {
    Value erf = b.unary<tosa::ErfOp>(b.mul(x, number(0.70710678118654752)));
    return b.mul(b.mul(x, number(0.5)), b.binary<tosa::AddOp>(erf, number(1)));
  }
  case ActivationKind::GeluTanh: {
    constexpr double kScale = 0.79788456080286536; // sqrt(2 / pi)
    Value factor = b.binary<tosa::AddOp>(
        b.mul(b.mul(x, x), number(0.044715 * kScale)), number(kScale));
    Value tanh = b.unary<tosa::TanhOp>(b.mul(x, factor));
    return b.mul(b.mul(x, number(0.5)), b.binary<tosa::AddOp>(tanh, number(1)));
  }
  }
  llvm_unreachable("unknown activation kind");
}

namespace {

/// The parts of one convolution of floats.
struct ConvToTosa {
  TosaBuilder &b;
  ConvGeometry g;
  Type element;

  Value zeros(int64_t channels) {
    auto type = RankedTensorType::get(channels, element);
    return createConstant(b, b.getLoc(), type,
                          std::vector<double>(channels, 0.0));
  }

  /// tosa demands that the windows use their whole input: less padding, and
  /// then less of the input.
  std::array<int64_t, 4> fit(Value &input, std::array<int64_t, 2> kernel,
                             std::array<int64_t, 4> padding,
                             std::array<int64_t, 2> strides,
                             std::array<int64_t, 2> dilations,
                             std::array<int64_t, 2> &out) {
    SmallVector<int64_t> size(TosaBuilder::shapeOf(input));
    for (int axis = 0; axis < 2; ++axis) {
      int64_t window = dilations[axis] * (kernel[axis] - 1) + 1;
      int64_t &after = padding[2 * axis + 1];
      int64_t all = size[1 + axis] + padding[2 * axis] + after - window;
      out[axis] = all / strides[axis] + 1;
      int64_t unused = all % strides[axis];
      int64_t fromPadding = std::min(unused, after);
      after -= fromPadding;
      size[1 + axis] -= unused - fromPadding;
    }
    input = b.slice(input, {0, 0, 0, 0}, size);
    return padding;
  }

  template <typename Op>
  Value window(Value input, Value filter, Value bias,
               std::array<int64_t, 2> kernel, int64_t channels,
               std::array<int64_t, 4> padding, std::array<int64_t, 2> strides,
               std::array<int64_t, 2> dilations) {
    std::array<int64_t, 2> out;
    padding = fit(input, kernel, padding, strides, dilations, out);
    auto type = RankedTensorType::get(
        {TosaBuilder::shapeOf(input)[0], out[0], out[1], channels}, element);
    Value none = b.number(1, element, 0);
    return Op::create(b, type, input, filter, bias, none, none,
                      b.getDenseI64ArrayAttr(padding),
                      b.getDenseI64ArrayAttr(strides),
                      b.getDenseI64ArrayAttr(dilations),
                      TypeAttr::get(element.isF64() ? element : b.getF32Type()))
        .getResult();
  }

  /// [KH, KW, Cin, Cout] to tosa's [Cout, KH, KW, Cin].
  Value standard(Value input, Value filter, Value bias,
                 std::array<int64_t, 4> padding, std::array<int64_t, 2> strides,
                 std::array<int64_t, 2> dilations) {
    SmallVector<int64_t> shape(TosaBuilder::shapeOf(filter));
    const int64_t permutation[] = {3, 0, 1, 2};
    auto type = RankedTensorType::get({shape[3], shape[0], shape[1], shape[2]},
                                      element);
    Value turned = transposeConstant(b, b.getLoc(), filter, permutation, type);
    if (!turned)
      turned = b.transpose(filter, permutation);
    return window<tosa::Conv2DOp>(input, turned, bias, {shape[0], shape[1]},
                                  shape[3], padding, strides, dilations);
  }

  /// tosa's convolutions have operands of one type; some of ours may be bf16.
  Value widened(Value operand) {
    auto type = cast<RankedTensorType>(operand.getType());
    if (type.getElementType() == element)
      return operand;
    if (auto elements = readConstant(operand);
        elements && element.isF32() && isConstantFloat(operand))
      return createConstant(b, b.getLoc(), type.getShape(), *elements);
    return tosa::CastOp::create(b, type.clone(element), operand);
  }

  Value part(Value value, int64_t axis, int64_t from, int64_t count) {
    SmallVector<int64_t> start(TosaBuilder::shapeOf(value).size(), 0);
    SmallVector<int64_t> size(TosaBuilder::shapeOf(value));
    start[axis] = from;
    size[axis] = count;
    return b.slice(value, start, size);
  }
};

struct LowerConvolution : OpInterfaceRewritePattern<ConvolutionOpInterface> {
  using OpInterfaceRewritePattern::OpInterfaceRewritePattern;
  LogicalResult matchAndRewrite(ConvolutionOpInterface op,
                                PatternRewriter &rewriter) const override {
    auto resultType = cast<RankedTensorType>(op->getResult(0).getType());
    if (op.getConvQuantization() || !resultType.hasStaticShape() ||
        !op.getConvInput().getType().hasStaticShape())
      return failure();
    TosaBuilder b(op.getLoc(), rewriter);
    // Of two types, in the wider.
    Type element = resultType.getElementType();
    for (Value operand : op->getOperands())
      if (getElementTypeOrSelf(operand).isF32())
        element = rewriter.getF32Type();
    resultType = resultType.clone(element);
    ConvToTosa conv{b, op.getConvGeometry(), element};
    const ConvGeometry &g = conv.g;
    SmallVector<Value> filters = op.getConvFilters();
    for (Value &filter : filters)
      filter = conv.widened(filter);
    Value input = conv.widened(op.getConvInput()), bias = op.getConvBias();
    Value result;
    bias = bias ? conv.widened(bias) : conv.zeros(g.outChannels);
    const std::array<int64_t, 2> once = {1, 1};
    auto depthwise = [&](Value onto) {
      return conv.window<tosa::DepthwiseConv2DOp>(
          input, filters[0], onto, {g.kernelHeight, g.kernelWidth},
          g.groups * g.multiplier, g.padding, g.strides, g.dilations);
    };
    if (isa<SeparableConv2DOp>(op)) {
      Value terms = depthwise(conv.zeros(g.groups * g.multiplier));
      result = conv.standard(terms, filters[1], bias, {0, 0, 0, 0}, once, once);
    } else if (isa<DepthwiseConv2DOp>(op)) {
      result = depthwise(bias);
    } else if (g.groups == 1) {
      result = conv.standard(input, filters[0], bias, g.padding, g.strides,
                             g.dilations);
    } else {
      // tosa has no groups.
      int64_t in = g.inChannels / g.groups, out = g.outChannels / g.groups;
      SmallVector<Value> parts;
      for (int64_t i = 0; i < g.groups; ++i)
        parts.push_back(conv.standard(conv.part(input, 3, i * in, in),
                                      conv.part(filters[0], 3, i * out, out),
                                      conv.part(bias, 0, i * out, out),
                                      g.padding, g.strides, g.dilations));
      result = tosa::ConcatOp::create(b, resultType, parts, 3);
    }
    if (Value residual = op.getConvResidual())
      result = b.binary<tosa::AddOp>(result, conv.widened(residual));
    result = applyActivation(b, op.getConvActivation(), result);
    if (result.getType() != op->getResult(0).getType())
      result = tosa::CastOp::create(b, op->getResult(0).getType(), result);
    rewriter.replaceOp(op, result);
    return success();
  }
};

/// One product and one sum where the parameters are constants.
struct LowerBatchNorm : OpRewritePattern<BatchNormOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(BatchNormOp op,
                                PatternRewriter &rewriter) const override {
    auto type = cast<RankedTensorType>(op.getType());
    if (!type.hasStaticShape())
      return failure();
    SmallVector<std::vector<double>> parameters;
    for (Value parameter : op->getOperands().drop_front()) {
      std::optional<std::vector<double>> values = readConstantF64(parameter);
      if (!values)
        return failure();
      parameters.push_back(std::move(*values));
    }
    const auto &gamma = parameters[0], &beta = parameters[1],
               &mean = parameters[2], &variance = parameters[3];
    std::vector<double> scale, offset;
    for (size_t c = 0; c < gamma.size(); ++c) {
      scale.push_back(gamma[c] / std::sqrt(variance[c] +
                                           op.getEpsilon().convertToDouble()));
      offset.push_back(beta[c] - mean[c] * scale.back());
    }
    TosaBuilder b(op.getLoc(), rewriter);
    SmallVector<int64_t> shape(type.getRank(), 1);
    shape.back() = type.getShape().back();
    auto parameterType = RankedTensorType::get(shape, type.getElementType());
    auto constant = [&](ArrayRef<double> values) {
      return createConstant(b, b.getLoc(), parameterType, values);
    };
    Value scaled = b.mul(op.getInput(), constant(scale));
    rewriter.replaceOp(op, b.binary<tosa::AddOp>(scaled, constant(offset)));
    return success();
  }
};

struct LowerChannelShuffle : OpRewritePattern<ChannelShuffleOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ChannelShuffleOp op,
                                PatternRewriter &rewriter) const override {
    auto type = cast<RankedTensorType>(op.getType());
    if (!type.hasStaticShape())
      return failure();
    TosaBuilder b(op.getLoc(), rewriter);
    int64_t groups = op.getGroups(), rank = type.getRank();
    SmallVector<int64_t> apart(type.getShape());
    apart.back() /= groups;
    apart.insert(apart.end() - 1, groups);
    auto permutation = llvm::to_vector(llvm::seq<int64_t>(0, rank + 1));
    std::swap(permutation[rank - 1], permutation[rank]);
    rewriter.replaceOp(
        op, b.reshape(b.transpose(b.reshape(op.getInput(), apart), permutation),
                      type.getShape()));
    return success();
  }
};

/// Layouts are of kernels.
struct DropConvertLayout : OpRewritePattern<ConvertLayoutOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ConvertLayoutOp op,
                                PatternRewriter &rewriter) const override {
    rewriter.replaceOp(op, op.getInput());
    return success();
  }
};

struct ConvertLwToTosa : lw::impl::ConvertLwToTosaBase<ConvertLwToTosa> {
  void getDependentDialects(DialectRegistry &registry) const override {
    ConvertLwToTosaBase::getDependentDialects(registry);
    OpPassManager pm(func::FuncOp::getOperationName());
    addRest(pm, /*hasLw=*/true);
    pm.getDependentDialects(registry);
  }

  static void addRest(OpPassManager &pm, bool hasLw) {
    if (hasLw)
      pm.addPass(createConvertLwToLinalg());
    pm.addPass(createConvertLinalgToTosa());
    pm.addPass(createCanonicalizerPass());
  }

  template <typename Dialect> static bool has(func::FuncOp function) {
    return function
        .walk([](Operation *op) {
          return isa<Dialect>(op->getDialect()) ? WalkResult::interrupt()
                                                : WalkResult::advance();
        })
        .wasInterrupted();
  }

  void runOnOperation() override {
    func::FuncOp function = getOperation();
    MLIRContext *context = &getContext();
    bool bad = false;
    function.walk([&](BatchNormOp op) { bad |= failed(checkParameters(op)); });
    if (bad)
      return signalPassFailure();
    RewritePatternSet patterns(context);
    patterns.add<LowerConvolution, LowerBatchNorm, LowerChannelShuffle,
                 DropConvertLayout>(context);
    if (failed(applyPatternsGreedily(function, std::move(patterns))))
      return signalPassFailure();
    bool hasLw = has<LwDialect>(function);
    if (hasLw || has<tensor::TensorDialect>(function) ||
        has<linalg::LinalgDialect>(function)) {
      OpPassManager pm(func::FuncOp::getOperationName());
      addRest(pm, hasLw);
      if (failed(runPipeline(pm, function)))
        return signalPassFailure();
    }
    for (Operation &op : llvm::make_early_inc_range(function.getOps())) {
      if (isa<tosa::TosaDialect>(op.getDialect()) ||
          op.hasTrait<OpTrait::IsTerminator>())
        continue;
      ElementsAttr elements;
      if (matchPattern(&op, m_Constant(&elements))) {
        OpBuilder builder(&op);
        op.replaceAllUsesWith(tosa::ConstOp::create(
            builder, op.getLoc(), elements.getType(), elements));
        op.erase();
      } else if (isOpTriviallyDead(&op)) {
        op.erase();
      } else {
        op.emitWarning("has no form in tosa; it stays as it is");
      }
    }
  }
};
} // namespace
