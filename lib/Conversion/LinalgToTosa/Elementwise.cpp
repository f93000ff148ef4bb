//===- Elementwise.cpp - Parallel loops to tosa
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "LinalgToTosa.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace mlir::lw;

bool lw::isStaticTensor(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  return tensor && tensor.hasStaticShape() && tensor.getNumElements() > 0 &&
         tensor.getElementType().isIntOrFloat();
}

TypedAttr lw::getFillValue(Value value) {
  if (auto fill = value.getDefiningOp<linalg::FillOp>())
    return evaluateScalar(fill.getInputs()[0]);
  DenseElementsAttr constant;
  if (matchPattern(value, m_Constant(&constant)) && constant.isSplat())
    return constant.getSplatValue<TypedAttr>();
  return {};
}

Value lw::raiseOperand(TosaBuilder &b, Value operand, AffineMap map,
                       int64_t loops) {
  if (auto type = dyn_cast<RankedTensorType>(operand.getType())) {
    if (!isStaticTensor(type))
      return {};
    if (operand.getDefiningOp<linalg::FillOp>())
      if (TypedAttr fill = getFillValue(operand))
        return b.number(loops, fill);
    // Which dimension each loop runs through, in the order of the loops.
    SmallVector<int64_t> shape(loops, 1), order(loops, -1);
    for (auto [d, expression] : llvm::enumerate(map.getResults())) {
      auto loop = dyn_cast<AffineDimExpr>(expression);
      auto zero = dyn_cast<AffineConstantExpr>(expression);
      if (zero && zero.getValue() == 0 && type.getDimSize(d) == 1)
        continue;
      if (!loop || order[loop.getPosition()] >= 0)
        return {};
      order[loop.getPosition()] = d;
      shape[loop.getPosition()] = type.getDimSize(d);
    }
    SmallVector<int64_t> permutation;
    for (int64_t d : order)
      if (d >= 0)
        permutation.push_back(d);
    for (int64_t d = 0; d < type.getRank(); ++d)
      if (!llvm::is_contained(order, d))
        permutation.push_back(d);
    return b.reshape(b.transpose(operand, permutation), shape);
  }
  TypedAttr constant = evaluateScalar(operand);
  return constant ? b.number(loops, constant) : Value();
}

void BodyRaiser::setInputs() {
  for (OpOperand &operand : op->getOpOperands()) {
    BlockArgument argument = op.getMatchingBlockArgument(&operand);
    if (argument.use_empty())
      continue;
    if (Value value =
            raiseOperand(b, operand.get(), op.getMatchingIndexingMap(&operand),
                         loops.size()))
      set(argument, value);
  }
}

Raised lw::raiseElementwise(TosaBuilder &b, linalg::LinalgOp op) {
  SmallVector<int64_t> loops = op.getStaticLoopRanges();
  BodyRaiser body(b, op);
  body.setInputs();
  Raised raised;
  for (OpResult result : op->getResults()) {
    OpOperand *init = op.getDpsInitOperand(result.getResultNumber());
    AffineMap map = op.getMatchingIndexingMap(init);
    if (!map.isPermutation())
      return Raised::no("its result is not written once in every place");
    Value scalar =
        op.getBlock()->getTerminator()->getOperand(result.getResultNumber());
    Value value = body.get(scalar);
    if (!value)
      return Raised::no(body.reason);
    value = b.broadcast(value, loops);
    SmallVector<int64_t> permutation;
    for (AffineExpr expression : map.getResults())
      permutation.push_back(cast<AffineDimExpr>(expression).getPosition());
    value = b.transpose(value, permutation);
    raised.values.push_back(b.reshape(value, TosaBuilder::shapeOf(result)));
  }
  return raised;
}
