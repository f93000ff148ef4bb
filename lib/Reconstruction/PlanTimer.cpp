//===- PlanTimer.cpp - The time of a network with a plan
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "PlanTimer.h"
#include "mlir/IR/IRMapping.h"
#include <cmath>

using namespace mlir;
using namespace mlir::lw;

/// A module with a copy of `main` alone, with the chosen forms; layers that are
/// not on integers are marked.
static OwningOpRef<ModuleOp> planModule(func::FuncOp main,
                                        ArrayRef<MeasuredLayer> layers,
                                        ArrayRef<size_t> chosen) {
  OwningOpRef<ModuleOp> module = ModuleOp::create(main.getLoc());
  IRMapping mapping;
  module->push_back(main->clone(mapping));
  for (auto [layer, form] : llvm::zip(layers, chosen)) {
    const MeasuredForm &chosenForm = layer.forms[form];
    LayerProblem copy = layer.problem;
    copy.conv =
        cast<ConvolutionOpInterface>(mapping.lookup(copy.conv.getOperation()));
    if (!chosenForm.isInteger)
      markFloat(copy.conv);
    if (chosenForm.choice.form == ConvForm::Keep)
      continue;
    OpBuilder builder(copy.conv);
    IRMapping same;
    Value result = buildVersion(builder, copy,
                                nominalVersion(copy, chosenForm.choice), same);
    copy.conv->getResult(0).replaceAllUsesWith(result);
    copy.conv->erase();
  }
  return module;
}

llvm::Expected<PlanTimer>
PlanTimer::create(func::FuncOp main, const CompileFunction &compile,
                  ArrayRef<MeasuredLayer> layers,
                  const IntegerFunction &makeIntegers) {
  PlanTimer timer(main, compile, layers, makeIntegers);
  std::vector<size_t> none(layers.size(), 0);
  auto code = compile(*planModule(main, layers, none));
  if (!code)
    return code.takeError();
  timer.asTrained.emplace(std::move(*code));
  return timer;
}

llvm::Expected<PlanTime> PlanTimer::time(ArrayRef<size_t> chosen) {
  auto [entry, isNew] = known.try_emplace(chosen.vec());
  PlanTime &best = entry->second;
  if (!isNew)
    return best;
  OwningOpRef<ModuleOp> module = planModule(main, layers, chosen);
  bool anyInteger = llvm::any_of(llvm::zip(layers, chosen), [](auto both) {
    auto &[layer, form] = both;
    return layer.forms[form].isInteger;
  });
  if (anyInteger)
    if (llvm::Error error = (*makeIntegers)(
            *module->getOps<func::FuncOp>().begin(), /*border=*/false))
      return std::move(error);
  auto code = (*compile)(*module);
  if (!code)
    return code.takeError();
  TimedRun withPlan(std::move(*code));
  best = {INFINITY, INFINITY};
  double spent = 0;
  for (int turn = 0; turn < 400 && (turn < 8 || spent < 0.5); ++turn) {
    double before = asTrained->run(), after = withPlan.run();
    best.before = std::min(best.before, before);
    best.after = std::min(best.after, after);
    spent += before + after;
  }
  return best;
}
