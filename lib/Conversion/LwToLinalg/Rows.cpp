//===- Rows.cpp - Softmax and normalizations to linalg
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "../TensorUtils.h"
#include "LwToLinalg.h"
#include "lw/Dialect/IR/LwRowOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Transforms/DialectConversion.h"
#include <limits>

using namespace mlir;
using namespace mlir::lw;

namespace {

/// What an operation on rows is lowered with: reductions along axes, and
/// arithmetic of their results with the elements.
class RowLowering {
public:
  RowLowering(OpBuilder &builder, Location location, Value input,
              ArrayRef<int64_t> axes)
      : b(location, builder), input(input), axes(axes),
        element(tensorTypeOf(input).getElementType()),
        compute(cast<FloatType>(accumulatorType(element))),
        sizes(tensor::getMixedSizes(b, location, input)) {}

  using Combine = llvm::function_ref<Value(ImplicitLocOpBuilder &, ValueRange)>;

  /// accumulator = combine(element of each input, accumulator), from `init` on;
  /// the axes keep an extent of 1.
  Value reduce(ValueRange inputs, double init, Combine combine);
  Value sum(ValueRange inputs, Combine term) {
    return reduce(inputs, 0, [&](ImplicitLocOpBuilder &n, ValueRange v) {
      return arith::AddFOp::create(n, term(n, v.drop_back()), v.back());
    });
  }
  /// Of the elements of each input, as the input's elements are.
  Value map(ValueRange inputs, Combine combine) {
    return mapElements(
        b, inputs, sizes, element,
        [&](OpBuilder &nested, Location location, ValueRange values) -> Value {
          ImplicitLocOpBuilder n(location, nested);
          SmallVector<Value> wide = widen(n, values);
          return castFloat(n, location, combine(n, wide), element);
        });
  }
  Value constant(ImplicitLocOpBuilder &n, double value) {
    return arith::ConstantOp::create(n, n.getFloatAttr(compute, value));
  }
  /// How many elements a row has.
  double count() const {
    double result = 1;
    for (int64_t axis : axes)
      result *= tensorTypeOf(input).getDimSize(axis);
    return result;
  }

  ImplicitLocOpBuilder b;

private:
  SmallVector<Value> widen(ImplicitLocOpBuilder &n, ValueRange values) {
    SmallVector<Value> wide;
    for (Value value : values)
      wide.push_back(castFloat(n, n.getLoc(), value, compute));
    return wide;
  }
  /// Where an element finds its row's in a tensor whose axes are of extent 1.
  AffineMap mapOf(Value value);

  Value input;
  SmallVector<int64_t> axes;
  Type element;
  FloatType compute;
  SmallVector<OpFoldResult> sizes;
};

} // namespace

AffineMap RowLowering::mapOf(Value value) {
  SmallVector<AffineExpr> results;
  unsigned rank = sizes.size();
  for (unsigned i = 0; i < rank; ++i) {
    // What belongs to a row has no index along its axes, of any extent.
    bool isOne =
        value != input && tensorTypeOf(value).getDimSize(i) == 1 &&
        (llvm::is_contained(axes, i) || tensorTypeOf(input).getDimSize(i) != 1);
    results.push_back(isOne ? b.getAffineConstantExpr(0)
                            : b.getAffineDimExpr(i));
  }
  return AffineMap::get(rank, 0, results, b.getContext());
}

Value RowLowering::reduce(ValueRange inputs, double init, Combine combine) {
  SmallVector<OpFoldResult> kept = sizes;
  SmallVector<utils::IteratorType> iterators(sizes.size(),
                                             utils::IteratorType::parallel);
  for (int64_t axis : axes) {
    kept[axis] = b.getIndexAttr(1);
    iterators[axis] = utils::IteratorType::reduction;
  }
  Value empty = tensor::EmptyOp::create(b, kept, compute);
  Value result =
      linalg::FillOp::create(b, constant(b, init), empty).getResult(0);
  SmallVector<AffineMap> maps;
  for (Value value : inputs)
    maps.push_back(mapOf(value));
  maps.push_back(mapOf(result));
  return linalg::GenericOp::create(
             b, result.getType(), inputs, result, maps, iterators,
             [&](OpBuilder &nested, Location location, ValueRange values) {
               ImplicitLocOpBuilder n(location, nested);
               SmallVector<Value> wide = widen(n, values);
               linalg::YieldOp::create(n, combine(n, wide));
             })
      .getResult(0);
}

namespace {

struct LowerSoftmax : OpRewritePattern<SoftmaxOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(SoftmaxOp op,
                                PatternRewriter &rewriter) const override {
    Value x = op.getInput();
    RowLowering rows(rewriter, op.getLoc(), x,
                     {static_cast<int64_t>(op.getAxis())});
    using Builder = ImplicitLocOpBuilder;
    auto exponential = [](Builder &n, ValueRange v) -> Value {
      return math::ExpOp::create(n, arith::SubFOp::create(n, v[0], v[1]));
    };
    Value greatest =
        rows.reduce(x, -std::numeric_limits<double>::infinity(),
                    [](Builder &n, ValueRange v) -> Value {
                      return arith::MaximumFOp::create(n, v[0], v[1]);
                    });
    Value sum = rows.sum({x, greatest}, exponential);
    Value result =
        rows.map({x, greatest, sum}, [&](Builder &n, ValueRange v) -> Value {
          if (!op.getIsLog())
            return arith::DivFOp::create(n, exponential(n, v), v[2]);
          return arith::SubFOp::create(n, arith::SubFOp::create(n, v[0], v[1]),
                                       math::LogOp::create(n, v[2]));
        });
    rewriter.replaceOp(op, result);
    return success();
  }
};

struct LowerNormalize : OpRewritePattern<NormalizeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(NormalizeOp op,
                                PatternRewriter &rewriter) const override {
    Value x = op.getInput();
    RowLowering rows(rewriter, op.getLoc(), x, op.getAxes());
    using Builder = ImplicitLocOpBuilder;
    NormKind kind = op.getKind();
    SmallVector<Value> inputs = {x};
    if (kind == NormKind::Deviation) {
      Value sum = rows.sum(x, [](Builder &, ValueRange v) { return v[0]; });
      inputs.push_back(sum);
    }
    // What the mean leaves of an element; the inputs are the element and, after
    // it, the sum of its row.
    auto center = [&](Builder &n, ValueRange v) -> Value {
      if (kind != NormKind::Deviation)
        return v[0];
      Value mean =
          arith::DivFOp::create(n, v[1], rows.constant(n, rows.count()));
      return arith::SubFOp::create(n, v[0], mean);
    };
    Value sum = rows.sum(inputs, [&](Builder &n, ValueRange v) -> Value {
      Value rest = center(n, v);
      if (kind == NormKind::L1)
        return math::AbsFOp::create(n, rest);
      return arith::MulFOp::create(n, rest, rest);
    });
    inputs.push_back(sum);
    unsigned atSum = inputs.size() - 1;
    for (Value parameter : {op.getScale(), op.getBias()})
      if (parameter)
        inputs.push_back(parameter);
    Value result = rows.map(inputs, [&](Builder &n, ValueRange v) -> Value {
      Value z = center(n, v), divisor = v[atSum];
      bool isMean = kind == NormKind::Deviation || kind == NormKind::Rms;
      if (isMean) {
        divisor =
            arith::DivFOp::create(n, divisor, rows.constant(n, rows.count()));
        divisor = arith::AddFOp::create(
            n, divisor, rows.constant(n, op.getEpsilon().convertToDouble()));
      }
      if (kind != NormKind::L1)
        divisor = math::SqrtOp::create(n, divisor);
      z = arith::DivFOp::create(n, z, divisor);
      if (!isMean) {
        Value zero = rows.constant(n, 0);
        Value isZero =
            arith::CmpFOp::create(n, arith::CmpFPredicate::OEQ, divisor, zero);
        z = arith::SelectOp::create(n, isZero, zero, z);
      }
      unsigned next = atSum;
      if (op.getScale())
        z = arith::MulFOp::create(n, z, v[++next]);
      if (op.getBias())
        z = arith::AddFOp::create(n, z, v[++next]);
      return z;
    });
    rewriter.replaceOp(op, result);
    return success();
  }
};

} // namespace

LogicalResult lw::checkStaticRows(Operation *op) {
  auto normalize = dyn_cast<NormalizeOp>(op);
  if (!normalize)
    return success();
  for (int64_t axis : normalize.getAxes())
    if (tensorTypeOf(normalize.getInput()).isDynamicDim(axis))
      return op->emitOpError("expects static extents along its axes to be "
                             "lowered to linalg, found ")
             << normalize.getInput().getType();
  return success();
}

void lw::populateRowPatterns(RewritePatternSet &patterns) {
  patterns.add<LowerSoftmax, LowerNormalize>(patterns.getContext());
}
