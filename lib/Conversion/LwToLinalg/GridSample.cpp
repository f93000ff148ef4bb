//===- GridSample.cpp - An image read at the points of a grid
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "../TensorUtils.h"
#include "Indices.h"
#include "Scalars.h"
#include "lw/Dialect/IR/LwIndexOps.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace mlir::lw;

namespace {

/// One element of the input along one dimension, and what it counts.
struct Tap {
  Value index, weight;
};

/// The sampling of one dimension.
class Sampler {
public:
  Sampler(GridSampleOp op, ImplicitLocOpBuilder &b, int64_t extent)
      : op(op), s{b}, extent(extent), least(op.getAlignCorners() ? 0.0 : -0.5),
        greatest(op.getAlignCorners() ? extent - 1.0 : extent - 0.5) {}

  /// Where a coordinate lies, in elements.
  Value locate(Value g) {
    Value moved = s.add(g, s.number(1));
    Value place =
        op.getAlignCorners()
            ? s.mul(s.div(moved, s.number(2)), s.number(extent - 1))
            : s.div(s.sub(s.mul(moved, s.number(extent)), s.number(1)),
                    s.number(2));
    if (op.getMode() == "nearest")
      return math::RoundEvenOp::create(s.b, place);
    return place;
  }

  Value isOutside(Value place) {
    return s.either(s.less(place, s.number(least)),
                    s.less(s.number(greatest), place));
  }

  /// What lies outside, brought inside where the padding says so; of `cubic`,
  /// as other engines do, only each tap is.
  Value pad(Value place) {
    if (op.getMode() == "cubic")
      return place;
    if (op.getPadding() == "border")
      return s.min(s.max(place, s.number(0)), s.number(extent - 1));
    return op.getPadding() == "reflection" ? reflect(place) : place;
  }

  SmallVector<Tap> taps(Value place) {
    if (op.getMode() == "nearest")
      return {tap(place, s.number(1))};
    Value base = s.floor(place), t = s.sub(place, base);
    Value one = s.number(1);
    if (op.getMode() == "linear")
      return {tap(base, s.sub(one, t)), tap(s.add(base, one), t)};
    Value u = s.sub(one, t);
    return {tap(s.sub(base, one), far(s.add(t, one))), tap(base, near(t)),
            tap(s.add(base, one), near(u)),
            tap(s.add(base, s.number(2)), far(s.add(u, one)))};
  }

private:
  /// Mirrored at both ends as often as needed.
  Value reflect(Value place) {
    double range = greatest - least;
    if (range == 0)
      return s.number(0);
    Value distance = math::AbsFOp::create(s.b, s.sub(place, s.number(least)));
    Value turns = s.floor(s.div(distance, s.number(range)));
    Value rest = s.sub(distance, s.mul(turns, s.number(range)));
    Value half = s.floor(s.mul(turns, s.number(0.5)));
    Value isOdd = s.less(s.add(half, half), turns);
    return s.select(isOdd, s.sub(s.number(greatest), rest),
                    s.add(s.number(least), rest));
  }

  Tap tap(Value place, Value weight) {
    if (op.getPadding() == "reflection")
      place = s.select(isOutside(place), reflect(place), place);
    Value index = s.toIndex(place, -2, extent + 1);
    Value count = s.index(extent);
    if (op.getPadding() == "zeros")
      weight = s.select(isInside(s.b, index, count), weight, s.number(0));
    return {nearestIndex(s.b, index, count), weight};
  }

  /// Keys' kernel below a distance of 1, and from there to 2.
  Value near(Value x) {
    Value y = s.sub(s.mul(s.number(kKeys + 2), x), s.number(kKeys + 3));
    return s.add(s.mul(s.mul(y, x), x), s.number(1));
  }
  Value far(Value x) {
    Value y = s.sub(s.mul(s.number(kKeys), x), s.number(5 * kKeys));
    y = s.add(s.mul(y, x), s.number(8 * kKeys));
    return s.sub(s.mul(y, x), s.number(4 * kKeys));
  }

  static constexpr double kKeys = -0.75;
  GridSampleOp op;
  Scalars s;
  int64_t extent;
  double least, greatest;
};

struct LowerGridSample : OpRewritePattern<GridSampleOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(GridSampleOp op,
                                PatternRewriter &rewriter) const override {
    RankedTensorType input = tensorTypeOf(op.getInput());
    RankedTensorType output = tensorTypeOf(op.getOutput());
    if (!input.hasStaticShape() || !output.hasStaticShape())
      return op.emitOpError("expects known extents to be lowered");
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    SmallVector<Value> sizes;
    for (int64_t extent : output.getShape())
      sizes.push_back(arith::ConstantIndexOp::create(b, extent));
    rewriter.replaceOp(
        op, generate(b, output, sizes,
                     [&](ImplicitLocOpBuilder &n, SmallVector<Value> at) {
                       return sample(op, n, at, input.getShape());
                     }));
    return success();
  }

private:
  static Value sample(GridSampleOp op, ImplicitLocOpBuilder &b,
                      ArrayRef<Value> at, ArrayRef<int64_t> shape) {
    Scalars s{b};
    int64_t dims = shape.size() - 2;
    SmallVector<SmallVector<Tap>> taps;
    for (int64_t d = 0; d < dims; ++d) {
      Sampler sampler(op, b, shape[1 + d]);
      SmallVector<Value> where(at.drop_back());
      where.push_back(s.index(dims - 1 - d)); // the last dimension comes first
      Value place =
          sampler.locate(tensor::ExtractOp::create(b, op.getGrid(), where));
      taps.push_back(sampler.taps(
          s.select(sampler.isOutside(place), sampler.pad(place), place)));
    }
    SmallVector<Value> from = {at.front()};
    return sum(op, s, taps, from, at.back());
  }

  /// The sum over the taps of the dimensions that `from` does not have yet.
  static Value sum(GridSampleOp op, Scalars &s, ArrayRef<SmallVector<Tap>> taps,
                   SmallVector<Value> &from, Value channel) {
    if (taps.empty()) {
      SmallVector<Value> where(from);
      where.push_back(channel);
      return tensor::ExtractOp::create(s.b, op.getInput(), where);
    }
    Value total;
    for (const Tap &tap : taps.front()) {
      from.push_back(tap.index);
      Value part =
          s.mul(tap.weight, sum(op, s, taps.drop_front(), from, channel));
      total = total ? s.add(total, part) : part;
      from.pop_back();
    }
    return total;
  }
};
} // namespace

void lw::populateGridSamplePatterns(RewritePatternSet &patterns) {
  patterns.add<LowerGridSample>(patterns.getContext());
}
