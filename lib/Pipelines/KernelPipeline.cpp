//===- KernelPipeline.cpp - The fast lowering
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Codegen/Passes.h"
#include "lw/Lowering/Passes.h"
#include "lw/Pipelines/Pipelines.h"
#include "lw/Transforms/Passes.h"
#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

void lw::buildKernelLoopsPipeline(OpPassManager &pm,
                                  const KernelOptions &options) {
  // Names and shapes are only known on tensors.
  pm.addPass(createLwRecordEntry());
  // The two halves of a separable convolution are two kernels; every term of
  // the first is the same one.
  LwSplitSeparableOptions split;
  split.termsApart = true;
  pm.addNestedPass<func::FuncOp>(createLwSplitSeparable(split));
  // Every convolution in its most specific form, and no dead layers: each
  // operation from here on becomes code.
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  LwGroupBatchOptions group;
  group.threads = options.threads;
  pm.addPass(createLwGroupBatch(group));
  pm.addPass(createLwPrepareIntegers());
  pm.addPass(createLwFuseElementwise());
  LwSelectKernelsOptions select;
  select.winograd = options.winograd;
  select.threads = options.threads;
  select.weightPanel = options.weightPanel;
  select.bytePanel = options.bytePanel;
  if (options.leastWork >= 0)
    select.leastWork = options.leastWork;
  pm.addPass(createLwSelectKernels(select));
  LwStreamStagesOptions stream;
  stream.leastBytes = options.stripBytes;
  pm.addPass(createLwStreamStages(stream));
  pm.addPass(createLwFetchWeights());
  LwPlanMemoryOptions plan;
  plan.limit = options.arenaLimit;
  pm.addPass(createLwPlanMemory(plan));
  pm.addPass(createLwVerifyKernels());
  LwEmitKernelsOptions emit;
  emit.profile = options.profile;
  pm.addPass(createLwEmitKernels(emit));
  pm.addNestedPass<func::FuncOp>(createLwExpandMath());
  if (options.threads > 1) {
    pm.addNestedPass<func::FuncOp>(createLwParallelize());
    ConvertSCFToOpenMPPassOptions openmp;
    openmp.numThreads = options.threads;
    pm.addPass(createConvertSCFToOpenMPPass(openmp));
    pm.addNestedPass<func::FuncOp>(createLwInlineStackScopes());
    pm.addPass(createCanonicalizerPass());
  }
}

void lw::buildKernelPipeline(OpPassManager &pm, const KernelOptions &options,
                             const LowerToLLVMOptions &lower) {
  buildKernelLoopsPipeline(pm, options);
  buildLowerToLLVMPipeline(pm, lower);
}
