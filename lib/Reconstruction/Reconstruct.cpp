//===- Reconstruct.cpp - Cheaper networks under one budget, fitted to data
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Fit.h"
#include "SearchDrop.h"
#include "SearchTime.h"
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
            "the network's output for %s is not finite (NaN or infinite); "
            "check the samples and their preprocessing",
            describeSample(samples, i).c_str());
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

/// The layers that can be rewritten, with Keep as their only form.
static std::vector<MeasuredLayer> listLayers(const SteppedNetwork &network) {
  std::vector<MeasuredLayer> layers;
  for (auto [index, step] : llvm::enumerate(network.getSteps()))
    if (step.conv)
      if (auto problem = LayerProblem::create(step.conv)) {
        MeasuredLayer layer{index, std::move(*problem), {}, ""};
        layer.forms.emplace_back();
        layer.forms.back().macs = layer.problem.macs({});
        layers.push_back(std::move(layer));
      }
  return layers;
}

constexpr llvm::StringLiteral kKind = "that can be rewritten";

static std::vector<std::string> namesOf(ArrayRef<MeasuredLayer> layers) {
  std::vector<std::string> names;
  for (const MeasuredLayer &layer : layers)
    names.push_back(layer.problem.name);
  return names;
}

/// Puts the names of skipped layers together and checks that they exist.
static llvm::Error resolveSkipped(ArrayRef<MeasuredLayer> layers,
                                  std::vector<std::string> &skip) {
  std::vector<std::string> names = namesOf(layers);
  skip = joinCutNames(skip, names);
  for (const std::string &name : skip)
    if (!llvm::is_contained(names, name))
      return createStringError("no layer '%s' to skip; %s", name.c_str(),
                               listNearest(name, names, kKind).c_str());
  return llvm::Error::success();
}

/// Gives layers the forms of a plan, behind Keep.
static llvm::Error addForms(MutableArrayRef<MeasuredLayer> layers,
                            ArrayRef<LayerForm> forms) {
  std::vector<std::string> names = namesOf(layers);
  for (const LayerForm &wanted : forms) {
    auto found = llvm::find(names, wanted.layer);
    if (found == names.end())
      return createStringError(
          "layer '%s' cannot have the form '%s': it is no convolution with one "
          "group and constant weights; %s",
          wanted.layer.c_str(), wanted.form.c_str(),
          listNearest(wanted.layer, names, kKind).c_str());
    MeasuredLayer &layer = layers[found - names.begin()];
    const LayerProblem &problem = layer.problem;
    auto choice = parseForm(wanted.form, problem.shape);
    if (!choice) {
      std::vector<std::string> examples = {"keep"};
      for (FormChoice other : problem.candidates())
        if (examples.size() < 2 || other.rank == 2)
          examples.push_back(formName(other, problem.shape));
      return createStringError(
          "layer '%s' cannot have the form '%s', whose number may be too "
          "large; forms of it are such as %s",
          wanted.layer.c_str(), wanted.form.c_str(),
          llvm::join(examples, "; ").c_str());
    }
    if (choice->form == ConvForm::Keep)
      continue;
    MeasuredForm &form = layer.forms.emplace_back();
    form.choice = *choice;
    form.macs = problem.macs(*choice);
  }
  return llvm::Error::success();
}

/// Whether the outputs for a sample are numbers.
static bool isFinite(const SteppedNetwork &network, const SampleRuns &runs,
                     int64_t sample) {
  return llvm::all_of(network.getResults(), [&](size_t value) {
    const StepValue &info = network.getValues()[value];
    return !info.isF32() ||
           llvm::all_of(ArrayRef(runs.get(value, sample), info.elements),
                        [](float x) { return std::isfinite(x); });
  });
}

/// Plans for gains in MACs or, with the goal Time, in the time of the layers
/// alone; in steps of a tenth, until there is no cheaper one.
static std::vector<TradeOff> traceTradeOff(ArrayRef<MeasuredLayer> layers,
                                           bool byTime, int64_t fixedMacs) {
  constexpr double kStep = 0.1;
  constexpr int kMostPoints = 60;
  std::vector<std::vector<LayerOption>> choices;
  double fixedCost = byTime ? 0 : static_cast<double>(fixedMacs);
  double whole = fixedCost;
  for (const MeasuredLayer &layer : layers) {
    std::vector<LayerOption> &forms = choices.emplace_back();
    for (const MeasuredForm &form : layer.forms)
      forms.push_back({byTime ? form.seconds : static_cast<double>(form.macs),
                       form.penalty});
    whole += forms.front().cost;
  }
  std::vector<TradeOff> curve;
  for (int i = 0; i < kMostPoints; ++i) {
    Allocation plan =
        allocateCost(choices, whole / (1 + kStep * i) - fixedCost);
    TradeOff point{whole / (plan.cost + fixedCost), plan.penalty};
    // Plans are of single layers: steps may meet at one.
    if (curve.empty() || point.gain > curve.back().gain)
      curve.push_back(point);
    if (!plan.feasible)
      break;
  }
  return curve;
}

/// Chooses the form of every layer and fills in the plan.
static llvm::Expected<Allocation>
allocate(func::FuncOp main, const CompileFunction &compile,
         const SteppedNetwork &network, const CalibrationSamples &samples,
         ArrayRef<MeasuredLayer> layers, const SeparableOptions &options,
         int64_t fixedMacs, SeparableOutcome &outcome,
         std::optional<double> &heldOutDrop) {
  std::vector<std::vector<LayerOption>> choices;
  for (const MeasuredLayer &layer : layers) {
    std::vector<LayerOption> &forms = choices.emplace_back();
    for (const MeasuredForm &form : layer.forms)
      forms.push_back({static_cast<double>(form.macs), form.penalty});
  }
  if (options.goal != SeparableGoal::Plan)
    outcome.curve =
        traceTradeOff(layers, options.goal == SeparableGoal::Time, fixedMacs);
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
    auto found = searchTime(main, compile, layers, options, outcome);
    if (!found)
      return found.takeError();
    result = std::move(*found);
    break;
  }
  case SeparableGoal::Plan:
    for (const MeasuredLayer &layer : layers)
      result.chosen.push_back(layer.forms.size() - 1);
    result.feasible = true;
    break;
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
                           const SeparableOptions &options,
                           SeparableOutcome &outcome) {
  bool hasPrecisions = static_cast<bool>(options.makeIntegers);
  bool isPlanned = options.goal == SeparableGoal::Plan;
  for (auto [layer, chosen] : llvm::zip(layers, allocation.chosen)) {
    const MeasuredForm &keep = layer.forms.front(), &form = layer.forms[chosen];
    LayerOutcome result;
    result.name = layer.problem.name;
    result.form = formName(form.choice, layer.problem.shape);
    result.isRewritten = form.choice.form != ConvForm::Keep;
    if (hasPrecisions)
      result.precision = form.isInteger ? "int8" : "f32";
    result.macsBefore = keep.macs;
    result.macsAfter = form.macs;
    result.timeBefore = keep.seconds;
    result.timeAfter = form.seconds;
    result.localError = form.localError;
    result.penalty = form.penalty;
    result.note = layer.note;
    if (!result.isRewritten && layer.note.empty())
      result.note = isPlanned ? "kept by the plan"
                              : "kept: others gain more for their error";
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
  std::vector<MeasuredLayer> layers = listLayers(*network);
  if (llvm::Error error = resolveSkipped(layers, options.skip))
    return std::move(error);
  int64_t measured = std::min(options.measuredSamples, samples.count);
  auto reference = runOriginal(*network, samples, measured);
  if (!reference)
    return reference.takeError();

  if (options.goal == SeparableGoal::Plan) {
    if (llvm::Error error = addForms(layers, options.forms))
      return std::move(error);
  } else {
    SampleRuns runs(*network, samples.count);
    if (llvm::Error error = runs.readInputs(samples))
      return std::move(error);
    if (llvm::Error error =
            measureLayers(*network, runs, *reference, options, layers))
      return std::move(error);
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
  describeLayers(layers, *allocation, options, outcome);

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
    ConvolutionOpInterface conv = layer.problem.conv;
    if (described.precision == "f32")
      markFloat(conv);
    if (!result.version)
      continue;
    OpBuilder builder(conv);
    IRMapping mapping;
    Value rewritten =
        buildVersion(builder, layer.problem, *result.version, mapping);
    conv->getResult(0).replaceAllUsesWith(rewritten);
    conv->erase();
  }
  return outcome;
}
