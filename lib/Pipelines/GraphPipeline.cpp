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

void lw::buildRaisePipeline(OpPassManager &pm, const GraphOptions &options) {
  pm.addPass(createConvertLinalgToLw());
  if (options.raiseToTosa) {
    ConvertLinalgToTosaOptions raise;
    raise.remarks = options.remarks;
    pm.addNestedPass<func::FuncOp>(createConvertLinalgToTosa(raise));
  }
  pm.addNestedPass<func::FuncOp>(createConvertTosaToLw());
}

LogicalResult lw::buildGraphPipeline(OpPassManager &pm,
                                     const GraphOptions &options,
                                     std::string *message) {
  // Calls would hide what they compute from all that follows.
  pm.addPass(createInlinerPass({}, /*defaultPipelineBuilder=*/nullptr));
  pm.addPass(createSymbolDCEPass());
  // Networks that come as plain linalg or tosa: the passes below only know lw
  // convolutions.
  buildRaisePipeline(pm, options);
  // Pads join convolutions and convolutions become their most specific variant,
  // so that the passes below meet one form of each.
  pm.addNestedPass<func::FuncOp>(createLwClean());
  // Before scales and shifts move into convolutions.
  pm.addNestedPass<func::FuncOp>(createLwRaiseRows());
  if (options.foldBatchNorm)
    pm.addNestedPass<func::FuncOp>(createLwFoldBatchNorm());
  // After folding: the error of an approximation counts what is computed.
  if (options.separable) {
    std::unique_ptr<Pass> pass = createLwMakeSeparable(options.report);
    if (failed(
            pass->initializeOptions(*options.separable, [&](const Twine &text) {
              if (message)
                *message = text.str();
              // Wrong values are told on standard error only.
              if (message && message->empty())
                *message = "invalid options '" + *options.separable + "'";
              return failure();
            })))
      return failure();
    pm.addNestedPass<func::FuncOp>(std::move(pass));
  }
  // Last: an activation inside a convolution hides it from the folding.
  if (options.fuseEpilogue)
    pm.addNestedPass<func::FuncOp>(createLwFuseEpilogue());
  // After it: biases and activations become part of the rows.
  pm.addNestedPass<func::FuncOp>(createLwGatherOneHot());
  // After it: what a convolution has taken up, its requantization takes up.
  pm.addNestedPass<func::FuncOp>(createLwFuseQuantization());
  // What the passes above leave behind: constants without users, reshapes that
  // meet.
  pm.addNestedPass<func::FuncOp>(createLwClean());
  return success();
}
