//===- KernelKind.cpp - From operations and plans to kinds
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Kernels/KernelKind.h"
#include "Kernels/Support.h"

using namespace mlir;
using namespace mlir::lw;

int64_t mlir::lw::imageBlock(Value value, int64_t block, const ResultUse &use) {
  if (block != use.vector || !use.readByScalarsOnly)
    return block;
  if (tensorTypeOf(value).getElementType().isInteger(8))
    return use.channels <= kStepBlock ? kStepBlock : block;
  return use.channels < use.vector ? 1 : block;
}

KernelAttrInterface mlir::lw::planOf(Operation *op) {
  return op->getAttrOfType<KernelAttrInterface>(kKernelAttrName);
}

const KernelKind &mlir::lw::kindOf(Operation *op) {
  KernelAttrInterface plan = planOf(op);
  for (const KernelKind *kind : kernelKinds())
    if (kind->owns(plan))
      return *kind;
  llvm_unreachable("a plan of no registered kind");
}

const KernelKind &mlir::lw::classify(Operation *op) {
  for (const KernelKind *kind : kernelKinds())
    if (kind->canCompute(op))
      return *kind;
  llvm_unreachable("the reference kind can compute every operation");
}
