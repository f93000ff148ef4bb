//===- ReferenceKind.cpp - Operations without a kernel
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Kernels/Reference/ReferenceKind.h"
#include "Kernels/KernelCalls.h"
#include "Kernels/Support.h"

using namespace mlir;
using namespace mlir::lw;

std::optional<Layout> ReferenceKind::wantedLayout(OpOperand &operand,
                                                  KernelAttrInterface,
                                                  int64_t) const {
  return wantRowMajor(operand);
}

KernelAttrInterface ReferenceKind::choose(Operation *op, KernelAttrInterface,
                                          const Selection &) const {
  return ReferenceAttr::get(op->getContext());
}

LogicalResult ReferenceKind::verify(Operation *op, const TargetInfo &) const {
  for (OpOperand &operand : op->getOpOperands())
    if (wantRowMajor(operand))
      return op->emitError("expects operand ")
             << operand.getOperandNumber() << " to be row-major";
  if (isRank4(op->getResult(0)) && !getLayout(op->getResult(0)).isDense())
    return op->emitError("expects a row-major result");
  return success();
}

void ReferenceKind::emit(Operation *op, KernelCalls &calls) const {
  SmallVector<Value> operands, arguments;
  std::string name = calls.reference.add(op, operands);
  for (Value operand : operands)
    arguments.push_back(calls.shaped(calls.bufferOf(operand),
                                     cast<RankedTensorType>(operand.getType()),
                                     op->getLoc()));
  Value result = op->getResult(0);
  arguments.push_back(calls.shaped(calls.bufferOf(result),
                                   cast<RankedTensorType>(result.getType()),
                                   op->getLoc()));
  func::CallOp::create(calls.b, op->getLoc(), name, TypeRange(), arguments);
}
