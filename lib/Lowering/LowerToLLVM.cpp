//===- LowerToLLVM.cpp - Memref form to the LLVM dialect
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Lowering/Passes.h"
#include "lw/Lowering/Pipelines.h"
#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/Passes.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

namespace {
/// A pass that runs only on functions with operations that it is for: drivers
/// of patterns visit and fold all others, too, as the canonicalizer does again.
class OnlyWhere : public PassWrapper<OnlyWhere, OperationPass<func::FuncOp>> {
public:
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(OnlyWhere)

  OnlyWhere(bool (*needs)(Operation *), std::unique_ptr<Pass> pass)
      : needs(needs), passes(func::FuncOp::getOperationName()) {
    passes.addPass(std::move(pass));
  }
  OnlyWhere(const OnlyWhere &other)
      : PassWrapper(other), needs(other.needs), passes(other.passes) {}

  StringRef getArgument() const final { return "lw-only-where"; }
  void getDependentDialects(DialectRegistry &registry) const final {
    passes.getDependentDialects(registry);
  }
  void runOnOperation() final {
    WalkResult search = getOperation().walk([&](Operation *op) {
      return needs(op) ? WalkResult::interrupt() : WalkResult::advance();
    });
    if (search.wasInterrupted() && failed(runPipeline(passes, getOperation())))
      signalPassFailure();
  }

private:
  bool (*needs)(Operation *);
  OpPassManager passes;
};
} // namespace

void lw::buildLowerToLLVMPipeline(OpPassManager &pm,
                                  const LowerToLLVMOptions &options) {
  // While argument types are still memrefs.
  LwPrepareEntryOptions prepare;
  prepare.arenaLimit = options.arenaLimit;
  pm.addPass(createLwPrepareEntry(prepare));
  pm.addNestedPass<func::FuncOp>(createLwExpandCopy());
  auto addWhere = [&](bool (*needs)(Operation *), std::unique_ptr<Pass> pass) {
    pm.addNestedPass<func::FuncOp>(
        std::make_unique<OnlyWhere>(needs, std::move(pass)));
  };
  pm.addNestedPass<func::FuncOp>(createConvertLinalgToLoopsPass());
  if (options.freestanding)
    pm.addNestedPass<func::FuncOp>(createLwExpandLibraryMath());
  // LLVM takes small functions well and large ones badly.
  pm.addPass(createLwOutlineLoops());
  // Transfers that are left become loops over the vectors that a machine has.
  addWhere(
      [](Operation *op) {
        return isa<vector::TransferReadOp, vector::TransferWriteOp>(op);
      },
      createConvertVectorToSCFPass());
  // Subviews become address arithmetic (affine), which must come before affine
  // is lowered.
  pm.addPass(memref::createExpandStridedMetadataPass());
  pm.addPass(createLowerAffinePass());
  pm.addPass(createSCFToControlFlowPass());
  // LLVM merges blocks faster.
  GreedyRewriteConfig canonicalize;
  canonicalize.setRegionSimplificationLevel(
      GreedySimplifyRegionLevel::Disabled);
  pm.addPass(createCanonicalizerPass(canonicalize));
  pm.addPass(createCSEPass());
  pm.addPass(createLwShareFunctions());
  // What LLVM has no intrinsic for (erf) is in the C library; the rest must be
  // gone before, or the library's fmaf would be called for every element.
  pm.addPass(createConvertMathToLLVMPass());
  pm.addPass(createConvertMathToLibmPass());
  pm.addPass(createLwConvertToLLVM());
  pm.addPass(createReconcileUnrealizedCastsPass());
  LwEmitEntryPointOptions entry;
  entry.prefix = options.prefix;
  entry.threads = options.threads;
  entry.freestanding = options.freestanding;
  pm.addPass(createLwEmitEntryPoint(entry));
}
