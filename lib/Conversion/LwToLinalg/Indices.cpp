//===- Indices.cpp - Reading elements that indices choose
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// One element of the result after another, read where its index says. Whatever
// the indices are, only elements that exist are read.
//
//===----------------------------------------------------------------------===//

#include "Indices.h"
#include "../TensorUtils.h"
#include "lw/Dialect/IR/LwIndexOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace mlir::lw;

SmallVector<Value> lw::extentsOf(ImplicitLocOpBuilder &b, Value tensor) {
  SmallVector<Value> extents;
  for (int64_t i = 0, e = tensorTypeOf(tensor).getRank(); i < e; ++i)
    extents.push_back(b.createOrFold<tensor::DimOp>(tensor, i));
  return extents;
}

Value lw::generate(
    ImplicitLocOpBuilder &b, RankedTensorType type, ValueRange sizes,
    function_ref<Value(ImplicitLocOpBuilder &, SmallVector<Value>)> element) {
  int64_t rank = type.getRank();
  SmallVector<OpFoldResult> extents;
  for (Value size : sizes)
    extents.push_back(getAsOpFoldResult(size));
  Value empty = tensor::EmptyOp::create(b, extents, type.getElementType());
  SmallVector<utils::IteratorType> iterators(rank,
                                             utils::IteratorType::parallel);
  auto body = [&](OpBuilder &nested, Location location, ValueRange) {
    ImplicitLocOpBuilder n(location, nested);
    SmallVector<Value> at;
    for (int64_t i = 0; i < rank; ++i)
      at.push_back(linalg::IndexOp::create(n, i));
    linalg::YieldOp::create(n, element(n, at));
  };
  Value result =
      linalg::GenericOp::create(b, empty.getType(), ValueRange(), empty,
                                b.getMultiDimIdentityMap(rank), iterators, body)
          .getResult(0);
  if (result.getType() != type)
    result = tensor::CastOp::create(b, type, result);
  return result;
}

Value lw::wrapIndex(ImplicitLocOpBuilder &b, Value index, Value extent) {
  if (!index.getType().isIndex())
    index = arith::IndexCastOp::create(b, b.getIndexType(), index);
  Value zero = arith::ConstantIndexOp::create(b, 0);
  Value isNegative =
      arith::CmpIOp::create(b, arith::CmpIPredicate::slt, index, zero);
  Value moved = arith::AddIOp::create(b, index, extent);
  return arith::SelectOp::create(b, isNegative, moved, index);
}

Value lw::nearestIndex(ImplicitLocOpBuilder &b, Value index, Value extent) {
  Value zero = arith::ConstantIndexOp::create(b, 0);
  Value one = arith::ConstantIndexOp::create(b, 1);
  Value last = arith::SubIOp::create(b, extent, one);
  index = arith::MaxSIOp::create(b, index, zero);
  return arith::MinSIOp::create(b, index, last);
}

Value lw::isInside(ImplicitLocOpBuilder &b, Value index, Value extent) {
  // A negative index is a large unsigned one.
  return arith::CmpIOp::create(b, arith::CmpIPredicate::ult, index, extent);
}

namespace {

/// The index of `index`, wrapped and moved inside.
Value readIndex(ImplicitLocOpBuilder &b, Value indices, ValueRange at,
                Value extent) {
  Value index = tensor::ExtractOp::create(b, indices, at);
  return nearestIndex(b, wrapIndex(b, index, extent), extent);
}

struct LowerGather : OpRewritePattern<GatherOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(GatherOp op,
                                PatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    int64_t axis = op.getAxis();
    SmallVector<Value> table = extentsOf(b, op.getTable());
    SmallVector<Value> indices = extentsOf(b, op.getIndices());
    SmallVector<Value> sizes(ArrayRef(table).take_front(axis));
    sizes.append(indices);
    sizes.append(table.begin() + axis + 1, table.end());
    rewriter.replaceOp(
        op, generate(b, tensorTypeOf(op.getOutput()), sizes,
                     [&](ImplicitLocOpBuilder &n, SmallVector<Value> at) {
                       ArrayRef<Value> all(at);
                       SmallVector<Value> from(all.take_front(axis));
                       from.push_back(readIndex(n, op.getIndices(),
                                                all.slice(axis, indices.size()),
                                                table[axis]));
                       llvm::append_range(
                           from, all.drop_front(axis + indices.size()));
                       return tensor::ExtractOp::create(n, op.getTable(), from)
                           .getResult();
                     }));
    return success();
  }
};

struct LowerGatherElements : OpRewritePattern<GatherElementsOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(GatherElementsOp op,
                                PatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    int64_t axis = op.getAxis();
    SmallVector<Value> input = extentsOf(b, op.getInput());
    rewriter.replaceOp(
        op,
        generate(b, tensorTypeOf(op.getOutput()), extentsOf(b, op.getIndices()),
                 [&](ImplicitLocOpBuilder &n, SmallVector<Value> at) {
                   at[axis] = readIndex(n, op.getIndices(), at, input[axis]);
                   return tensor::ExtractOp::create(n, op.getInput(), at)
                       .getResult();
                 }));
    return success();
  }
};

struct LowerGatherND : OpRewritePattern<GatherNDOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(GatherNDOp op,
                                PatternRewriter &rewriter) const override {
    RankedTensorType type = tensorTypeOf(op.getIndices());
    int64_t batch = op.getBatchDims(), tuple = type.getShape().back();
    if (ShapedType::isDynamic(tuple))
      return op.emitOpError("expects tuples of known size to be lowered");
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    SmallVector<Value> input = extentsOf(b, op.getInput());
    SmallVector<Value> indices = extentsOf(b, op.getIndices());
    SmallVector<Value> sizes(ArrayRef(indices).drop_back());
    int64_t outer = sizes.size();
    sizes.append(input.begin() + batch + tuple, input.end());
    rewriter.replaceOp(
        op, generate(b, tensorTypeOf(op.getOutput()), sizes,
                     [&](ImplicitLocOpBuilder &n, SmallVector<Value> at) {
                       ArrayRef<Value> all(at);
                       SmallVector<Value> from(all.take_front(batch));
                       for (int64_t i = 0; i < tuple; ++i) {
                         SmallVector<Value> where(all.take_front(outer));
                         where.push_back(arith::ConstantIndexOp::create(n, i));
                         from.push_back(readIndex(n, op.getIndices(), where,
                                                  input[batch + i]));
                       }
                       llvm::append_range(from, all.drop_front(outer));
                       return tensor::ExtractOp::create(n, op.getInput(), from)
                           .getResult();
                     }));
    return success();
  }
};

struct LowerOneHot : OpRewritePattern<OneHotOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(OneHotOp op,
                                PatternRewriter &rewriter) const override {
    RankedTensorType type = tensorTypeOf(op.getOutput());
    int64_t axis = op.getAxis();
    if (type.isDynamicDim(axis))
      return op.emitOpError("expects a known depth to be lowered");
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    Value depth = arith::ConstantIndexOp::create(b, type.getDimSize(axis));
    SmallVector<Value> sizes = extentsOf(b, op.getIndices());
    sizes.insert(sizes.begin() + axis, depth);
    rewriter.replaceOp(
        op,
        generate(b, type, sizes,
                 [&](ImplicitLocOpBuilder &n, SmallVector<Value> at) {
                   Value here = at[axis];
                   at.erase(at.begin() + axis);
                   Value index =
                       tensor::ExtractOp::create(n, op.getIndices(), at);
                   Value isOn =
                       arith::CmpIOp::create(n, arith::CmpIPredicate::eq,
                                             wrapIndex(n, index, depth), here);
                   auto value = [&](int64_t i) -> Value {
                     Value where = arith::ConstantIndexOp::create(n, i);
                     return tensor::ExtractOp::create(n, op.getValues(), where);
                   };
                   return arith::SelectOp::create(n, isOn, value(1), value(0))
                       .getResult();
                 }));
    return success();
  }
};
} // namespace

void lw::populateIndexPatterns(RewritePatternSet &patterns) {
  patterns.add<LowerGather, LowerGatherElements, LowerGatherND, LowerOneHot>(
      patterns.getContext());
  populateScatterPatterns(patterns);
  populateGridSamplePatterns(patterns);
  populateRoiPatterns(patterns);
  populateNonMaxSuppressionPatterns(patterns);
}
