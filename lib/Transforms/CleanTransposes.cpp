//===- CleanTransposes.cpp - Transposes sink and cancel
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
// A network in another layout has a transpose before and after each operation
// that wants NHWC. Every pattern moves transposes towards the results, never
// back, where they meet their inverse or each other.
//
//===----------------------------------------------------------------------===//

#include "Elementwise.h"
#include "lw/Dialect/IR/Constants.h"
#include "lw/Transforms/Patterns.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "mlir/Dialect/Tosa/Utils/ConversionUtils.h"

using namespace mlir;
using namespace mlir::lw;

using Permutation = SmallVector<int32_t>;

static Permutation invert(ArrayRef<int32_t> permutation) {
  Permutation inverse(permutation.size());
  for (auto [i, p] : llvm::enumerate(permutation))
    inverse[p] = i;
  return inverse;
}

/// result[i] = values[permutation[i]].
template <typename T>
static SmallVector<T> permute(ArrayRef<T> values,
                              ArrayRef<int32_t> permutation) {
  SmallVector<T> result;
  for (int32_t p : permutation)
    result.push_back(values[p]);
  return result;
}

static Value createTranspose(PatternRewriter &rewriter, Location location,
                             Value value, ArrayRef<int32_t> permutation) {
  auto type = cast<RankedTensorType>(value.getType());
  auto transposed = RankedTensorType::get(permute(type.getShape(), permutation),
                                          type.getElementType());
  return tosa::TransposeOp::create(rewriter, location, transposed, value,
                                   permutation);
}

/// True when transposing moves only dimensions of one element, so that no
/// element moves: a reshape.
static bool isFree(RankedTensorType type, ArrayRef<int32_t> permutation) {
  int32_t last = -1;
  for (int32_t p : permutation) {
    if (type.getDimSize(p) == 1)
      continue;
    if (p < last)
      return false;
    last = p;
  }
  return true;
}

/// The permutation that the transposes among `values` share, if there is one
/// and every other value can be transposed for free or is a constant.
static std::optional<Permutation> commonPermutation(ValueRange values) {
  std::optional<Permutation> common;
  for (Value value : values) {
    auto transpose = value.getDefiningOp<tosa::TransposeOp>();
    if (!transpose || common || isConstantFloat(transpose.getInput1()))
      continue;
    // What moves no element folds or becomes a reshape; sinking it would put
    // its inverse on the other operands, and that would sink in turn.
    auto type = dyn_cast<RankedTensorType>(transpose.getInput1().getType());
    if (type && !isFree(type, transpose.getPerms()))
      common.emplace(transpose.getPerms());
  }
  if (!common)
    return std::nullopt;
  Permutation inverse = invert(*common);
  for (Value value : values) {
    auto type = dyn_cast<RankedTensorType>(value.getType());
    if (!type || type.getRank() != static_cast<int64_t>(common->size()))
      return std::nullopt;
    auto transpose = value.getDefiningOp<tosa::TransposeOp>();
    if (transpose && transpose.getPerms() == ArrayRef<int32_t>(*common) &&
        isa<RankedTensorType>(transpose.getInput1().getType()))
      continue;
    if (!isConstantFloat(value) && !isFree(type, inverse))
      return std::nullopt;
  }
  return common;
}

/// The value that `value` is the transpose of.
static Value undoTranspose(PatternRewriter &rewriter, Value value,
                           ArrayRef<int32_t> permutation) {
  auto transpose = value.getDefiningOp<tosa::TransposeOp>();
  if (transpose && transpose.getPerms() == permutation)
    return transpose.getInput1();
  return createTranspose(rewriter, value.getLoc(), value, invert(permutation));
}

/// Type of the untransposed result.
static RankedTensorType undoTranspose(Type type,
                                      ArrayRef<int32_t> permutation) {
  auto ranked = cast<RankedTensorType>(type);
  return RankedTensorType::get(
      permute(ranked.getShape(), ArrayRef<int32_t>(invert(permutation))),
      ranked.getElementType());
}

namespace {

struct FoldConstantTranspose : OpRewritePattern<tosa::TransposeOp> {
  FoldConstantTranspose(MLIRContext *context, RewriteCount count)
      : OpRewritePattern(context), count(count) {}
  LogicalResult matchAndRewrite(tosa::TransposeOp op,
                                PatternRewriter &rewriter) const override {
    auto inputType = dyn_cast<RankedTensorType>(op.getInput1().getType());
    auto type = dyn_cast<RankedTensorType>(op.getType());
    if (!inputType || !type || !type.hasStaticShape() ||
        type.getElementType().isF64())
      return failure();
    std::optional<std::vector<float>> input = readConstant(op.getInput1());
    if (!input)
      return failure();
    ArrayRef<int32_t> perms = op.getPerms();
    // Step in the input for each dimension of the result.
    SmallVector<int64_t> strides(inputType.getRank(), 1);
    for (int64_t d = inputType.getRank() - 2; d >= 0; --d)
      strides[d] = strides[d + 1] * inputType.getDimSize(d + 1);
    SmallVector<int64_t> steps = permute<int64_t>(strides, perms);
    SmallVector<int64_t> index(type.getRank(), 0);
    std::vector<float> output(input->size());
    int64_t from = 0;
    for (float &element : output) {
      element = (*input)[from];
      for (int64_t d = type.getRank() - 1; d >= 0; --d) {
        from += steps[d];
        if (++index[d] < type.getDimSize(d))
          break;
        from -= steps[d] * index[d];
        index[d] = 0;
      }
    }
    rewriter.replaceOp(op, createConstant(rewriter, op.getLoc(), type, output));
    ++count;
    return success();
  }
  RewriteCount count;
};

/// Puts one transpose behind an operation for those before it. A pattern says
/// which operands they are before and what the operation is without them.
template <typename Base> struct SinkTranspose : Base {
  template <typename... Args>
  SinkTranspose(RewriteCount count, Args... args)
      : Base(args...), count(count) {}

  /// Replaces `op`, whose transposed operands are `operands`, by the transpose
  /// of what `build` makes in their own order.
  LogicalResult
  sink(Operation *op, ValueRange operands, PatternRewriter &rewriter,
       llvm::function_ref<Value(ArrayRef<int32_t> perms, ArrayRef<Value> undone,
                                Type type)>
           build) const {
    auto type = dyn_cast<RankedTensorType>(op->getResult(0).getType());
    std::optional<Permutation> perms = commonPermutation(operands);
    if (!type || !perms)
      return failure();
    SmallVector<Value> undone;
    for (Value operand : operands)
      undone.push_back(undoTranspose(rewriter, operand, *perms));
    Value result = build(*perms, undone, undoTranspose(type, *perms));
    rewriter.replaceOpWithNewOp<tosa::TransposeOp>(op, type, result, *perms);
    ++count;
    return success();
  }

  RewriteCount count;
};

/// f(transpose(x), transpose(y)) to transpose(f(x, y)).
struct SinkThroughElementwise : SinkTranspose<RewritePattern> {
  SinkThroughElementwise(MLIRContext *context, RewriteCount count)
      : SinkTranspose(count, MatchAnyOpTypeTag(), /*benefit=*/1, context) {}
  LogicalResult matchAndRewrite(Operation *op,
                                PatternRewriter &rewriter) const override {
    if (!isElementwise(op))
      return failure();
    SmallVector<Value> operands;
    for (OpOperand &operand : elementwiseOperands(op))
      operands.push_back(operand.get());
    return sink(op, operands, rewriter,
                [&](ArrayRef<int32_t>, ArrayRef<Value> undone, Type type) {
                  return cloneElementwise(rewriter, op, undone, type);
                });
  }
};

/// The same for operations with an `axis`: reductions and concatenations.
template <typename Op>
struct SinkThroughAxis : SinkTranspose<OpRewritePattern<Op>> {
  SinkThroughAxis(MLIRContext *context, RewriteCount count)
      : SinkTranspose<OpRewritePattern<Op>>(count, context) {}
  LogicalResult matchAndRewrite(Op op,
                                PatternRewriter &rewriter) const override {
    return this->sink(
        op, op->getOperands(), rewriter,
        [&](ArrayRef<int32_t> perms, ArrayRef<Value> undone, Type type) {
          auto sunk = cast<Op>(rewriter.clone(*op));
          rewriter.modifyOpInPlace(sunk, [&] {
            sunk->setOperands(undone);
            sunk.setAxis(perms[op.getAxis()]);
            sunk->getResult(0).setType(type);
          });
          return sunk->getResult(0);
        });
  }
};

/// pad(transpose(x)) to transpose(pad(x)).
struct SinkThroughPad : SinkTranspose<OpRewritePattern<tosa::PadOp>> {
  SinkThroughPad(MLIRContext *context, RewriteCount count)
      : SinkTranspose(count, context) {}
  LogicalResult matchAndRewrite(tosa::PadOp op,
                                PatternRewriter &rewriter) const override {
    SmallVector<int64_t> amounts;
    if (!tosa::getConstShapeValues(op.getPadding().getDefiningOp(), amounts))
      return failure();
    return sink(
        op, op.getInput1(), rewriter,
        [&](ArrayRef<int32_t> perms, ArrayRef<Value> undone, Type type) {
          SmallVector<int64_t> padding(amounts.size());
          for (auto [to, from] : llvm::enumerate(perms)) {
            padding[2 * from] = amounts[2 * to];
            padding[2 * from + 1] = amounts[2 * to + 1];
          }
          return tosa::PadOp::create(
                     rewriter, op.getLoc(), type, undone[0],
                     tosa::getTosaConstShape(rewriter, op.getLoc(), padding),
                     op.getPadConst())
              .getResult();
        });
  }
};

/// slice(transpose(x)) to transpose(slice(x)).
struct SinkThroughSlice : SinkTranspose<OpRewritePattern<tosa::SliceOp>> {
  SinkThroughSlice(MLIRContext *context, RewriteCount count)
      : SinkTranspose(count, context) {}
  LogicalResult matchAndRewrite(tosa::SliceOp op,
                                PatternRewriter &rewriter) const override {
    SmallVector<int64_t> start, size;
    if (!tosa::getConstShapeValues(op.getStart().getDefiningOp(), start) ||
        !tosa::getConstShapeValues(op.getSize().getDefiningOp(), size))
      return failure();
    return sink(
        op, op.getInput1(), rewriter,
        [&](ArrayRef<int32_t> perms, ArrayRef<Value> undone, Type type) {
          Permutation inverse = invert(perms);
          auto shape = [&](ArrayRef<int64_t> values) {
            return tosa::getTosaConstShape(rewriter, op.getLoc(),
                                           permute<int64_t>(values, inverse));
          };
          return tosa::SliceOp::create(rewriter, op.getLoc(), type, undone[0],
                                       shape(start), shape(size))
              .getResult();
        });
  }
};

} // namespace

void lw::populateSinkTransposePatterns(RewritePatternSet &patterns,
                                       RewriteCount folded,
                                       RewriteCount moved) {
  MLIRContext *context = patterns.getContext();
  patterns.add<FoldConstantTranspose>(context, folded);
  patterns.add<
      SinkThroughElementwise, SinkThroughAxis<tosa::ReduceMaxOp>,
      SinkThroughAxis<tosa::ReduceMinOp>, SinkThroughAxis<tosa::ReduceSumOp>,
      SinkThroughAxis<tosa::ReduceProductOp>, SinkThroughAxis<tosa::ConcatOp>,
      SinkThroughPad, SinkThroughSlice>(context, moved);
}
