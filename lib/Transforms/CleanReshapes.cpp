//===- CleanReshapes.cpp - Reshapes sink through element-wise operations
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
// A fully connected layer is a pointwise convolution between two reshapes.
// Below the activation, the reshape after it meets that before the next layer
// and both go; above it, it hides the activation from the convolution.
//
//===----------------------------------------------------------------------===//

#include "ConvWeights.h"
#include "Elementwise.h"
#include "lw/Dialect/IR/Constants.h"
#include "lw/Dialect/IR/LwOps.h"
#include "lw/Transforms/Patterns.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"

using namespace mlir;
using namespace mlir::lw;

bool lw::isElementwise(Operation *op) {
  return (op->hasTrait<OpTrait::tosa::TosaElementwiseOperator>() ||
          isa<tosa::MulOp, tosa::CastOp>(op)) &&
         op->getNumResults() == 1 &&
         isa<RankedTensorType>(op->getResult(0).getType());
}

MutableArrayRef<OpOperand> lw::elementwiseOperands(Operation *op) {
  MutableArrayRef<OpOperand> operands = op->getOpOperands();
  if (isa<tosa::MulOp>(op))
    return operands.take_front(2); // the shift follows
  if (isa<tosa::NegateOp>(op))
    return operands.take_front(1); // zero points follow
  return operands;
}

Value lw::cloneElementwise(RewriterBase &rewriter, Operation *op,
                           ValueRange operands, Type resultType) {
  SmallVector<Value> all(op->getOperands());
  llvm::copy(operands, all.begin());
  Operation *clone = Operation::create(op->getLoc(), op->getName(), resultType,
                                       all, op->getDiscardableAttrDictionary(),
                                       op->getPropertiesStorage(),
                                       /*successors=*/{}, /*numRegions=*/0);
  rewriter.insert(clone);
  return clone->getResult(0);
}

namespace {

/// f(reshape(x), constant) to reshape(f(x, constant)) when the constant has one
/// value, or one per channel and the channels stay the last dimension; and
/// f(reshape(x), reshape(y)) to reshape(f(x, y)) when x and y have one shape.
struct SinkReshape : RewritePattern {
  SinkReshape(MLIRContext *context, RewriteCount count)
      : RewritePattern(MatchAnyOpTypeTag(), /*benefit=*/1, context),
        count(count) {}

  LogicalResult matchAndRewrite(Operation *op,
                                PatternRewriter &rewriter) const override {
    if (!isElementwise(op))
      return failure();
    auto resultType = cast<RankedTensorType>(op->getResult(0).getType());
    tosa::ReshapeOp reshape;
    RankedTensorType sourceType;
    for (OpOperand &operand : elementwiseOperands(op)) {
      tosa::ReshapeOp producer = reshapedOperand(operand);
      if (!producer)
        continue;
      auto type = dyn_cast<RankedTensorType>(producer.getInput1().getType());
      if (!type || !type.hasStaticShape() || type.getRank() == 0 ||
          cast<ShapedType>(producer.getType()).getShape() !=
              resultType.getShape() ||
          (sourceType && sourceType.getShape() != type.getShape()))
        return failure();
      reshape = producer;
      sourceType = type;
    }
    if (!reshape)
      return failure();

    // All constants are checked before anything is created.
    SmallVector<std::optional<Constant>> constants;
    for (OpOperand &operand : elementwiseOperands(op)) {
      constants.emplace_back();
      if (reshapedOperand(operand))
        continue;
      constants.back() = reshapeConstant(operand.get(), resultType, sourceType);
      if (!constants.back())
        return failure();
    }
    SmallVector<Value> operands;
    for (auto [operand, constant] :
         llvm::zip(elementwiseOperands(op), constants))
      operands.push_back(
          constant ? createConstant(rewriter, operand.get().getLoc(),
                                    constant->type, constant->elements)
                   : reshapedOperand(operand).getInput1());
    auto type = RankedTensorType::get(sourceType.getShape(),
                                      resultType.getElementType());
    Value result = cloneElementwise(rewriter, op, operands, type);
    rewriter.replaceOpWithNewOp<tosa::ReshapeOp>(op, resultType, result,
                                                 reshape.getShape());
    ++count;
    return success();
  }

private:
  struct Constant {
    RankedTensorType type;
    std::vector<float> elements;
  };

  /// The reshape that makes the operand, unless of a constant.
  static tosa::ReshapeOp reshapedOperand(OpOperand &operand) {
    auto reshape = operand.get().getDefiningOp<tosa::ReshapeOp>();
    return reshape && !isConstantFloat(reshape.getInput1()) ? reshape
                                                            : tosa::ReshapeOp();
  }

  /// What an operand of an operation on `from` is for one on `to`.
  static std::optional<Constant>
  reshapeConstant(Value value, RankedTensorType from, RankedTensorType to) {
    auto type = dyn_cast<RankedTensorType>(value.getType());
    std::optional<std::vector<float>> elements = readConstant(value);
    if (!type || !elements || elements->empty() ||
        type.getElementType().isF64() || type.getRank() != from.getRank())
      return std::nullopt;
    SmallVector<int64_t> shape(to.getRank(), 1);
    if (std::optional<float> uniform = readUniform(value)) {
      elements->assign(1, *uniform);
    } else {
      if (from.getShape().back() != to.getShape().back() ||
          !llvm::all_of(type.getShape().drop_back(),
                        [](int64_t extent) { return extent == 1; }))
        return std::nullopt;
      shape.back() = elements->size();
    }
    return Constant{RankedTensorType::get(shape, type.getElementType()),
                    std::move(*elements)};
  }

  RewriteCount count;
};

/// batch_norm(reshape(x)) to reshape(batch_norm(x)) when the channels stay the
/// last dimension, so that the layer that makes x can take it up.
struct SinkReshapeBelowBatchNorm : OpRewritePattern<BatchNormOp> {
  SinkReshapeBelowBatchNorm(MLIRContext *context, RewriteCount count)
      : OpRewritePattern(context), count(count) {}

  LogicalResult matchAndRewrite(BatchNormOp op,
                                PatternRewriter &rewriter) const override {
    auto reshape = op.getInput().getDefiningOp<tosa::ReshapeOp>();
    if (!reshape)
      return failure();
    auto from = dyn_cast<RankedTensorType>(reshape.getInput1().getType());
    auto to = dyn_cast<RankedTensorType>(reshape.getType());
    if (!from || !to || !from.hasStaticShape() || !to.hasStaticShape() ||
        from.getRank() < 2 || to.getRank() < 2 ||
        from.getShape().back() != to.getShape().back())
      return failure();
    Operation *moved = rewriter.clone(*op);
    moved->setOperand(0, reshape.getInput1());
    moved->getResult(0).setType(from);
    rewriter.replaceOpWithNewOp<tosa::ReshapeOp>(op, to, moved->getResult(0),
                                                 reshape.getShape());
    ++count;
    return success();
  }
  RewriteCount count;
};

} // namespace

void lw::populateSinkReshapePatterns(RewritePatternSet &patterns,
                                     RewriteCount moved) {
  patterns.add<SinkReshape, SinkReshapeBelowBatchNorm>(patterns.getContext(),
                                                       moved);
}
