//===- LwFusedOps.cpp - Operations that are computed together
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Dialect/IR/LwFusedOps.h"
#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace mlir::lw;

LogicalResult ElementwiseOp::verify() {
  Block &block = getBody().front();
  if (TypeRange(block.getArgumentTypes()) != getInputs().getTypes())
    return emitOpError("expects a body whose arguments have the types of the "
                       "inputs");
  auto yield = dyn_cast<YieldOp>(block.back());
  if (!yield || yield.getValue().getType() != getOutput().getType())
    return emitOpError("expects a body that yields ") << getOutput().getType();
  for (Operation &op : block.without_terminator())
    if (op.getNumResults() != 1 || op.getNumRegions() != 0 ||
        !isMemoryEffectFree(&op))
      return emitOpError("expects a body of operations with one result and no "
                         "effect, found ")
             << op.getName();
  return success();
}

#define GET_OP_CLASSES
#include "lw/Dialect/IR/LwFusedOps.cpp.inc"
