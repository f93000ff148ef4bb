//===- ReferencePipeline.cpp - The slow and obvious lowering
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Conversion/Passes.h"
#include "lw/Lowering/Passes.h"
#include "lw/Lowering/Pipelines.h"
#include "mlir/Conversion/TosaToArith/TosaToArith.h"
#include "mlir/Conversion/TosaToLinalg/TosaToLinalg.h"
#include "mlir/Conversion/TosaToTensor/TosaToTensor.h"
#include "mlir/Dialect/Bufferization/Pipelines/Passes.h"
#include "mlir/Dialect/Bufferization/Transforms/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/Passes.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tosa/Transforms/Passes.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

static void addTosaToLinalg(OpPassManager &pm) {
  OpPassManager &func = pm.nest<func::FuncOp>();
  func.addPass(lw::createLwLowerMaxPool());
  // Functions that tosa lacks are of the math dialect.
  func.addPass(createConvertElementwiseToLinalgPass());
  // The linalg patterns expect operands of equal rank.
  func.addPass(tosa::createTosaMakeBroadcastablePass());
  // HWCF keeps lw's own filter layout: no transposed copy of every weight.
  TosaToLinalgNamedOptions named;
  named.preferConv2DKernelLayoutHWCF = true;
  func.addPass(tosa::createTosaToLinalgNamed(named));
  // Constant reshapes and transposes fold while they are still tosa.
  func.addPass(tosa::createTosaLayerwiseConstantFoldPass());
  func.addPass(tosa::createTosaToLinalg());
  TosaToArithPassOptions arith;
  arith.includeApplyRescale = true;
  func.addPass(createTosaToArithPass(arith));
  func.addPass(createTosaToTensorPass());
}

static void addBufferization(OpPassManager &pm) {
  // What is computed for a result is computed in its argument.
  pm.addPass(lw::createLwResultsToArguments());
  pm.addPass(bufferization::createEmptyTensorEliminationPass());
  pm.addPass(bufferization::createEmptyTensorToAllocTensorPass());
  // Identity layouts at the boundary: callers hand over dense arrays.
  bufferization::OneShotBufferizePassOptions bufferize;
  bufferize.bufferizeFunctionBoundaries = true;
  bufferize.functionBoundaryTypeConversion =
      bufferization::LayoutMapOption::IdentityLayoutMap;
  pm.addPass(bufferization::createOneShotBufferizePass(bufferize));
}

void lw::buildReferenceLoopsPipeline(OpPassManager &pm) {
  // Names and shapes are only known here.
  pm.addPass(createLwRecordEntry());
  buildLoopsPipeline(pm);
}

void lw::buildLoopsPipeline(OpPassManager &pm, int64_t lanes) {
  addTosaToLinalg(pm);
  pm.addNestedPass<func::FuncOp>(createConvertLwToLinalg());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  addBufferization(pm);
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  pm.addNestedPass<func::FuncOp>(createLwExpandCopy());
  LwLowerSumsOptions sums;
  sums.lanes = lanes;
  pm.addNestedPass<func::FuncOp>(createLwLowerSums(sums));
  pm.addNestedPass<func::FuncOp>(createConvertLinalgToLoopsPass());
  // After the copies have become loops: only straight-line uses are left.
  pm.addPass(createLwPlaceAllocations());
  // What could not be placed is freed where it is used for the last time.
  bufferization::buildBufferDeallocationPipeline(pm);
}

void lw::buildReferencePipeline(OpPassManager &pm,
                                const LowerToLLVMOptions &options) {
  buildReferenceLoopsPipeline(pm);
  buildLowerToLLVMPipeline(pm, options);
}
