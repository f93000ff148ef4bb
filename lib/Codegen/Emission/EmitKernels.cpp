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
#include "lw/Lowering/EntryPoint.h"
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

/// Gives the functions of the reference path that want an arena memory behind
/// what `main` has planned. They run one after another and share it.
static void placeReferenceArenas(func::FuncOp main, ModuleOp reference) {
  SmallVector<std::pair<func::CallOp, MemRefType>> wanted;
  int64_t most = 0;
  main.walk([&](func::CallOp call) {
    auto function = reference.lookupSymbol<func::FuncOp>(call.getCallee());
    unsigned count = function ? function.getNumArguments() : 0;
    if (!count || !function.getArgAttr(count - 1, kArenaAttr))
      return;
    auto type = cast<MemRefType>(function.getArgumentTypes().back());
    wanted.emplace_back(call, type);
    most = std::max(most, type.getNumElements());
  });
  if (!most)
    return;

  OpBuilder b(main.getContext());
  unsigned last = main.getNumArguments();
  int64_t planned = 0;
  if (last && main.getArgAttr(last - 1, kArenaAttr))
    planned =
        cast<MemRefType>(main.getArgumentTypes()[--last]).getNumElements();
  bool hasArena = planned > 0;
  planned = llvm::alignTo(planned, kArenaAlignment);
  auto type = MemRefType::get({planned + most}, b.getI8Type());
  if (hasArena) {
    main.getArgument(last).setType(type);
    SmallVector<Type> types(main.getArgumentTypes());
    types[last] = type;
    main.setFunctionType(b.getFunctionType(types, {}));
  } else {
    LogicalResult added = main.insertArgument(
        last, type,
        b.getDictionaryAttr(b.getNamedAttr(kArenaAttr, b.getUnitAttr())),
        main.getLoc());
    (void)added; // A func.func takes any argument.
  }
  Value arena = main.getArgument(last);
  for (auto [call, part] : wanted) {
    b.setInsertionPoint(call);
    Value offset = arith::ConstantIndexOp::create(b, call.getLoc(), planned);
    Value view = memref::ViewOp::create(b, call.getLoc(), part, arena, offset,
                                        ValueRange());
    call->insertOperands(call->getNumOperands(), view);
  }
}

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
    if (failed(target))
      return signalPassFailure();
    SmallVector<func::FuncOp> functions = findStages(module);
    if (functions.empty())
      return signalPassFailure();
    for (func::FuncOp main : functions)
      if (failed(checkNetwork(main)) || failed(checkSelected(main)) ||
          failed(verifyPlaces(main, *target)))
        return signalPassFailure();
    OwningOpRef<ModuleOp> reference = emitNetwork(functions, *target, profile);
    if (!reference)
      return;

    // The nested module is lowered where it is, then its functions move out.
    OpBuilder builder = OpBuilder::atBlockEnd(module.getBody());
    Operation *inside = builder.clone(**reference);
    OpPassManager pm = loops();
    if (failed(runPipeline(pm, inside)))
      return signalPassFailure();
    for (func::FuncOp main : findStages(module))
      placeReferenceArenas(main, cast<ModuleOp>(inside));
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
