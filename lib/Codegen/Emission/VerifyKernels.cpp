//===- VerifyKernels.cpp - Check the chosen kernels against the target
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Kernels/KernelKind.h"
#include "Kernels/Support.h"
#include "Layout/EntryFunction.h"
#include "Memory/VerifyPlaces.h"
#include "Strategy/CheckNetwork.h"
#include "lw/Codegen/Passes.h"
#include "mlir/IR/BuiltinOps.h"

namespace mlir::lw {
#define GEN_PASS_DEF_LWVERIFYKERNELS
#include "lw/Codegen/Passes.h.inc"
} // namespace mlir::lw

using namespace mlir;
using namespace mlir::lw;

static LogicalResult verifyKernel(Operation *op, const TargetInfo &target) {
  const KernelKind &kind = kindOf(op);
  if (!kind.canCompute(op))
    return op->emitError("has no ")
           << kind.getName() << " kernel for this operation";
  return kind.verify(op, target);
}

static LogicalResult verifyFunction(func::FuncOp main,
                                    const TargetInfo &target) {
  if (failed(checkSelected(main)))
    return failure();
  for (Operation &op : main.front().without_terminator())
    if (!isCompileTime(&op) && failed(verifyKernel(&op, target)))
      return failure();
  return hasPlaces(main) ? verifyPlaces(main, target) : success();
}

namespace {
struct VerifyKernels : public lw::impl::LwVerifyKernelsBase<VerifyKernels> {
  using LwVerifyKernelsBase::LwVerifyKernelsBase;

  void runOnOperation() override {
    if (failed(forEachStage(getOperation(), verifyFunction)))
      return signalPassFailure();
    markAllAnalysesPreserved();
  }
};
} // namespace
