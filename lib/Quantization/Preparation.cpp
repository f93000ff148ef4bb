//===- Preparation.cpp - What surrounds the choice of numbers
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Preparation.h"
#include "lw/Dialect/IR/Constants.h"
#include "lw/Transforms/Passes.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "mlir/Pass/PassManager.h"

using namespace mlir;
using namespace mlir::lw;

/// A pass over the module around `main`, which stays.
static llvm::Error runPass(func::FuncOp main, std::unique_ptr<Pass> pass) {
  PassManager pm(main.getContext());
  pm.addNestedPass<func::FuncOp>(std::move(pass));
  if (failed(pm.run(main->getParentOfType<ModuleOp>())))
    return llvm::createStringError(
        "preparing the network for quantization failed");
  return llvm::Error::success();
}

llvm::Error lw::splitSeparable(func::FuncOp main) {
  LwSplitSeparableOptions options;
  options.termsApart = true;
  return runPass(main, createLwSplitSeparable(options));
}

llvm::Error lw::clean(func::FuncOp main) {
  return runPass(main, createLwClean());
}

llvm::DenseSet<Value> lw::findSigned(func::FuncOp main, const QuantPlan &plan) {
  // The maximum of TOSA compares signed integers.
  llvm::DenseSet<Value> result;
  for (auto pool : main.getOps<tosa::MaxPool2dOp>())
    if (plan.isMade(pool.getOutput()))
      result.insert(plan.getLeader(pool.getOutput()));
  return result;
}

bool lw::hasVanishingWeights(ConvolutionOpInterface conv) {
  std::optional<std::vector<float>> filter =
      readConstant(conv.getConvFilters().front());
  return filter && vanish(*filter);
}

IntegerWeights lw::makeWeights(ConvolutionOpInterface conv, QuantAttr input,
                               bool perTensor, bool shortSums) {
  std::vector<float> filter = *readConstant(conv.getConvFilters().front());
  std::vector<float> bias;
  if (conv.getConvBias())
    bias = *readConstant(conv.getConvBias());
  int64_t channels =
      cast<RankedTensorType>(conv->getResult(0).getType()).getDimSize(3);
  IntegerWeights result;
  result.scales = chooseFilterScales(filter, bias, channels,
                                     input.getScaleValue(), perTensor);
  result.filter = shortSums ? roundForShortSums(filter, conv.getConvGeometry(),
                                                result.scales)
                            : roundFilter(filter, result.scales);
  result.bias = roundBias(bias, result.scales, input.getScaleValue());
  return result;
}
