//===- EmitKernels.cpp - Emit the chosen kernels
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Emission/Emission.h"
#include "Layout/EntryFunction.h"
#include "Memory/VerifyPlaces.h"
#include "Strategy/CheckNetwork.h"
#include "lw/Codegen/Passes.h"
#include "lw/Dialect/IR/Constants.h"
#include "lw/Lowering/Pipelines.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlow.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Pass/PassManager.h"

namespace mlir::lw {
#define GEN_PASS_DEF_LWEMITKERNELS
#include "lw/Codegen/Passes.h.inc"
} // namespace mlir::lw

using namespace mlir;
using namespace mlir::lw;

namespace {
struct EmitKernels : public lw::impl::LwEmitKernelsBase<EmitKernels> {
  using LwEmitKernelsBase::LwEmitKernelsBase;

  void getDependentDialects(DialectRegistry &registry) const override {
    LwEmitKernelsBase::getDependentDialects(registry);
    loops().getDependentDialects(registry);
  }

  /// What lowers the operations that have no kernel.
  static OpPassManager loops() {
    // Two cache lines of f32: enough accumulators to hide the latency of an
    // addition, whatever the machine's vectors.
    constexpr int64_t kSumLanes = 32;
    OpPassManager pm(ModuleOp::getOperationName());
    buildLoopsPipeline(pm, kSumLanes);
    return pm;
  }

  void runOnOperation() override {
    ModuleOp module = getOperation();
    FailureOr<TargetInfo> target = TargetInfo::get(module);
    func::FuncOp main = succeeded(target) ? findMain(module) : func::FuncOp();
    if (!main || failed(checkNetwork(main)) || failed(checkSelected(main)) ||
        failed(verifyPlaces(main, *target)))
      return signalPassFailure();
    OwningOpRef<ModuleOp> reference = emitNetwork(main, *target, profile);
    if (!reference)
      return;

    // The nested module is lowered where it is, then its functions move out.
    OpBuilder builder = OpBuilder::atBlockEnd(module.getBody());
    Operation *inside = builder.clone(**reference);
    OpPassManager pm = loops();
    if (failed(runPipeline(pm, inside)))
      return signalPassFailure();
    Block *body = cast<ModuleOp>(inside).getBody();
    for (Operation &op : llvm::make_early_inc_range(*body)) {
      if (auto func = dyn_cast<func::FuncOp>(op))
        func.setPrivate();
      op.moveBefore(inside);
    }
    inside->erase();
  }
};
} // namespace
