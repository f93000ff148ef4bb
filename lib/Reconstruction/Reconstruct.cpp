//===- Reconstruct.cpp - Cheaper networks under one budget, fitted to data
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Measure.h"
#include "lw/Separable/Allocation.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace mlir::lw;
using llvm::createStringError;

static std::vector<float> toFloats(const Eigen::VectorXd &values) {
  Eigen::VectorXf floats = values.cast<float>();
  return {floats.data(), floats.data() + floats.size()};
}

/// Fits a layer in the form of `choice` to its data. `error` becomes the part
/// of the targets' variance that it leaves unexplained.
static LayerVersion fitLayer(const LayerProblem &problem, FormChoice choice,
                             const LayerData &data,
                             const SeparableOptions &options, double &error) {
  Moments moments = data.moments(data.outputs());
  Eigen::MatrixXd start =
      ridgeRegression(moments, options.fit.ridge, problem.filter);
  auto factors =
      Factors::create(problem.shape, choice, moments, start, options.fit);
  factors->fit(moments, options.fit);
  Eigen::MatrixXd filter = factors->expand();
  Eigen::VectorXd bias = moments.bias(filter);
  error = moments.relativeError(filter);

  ConvolutionOpInterface conv = problem.conv;
  if (clampsValues(conv.getConvActivation())) {
    FitOptions refine = options.fit;
    refine.rounds = 1;
    refine.steps = 10;
    for (int round = 0; round < options.activationRounds; ++round) {
      SampleMatrix current = data.apply(filter);
      current.rowwise() += bias.cast<float>().transpose();
      moments.replaceOutputs(
          data.patches, data.outputsThrough(conv.getConvActivation(), current));
      factors->fit(moments, refine);
      filter = factors->expand();
      bias = moments.bias(filter);
    }
  }
  LayerVersion version;
  version.choice = choice;
  std::tie(version.first, version.second) = factors->filters();
  version.bias = toFloats(bias);
  return version;
}

/// In a sum of two convolutions the one with more taps comes last, so that it
/// is fitted to the sum and makes up for the other: act(B(x) + A(u)) becomes
/// act(A(u) + B(x)) where B takes A as its residual and A has more weights.
static void orderSums(func::FuncOp main) {
  SmallVector<ConvolutionOpInterface> convs;
  main.walk([&](ConvolutionOpInterface conv) { convs.push_back(conv); });
  for (ConvolutionOpInterface last : convs) {
    Value residual = last.getConvResidual();
    auto first = residual ? residual.getDefiningOp<ConvolutionOpInterface>()
                          : ConvolutionOpInterface();
    if (!first || !residual.hasOneUse() || first.getConvResidual() ||
        first.getConvActivation() ||
        first.getParameterCount() <= last.getParameterCount())
      continue;
    first->moveAfter(last);
    last->getResult(0).replaceAllUsesWith(residual);
    first.setConvActivation(last.getConvActivation());
    last.setConvResidual(Value());
    last.setConvActivation(nullptr);
    first.setConvResidual(last->getResult(0));
  }
}

/// The outputs of the original network for the measured samples.
static llvm::Expected<OutputError>
runOriginal(const SteppedNetwork &network, const CalibrationSamples &samples,
            int64_t count) {
  SampleRuns runs(network, count);
  if (llvm::Error error = runs.readInputs(samples))
    return std::move(error);
  for (size_t step = 0; step < network.getSteps().size(); ++step)
    if (llvm::Error error = runs.run(step))
      return std::move(error);
  std::vector<std::vector<float>> outputs;
  for (int64_t i = 0; i < count; ++i) {
    outputs.push_back(comparableOutputs(
        network, [&](size_t value) { return runs.get(value, i); }));
    for (float x : outputs.back())
      if (!std::isfinite(x))
        return createStringError(
            "the network's output for calibration sample %lld is not finite "
            "(NaN or infinite); check the samples and their preprocessing",
            static_cast<long long>(i));
  }
  return OutputError(std::move(outputs));
}

/// Chooses the form of every layer and fills in the plan.
static Allocation allocate(ArrayRef<MeasuredLayer> layers,
                           const SeparableOptions &options, int64_t fixedMacs,
                           SeparableOutcome &outcome) {
  bool byTime = options.goal == SeparableGoal::Time;
  std::vector<std::vector<LayerOption>> choices;
  double fixed = byTime ? 0 : fixedMacs, whole = fixed;
  for (const MeasuredLayer &layer : layers) {
    std::vector<LayerOption> &forms = choices.emplace_back();
    for (const MeasuredForm &form : layer.forms)
      forms.push_back({byTime ? form.seconds : static_cast<double>(form.macs),
                       form.penalty});
    whole += forms.front().cost;
  }
  Allocation result;
  if (options.goal == SeparableGoal::Error) {
    result = allocatePenalty(choices, options.target);
  } else {
    double budget = whole / options.target;
    result = allocateCost(choices, budget - fixed);
    if (!result.feasible)
      outcome.message =
          llvm::formatv("cannot reach {0:f2} times fewer {1}: the layers that "
                        "can be rewritten reach {2:f2} at most, which is what "
                        "the plan has",
                        options.target, byTime ? "seconds" : "MACs",
                        whole / (result.cost + fixed));
  }
  outcome.feasible = result.feasible;
  outcome.predictedError = result.penalty;
  return result;
}

/// Fits all layers in turn, compiles their new versions for the runs of the
/// rewritten network, and measures that network's outputs.
static llvm::Expected<std::vector<std::optional<LayerVersion>>>
fitLayers(const SteppedNetwork &network, const CalibrationSamples &samples,
          ArrayRef<MeasuredLayer> layers, const Allocation &allocation,
          const OutputError &reference, const SeparableOptions &options,
          SeparableOutcome &outcome) {
  SampleRuns original(network, samples.count);
  SampleRuns rewritten(network, samples.count);
  for (SampleRuns *runs : {&original, &rewritten})
    if (llvm::Error error = runs->readInputs(samples))
      return std::move(error);
  std::vector<std::optional<LayerVersion>> versions(layers.size());
  bool isChanged = false;
  size_t next = 0;
  ArrayRef<NetworkStep> steps = network.getSteps();
  for (size_t index = 0; index < steps.size(); ++index) {
    if (options.progress)
      options.progress("fitting", index, steps.size());
    std::unique_ptr<CompiledModel> code;
    if (next < layers.size() && layers[next].step == index) {
      const MeasuredLayer &layer = layers[next];
      FormChoice choice = layer.forms[allocation.chosen[next]].choice;
      isChanged |= choice.form != ConvForm::Keep;
      LayerData data;
      if (isChanged)
        data = LayerData::collect(network, index, layer.problem, original,
                                  rewritten, options.patches);
      // A layer without enough samples keeps its weights too.
      if (isChanged && data.patches.rows() >= 2 * layer.problem.filter.rows()) {
        versions[next] = fitLayer(layer.problem, choice, data, options,
                                  outcome.layers[next].error);
        auto compiled = network.compileVersion(
            steps[index], [&](OpBuilder &builder, IRMapping &mapping) {
              return buildVersion(builder, layer.problem, *versions[next],
                                  mapping);
            });
        if (!compiled)
          return compiled.takeError();
        code = std::move(*compiled);
      }
      ++next;
    }
    if (llvm::Error error = original.run(index))
      return std::move(error);
    if (llvm::Error error = rewritten.run(index, code.get()))
      return std::move(error);
  }
  double sum = 0;
  for (int64_t i = 0; i < reference.getSamples(); ++i)
    sum +=
        reference.difference(i, comparableOutputs(network, [&](size_t value) {
                               return rewritten.get(value, i);
                             }));
  outcome.error = reference.relative(sum);
  return versions;
}

static void describeLayers(ArrayRef<MeasuredLayer> layers,
                           const Allocation &allocation,
                           SeparableOutcome &outcome) {
  for (auto [layer, chosen] : llvm::zip(layers, allocation.chosen)) {
    const MeasuredForm &keep = layer.forms.front(), &form = layer.forms[chosen];
    LayerOutcome result;
    result.name = layer.problem.name;
    result.form = formName(form.choice, layer.problem.shape);
    result.isRewritten = chosen != 0;
    result.macsBefore = keep.macs;
    result.macsAfter = form.macs;
    result.timeBefore = keep.seconds;
    result.timeAfter = form.seconds;
    result.localError = form.localError;
    result.penalty = form.penalty;
    result.note = layer.note;
    if (chosen == 0 && layer.note.empty())
      result.note = "kept: others gain more for their error";
    outcome.macsAfter += form.macs - keep.macs;
    outcome.timeBefore += keep.seconds;
    outcome.timeAfter += form.seconds;
    outcome.layers.push_back(std::move(result));
  }
}

llvm::Expected<SeparableOutcome>
lw::reconstructSeparable(func::FuncOp main, const CalibrationSamples &samples,
                         const CompileFunction &compile,
                         const SeparableOptions &options) {
  if (samples.count <= 0)
    return createStringError("calibration needs samples, found none");
  orderSums(main);
  auto network = SteppedNetwork::create(main, compile);
  if (!network)
    return network.takeError();
  int64_t measured = std::min(options.measuredSamples, samples.count);
  auto reference = runOriginal(*network, samples, measured);
  if (!reference)
    return reference.takeError();

  std::vector<MeasuredLayer> layers;
  {
    SampleRuns runs(*network, samples.count);
    if (llvm::Error error = runs.readInputs(samples))
      return std::move(error);
    auto result = measureLayers(*network, runs, *reference, options);
    if (!result)
      return result.takeError();
    layers = std::move(*result);
  }

  SeparableOutcome outcome;
  int64_t fixedMacs = 0;
  for (const NetworkStep &step : network->getSteps())
    if (ConvolutionOpInterface conv = step.conv)
      fixedMacs += conv.getMacs();
  outcome.macsBefore = outcome.macsAfter = fixedMacs;
  for (const MeasuredLayer &layer : layers)
    fixedMacs -= layer.forms.front().macs;
  Allocation allocation = allocate(layers, options, fixedMacs, outcome);
  describeLayers(layers, allocation, outcome);
  auto versions = fitLayers(*network, samples, layers, allocation, *reference,
                            options, outcome);
  if (!versions)
    return versions.takeError();

  for (auto [layer, version] : llvm::zip(layers, *versions)) {
    if (!version)
      continue;
    ConvolutionOpInterface conv = layer.problem.conv;
    OpBuilder builder(conv);
    IRMapping mapping;
    Value result = buildVersion(builder, layer.problem, *version, mapping);
    conv->getResult(0).replaceAllUsesWith(result);
    conv->erase();
  }
  return outcome;
}
