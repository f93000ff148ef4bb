//===- Reconstruct.cpp - Cheaper networks under one budget, fitted to data
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Fit.h"
#include "PlanTimer.h"
#include "SearchDrop.h"
#include "lw/Analysis/CostModel.h"
#include "lw/Separable/Allocation.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace mlir::lw;
using llvm::createStringError;

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
  OutputError reference(std::move(outputs));
  if (reference.isConstant())
    return createStringError(
        "the network's outputs are the same for all %lld calibration samples: "
        "they say nothing about it; check that they differ and are not all "
        "zero, and their preprocessing",
        static_cast<long long>(count));
  return reference;
}

/// Puts the names of skipped layers together and checks that they exist.
static llvm::Error resolveSkipped(const SteppedNetwork &network,
                                  std::vector<std::string> &skip) {
  std::vector<std::string> names;
  for (const NetworkStep &step : network.getSteps())
    if (step.conv)
      if (auto problem = LayerProblem::create(step.conv))
        names.push_back(problem->name);
  skip = joinCutNames(skip, names);
  for (const std::string &name : skip)
    if (!llvm::is_contained(names, name))
      return createStringError("no layer '%s' to skip; the layers that can be "
                               "rewritten are %s",
                               name.c_str(), llvm::join(names, ", ").c_str());
  return llvm::Error::success();
}

/// Whether the outputs for a sample are numbers.
static bool isFinite(const SteppedNetwork &network, const SampleRuns &runs,
                     int64_t sample) {
  return llvm::all_of(network.getResults(), [&](size_t value) {
    const float *data = runs.get(value, sample);
    return llvm::all_of(ArrayRef(data, network.getValues()[value].elements),
                        [](float x) { return std::isfinite(x); });
  });
}

/// Chooses forms by the times of layers, measures the whole network with them,
/// and corrects the budget by what it finds, until the network's time is near
/// the one wanted. A plan that makes the network no faster is given up.
static llvm::Expected<Allocation>
searchTime(func::FuncOp main, const CompileFunction &compile,
           ArrayRef<MeasuredLayer> layers,
           ArrayRef<std::vector<LayerOption>> choices,
           const SeparableOptions &options, SeparableOutcome &outcome) {
  double whole = 0;
  for (const std::vector<LayerOption> &forms : choices)
    whole += forms.front().cost;
  // Faster than wanted costs accuracy, slower misses the goal: the latter
  // counts double.
  auto distance = [&](double gain) {
    double off = std::log(gain / options.target);
    return off < 0 ? -2 * off : off;
  };
  Allocation best;
  PlanTime time;
  double bestGain = 0, aim = options.target;
  for (int round = 0; round < 5; ++round) {
    if (options.progress)
      options.progress("timing plans", round, 5);
    Allocation plan = allocateCost(choices, whole / aim);
    auto measured = timePlan(main, compile, layers, plan.chosen);
    if (!measured)
      return measured.takeError();
    double gain = measured->before / measured->after;
    if (bestGain == 0 || distance(gain) < distance(bestGain)) {
      best = plan;
      time = *measured;
      bestGain = gain;
    }
    if (distance(bestGain) < 0.02 || (!plan.feasible && gain < options.target))
      break;
    aim = std::clamp(aim * options.target / gain, 1.0, 100.0);
  }
  best.feasible = bestGain >= 0.95 * options.target;
  if (!best.feasible)
    outcome.message =
        llvm::formatv("cannot make the network {0:f2} times faster; the "
                      "nearest that was found is {1:f2} times",
                      options.target, bestGain);
  // Two timings of a network that is left as it is differ by chance.
  bool unchanged =
      llvm::all_of(best.chosen, [](size_t form) { return form == 0; });
  if (unchanged || bestGain < 1.02) {
    best = allocateCost(choices, whole);
    best.feasible = options.target <= 1;
    time.after = time.before;
    outcome.message = "no plan makes the network faster: it stays as it is";
  }
  outcome.timeBefore = time.before;
  outcome.timeAfter = time.after;
  return best;
}

/// Chooses the form of every layer and fills in the plan.
static llvm::Expected<Allocation>
allocate(func::FuncOp main, const CompileFunction &compile,
         const SteppedNetwork &network, const CalibrationSamples &samples,
         ArrayRef<MeasuredLayer> layers, const SeparableOptions &options,
         int64_t fixedMacs, SeparableOutcome &outcome,
         std::optional<double> &heldOutDrop) {
  bool byTime = options.goal == SeparableGoal::Time;
  std::vector<std::vector<LayerOption>> choices;
  for (const MeasuredLayer &layer : layers) {
    std::vector<LayerOption> &forms = choices.emplace_back();
    for (const MeasuredForm &form : layer.forms)
      forms.push_back({byTime ? form.seconds : static_cast<double>(form.macs),
                       form.penalty});
  }
  Allocation result;
  switch (options.goal) {
  case SeparableGoal::Error:
    result = allocatePenalty(choices, options.target);
    break;
  case SeparableGoal::Drop: {
    auto found = searchDrop(network, samples, layers, choices, fixedMacs,
                            options, outcome, heldOutDrop.emplace());
    if (!found)
      return found.takeError();
    result = std::move(*found);
    break;
  }
  case SeparableGoal::Time: {
    auto found = searchTime(main, compile, layers, choices, options, outcome);
    if (!found)
      return found.takeError();
    result = std::move(*found);
    break;
  }
  case SeparableGoal::Macs:
    double whole = outcome.macsBefore;
    result = allocateCost(choices, whole / options.target - fixedMacs);
    if (!result.feasible)
      outcome.message =
          llvm::formatv("cannot reach {0:f2} times fewer MACs: the layers that "
                        "can be rewritten reach {1:f2} at most, which is what "
                        "the plan has",
                        options.target, whole / (result.cost + fixedMacs));
  }
  outcome.feasible = result.feasible;
  outcome.predictedError = result.penalty;
  return result;
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
    outcome.layers.push_back(std::move(result));
  }
}

llvm::Expected<SeparableOutcome>
lw::reconstructSeparable(func::FuncOp main, const CalibrationSamples &samples,
                         const CompileFunction &compile,
                         SeparableOptions options) {
  if (samples.count <= 0)
    return createStringError("calibration needs samples, found none");
  orderSums(main);
  auto network = SteppedNetwork::create(main, compile);
  if (!network)
    return network.takeError();
  if (options.goal == SeparableGoal::Drop || !options.labels.empty())
    if (llvm::Error error = checkLabels(*network, samples, options.labels))
      return std::move(error);
  if (llvm::Error error = resolveSkipped(*network, options.skip))
    return std::move(error);
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
  outcome.goal = options.text;
  outcome.samples = samples.count;
  int64_t fixedMacs = 0;
  for (const NetworkStep &step : network->getSteps())
    if (ConvolutionOpInterface conv = step.conv)
      fixedMacs += conv.getMacs();
  outcome.macsBefore = outcome.macsAfter = fixedMacs;
  for (const MeasuredLayer &layer : layers)
    fixedMacs -= layer.forms.front().macs;
  std::optional<double> heldOutDrop;
  auto allocation = allocate(main, compile, *network, samples, layers, options,
                             fixedMacs, outcome, heldOutDrop);
  if (!allocation)
    return allocation.takeError();
  describeLayers(layers, *allocation, outcome);

  double sum = 0;
  int64_t broken = 0;
  auto all = llvm::to_vector(llvm::seq(samples.count));
  auto atEnd = [&](const SampleRuns &original, const SampleRuns &rewritten) {
    for (int64_t i = 0; i < samples.count; ++i)
      broken +=
          isFinite(*network, original, i) && !isFinite(*network, rewritten, i);
    for (int64_t i = 0; i < reference->getSamples(); ++i)
      sum += reference->difference(
          i, comparableOutputs(*network, [&](size_t value) {
            return rewritten.get(value, i);
          }));
    if (!options.labels.empty()) {
      outcome.accuracy =
          countAccuracy(*network, samples, options.labels, original, rewritten);
      outcome.accuracy->heldOutDrop = heldOutDrop;
    }
  };
  auto fitted = fitLayers(*network, samples, all, layers, allocation->chosen,
                          options, "fitting layers", atEnd);
  if (!fitted)
    return fitted.takeError();
  if (broken)
    return createStringError(
        "after the rewrite the outputs for %lld of %lld calibration samples "
        "hold a NaN or an infinity, as a square root, logarithm or power gives "
        "beyond its domain; give a lower goal, or keep the layers before it "
        "with skip=LAYER",
        static_cast<long long>(broken), static_cast<long long>(samples.count));
  outcome.error = reference->relative(sum);
  // Of the networks measured, those beyond it lost more than two points.
  constexpr double kNoticeable = 0.05;
  if (outcome.error > kNoticeable || outcome.predictedError > 2 * kNoticeable)
    outcome.warning = llvm::formatv(
        "the outputs change by {0:f3} of their variance on the {1} samples, "
        "{2:f3} before fitting, and more on others: expect to lose accuracy, "
        "and count it on labelled data; a lower goal or more samples lose less",
        outcome.error, samples.count, outcome.predictedError);

  for (auto [layer, result, described] :
       llvm::zip(layers, *fitted, outcome.layers)) {
    described.error = result.error;
    if (!result.version)
      continue;
    ConvolutionOpInterface conv = layer.problem.conv;
    OpBuilder builder(conv);
    IRMapping mapping;
    Value rewritten =
        buildVersion(builder, layer.problem, *result.version, mapping);
    conv->getResult(0).replaceAllUsesWith(rewritten);
    conv->erase();
  }
  return outcome;
}
