//===- ReconstructPass.cpp - Cheaper forms under one budget, as a pass
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Calibration/StepCompiler.h"
#include "lw/Reconstruction/Passes.h"
#include "lw/Reconstruction/Reconstruction.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"

namespace mlir::lw {
#define GEN_PASS_DEF_LWRECONSTRUCT
#include "lw/Reconstruction/Passes.h.inc"
} // namespace mlir::lw

using namespace mlir;
using namespace mlir::lw;
using llvm::createStringError;

namespace {

struct ReconstructPass : lw::impl::LwReconstructBase<ReconstructPass> {
  using Base::Base;

  void runOnOperation() override {
    auto outcome = reconstruct();
    if (!outcome) {
      emitError(getOperation().getLoc(), "lw-reconstruct: ")
          << llvm::toString(outcome.takeError());
      return signalPassFailure();
    }
    if (report == "table")
      printOutcome(llvm::errs(), *outcome);
    else if (report == "json")
      llvm::errs() << llvm::formatv("{0:2}",
                                    llvm::json::Value(toJson(*outcome)))
                   << '\n';
    if (!outcome->feasible)
      emitWarning(getOperation().getLoc(), outcome->message);
  }

private:
  llvm::Expected<SeparableOutcome> reconstruct() {
    if (!llvm::is_contained({"table", "json", "none"}, report))
      return createStringError("unknown report '%s'; expected table, json or "
                               "none",
                               report.c_str());
    if (maxSamples < 0 || measured < 1 || patches < 1)
      return createStringError("expects max-samples to be zero or more, "
                               "measured and patches to be one or more");
    auto options = parseSeparableOptions(goal);
    if (!options)
      return options.takeError();
    options->measuredSamples = measured;
    options->patches = patches;
    auto main = getOperation().lookupSymbol<func::FuncOp>("main");
    if (!main || main.isExternal())
      return createStringError("the module has no function @main");
    auto calibration = readSamples(samples, main);
    if (!calibration)
      return calibration.takeError();
    if (maxSamples > 0)
      calibration->count = std::min<int64_t>(calibration->count, maxSamples);
    auto compiler = StepCompiler::create();
    if (!compiler)
      return compiler.takeError();
    return reconstructSeparable(
        main, *calibration,
        [&](ModuleOp module) { return (*compiler)->compile(module); },
        *options);
  }
};

} // namespace
