//===- Calibrated.cpp - Rewrites that samples are needed for
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Analysis/CostModel.h"
#include "lw/Codegen/Estimate.h"
#include "lw/Driver/Compilation.h"
#include "lw/Quantization/Quantization.h"
#include "lw/Reconstruction/Reconstruction.h"
#include "lw/Stepping/StepCompiler.h"
#include "lw/Support/Progress.h"
#include "lw/Target/Target.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

using namespace mlir;
using namespace mlir::lw;
using llvm::createStringError;

llvm::Expected<lw::CalibrationSamples>
lw::Compilation::readCalibration(func::FuncOp main,
                                 std::vector<int64_t> &labels) {
  auto samples =
      readSamples(options.calibrate, main, options.preprocessing,
                  options.calibrateMirror, options.preprocessesSamples);
  if (!samples || options.calibrateLabels.empty())
    return samples;
  auto read = readLabels(options.calibrateLabels, main, *samples);
  if (!read)
    return read.takeError();
  labels = std::move(*read);
  return samples;
}

llvm::Error lw::Compilation::rewriteSeparable() {
  auto goal = parseSeparableOptions(options.separable);
  if (!goal)
    return goal.takeError();
  // One budget over forms and precisions.
  if (!options.quantize.empty() && goal->goal == SeparableGoal::Time) {
    auto settings = parseQuantizationOptions(options.quantize);
    if (!settings)
      return settings.takeError();
    goal->makeIntegers =
        [gains = gainsByShortSums(*settings)](func::FuncOp main, bool border) {
          return makeNominalIntegers(main, border, gains);
        };
    goal->skipIntegers = settings->skip;
    precisionsMeasured = true;
  }
  return fitSeparable(std::move(*goal));
}

llvm::Error lw::Compilation::applyPlan() {
  auto read = readPlan(options.plan);
  if (!read)
    return read.takeError();
  plan = std::move(*read);
  auto main = getMain();
  if (!main)
    return main.takeError();
  if (llvm::Error error = applyPrecisions(*main, plan))
    return error;
  SeparableOptions goal;
  goal.goal = SeparableGoal::Plan;
  goal.text = options.plan;
  for (const PlannedLayer &layer : plan) {
    if (layer.form != "keep")
      goal.forms.push_back({layer.layer, layer.form});
    if (layer.precision == "int8" && options.quantize.empty())
      options.quantize = "int8";
  }
  return goal.forms.empty() ? llvm::Error::success()
                            : fitSeparable(std::move(goal));
}

llvm::Error lw::Compilation::fitSeparable(SeparableOptions goal) {
  auto main = getMain();
  if (!main)
    return main.takeError();
  auto samples = readCalibration(*main, goal.labels);
  if (!samples)
    return samples.takeError();
  auto compiler = StepCompiler::create();
  if (!compiler)
    return compiler.takeError();
  {
    Progress progress(*options.report);
    goal.progress = [&](StringRef phase, size_t done, size_t all) {
      progress.update(phase, done, all);
    };
    auto result = reconstructSeparable(
        *main, *samples,
        [&](ModuleOp step) { return (*compiler)->compile(step); },
        std::move(goal));
    if (!result)
      return result.takeError();
    outcome = std::move(*result);
  }
  printOutcome(*options.report, *outcome, options.worstFirst);
  return llvm::Error::success();
}

FailureOr<TargetInfo>
lw::Compilation::getTargetInfo(const Version &version) const {
  OwningOpRef<ModuleOp> module = ModuleOp::create(UnknownLoc::get(&*context));
  module->getOperation()->setAttr(kTargetAttrName, version.target);
  return TargetInfo::get(*module);
}

FailureOr<TargetInfo> lw::Compilation::getTargetInfo() const {
  return getTargetInfo(versions.back());
}

std::function<bool(ConvolutionOpInterface)>
lw::Compilation::gainsByShortSums(const QuantizationOptions &settings) const {
  FailureOr<TargetInfo> info = getTargetInfo();
  if (!settings.shortSums || failed(info) || !info->shortPairs)
    return {};
  return
      [info = *info, threads = options.threads](ConvolutionOpInterface conv) {
        // A step of every weight is not lost for less.
        constexpr double kWorthwhile = 1.05;
        auto estimate = estimatePrecisions(conv, info, threads);
        return estimate &&
               estimate->largeIntegers > kWorthwhile * estimate->integers;
      };
}

/// Whether the plan has a layer on integers.
static bool isPlannedInteger(ArrayRef<PlannedLayer> plan,
                             ConvolutionOpInterface conv) {
  std::string name = layerName(conv.getLoc());
  return llvm::any_of(plan, [&](const PlannedLayer &layer) {
    return layer.layer == name && layer.precision == "int8";
  });
}

llvm::Error lw::Compilation::quantize() {
  if (precisionsMeasured &&
      llvm::none_of(outcome->layers, [](const LayerOutcome &layer) {
        return layer.precision == "int8";
      })) {
    *options.report << "note: no layer becomes faster on integers within the "
                       "goal: the network stays in f32\n";
    return llvm::Error::success();
  }
  auto settings = parseQuantizationOptions(options.quantize);
  if (!settings)
    return settings.takeError();
  auto main = getMain();
  if (!main)
    return main.takeError();
  auto samples = readCalibration(*main, settings->labels);
  if (!samples)
    return samples.takeError();
  auto compiler = StepCompiler::create();
  if (!compiler)
    return compiler.takeError();
  settings->gainsByShortSums = gainsByShortSums(*settings);
  // Of several processors the most capable decides.
  FailureOr<TargetInfo> info = getTargetInfo();
  if (succeeded(info) && !precisionsMeasured)
    settings->isFasterInFloat = [&](ConvolutionOpInterface conv) {
      if (isPlannedInteger(plan, conv))
        return false;
      auto estimate = estimatePrecisions(conv, *info, options.threads);
      return estimate && estimate->floats + estimate->border <
                             (settings->shortSums ? estimate->integers
                                                  : estimate->largeIntegers);
    };
  {
    Progress progress(*options.report);
    settings->progress = [&](StringRef phase, size_t done, size_t all) {
      progress.update(phase, done, all);
    };
    auto result = quantizeNetwork(
        *main, *samples,
        [&](ModuleOp step) { return (*compiler)->compile(step); }, *settings);
    if (!result)
      return result.takeError();
    quantization = std::move(*result);
  }
  printOutcome(*options.report, *quantization);
  return llvm::Error::success();
}
