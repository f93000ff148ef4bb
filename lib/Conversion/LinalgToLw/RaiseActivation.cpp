//===- RaiseActivation.cpp - Element-wise relu to tosa.clamp
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A relu beside a convolution hides it from the one after, behind two
// transposes where channels come first. It is raised where NaN goes through it,
// as through lw's: `maximumf(x, 0)`, and a comparison that is true of NaN with
// a select.
//
//===----------------------------------------------------------------------===//

#include "../TensorUtils.h"
#include "LinalgToLw.h"
#include "lw/Dialect/IR/LwOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace mlir::lw;
using arith::CmpFPredicate;

/// The predicate with its operands exchanged, for those that order.
static std::optional<CmpFPredicate> exchanged(CmpFPredicate predicate) {
  switch (predicate) {
  case CmpFPredicate::OGT:
    return CmpFPredicate::OLT;
  case CmpFPredicate::OGE:
    return CmpFPredicate::OLE;
  case CmpFPredicate::OLT:
    return CmpFPredicate::OGT;
  case CmpFPredicate::OLE:
    return CmpFPredicate::OGE;
  case CmpFPredicate::UGT:
    return CmpFPredicate::ULT;
  case CmpFPredicate::UGE:
    return CmpFPredicate::ULE;
  case CmpFPredicate::ULT:
    return CmpFPredicate::UGT;
  case CmpFPredicate::ULE:
    return CmpFPredicate::UGE;
  default:
    return std::nullopt;
  }
}

namespace {

/// The body of an element-wise operation in which `x` is the one input that
/// varies.
struct Body {
  linalg::LinalgOp op;
  BlockArgument x;

  /// Zero from inside, from outside, or from a tensor of zeros.
  bool isZero(Value value) {
    auto argument = dyn_cast<BlockArgument>(value);
    if (!argument || argument.getOwner() != op.getBlock())
      return matchPattern(value, m_AnyZeroFloat());
    OpOperand *operand = op.getMatchingOpOperand(argument);
    return op.isDpsInput(operand) && isZeroTensor(operand->get());
  }

  bool isRelu(Value value) {
    if (auto maximum = value.getDefiningOp<arith::MaximumFOp>())
      return (maximum.getLhs() == x && isZero(maximum.getRhs())) ||
             (maximum.getRhs() == x && isZero(maximum.getLhs()));
    auto select = value.getDefiningOp<arith::SelectOp>();
    auto compare = select ? select.getCondition().getDefiningOp<arith::CmpFOp>()
                          : arith::CmpFOp();
    if (!compare)
      return false;
    std::optional<CmpFPredicate> predicate = compare.getPredicate();
    Value left = compare.getLhs(), right = compare.getRhs();
    if (left != x) {
      predicate = exchanged(*predicate);
      std::swap(left, right);
    }
    if (!predicate || left != x || !isZero(right))
      return false;
    // x where it is above zero or NaN, or zero where it is below.
    Value whenTrue = select.getTrueValue(), whenFalse = select.getFalseValue();
    if (predicate == CmpFPredicate::UGT || predicate == CmpFPredicate::UGE)
      return whenTrue == x && isZero(whenFalse);
    if (predicate == CmpFPredicate::OLT || predicate == CmpFPredicate::OLE)
      return whenFalse == x && isZero(whenTrue);
    return false;
  }
};

struct RaiseRelu : OpInterfaceRewritePattern<linalg::LinalgOp> {
  using OpInterfaceRewritePattern::OpInterfaceRewritePattern;

  LogicalResult matchAndRewrite(linalg::LinalgOp op,
                                PatternRewriter &rewriter) const override {
    OpOperand *x = isElementwise(op) && op->getNumRegions() == 1
                       ? findRaisedOperand(op)
                       : nullptr;
    if (!x)
      return failure();
    Body body{op, op.getMatchingBlockArgument(x)};
    if (!body.isRelu(op.getBlock()->getTerminator()->getOperand(0)))
      return rewriter.notifyMatchFailure(op, "no relu");

    bool channelsFirst;
    Value source = getChannelsLast(x->get(), channelsFirst);
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    auto elementType = cast<FloatType>(tensorTypeOf(source).getElementType());
    const llvm::fltSemantics &semantics = elementType.getFloatSemantics();
    Value result = tosa::ClampOp::create(
        b, source.getType(), source,
        b.getFloatAttr(elementType, APFloat::getZero(semantics)),
        b.getFloatAttr(elementType, APFloat::getInf(semantics)));
    if (channelsFirst)
      result = transpose(b, result, kToChannelsFirst);
    rewriter.replaceOp(op, result);
    return success();
  }
};

} // namespace

void lw::populateRaiseActivationPatterns(RewritePatternSet &patterns) {
  patterns.add<RaiseRelu>(patterns.getContext());
}
