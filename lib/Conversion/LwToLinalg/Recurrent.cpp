//===- Recurrent.cpp - Recurrent layers to linalg
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A loop over the steps of each direction, whose body is the formula of the
// operation: sums onto the projected inputs, then single elements.
//
//===----------------------------------------------------------------------===//

#include "../TensorUtils.h"
#include "LwToLinalg.h"
#include "lw/Conversion/RecurrentActivation.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace mlir::lw;

namespace {

/// Lowers one direction of a layer.
class DirectionLowering {
public:
  DirectionLowering(RecurrentOp op, int64_t direction, ImplicitLocOpBuilder &b)
      : op(op), direction(direction), steps(op.getSteps()),
        batch(op.getBatch()), hidden(op.getHidden()), gates(op.getGates()),
        b(b) {}

  /// Writes the direction's states into `y`.
  Value lower(Value y);

private:
  /// What an element (sample, unit) of the state reads: of gate `gate` of a
  /// tensor of gates, or an element of the state's shape, of `[1, H]` for all
  /// samples.
  struct Read {
    Value value;
    int64_t gate = -1;
  };
  using Formula = function_ref<Value(ImplicitLocOpBuilder &, ValueRange)>;

  /// `formula` of the elements of `reads` and, the last, of `onto`, in its
  /// place.
  Value elements(ArrayRef<Read> reads, Value onto, Formula formula);
  /// `init` and the products of `state` with gates from `first` on, as many as
  /// `init` has.
  Value products(Value state, int64_t first, Value init);
  /// A box of `value` without its leading dimensions of extent 1.
  Value slice(Value value, ArrayRef<OpFoldResult> offsets,
              ArrayRef<int64_t> sizes, ArrayRef<int64_t> shape);
  Value projected(Value step, int64_t first, int64_t count);
  Value initial(Value given);
  Value empty() {
    return tensor::EmptyOp::create(b, ArrayRef<int64_t>{batch, hidden},
                                   b.getF32Type());
  }
  Value act(ImplicitLocOpBuilder &n, int64_t i, Value x, bool clips = true);
  OpFoldResult index(int64_t value) { return b.getIndexAttr(value); }

  // The next state, and cell, of a step.
  std::pair<Value, Value> lstm(Value step, Value h, Value c);
  Value gru(Value step, Value h);
  Value rnn(Value step, Value h);

  RecurrentOp op;
  int64_t direction, steps, batch, hidden, gates;
  ImplicitLocOpBuilder &b;
};

} // namespace

static Value add(OpBuilder &n, Location location, Value x, Value y) {
  return arith::AddFOp::create(n, location, x, y);
}

static Value mul(OpBuilder &n, Location location, Value x, Value y) {
  return arith::MulFOp::create(n, location, x, y);
}

Value DirectionLowering::elements(ArrayRef<Read> reads, Value onto,
                                  Formula formula) {
  SmallVector<AffineMap> maps;
  SmallVector<Value> inputs;
  AffineExpr sample = b.getAffineDimExpr(0), unit = b.getAffineDimExpr(1);
  for (const Read &read : reads) {
    inputs.push_back(read.value);
    SmallVector<AffineExpr> at = {sample, unit};
    if (read.gate >= 0)
      at.insert(at.begin() + 1, b.getAffineConstantExpr(read.gate));
    else if (tensorTypeOf(read.value).getDimSize(0) == 1)
      at[0] = b.getAffineConstantExpr(0);
    maps.push_back(AffineMap::get(2, 0, at, b.getContext()));
  }
  maps.push_back(b.getMultiDimIdentityMap(2));
  SmallVector<utils::IteratorType> iterators(2, utils::IteratorType::parallel);
  auto body = [&](OpBuilder &nested, Location location, ValueRange values) {
    ImplicitLocOpBuilder n(location, nested);
    linalg::YieldOp::create(n, formula(n, values));
  };
  return linalg::GenericOp::create(b, onto.getType(), inputs, onto, maps,
                                   iterators, body)
      .getResult(0);
}

Value DirectionLowering::products(Value state, int64_t first, Value init) {
  int64_t count = tensorTypeOf(init).getDimSize(1);
  Value weights = slice(op.getWeights(),
                        {index(direction), index(0), index(first * hidden)},
                        {1, hidden, count * hidden}, {hidden, count * hidden});
  weights = splitDimension(b, weights, 1, count, hidden);
  AffineExpr sample = b.getAffineDimExpr(0), gate = b.getAffineDimExpr(1),
             unit = b.getAffineDimExpr(2), k = b.getAffineDimExpr(3);
  using Iterator = utils::IteratorType;
  // The sums of what `term` makes of states and weights, onto `sums`.
  auto sum = [&](Value states, Value sums, auto term) {
    auto map = [&](ArrayRef<AffineExpr> at) {
      return AffineMap::get(4, 0, at, b.getContext());
    };
    return linalg::GenericOp::create(
               b, sums.getType(), ValueRange{states, weights}, sums,
               ArrayRef<AffineMap>{map({sample, k}), map({k, gate, unit}),
                                   map({sample, gate, unit})},
               ArrayRef<Iterator>{Iterator::parallel, Iterator::parallel,
                                  Iterator::parallel, Iterator::reduction},
               [&](OpBuilder &n, Location location, ValueRange v) {
                 linalg::YieldOp::create(n, location, term(n, location, v));
               })
        .getResult(0);
  };
  if (!op.getScales())
    return sum(state, init, [](OpBuilder &n, Location location, ValueRange v) {
      Value weight = castFloat(n, location, v[1], v[0].getType());
      return add(n, location, v[2], mul(n, location, v[0], weight));
    });

  auto [integers, scale] = quantizeByRange(b, state);
  Value zero = arith::ConstantOp::create(b, b.getI32IntegerAttr(0));
  Value zeroPoint = arith::ConstantOp::create(
      b, b.getI32IntegerAttr(op.getZeroPoint(direction)));
  Value sums = linalg::FillOp::create(
                   b, zero,
                   tensor::EmptyOp::create(b, tensorTypeOf(init).getShape(),
                                           b.getI32Type())
                       .getResult())
                   .getResult(0);
  sums = sum(integers, sums,
             [&](OpBuilder &nested, Location location, ValueRange v) -> Value {
               ImplicitLocOpBuilder n(location, nested);
               Value weight = arith::ExtSIOp::create(n, n.getI32Type(), v[1]);
               weight = arith::SubIOp::create(n, weight, zeroPoint);
               return arith::AddIOp::create(
                   n, v[2], arith::MulIOp::create(n, v[0], weight));
             });
  Value scales =
      slice(op.getScales(), {index(direction), index(first * hidden)},
            {1, count * hidden}, {count * hidden});
  scales = splitDimension(b, scales, 0, count, hidden);
  auto map = [&](ArrayRef<AffineExpr> at) {
    return AffineMap::get(3, 0, at, b.getContext());
  };
  return linalg::GenericOp::create(
             b, init.getType(), ValueRange{sums, scales}, init,
             ArrayRef<AffineMap>{map({sample, gate, unit}), map({gate, unit}),
                                 map({sample, gate, unit})},
             SmallVector<Iterator>(3, Iterator::parallel),
             [&, scale = scale](OpBuilder &n, Location location, ValueRange v) {
               Value real =
                   arith::SIToFPOp::create(n, location, n.getF32Type(), v[0]);
               linalg::YieldOp::create(
                   n, location,
                   add(n, location, v[2],
                       mul(n, location, real, mul(n, location, scale, v[1]))));
             })
      .getResult(0);
}

Value DirectionLowering::slice(Value value, ArrayRef<OpFoldResult> offsets,
                               ArrayRef<int64_t> sizes,
                               ArrayRef<int64_t> shape) {
  SmallVector<OpFoldResult> strides(offsets.size(), index(1));
  return tensor::ExtractSliceOp::create(
      b, tensorTypeOf(value).clone(shape), value,
      SmallVector<OpFoldResult>(offsets),
      getAsIndexOpFoldResult(b.getContext(), sizes), strides);
}

Value DirectionLowering::projected(Value step, int64_t first, int64_t count) {
  Value values =
      slice(op.getProjected(),
            {step, index(0), index((direction * gates + first) * hidden)},
            {1, batch, count * hidden}, {batch, count * hidden});
  return splitDimension(b, values, 1, count, hidden);
}

Value DirectionLowering::initial(Value given) {
  if (given)
    return slice(given, {index(direction), index(0), index(0)},
                 {1, batch, hidden}, {batch, hidden});
  Value zero = arith::ConstantOp::create(b, b.getF32FloatAttr(0));
  return linalg::FillOp::create(b, zero, empty()).getResult(0);
}

Value DirectionLowering::act(ImplicitLocOpBuilder &n, int64_t i, Value x,
                             bool clips) {
  if (op.getClip() && clips) {
    float bound = op.getClip()->convertToFloat();
    auto constant = [&](float value) -> Value {
      return arith::ConstantOp::create(n, n.getF32FloatAttr(value));
    };
    x = arith::MaximumFOp::create(n, x, constant(-bound));
    x = arith::MinimumFOp::create(n, x, constant(bound));
  }
  return buildRecurrentActivation(n, n.getLoc(), op.getActivation(direction, i),
                                  x);
}

std::pair<Value, Value> DirectionLowering::lstm(Value step, Value h, Value c) {
  enum Gate { I, O, F, C };
  Value sums = products(h, 0, projected(step, 0, gates));
  SmallVector<Read> reads = {{sums, I}, {sums, F}, {sums, C}};
  bool peeps = bool(op.getPeepholes());
  auto peephole = [&](int64_t i) {
    return slice(op.getPeepholes(), {index(direction), index(i * hidden)},
                 {1, hidden}, {1, hidden});
  };
  if (peeps)
    reads.append({{peephole(0)}, {peephole(2)}});
  c = elements(reads, c, [&](ImplicitLocOpBuilder &n, ValueRange v) -> Value {
    Value in = v[0], forget = v[1], before = v.back();
    if (peeps) {
      in = add(n, n.getLoc(), in, mul(n, n.getLoc(), v[3], before));
      forget = add(n, n.getLoc(), forget, mul(n, n.getLoc(), v[4], before));
    }
    in = act(n, 0, in);
    Value one = arith::ConstantOp::create(n, n.getF32FloatAttr(1));
    forget = op.getInputForget() ? arith::SubFOp::create(n, one, in).getResult()
                                 : act(n, 0, forget);
    return add(n, n.getLoc(), mul(n, n.getLoc(), forget, before),
               mul(n, n.getLoc(), in, act(n, 1, v[2])));
  });
  reads = {{sums, O}, {c}};
  if (peeps)
    reads.push_back({peephole(1)});
  h = elements(reads, h, [&](ImplicitLocOpBuilder &n, ValueRange v) -> Value {
    Value out = v[0];
    if (peeps)
      out = add(n, n.getLoc(), out, mul(n, n.getLoc(), v[2], v[1]));
    return mul(n, n.getLoc(), act(n, 0, out), act(n, 2, v[1], false));
  });
  return {h, c};
}

Value DirectionLowering::gru(Value step, Value h) {
  Value sums = products(h, 0, projected(step, 0, 2)), last;
  SmallVector<Read> reads = {{sums, 0}};
  bool linear = op.getLinearBeforeReset();
  if (linear) {
    Value init = initial({});
    if (op.getBias())
      init = elements(
          {{slice(op.getBias(), {index(direction), index(0)}, {1, hidden},
                  {1, hidden})}},
          empty(), [](ImplicitLocOpBuilder &, ValueRange v) { return v[0]; });
    last = products(h, 2, splitDimension(b, init, 1, 1, hidden));
    reads.append({{projected(step, 2, 1), 0}, {sums, 1}, {last, 0}});
  } else {
    Value reset = elements({{sums, 1}, {h}}, empty(),
                           [&](ImplicitLocOpBuilder &n, ValueRange v) {
                             return mul(n, n.getLoc(), act(n, 0, v[0]), v[1]);
                           });
    last = products(reset, 2, projected(step, 2, 1));
    reads.push_back({last, 0});
  }
  return elements(reads, h, [&](ImplicitLocOpBuilder &n, ValueRange v) {
    Value z = act(n, 0, v[0]), next = v[1];
    if (linear)
      next =
          add(n, n.getLoc(), next, mul(n, n.getLoc(), act(n, 0, v[2]), v[3]));
    next = act(n, 1, next);
    Value one = arith::ConstantOp::create(n, n.getF32FloatAttr(1));
    Value rest = arith::SubFOp::create(n, one, z);
    return add(n, n.getLoc(), mul(n, n.getLoc(), rest, next),
               mul(n, n.getLoc(), z, v.back()));
  });
}

Value DirectionLowering::rnn(Value step, Value h) {
  Value sums = products(h, 0, projected(step, 0, 1));
  return elements({{sums, 0}}, h, [&](ImplicitLocOpBuilder &n, ValueRange v) {
    return act(n, 0, v[0]);
  });
}

Value DirectionLowering::lower(Value y) {
  bool isLstm = op.getKind() == RecurrentKind::LSTM;
  bool reverse =
      direction == 1 || op.getDirection() == RecurrentDirection::Reverse;
  SmallVector<Value> carried = {y, initial(op.getInitialHidden())};
  if (isLstm)
    carried.push_back(initial(op.getInitialCell()));
  auto constant = [&](int64_t value) -> Value {
    return arith::ConstantIndexOp::create(b, value);
  };
  auto insert = [&](Value state, Value into, OpFoldResult row) -> Value {
    SmallVector<OpFoldResult> offsets = {row, index(direction), index(0),
                                         index(0)};
    SmallVector<OpFoldResult> strides(4, index(1));
    return tensor::InsertSliceOp::create(
        b, state, into, offsets,
        getAsIndexOpFoldResult(b.getContext(), {1, 1, batch, hidden}), strides);
  };
  auto loop =
      scf::ForOp::create(b, constant(0), constant(steps), constant(1), carried);
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    Value step = loop.getInductionVar();
    if (reverse)
      step = arith::SubIOp::create(b, constant(steps - 1), step);
    SmallVector<Value> next(loop.getRegionIterArgs());
    switch (op.getKind()) {
    case RecurrentKind::LSTM:
      std::tie(next[1], next[2]) = lstm(step, next[1], next[2]);
      break;
    case RecurrentKind::GRU:
      next[1] = gru(step, next[1]);
      break;
    case RecurrentKind::RNN:
      next[1] = rnn(step, next[1]);
      break;
    }
    next[0] = insert(next[1], next[0], step);
    scf::YieldOp::create(b, next);
  }
  y = loop.getResult(0);
  return op.getWithCell() ? insert(loop.getResult(2), y, index(steps)) : y;
}

namespace {
struct LowerRecurrent : OpRewritePattern<RecurrentOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(RecurrentOp op,
                                PatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    Value y =
        tensor::EmptyOp::create(b, op.getType().getShape(), b.getF32Type());
    for (int64_t d = 0; d < op.getDirections(); ++d)
      y = DirectionLowering(op, d, b).lower(y);
    rewriter.replaceOp(op, y);
    return success();
  }
};
} // namespace

void mlir::lw::populateRecurrentPatterns(RewritePatternSet &patterns) {
  patterns.add<LowerRecurrent>(patterns.getContext());
}
