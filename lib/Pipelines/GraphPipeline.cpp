//===- GraphPipeline.cpp - The network's own rewrites
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Conversion/Passes.h"
#include "lw/Pipelines/Pipelines.h"
#include "lw/Transforms/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

void lw::buildGraphPipeline(OpPassManager &pm, const GraphOptions &options) {
  // Networks that come as plain tosa or linalg: the passes below only know lw
  // convolutions.
  pm.addNestedPass<func::FuncOp>(createConvertTosaToLw());
  // Convolutions become their most specific variant, so that the passes below
  // meet one form of each, and nothing without effect hides them.
  pm.addNestedPass<func::FuncOp>(createLwClean());
  if (options.foldBatchNorm)
    pm.addNestedPass<func::FuncOp>(createLwFoldBatchNorm());
  // Last: an activation inside a convolution hides it from the folding.
  if (options.fuseEpilogue)
    pm.addNestedPass<func::FuncOp>(createLwFuseEpilogue());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
}
