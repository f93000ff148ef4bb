//===- Reads.cpp - What an operation of a network reads
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Dialect/IR/Reads.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Transforms/RegionUtils.h"

using namespace mlir;

bool lw::isCompileTime(Operation *op) {
  if (op->hasTrait<OpTrait::ConstantLike>() ||
      isa<tosa::ConstShapeOp, tensor::EmptyOp>(op))
    return true;
  return op->getNumResults() > 0 && isMemoryEffectFree(op) &&
         llvm::none_of(op->getResultTypes(), llvm::IsaPred<ShapedType>);
}

/// Operands, and what the regions use from outside.
static llvm::SetVector<Value> directReads(Operation *op) {
  llvm::SetVector<Value> values(op->operand_begin(), op->operand_end());
  getUsedValuesDefinedAbove(op->getRegions(), values);
  return values;
}

void lw::collectReads(Operation *op, llvm::SetVector<Value> &values) {
  for (Value value : directReads(op)) {
    Operation *maker = value.getDefiningOp();
    if (maker && isCompileTime(maker))
      collectReads(maker, values);
    else
      values.insert(value);
  }
}

void lw::cloneCompileTime(OpBuilder &builder, Operation *op,
                          IRMapping &mapping) {
  for (Value value : directReads(op)) {
    Operation *maker = value.getDefiningOp();
    if (mapping.contains(value) || !maker || !isCompileTime(maker))
      continue;
    cloneCompileTime(builder, maker, mapping);
    builder.clone(*maker, mapping);
  }
}
