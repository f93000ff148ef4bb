//===- KernelKind.cpp - From operations and plans to kinds
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Kernels/KernelKind.h"

using namespace mlir;
using namespace mlir::lw;

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
