//===- Scatter.cpp - Loops that write one element after another
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// What a step writes depends on those before: loops that carry a tensor, which
// bufferization keeps in one place.
//
//===----------------------------------------------------------------------===//

#include "../TensorUtils.h"
#include "Indices.h"
#include "lw/Dialect/IR/LwIndexOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace mlir::lw;

SmallVector<Value> lw::loopTo(
    ImplicitLocOpBuilder &b, Value count, ValueRange carried,
    function_ref<SmallVector<Value>(ImplicitLocOpBuilder &, Value, ValueRange)>
        body) {
  Value zero = arith::ConstantIndexOp::create(b, 0);
  Value one = arith::ConstantIndexOp::create(b, 1);
  auto loop = scf::ForOp::create(
      b, zero, count, one, carried,
      [&](OpBuilder &nested, Location location, Value i, ValueRange values) {
        ImplicitLocOpBuilder n(location, nested);
        scf::YieldOp::create(n, body(n, i, values));
      });
  return loop.getResults();
}

Value lw::loopOver(
    ImplicitLocOpBuilder &b, ValueRange sizes, Value carried,
    function_ref<Value(ImplicitLocOpBuilder &, SmallVector<Value>, Value)>
        body) {
  if (sizes.empty())
    return body(b, {}, carried);
  SmallVector<Value> lower(sizes.size(), arith::ConstantIndexOp::create(b, 0));
  SmallVector<Value> steps(sizes.size(), arith::ConstantIndexOp::create(b, 1));
  scf::LoopNest nest = scf::buildLoopNest(
      b, b.getLoc(), lower, sizes, steps, carried,
      [&](OpBuilder &nested, Location location, ValueRange at,
          ValueRange values) {
        ImplicitLocOpBuilder n(location, nested);
        return scf::ValueVector{body(n, llvm::to_vector(at), values[0])};
      });
  return nest.results[0];
}

namespace {

/// What becomes of an element and its update.
Value reduce(ImplicitLocOpBuilder &b, StringRef reduction, Value before,
             Value update) {
  bool isFloat = isa<FloatType>(before.getType());
  auto either = [&](auto onFloats, auto onInts) -> Value {
    using Floats = decltype(onFloats);
    using Ints = decltype(onInts);
    if (isFloat)
      return Floats::create(b, before, update);
    return Ints::create(b, before, update);
  };
  if (reduction == "add")
    return either(arith::AddFOp(), arith::AddIOp());
  if (reduction == "mul")
    return either(arith::MulFOp(), arith::MulIOp());
  if (reduction == "max")
    return either(arith::MaximumFOp(), arith::MaxSIOp());
  if (reduction == "min")
    return either(arith::MinimumFOp(), arith::MinSIOp());
  return update;
}

/// `tensor` with one update at `at`, if that is inside.
Value update(ImplicitLocOpBuilder &b, StringRef reduction, Value tensor,
             ValueRange at, Value isInside, Value value) {
  Value before = tensor::ExtractOp::create(b, tensor, at);
  Value after = reduce(b, reduction, before, value);
  Value kept = arith::SelectOp::create(b, isInside, after, before);
  return tensor::InsertOp::create(b, kept, tensor, at);
}

struct LowerScatterElements : OpRewritePattern<ScatterElementsOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ScatterElementsOp op,
                                PatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    int64_t axis = op.getAxis();
    Value extent = extentsOf(b, op.getInput())[axis];
    rewriter.replaceOp(
        op,
        loopOver(
            b, extentsOf(b, op.getIndices()), op.getInput(),
            [&](ImplicitLocOpBuilder &n, SmallVector<Value> at, Value tensor) {
              Value value = tensor::ExtractOp::create(n, op.getUpdates(), at);
              Value index = tensor::ExtractOp::create(n, op.getIndices(), at);
              index = wrapIndex(n, index, extent);
              at[axis] = nearestIndex(n, index, extent);
              return update(n, op.getReduction(), tensor, at,
                            isInside(n, index, extent), value);
            }));
    return success();
  }
};

struct LowerScatterND : OpRewritePattern<ScatterNDOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ScatterNDOp op,
                                PatternRewriter &rewriter) const override {
    int64_t tuple = tensorTypeOf(op.getIndices()).getShape().back();
    if (ShapedType::isDynamic(tuple))
      return op.emitOpError("expects tuples of known size to be lowered");
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    SmallVector<Value> extents = extentsOf(b, op.getInput());
    size_t outer = tensorTypeOf(op.getIndices()).getRank() - 1;
    rewriter.replaceOp(
        op,
        loopOver(
            b, extentsOf(b, op.getUpdates()), op.getInput(),
            [&](ImplicitLocOpBuilder &n, SmallVector<Value> at, Value tensor) {
              Value value = tensor::ExtractOp::create(n, op.getUpdates(), at);
              SmallVector<Value> where(ArrayRef(at).take_front(outer)), to;
              Value inside = arith::ConstantIntOp::create(n, 1, 1);
              where.push_back({});
              for (int64_t i = 0; i < tuple; ++i) {
                where.back() = arith::ConstantIndexOp::create(n, i);
                Value index =
                    tensor::ExtractOp::create(n, op.getIndices(), where);
                index = wrapIndex(n, index, extents[i]);
                inside = arith::AndIOp::create(n, inside,
                                               isInside(n, index, extents[i]));
                to.push_back(nearestIndex(n, index, extents[i]));
              }
              llvm::append_range(to, ArrayRef(at).drop_front(outer));
              return update(n, op.getReduction(), tensor, to, inside, value);
            }));
    return success();
  }
};

/// The extents but the one along `axis`.
SmallVector<Value> without(ArrayRef<Value> extents, int64_t axis) {
  SmallVector<Value> rest(extents);
  rest.erase(rest.begin() + axis);
  return rest;
}

SmallVector<Value> with(ArrayRef<Value> at, int64_t axis, Value index) {
  SmallVector<Value> result(at);
  result.insert(result.begin() + axis, index);
  return result;
}

Value emptyLike(ImplicitLocOpBuilder &b, Value tensor, Type elementType) {
  return tensor::EmptyOp::create(
      b, tensor::getMixedSizes(b, b.getLoc(), tensor), elementType);
}

struct LowerCumSum : OpRewritePattern<CumSumOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(CumSumOp op,
                                PatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    Value input = op.getInput();
    int64_t axis = op.getAxis();
    Type type = tensorTypeOf(input).getElementType();
    SmallVector<Value> extents = extentsOf(b, input);
    Value count = extents[axis];
    Value zero = arith::ConstantOp::create(b, b.getZeroAttr(type));
    auto sumRow = [&](ImplicitLocOpBuilder &n, SmallVector<Value> row,
                      Value tensor) {
      return loopTo(
          n, count, {tensor, zero},
          [&](ImplicitLocOpBuilder &m, Value i,
              ValueRange carried) -> SmallVector<Value> {
            if (op.getReverse()) {
              Value one = arith::ConstantIndexOp::create(m, 1);
              Value last = arith::SubIOp::create(m, count, one);
              i = arith::SubIOp::create(m, last, i);
            }
            SmallVector<Value> at = with(row, axis, i);
            Value x = tensor::ExtractOp::create(m, input, at);
            Value sum =
                isa<FloatType>(type)
                    ? arith::AddFOp::create(m, carried[1], x).getResult()
                    : arith::AddIOp::create(m, carried[1], x).getResult();
            Value written = op.getExclusive() ? carried[1] : sum;
            return {tensor::InsertOp::create(m, written, carried[0], at), sum};
          })[0];
    };
    rewriter.replaceOp(op, loopOver(b, without(extents, axis),
                                    emptyLike(b, input, type), sumRow));
    return success();
  }
};

/// Keeps the best elements so far in order, and for each further one that is
/// better than the last of them moves those behind it.
struct LowerTopK : OpRewritePattern<TopKOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(TopKOp op,
                                PatternRewriter &rewriter) const override {
    RankedTensorType type = tensorTypeOf(op.getOutput());
    int64_t axis = op.getAxis(), k = type.getDimSize(axis);
    if (!type.hasStaticShape())
      return op.emitOpError("expects a result of known extents to be lowered");
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    SmallVector<Value> extents = extentsOf(b, op.getInput());
    Value empty =
        tensor::EmptyOp::create(b, type.getShape(), type.getElementType());
    auto sortRow = [&](ImplicitLocOpBuilder &n, SmallVector<Value> row,
                       Value tensor) {
      return loopTo(n, extents[axis], tensor,
                    [&](ImplicitLocOpBuilder &m, Value i,
                        ValueRange carried) -> SmallVector<Value> {
                      return {Row{op, row, axis, k}.take(m, i, carried[0])};
                    })[0];
    };
    rewriter.replaceOp(op, loopOver(b, without(extents, axis), empty, sortRow));
    return success();
  }

private:
  /// One row of the input.
  struct Row {
    TopKOp op;
    ArrayRef<Value> at;
    int64_t axis, k;

    Value element(ImplicitLocOpBuilder &b, Value index) {
      return tensor::ExtractOp::create(b, op.getInput(), with(at, axis, index));
    }

    Value isBetter(ImplicitLocOpBuilder &b, Value x, Value than) {
      if (isa<FloatType>(x.getType()))
        return arith::CmpFOp::create(b,
                                     op.getLargest()
                                         ? arith::CmpFPredicate::OGT
                                         : arith::CmpFPredicate::OLT,
                                     x, than);
      return arith::CmpIOp::create(b,
                                   op.getLargest() ? arith::CmpIPredicate::sgt
                                                   : arith::CmpIPredicate::slt,
                                   x, than);
    }

    Value read(ImplicitLocOpBuilder &b, Value best, Value place) {
      Value index = tensor::ExtractOp::create(b, best, with(at, axis, place));
      return arith::IndexCastOp::create(b, b.getIndexType(), index);
    }

    Value write(ImplicitLocOpBuilder &b, Value best, Value place, Value index) {
      Type type = tensorTypeOf(op.getOutput()).getElementType();
      return tensor::InsertOp::create(
          b, arith::IndexCastOp::create(b, type, index), best,
          with(at, axis, place));
    }

    /// The best with element `i`, if it is one of them.
    Value take(ImplicitLocOpBuilder &b, Value i, Value best) {
      Value last = arith::ConstantIndexOp::create(b, k - 1);
      Value zero = arith::ConstantIndexOp::create(b, 0);
      Value isFull =
          arith::CmpIOp::create(b, arith::CmpIPredicate::ugt, i, last);
      // What has not been written yet is no index.
      Value worst =
          arith::SelectOp::create(b, isFull, read(b, best, last), zero);
      Value beats = isBetter(b, element(b, i), element(b, worst));
      Value isFree =
          arith::CmpIOp::create(b, arith::CmpIPredicate::ule, i, last);
      Value isTaken = arith::OrIOp::create(b, isFree, beats);
      auto taken = scf::IfOp::create(
          b, isTaken,
          [&](OpBuilder &nested, Location location) {
            ImplicitLocOpBuilder n(location, nested);
            Value end = arith::MinUIOp::create(n, i, last);
            scf::YieldOp::create(n, insert(n, i, end, best));
          },
          [&](OpBuilder &nested, Location location) {
            scf::YieldOp::create(nested, location, best);
          });
      return taken.getResult(0);
    }

    /// Puts element `i` before the first of the `end` best that it is better
    /// than.
    Value insert(ImplicitLocOpBuilder &b, Value i, Value end, Value best) {
      Value no = arith::ConstantIntOp::create(b, 0, 1);
      SmallVector<Value> moved = loopTo(
          b, end, {best, i, no},
          [&](ImplicitLocOpBuilder &n, Value place,
              ValueRange carried) -> SmallVector<Value> {
            Value here = read(n, carried[0], place), held = carried[1];
            // Behind the new element everything moves, equal ones too.
            Value moves = arith::OrIOp::create(
                n, carried[2], isBetter(n, element(n, held), element(n, here)));
            Value stays = arith::SelectOp::create(n, moves, held, here);
            Value next = arith::SelectOp::create(n, moves, here, held);
            return {write(n, carried[0], place, stays), next, moves};
          });
      return write(b, moved[0], end, moved[1]);
    }
  };
};
} // namespace

void lw::populateScatterPatterns(RewritePatternSet &patterns) {
  patterns.add<LowerScatterElements, LowerScatterND, LowerCumSum, LowerTopK>(
      patterns.getContext());
}
