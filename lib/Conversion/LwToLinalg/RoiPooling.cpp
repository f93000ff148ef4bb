//===- RoiPooling.cpp - Regions of images, brought to one size
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "../TensorUtils.h"
#include "Indices.h"
#include "Scalars.h"
#include "lw/Dialect/IR/LwIndexOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/PatternMatch.h"
#include <limits>

using namespace mlir;
using namespace mlir::lw;

namespace {

/// What a region has along one dimension.
struct Span {
  Value begin, size;
  int64_t extent, bins;
};

/// The element of image `image` at `y`, `x`.
Value pixel(ImplicitLocOpBuilder &b, Value input, Value image, Value y, Value x,
            Value channel) {
  return tensor::ExtractOp::create(b, input, ValueRange{image, y, x, channel});
}

/// for y below `rows`, x below `columns`: carried = body(y, x, carried).
Value loopOverPoints(
    ImplicitLocOpBuilder &b, Value rows, Value columns, Value carried,
    function_ref<Value(ImplicitLocOpBuilder &, Value, Value, Value)> body) {
  return loopOver(b, {rows, columns}, carried,
                  [&](ImplicitLocOpBuilder &n, SmallVector<Value> at,
                      Value value) { return body(n, at[0], at[1], value); });
}

/// A pattern that computes each element of the result on its own.
template <typename Op>
LogicalResult lowerPooling(
    Op op, PatternRewriter &rewriter,
    function_ref<Value(ImplicitLocOpBuilder &, ArrayRef<Value> at)> element) {
  RankedTensorType output = tensorTypeOf(op.getOutput());
  if (!output.hasStaticShape() || !tensorTypeOf(op.getInput()).hasStaticShape())
    return op.emitOpError("expects known extents to be lowered");
  ImplicitLocOpBuilder b(op.getLoc(), rewriter);
  SmallVector<Value> sizes;
  for (int64_t extent : output.getShape())
    sizes.push_back(arith::ConstantIndexOp::create(b, extent));
  rewriter.replaceOp(
      op, generate(b, output, sizes,
                   [&](ImplicitLocOpBuilder &n, SmallVector<Value> at) {
                     return element(n, at);
                   }));
  return success();
}

//===----------------------------------------------------------------------===//
// RoiAlign
//===----------------------------------------------------------------------===//

/// Two elements between which a point lies.
struct Between {
  Value low, high, toLow, toHigh, isOutside;
};

class RoiAlignElement {
public:
  RoiAlignElement(RoiAlignOp op, ImplicitLocOpBuilder &b, ArrayRef<Value> at)
      : op(op), b(b), s{b}, at(at), in(tensorTypeOf(op.getInput()).getShape()),
        out(tensorTypeOf(op.getOutput()).getShape()) {}

  Value compute() {
    Value where = tensor::ExtractOp::create(b, op.getBatchIndices(), at[0]);
    Value images = s.index(in[0]);
    Value image = nearestIndex(b, wrapIndex(b, where, images), images);
    Span y = span(1, in[1], out[1]), x = span(0, in[2], out[2]);
    Value rows = samples(y), columns = samples(x);
    Value result = loopOverPoints(
        b, rows, columns, s.number(0),
        [&](ImplicitLocOpBuilder &n, Value i, Value j, Value carried) {
          Scalars t{n};
          Between above = between(t, y, at[1], i, rows);
          Between left = between(t, x, at[2], j, columns);
          Value isOutside = t.either(above.isOutside, left.isOutside);
          auto corner = [&](Value row, Value column, Value weight) {
            Value value = pixel(n, op.getInput(), image, row, column, at[3]);
            return t.select(isOutside, t.number(0), t.mul(weight, value));
          };
          Value corners[] = {
              corner(above.low, left.low, t.mul(above.toLow, left.toLow)),
              corner(above.low, left.high, t.mul(above.toLow, left.toHigh)),
              corner(above.high, left.low, t.mul(above.toHigh, left.toLow)),
              corner(above.high, left.high, t.mul(above.toHigh, left.toHigh))};
          if (!op.getMax()) {
            Value sum = t.add(t.add(corners[0], corners[1]),
                              t.add(corners[2], corners[3]));
            return t.add(carried, sum);
          }
          Value greatest = t.max(t.max(corners[0], corners[1]),
                                 t.max(corners[2], corners[3]));
          Value isFirst = t.both(isZero(n, i), isZero(n, j));
          return t.select(isFirst, greatest, t.max(carried, greatest));
        });
    if (op.getMax())
      return result;
    Value count = s.mul(s.toFloat(rows), s.toFloat(columns));
    return s.div(result, s.max(count, s.number(1)));
  }

private:
  static Value isZero(ImplicitLocOpBuilder &b, Value index) {
    Value zero = arith::ConstantIndexOp::create(b, 0);
    return arith::CmpIOp::create(b, arith::CmpIPredicate::eq, index, zero);
  }

  Value corner(int64_t column) {
    Value value = tensor::ExtractOp::create(b, op.getRois(),
                                            ValueRange{at[0], s.index(column)});
    value = s.mul(value, s.number(op.getSpatialScale().convertToDouble()));
    return op.getHalfPixel() ? s.sub(value, s.number(0.5)) : value;
  }

  Span span(int64_t column, int64_t extent, int64_t bins) {
    Value begin = corner(column), size = s.sub(corner(column + 2), begin);
    if (!op.getHalfPixel())
      size = s.max(size, s.number(1));
    return {begin, size, extent, bins};
  }

  /// Points of a bin along one dimension.
  Value samples(const Span &span) {
    if (int64_t ratio = op.getSamplingRatio())
      return s.index(ratio);
    constexpr double kMost = 1024; // of regions that no image has
    return s.toIndex(s.ceil(s.div(span.size, s.number(span.bins))), 0, kMost);
  }

  static Between between(Scalars &s, const Span &span, Value bin, Value point,
                         Value points) {
    Value width = s.div(span.size, s.number(span.bins));
    Value offset = s.div(s.mul(s.add(s.toFloat(point), s.number(0.5)), width),
                         s.toFloat(points));
    Value place =
        s.add(s.add(span.begin, s.mul(s.toFloat(bin), width)), offset);
    Between result;
    result.isOutside = s.either(s.less(place, s.number(-1)),
                                s.less(s.number(span.extent), place));
    Value last = s.number(span.extent - 1);
    place = s.min(s.max(place, s.number(0)), last);
    Value low = s.floor(place);
    result.toHigh = s.sub(place, low);
    result.toLow = s.sub(s.number(1), result.toHigh);
    result.low = s.toIndex(low, 0, span.extent - 1);
    result.high = s.toIndex(s.add(low, s.number(1)), 0, span.extent - 1);
    return result;
  }

  RoiAlignOp op;
  ImplicitLocOpBuilder &b;
  Scalars s;
  ArrayRef<Value> at;
  ArrayRef<int64_t> in, out;
};

struct LowerRoiAlign : OpRewritePattern<RoiAlignOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(RoiAlignOp op,
                                PatternRewriter &rewriter) const override {
    return lowerPooling(op, rewriter,
                        [&](ImplicitLocOpBuilder &b, ArrayRef<Value> at) {
                          return RoiAlignElement(op, b, at).compute();
                        });
  }
};

//===----------------------------------------------------------------------===//
// MaxRoiPool
//===----------------------------------------------------------------------===//

class MaxRoiPoolElement {
public:
  MaxRoiPoolElement(MaxRoiPoolOp op, ImplicitLocOpBuilder &b,
                    ArrayRef<Value> at)
      : op(op), b(b), s{b}, at(at), in(tensorTypeOf(op.getInput()).getShape()),
        out(tensorTypeOf(op.getOutput()).getShape()) {}

  Value compute() {
    Value image = s.toIndex(column(0), 0, in[0] - 1);
    auto [top, rows] = bin(span(2, in[1], out[1]), at[1]);
    auto [left, columns] = bin(span(1, in[2], out[2]), at[2]);
    Value zero = s.index(0);
    auto isEmpty = [&](Value count) -> Value {
      return arith::CmpIOp::create(b, arith::CmpIPredicate::sle, count, zero);
    };
    Value empty = s.either(isEmpty(rows), isEmpty(columns));
    Value lowest = s.number(-std::numeric_limits<float>::infinity());
    Value greatest = loopOverPoints(
        b, rows, columns, lowest,
        [&, top = top, left = left](ImplicitLocOpBuilder &n, Value i, Value j,
                                    Value carried) -> Value {
          Value y = arith::AddIOp::create(n, top, i);
          Value x = arith::AddIOp::create(n, left, j);
          return arith::MaximumFOp::create(
              n, carried, pixel(n, op.getInput(), image, y, x, at[3]));
        });
    return s.select(empty, s.number(0), greatest);
  }

private:
  Value column(int64_t i) {
    return tensor::ExtractOp::create(b, op.getRois(),
                                     ValueRange{at[0], s.index(i)});
  }

  Value corner(int64_t i) {
    Value scaled =
        s.mul(column(i), s.number(op.getSpatialScale().convertToDouble()));
    return math::RoundOp::create(b, scaled);
  }

  Span span(int64_t i, int64_t extent, int64_t bins) {
    Value begin = corner(i);
    Value size = s.add(s.sub(corner(i + 2), begin), s.number(1));
    return {begin, s.max(size, s.number(1)), extent, bins};
  }

  /// The first element of a bin that lies in the image, and their number.
  std::pair<Value, Value> bin(const Span &span, Value i) {
    Value width = s.div(span.size, s.number(span.bins));
    Value at = s.toFloat(i);
    Value first = s.floor(s.mul(at, width));
    Value end = s.ceil(s.mul(s.add(at, s.number(1)), width));
    Value from = s.toIndex(s.add(first, span.begin), 0, span.extent);
    Value to = s.toIndex(s.add(end, span.begin), 0, span.extent);
    return {from, arith::SubIOp::create(b, to, from)};
  }

  MaxRoiPoolOp op;
  ImplicitLocOpBuilder &b;
  Scalars s;
  ArrayRef<Value> at;
  ArrayRef<int64_t> in, out;
};

struct LowerMaxRoiPool : OpRewritePattern<MaxRoiPoolOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(MaxRoiPoolOp op,
                                PatternRewriter &rewriter) const override {
    return lowerPooling(op, rewriter,
                        [&](ImplicitLocOpBuilder &b, ArrayRef<Value> at) {
                          return MaxRoiPoolElement(op, b, at).compute();
                        });
  }
};
} // namespace

void lw::populateRoiPatterns(RewritePatternSet &patterns) {
  patterns.add<LowerRoiAlign, LowerMaxRoiPool>(patterns.getContext());
}
