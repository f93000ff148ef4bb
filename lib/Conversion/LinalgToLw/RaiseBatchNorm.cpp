//===- RaiseBatchNorm.cpp - Per-channel arithmetic to lw.batch_norm
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Batch normalization has no form of its own in linalg: it is spelled as
// additions, subtractions, multiplications and divisions by constants, in any
// order and grouping. Every element-wise operation is evaluated symbolically as
// `scale[c] * x + offset[c]`; one that follows a convolution, or the result of
// this raising, becomes a single lw.batch_norm.
//
//===----------------------------------------------------------------------===//

#include "../TensorUtils.h"
#include "LinalgToLw.h"
#include "lw/Dialect/IR/Constants.h"
#include "lw/Dialect/IR/LwOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"
#include "llvm/ADT/TypeSwitch.h"
#include <cmath>

using namespace mlir;
using namespace mlir::lw;

namespace {

using Vector = std::vector<double>;

/// scale[c] * x + offset[c]; the vectors have one element for all channels or
/// one for each. Without x, scale is empty and the value is the constant
/// offset.
struct PerChannel {
  Vector scale, offset;
  bool isConstant() const { return scale.empty(); }
};

//===----------------------------------------------------------------------===//
// Evaluation of scalar bodies
//===----------------------------------------------------------------------===//

/// Elements of `a` and `b` combined; a vector of one element is repeated.
Vector combine(const Vector &a, const Vector &b,
               function_ref<double(double, double)> function) {
  Vector result(std::max(a.size(), b.size()));
  for (size_t i = 0; i < result.size(); ++i)
    result[i] = function(a[a.size() == 1 ? 0 : i], b[b.size() == 1 ? 0 : i]);
  return result;
}

PerChannel map(const PerChannel &a, function_ref<double(double)> function) {
  PerChannel result = a;
  for (double &value : result.scale)
    value = function(value);
  for (double &value : result.offset)
    value = function(value);
  return result;
}

std::optional<PerChannel> add(const PerChannel &a, const PerChannel &b) {
  PerChannel sum{{}, combine(a.offset, b.offset, std::plus<double>())};
  if (a.isConstant() || b.isConstant())
    sum.scale = a.isConstant() ? b.scale : a.scale;
  else
    sum.scale = combine(a.scale, b.scale, std::plus<double>());
  return sum;
}

/// `function` is a product or a quotient, which distributes over a sum on its
/// left.
std::optional<PerChannel>
distribute(const PerChannel &a, const PerChannel &b,
           function_ref<double(double, double)> function) {
  if (!b.isConstant())
    return std::nullopt;
  PerChannel result{{}, combine(a.offset, b.offset, function)};
  if (!a.isConstant())
    result.scale = combine(a.scale, b.offset, function);
  return result;
}

/// The result of a scalar operation, or nothing when it is not affine in x.
std::optional<PerChannel> evaluate(Operation &op,
                                   ArrayRef<PerChannel> operands) {
  using Result = std::optional<PerChannel>;
  auto negate = [](double value) { return -value; };
  return llvm::TypeSwitch<Operation *, Result>(&op)
      .Case([&](arith::ConstantOp constant) -> Result {
        auto value = dyn_cast<FloatAttr>(constant.getValue());
        if (!value)
          return std::nullopt;
        return PerChannel{{}, {value.getValueAsDouble()}};
      })
      .Case([&](arith::AddFOp) { return add(operands[0], operands[1]); })
      .Case([&](arith::SubFOp) {
        return add(operands[0], map(operands[1], negate));
      })
      .Case([&](arith::NegFOp) -> Result { return map(operands[0], negate); })
      .Case([&](arith::MulFOp) {
        bool constantFirst = operands[0].isConstant();
        return distribute(operands[constantFirst], operands[!constantFirst],
                          std::multiplies<double>());
      })
      .Case([&](arith::DivFOp) {
        return distribute(operands[0], operands[1], std::divides<double>());
      })
      // Constants such as an epsilon come in other widths.
      .Case([&](arith::ExtFOp) -> Result { return operands[0]; })
      .Case([&](arith::TruncFOp truncation) -> Result {
        if (!operands[0].isConstant())
          return std::nullopt;
        const llvm::fltSemantics &semantics =
            cast<FloatType>(truncation.getType()).getFloatSemantics();
        return map(operands[0], [&](double value) {
          APFloat rounded(value);
          bool lossy;
          rounded.convert(semantics, APFloat::rmNearestTiesToEven, &lossy);
          return rounded.convertToDouble();
        });
      })
      .Case<math::SqrtOp, math::RsqrtOp>([&](Operation *root) -> Result {
        if (!operands[0].isConstant())
          return std::nullopt;
        bool inverse = isa<math::RsqrtOp>(root);
        return map(operands[0], [&](double value) {
          return inverse ? 1 / std::sqrt(value) : std::sqrt(value);
        });
      })
      .Default([](Operation *) -> Result { return std::nullopt; });
}

std::optional<PerChannel>
evaluateScalar(Operation &op,
               function_ref<std::optional<PerChannel>(Value)> lookup) {
  SmallVector<PerChannel> operands;
  for (Value operand : op.getOperands()) {
    std::optional<PerChannel> value = lookup(operand);
    if (!value)
      return std::nullopt;
    operands.push_back(*value);
  }
  return evaluate(op, operands);
}

/// The value that the body of `op` yields, given those of its inputs.
std::optional<PerChannel> evaluateBody(linalg::LinalgOp op,
                                       ArrayRef<PerChannel> inputs) {
  llvm::DenseMap<Value, PerChannel> values;
  Block *body = op.getBlock();
  for (auto [argument, input] : llvm::zip(body->getArguments(), inputs))
    values.try_emplace(argument, input);
  // Scalars from outside the body are as good as those inside.
  std::function<std::optional<PerChannel>(Value)> lookup =
      [&](Value value) -> std::optional<PerChannel> {
    if (auto found = values.find(value); found != values.end())
      return found->second;
    Operation *outside = value.getDefiningOp();
    if (!outside || outside->getBlock() == body ||
        outside->getNumResults() != 1 || outside->getNumRegions() != 0)
      return std::nullopt;
    std::optional<PerChannel> result = evaluateScalar(*outside, lookup);
    if (result)
      values.try_emplace(value, *result);
    return result;
  };
  for (Operation &nested : body->without_terminator()) {
    std::optional<PerChannel> result = evaluateScalar(nested, lookup);
    if (!result)
      return std::nullopt;
    values.try_emplace(nested.getResult(0), *result);
  }
  return lookup(body->getTerminator()->getOperand(0));
}

//===----------------------------------------------------------------------===//
// Evaluation of tensors
//===----------------------------------------------------------------------===//

/// Elements of a tensor that constants alone decide, seen as a vector: it has
/// at most one dimension of more than one element. `depth` bounds the search.
std::optional<Vector> evaluateConstant(Value value, unsigned depth = 8) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  if (!depth || !type || !type.hasStaticShape() ||
      llvm::count_if(type.getShape(), [](int64_t e) { return e != 1; }) > 1)
    return std::nullopt;
  if (std::optional<std::vector<float>> constant = readConstant(value))
    return Vector(constant->begin(), constant->end());
  Operation *op = value.getDefiningOp();
  if (isa_and_nonnull<tensor::ExpandShapeOp, tensor::CollapseShapeOp>(op))
    return evaluateConstant(op->getOperand(0), depth - 1);
  auto linalgOp = dyn_cast_or_null<linalg::LinalgOp>(op);
  if (!isElementwise(linalgOp))
    return std::nullopt;
  SmallVector<PerChannel> inputs;
  for (OpOperand *operand : linalgOp.getDpsInputOperands()) {
    std::optional<Vector> input =
        linalgOp.getMatchingIndexingMap(operand).isIdentity()
            ? evaluateConstant(operand->get(), depth - 1)
            : std::nullopt;
    if (!input)
      return std::nullopt;
    inputs.push_back({{}, *input});
  }
  std::optional<PerChannel> result = evaluateBody(linalgOp, inputs);
  if (!result)
    return std::nullopt;
  result->offset.resize(type.getNumElements(), result->offset.front());
  return result->offset;
}

/// The constants that `operand` brings to each channel of dimension `channel`.
std::optional<Vector> evaluateOperand(linalg::LinalgOp op, OpOperand *operand,
                                      unsigned channel) {
  Value value = operand->get();
  AffineMap map = op.getMatchingIndexingMap(operand);
  if (isa<FloatType>(value.getType())) {
    FloatAttr scalar;
    if (!matchPattern(value, m_Constant(&scalar)))
      return std::nullopt;
    return Vector{scalar.getValueAsDouble()};
  }
  if (auto fill = value.getDefiningOp<linalg::FillOp>()) {
    FloatAttr scalar;
    if (!matchPattern(fill.getInputs()[0], m_Constant(&scalar)))
      return std::nullopt;
    return Vector{scalar.getValueAsDouble()};
  }
  // A splat is the same wherever it is read.
  SplatElementsAttr splat;
  if (matchPattern(value, m_Constant(&splat)) &&
      isa<FloatType>(splat.getElementType()))
    return Vector{splat.getSplatValue<APFloat>().convertToDouble()};
  if (auto broadcast = value.getDefiningOp<linalg::BroadcastOp>()) {
    SmallVector<unsigned> kept;
    for (unsigned dim = 0; dim < map.getNumResults(); ++dim)
      if (!llvm::is_contained(broadcast.getDimensions(), dim))
        kept.push_back(dim);
    map = map.getSubMap(kept);
    value = broadcast.getInput();
  }
  // Read along the channels only: every other index is zero or has one value.
  auto type = cast<RankedTensorType>(value.getType());
  for (auto [index, expression] : llvm::enumerate(map.getResults())) {
    auto dim = dyn_cast<AffineDimExpr>(expression);
    bool alongChannels = dim && dim.getPosition() == channel;
    if (!alongChannels && type.getDimSize(index) != 1)
      return std::nullopt;
  }
  return evaluateConstant(value);
}

//===----------------------------------------------------------------------===//
// The pattern
//===----------------------------------------------------------------------===//

/// The arithmetic of a batch norm with constant parameters.
std::optional<PerChannel> evaluate(BatchNormOp op) {
  Vector parameters[4];
  for (auto [vector, value] :
       llvm::zip(parameters, op->getOperands().drop_front())) {
    std::optional<std::vector<float>> constant = readConstant(value);
    if (!constant)
      return std::nullopt;
    vector.assign(constant->begin(), constant->end());
  }
  auto &[scale, offset, mean, variance] = parameters;
  PerChannel result{scale, offset};
  for (size_t c = 0; c < scale.size(); ++c) {
    result.scale[c] /=
        std::sqrt(variance[c] + op.getEpsilon().convertToDouble());
    result.offset[c] -= result.scale[c] * mean[c];
  }
  return result;
}

struct RaiseBatchNorm : OpInterfaceRewritePattern<linalg::LinalgOp> {
  using OpInterfaceRewritePattern::OpInterfaceRewritePattern;

  LogicalResult matchAndRewrite(linalg::LinalgOp op,
                                PatternRewriter &rewriter) const override {
    if (!isElementwise(op) || op->getNumRegions() != 1)
      return failure();
    auto type = cast<RankedTensorType>(op->getResult(0).getType());
    auto elementType = dyn_cast<FloatType>(type.getElementType());
    if (type.getRank() != 4 || !elementType || elementType.getWidth() > 32)
      return failure();

    OpOperand *x = findRaisedOperand(op);
    if (!x)
      return failure();
    bool channelsFirst;
    Value source = getChannelsLast(x->get(), channelsFirst);

    unsigned channel = channelsFirst ? 1 : 3;
    SmallVector<PerChannel> inputs;
    for (OpOperand *operand : op.getDpsInputOperands()) {
      if (operand == x) {
        inputs.push_back({{1}, {0}});
        continue;
      }
      std::optional<Vector> constant = evaluateOperand(op, operand, channel);
      if (!constant)
        return rewriter.notifyMatchFailure(op, "operand is not constant");
      inputs.push_back({{}, *constant});
    }
    std::optional<PerChannel> result = evaluateBody(op, inputs);
    if (!result || result->isConstant())
      return rewriter.notifyMatchFailure(op, "not affine in its input");

    if (auto previous = source.getDefiningOp<BatchNormOp>()) {
      std::optional<PerChannel> inner = evaluate(previous);
      if (!inner)
        return rewriter.notifyMatchFailure(op, "parameters are not constant");
      result->offset =
          combine(combine(result->scale, inner->offset, std::multiplies<>()),
                  result->offset, std::plus<>());
      result->scale = combine(result->scale, inner->scale, std::multiplies<>());
      source = previous.getInput();
    }
    return emit(op, source, *result, type, channelsFirst, rewriter);
  }

  static LogicalResult emit(linalg::LinalgOp op, Value source,
                            const PerChannel &value, RankedTensorType type,
                            bool channelsFirst, PatternRewriter &rewriter) {
    int64_t channels = tensorTypeOf(source).getDimSize(3);
    auto expand = [&](const Vector &from) {
      std::vector<float> to(from.begin(), from.end());
      to.resize(channels, to.front());
      return to;
    };
    NormalRange range(cast<FloatType>(type.getElementType()));
    if (llvm::any_of(value.scale,
                     [&](double s) { return !range.contains(s); }) ||
        llvm::any_of(value.offset,
                     [&](double t) { return range.overflows(t); }))
      return rewriter.notifyMatchFailure(op, "factors leave their range");
    std::vector<float> scale = expand(value.scale);
    std::vector<float> offset = expand(value.offset);

    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    auto parameterType = RankedTensorType::get(channels, type.getElementType());
    auto parameter = [&](ArrayRef<float> elements) {
      return createConstant(b, b.getLoc(), parameterType, elements);
    };
    std::vector<float> zeros(channels, 0), ones(channels, 1);
    Value result = BatchNormOp::create(
        b, source.getType(), source, parameter(scale), parameter(offset),
        parameter(zeros), parameter(ones), APFloat(0.0f));
    if (channelsFirst)
      result = transpose(b, result, kToChannelsFirst);
    rewriter.replaceOp(op, result);
    return success();
  }
};

} // namespace

void lw::populateRaiseBatchNormPatterns(RewritePatternSet &patterns) {
  patterns.add<RaiseBatchNorm>(patterns.getContext());
}
