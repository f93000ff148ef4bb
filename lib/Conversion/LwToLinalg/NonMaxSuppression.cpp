//===- NonMaxSuppression.cpp - Boxes, the best of each place
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "../TensorUtils.h"
#include "Indices.h"
#include "Scalars.h"
#include "lw/Dialect/IR/LwIndexOps.h"
#include "mlir/IR/PatternMatch.h"
#include <array>
#include <limits>

using namespace mlir;
using namespace mlir::lw;

namespace {

/// A box from its lowest to its highest corner.
struct Box {
  std::array<Value, 2> low, high;
};

Box readBox(ImplicitLocOpBuilder &b, NonMaxSuppressionOp op, Value image,
            Value index) {
  Scalars s{b};
  auto number = [&](int64_t i) -> Value {
    return tensor::ExtractOp::create(b, op.getBoxes(),
                                     ValueRange{image, index, s.index(i)});
  };
  Box box;
  for (int64_t axis = 0; axis < 2; ++axis) {
    Value first = number(axis), second = number(axis + 2);
    if (op.getCenterPoint()) {
      Value half = s.mul(second, s.number(0.5));
      second = s.add(first, half);
      first = s.sub(first, half);
    }
    box.low[axis] = s.min(first, second);
    box.high[axis] = s.max(first, second);
  }
  return box;
}

Value product(Scalars s, ArrayRef<Value> low, ArrayRef<Value> high) {
  auto extent = [&](int axis) {
    return s.max(s.sub(high[axis], low[axis]), s.number(0));
  };
  return s.mul(extent(0), extent(1));
}

/// Whether the boxes' intersection is too large a part of their union; not
/// where they are empty.
Value overlaps(ImplicitLocOpBuilder &b, const Box &x, const Box &y,
               double threshold) {
  Scalars s{b};
  std::array<Value, 2> low, high;
  for (int axis = 0; axis < 2; ++axis) {
    low[axis] = s.max(x.low[axis], y.low[axis]);
    high[axis] = s.min(x.high[axis], y.high[axis]);
  }
  Value common = product(s, low, high);
  Value all = s.sub(s.add(product(s, x.low, x.high), product(s, y.low, y.high)),
                    common);
  return s.less(s.number(threshold), s.div(common, all));
}

/// Chooses from the boxes of one class, whose scores `left` are -inf where a
/// box is out already.
class Choice {
public:
  Choice(NonMaxSuppressionOp op, Value image, Value kind)
      : op(op), image(image), kind(kind) {}

  /// Writes the best box that is left to row `count`, which moves on, and takes
  /// out what it covers.
  SmallVector<Value> takeBest(ImplicitLocOpBuilder &b, Value rows, Value count,
                              Value left, Value limit) {
    Scalars s{b};
    Value none = s.number(-std::numeric_limits<float>::infinity());
    SmallVector<Value> best =
        loopTo(b, limit, {none, s.index(0)},
               [&](ImplicitLocOpBuilder &n, Value i,
                   ValueRange carried) -> SmallVector<Value> {
                 Scalars t{n};
                 Value score = tensor::ExtractOp::create(n, left, i);
                 Value isBetter = t.less(carried[0], score);
                 return {t.select(isBetter, score, carried[0]),
                         t.select(isBetter, i, carried[1])};
               });
    Value isFound = s.less(none, best[0]);
    Value one = s.index(1);
    Value absent = arith::ConstantIntOp::create(b, -1, 64);
    Value row[] = {image, kind, best[1]};
    for (auto [column, value] : llvm::enumerate(row)) {
      Value number = arith::IndexCastOp::create(b, b.getI64Type(), value);
      rows = tensor::InsertOp::create(
          b, s.select(isFound, number, absent), rows,
          ValueRange{count, s.index(static_cast<int64_t>(column))});
    }
    // After the last box nothing is looked through any more.
    Value next = s.select(isFound, limit, s.index(0));
    Box chosen = readBox(b, op, image, best[1]);
    left = loopTo(
        b, next, left,
        [&](ImplicitLocOpBuilder &n, Value i,
            ValueRange carried) -> SmallVector<Value> {
          Scalars t{n};
          Value isOut = t.either(
              overlaps(n, chosen, readBox(n, op, image, i),
                       op.getIouThreshold().convertToDouble()),
              arith::CmpIOp::create(n, arith::CmpIPredicate::eq, i, best[1]));
          Value score = tensor::ExtractOp::create(n, carried[0], i);
          return {tensor::InsertOp::create(n, t.select(isOut, none, score),
                                           carried[0], i)};
        })[0];
    Value step = s.select(isFound, one, s.index(0));
    return {rows, arith::AddIOp::create(b, count, step), left, next};
  }

  /// The scores of the boxes that may be chosen.
  Value scores(ImplicitLocOpBuilder &b, int64_t boxes) {
    auto type = RankedTensorType::get(boxes, b.getF32Type());
    Value size = arith::ConstantIndexOp::create(b, boxes);
    return generate(
        b, type, size, [&](ImplicitLocOpBuilder &n, SmallVector<Value> at) {
          Scalars t{n};
          Value score = tensor::ExtractOp::create(
              n, op.getScores(), ValueRange{image, kind, at[0]});
          Value least = t.number(op.getScoreThreshold().convertToDouble());
          return t.select(t.less(least, score), score,
                          t.number(-std::numeric_limits<float>::infinity()));
        });
  }

private:
  NonMaxSuppressionOp op;
  Value image, kind;
};

struct LowerNonMaxSuppression : OpRewritePattern<NonMaxSuppressionOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(NonMaxSuppressionOp op,
                                PatternRewriter &rewriter) const override {
    RankedTensorType scores = tensorTypeOf(op.getScores()),
                     output = tensorTypeOf(op.getOutput());
    if (!scores.hasStaticShape() || !output.hasStaticShape())
      return op.emitOpError("expects known extents to be lowered");
    int64_t images = scores.getDimSize(0), classes = scores.getDimSize(1),
            boxes = scores.getDimSize(2);
    int64_t most = output.getDimSize(0) / (images * classes);
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    auto index = [](ImplicitLocOpBuilder &n, int64_t value) -> Value {
      return arith::ConstantIndexOp::create(n, value);
    };
    SmallVector<Value> sizes = {index(b, output.getDimSize(0)), index(b, 3)};
    Value rows =
        generate(b, output, sizes,
                 [&](ImplicitLocOpBuilder &n, SmallVector<Value>) -> Value {
                   return arith::ConstantIntOp::create(n, -1, 64);
                 });
    auto perClass = [&](ImplicitLocOpBuilder &n, Value list,
                        ValueRange carried) -> SmallVector<Value> {
      Value count = index(n, classes);
      Choice choice(op, arith::DivUIOp::create(n, list, count),
                    arith::RemUIOp::create(n, list, count));
      SmallVector<Value> all = loopTo(
          n, index(n, most),
          {carried[0], carried[1], choice.scores(n, boxes), index(n, boxes)},
          [&](ImplicitLocOpBuilder &m, Value, ValueRange now) {
            return choice.takeBest(m, now[0], now[1], now[2], now[3]);
          });
      return {all[0], all[1]};
    };
    rewriter.replaceOp(op, loopTo(b, index(b, images * classes),
                                  {rows, index(b, 0)}, perClass)[0]);
    return success();
  }
};
} // namespace

void lw::populateNonMaxSuppressionPatterns(RewritePatternSet &patterns) {
  patterns.add<LowerNonMaxSuppression>(patterns.getContext());
}
