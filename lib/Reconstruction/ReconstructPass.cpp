//===- ReconstructPass.cpp - Cheaper forms under one budget, as a pass
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Calibration/StepCompiler.h"
#include "lw/Reconstruction/Passes.h"
#include "lw/Reconstruction/Reconstruction.h"
#include "lw/Support/Npy.h"
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

/// Samples of an input of `type` from an array whose first extent counts them.
static llvm::Expected<CalibrationSamples>
readSamples(StringRef path, RankedTensorType type, int64_t maxSamples) {
  auto array = readNpy(path);
  if (!array)
    return array.takeError();
  ArrayRef<int64_t> shape = array->shape;
  int64_t elements = type.getNumElements();
  bool fits = type.getElementType().isF32() && array->dtype == "f4" &&
              !shape.empty() && type.getRank() > 0 &&
              shape.drop_front() == type.getShape().drop_front() &&
              shape[0] % type.getDimSize(0) == 0;
  if (!fits) {
    std::string expected;
    llvm::raw_string_ostream(expected) << type;
    return createStringError(
        "samples '%s' do not fit the network: expected an f4 array whose first "
        "extent is a multiple of that of the input, a %s, found a %s",
        path.str().c_str(), expected.c_str(), array->describe().c_str());
  }
  CalibrationSamples samples;
  samples.count = array->numElements() / elements;
  if (maxSamples > 0)
    samples.count = std::min(samples.count, maxSamples);
  auto values = std::make_shared<std::vector<float>>(array->toFloats());
  samples.read = [values, elements](size_t, int64_t index, float *out) {
    std::copy_n(values->begin() + index * elements, elements, out);
  };
  return samples;
}

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
    auto type = main.getNumArguments() == 1
                    ? dyn_cast<RankedTensorType>(main.getArgumentTypes()[0])
                    : RankedTensorType();
    if (!type || !type.hasStaticShape())
      return createStringError("expects @main to have one input, a tensor of "
                               "static shape");
    auto calibration = readSamples(samples, type, maxSamples);
    if (!calibration)
      return calibration.takeError();
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
