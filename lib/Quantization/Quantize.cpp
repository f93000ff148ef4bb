//===- Quantize.cpp - An f32 network to integers
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Equalize.h"
#include "FitWeights.h"
#include "HistogramParts.h"
#include "Preparation.h"
#include "Sensitivity.h"
#include "lw/Analysis/CostModel.h"
#include "lw/Dialect/IR/Precision.h"
#include "lw/Quantization/Quantization.h"
#include "lw/Statistics/NetworkStatistics.h"
#include "lw/Support/Accuracy.h"
#include "lw/Transforms/Passes.h"
#include "mlir/IR/Verifier.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace mlir::lw;
using llvm::createStringError;

namespace {

/// A network with what was seen of it.
struct Observed {
  func::FuncOp main;
  NetworkStatistics statistics;
  /// By value.
  llvm::DenseMap<Value, const TensorStatistics *> tensors;
};

} // namespace

/// The convolutions that `skip` names.
static llvm::Expected<llvm::DenseSet<Operation *>>
resolveSkipped(const Observed &observed, const std::vector<std::string> &skip) {
  std::vector<std::string> names;
  std::vector<Operation *> convs;
  func::FuncOp main = observed.main;
  main.walk([&](ConvolutionOpInterface conv) {
    names.push_back(observed.tensors.lookup(conv->getResult(0))->name);
    convs.push_back(conv);
  });
  llvm::DenseSet<Operation *> result;
  for (const std::string &name : joinCutNames(skip, names)) {
    auto found = llvm::find(names, name);
    if (found == names.end())
      return createStringError(
          "no layer '%s' to skip; %s", name.c_str(),
          listNearest(name, names, "that can be quantized").c_str());
    result.insert(convs[found - names.begin()]);
  }
  return result;
}

/// Parameters of all values that are wanted as integers.
static llvm::Expected<llvm::DenseMap<Value, QuantAttr>>
chooseParameters(const Observed &observed, const QuantPlan &plan,
                 const QuantizationOptions &options) {
  llvm::MapVector<Value, Histogram> groups;
  for (Value value : listTensors(observed.main)) {
    if (!plan.isWanted(value))
      continue;
    Value leader = plan.getLeader(value);
    if (plan.isComputed(value))
      groups[leader].merge(observed.tensors.lookup(value)->histogram);
  }
  llvm::DenseSet<Value> isSigned = findSigned(observed.main, plan);
  MLIRContext *context = func::FuncOp(observed.main)->getContext();
  llvm::DenseMap<Value, QuantAttr> result;
  for (auto &[leader, histogram] : groups) {
    const TensorStatistics &tensor = *observed.tensors.lookup(leader);
    float low = std::min(histogram.getMinimum(), 0.0f);
    float high = std::max(histogram.getMaximum(), 0.0f);
    if (!std::isnormal(makeScale({low, high})))
      return createStringError(
          "the values of '%s' (%s) are %s for all %lld calibration samples, "
          "which gives them no range; check the samples and their "
          "preprocessing, or keep the layers that read it with skip=LAYER",
          tensor.name.c_str(), tensor.operation.c_str(),
          low == 0 && high == 0 ? "zero" : "below all scales",
          static_cast<long long>(observed.statistics.samples));
    QuantAttr quant = makeQuantization(
        context, chooseRange(histogram, options.method, options.percentile));
    result[leader] = quant.withUnsigned(!isSigned.contains(leader));
  }
  return result;
}

/// Layers that stay in f32, and why.
using FloatLayers = llvm::DenseMap<Operation *, std::string>;

static QuantizationOutcome describe(const Observed &observed,
                                    const QuantPlan &plan,
                                    const NetworkQuantization &numbers,
                                    const FloatLayers &floatLayers,
                                    const QuantizationOptions &options) {
  QuantizationOutcome outcome;
  outcome.goal = options.text;
  outcome.samples = observed.statistics.samples;
  for (Value value : listTensors(observed.main)) {
    Operation *op = value.getDefiningOp();
    if (!op)
      continue;
    const TensorStatistics &tensor = *observed.tensors.lookup(value);
    QuantizedOperation result;
    result.name = tensor.name;
    result.layer = layerName(op->getLoc());
    result.operation = tensor.operation;
    result.seen = {tensor.histogram.getMinimum(),
                   tensor.histogram.getMaximum()};
    result.counts = countParts(tensor.histogram);
    bool isInteger = plan.getRole(op) != QuantRole::Float;
    result.precision = !isInteger           ? "f32"
                       : plan.isMade(value) ? "int8"
                                            : "int8 to f32";
    if (plan.isMade(value)) {
      QuantAttr output = numbers.values.lookup(plan.getLeader(value));
      result.output = {output.getIsUnsigned(), output.getScaleValue(),
                       output.getZeroPoint()};
      double power = meanSquare(tensor.histogram);
      result.error =
          power > 0 ? quantizationError(tensor.histogram, output) / power : 0;
    }
    result.note = floatLayers.lookup(op);
    bool isFunction = static_cast<bool>(plan.getFunctions().getSource(value));
    if (auto conv = dyn_cast<ConvolutionOpInterface>(op);
        conv && !isInteger && result.note.empty() && !isFunction)
      result.note = readsConstant(conv) ? "it reads a constant"
                                        : "its weights are no constants";
    if (auto conv = dyn_cast<ConvolutionOpInterface>(op); conv && !isFunction) {
      result.isConvolution = true;
      result.macs = conv.getMacs();
      outcome.macs += result.macs;
      outcome.integerMacs += isInteger ? result.macs : 0;
    }
    outcome.operations.push_back(std::move(result));
  }
  return outcome;
}

/// Accuracy of both networks on labelled samples.
static llvm::Expected<QuantizedAccuracy>
countAccuracy(const Simulation &simulation, const CalibrationSamples &samples,
              const QuantizationOptions &options) {
  constexpr int64_t kTogether = 32;
  const SteppedNetwork &network = simulation.getNetwork();
  size_t result = network.getResults().front();
  auto type =
      cast<RankedTensorType>(network.getValues()[result].value.getType());
  int64_t classes = type.getShape().back();
  int64_t batch = type.getNumElements() / classes;
  int64_t different = samples.count / samples.variants;
  for (auto [i, label] : llvm::enumerate(options.labels))
    if (label < 0 || label >= classes)
      return createStringError(
          "label %zu of the calibration samples is %lld, expected 0 to %lld", i,
          static_cast<long long>(label), static_cast<long long>(classes - 1));
  if (static_cast<int64_t>(options.labels.size()) != different * batch)
    return createStringError("%zu labels for %lld calibration samples",
                             options.labels.size(),
                             static_cast<long long>(different * batch));
  Accuracy before, after;
  for (int64_t first = 0; first < samples.count; first += kTogether) {
    if (options.progress)
      options.progress("counting accuracy", first, samples.count);
    int64_t count = std::min(kTogether, samples.count - first);
    SampleRuns original(network, count), quantized(network, count);
    for (SampleRuns *runs : {&original, &quantized})
      if (llvm::Error error = runs->readInputs(samples, first))
        return std::move(error);
    simulation.roundInputs(quantized);
    for (size_t step = 0; step < network.getSteps().size(); ++step) {
      if (llvm::Error error = original.run(step))
        return std::move(error);
      if (llvm::Error error = simulation.run(quantized, step))
        return std::move(error);
    }
    for (int64_t i = 0; i < count * batch; ++i) {
      int64_t sample = i / batch, row = i % batch;
      int64_t label =
          options.labels[(first + sample) % different * batch + row];
      for (auto [runs, accuracy] :
           {std::pair(&original, &before), std::pair(&quantized, &after)})
        accuracy->add(
            ArrayRef(runs->get(result, sample) + row * classes, classes),
            label);
    }
  }
  double percent = 100.0 / static_cast<double>(before.samples);
  return QuantizedAccuracy{before.samples, percent * before.top1,
                           percent * after.top1};
}

namespace {

/// The quantization of a network with some layers left out.
struct Attempt {
  Attempt(Observed &observed, const SteppedNetwork &network,
          const ElementFunctions &functions,
          const llvm::DenseSet<Operation *> &skipped)
      : plan(observed.main, functions, skipped),
        simulation(network, plan, numbers) {}

  /// Chooses all numbers and looks what they do.
  llvm::Error make(const Observed &observed, const CalibrationSamples &samples,
                   const QuantizationOptions &options);

  /// Whether the outcome is within what is allowed.
  bool isWithin(const QuantizationOptions &options) const {
    return !(options.maxError && error > *options.maxError) &&
           !(options.maxDrop && accuracy &&
             accuracy->before - accuracy->after > *options.maxDrop);
  }

  QuantPlan plan;
  NetworkQuantization numbers;
  Simulation simulation;
  double error = 0;
  std::optional<QuantizedAccuracy> accuracy;
};

} // namespace

llvm::Error Attempt::make(const Observed &observed,
                          const CalibrationSamples &samples,
                          const QuantizationOptions &options) {
  func::FuncOp main = observed.main;
  plan.joinValues(main, [&](Value part, Value whole) {
    auto extent = [&](Value value) {
      const Histogram &seen = observed.tensors.lookup(value)->histogram;
      return double(seen.getMaximum()) - seen.getMinimum();
    };
    return extent(part) < 0.5 * extent(whole);
  });
  auto values = chooseParameters(observed, plan, options);
  if (!values)
    return values.takeError();
  numbers.values = std::move(*values);
  bool any = false;
  for (Operation &op : main.getBody().front())
    if (plan.getRole(&op) == QuantRole::Convolution) {
      any = true;
      auto conv = cast<ConvolutionOpInterface>(op);
      numbers.weights[&op] = makeWeights(
          conv, numbers.values.lookup(plan.getLeader(conv.getConvInput())),
          options.perTensorWeights, options.takesShortSums(conv));
    }
  if (!any)
    return createStringError(
        options.maxDrop || options.maxError
            ? "no layer can be quantized within " + options.text
            : "no layer can be quantized: the network has no convolution with "
              "constant weights that is not skipped");
  auto moved = fitWeights(simulation, numbers, samples, options);
  if (!moved)
    return moved.takeError();
  error = *moved;
  if (options.labels.empty())
    return llvm::Error::success();
  auto counted = countAccuracy(simulation, samples, options);
  if (!counted)
    return counted.takeError();
  accuracy = *counted;
  return llvm::Error::success();
}

/// Quantizes with ever fewer layers until the outcome is within what is
/// allowed.
static llvm::Expected<std::unique_ptr<Attempt>>
search(Observed &observed, const SteppedNetwork &network,
       const ElementFunctions &functions, const CalibrationSamples &samples,
       llvm::DenseSet<Operation *> skipped, FloatLayers &floatLayers,
       const QuantizationOptions &options) {
  std::optional<Sensitivity> sensitivity;
  while (true) {
    auto attempt =
        std::make_unique<Attempt>(observed, network, functions, skipped);
    if (llvm::Error error = attempt->make(observed, samples, options))
      return std::move(error);
    if (attempt->isWithin(options))
      return attempt;
    if (!sensitivity) {
      auto measured = measureSensitivity(attempt->simulation, samples, options);
      if (!measured)
        return measured.takeError();
      sensitivity = std::move(*measured);
    }
    // What is found is more than the sum of what each rounding does, but in
    // proportion to it.
    double predicted = sensitivity->predict(observed.main, attempt->plan);
    double limit = 0.5 * predicted;
    if (options.maxError && attempt->error > *options.maxError)
      limit = std::min(0.9 * predicted,
                       predicted * *options.maxError / attempt->error);
    for (auto [op, gain] :
         keepSensitive(observed.main, functions, *sensitivity, limit, skipped))
      floatLayers[op] =
          llvm::formatv("kept: it moves the outputs by {0:e2}", gain);
  }
}

/// Scales that are too far apart are refused by the operations: says so with
/// what can be done.
static llvm::Error checkScales(func::FuncOp main) {
  std::string refused;
  ScopedDiagnosticHandler handler(main.getContext(), [&](Diagnostic &problem) {
    if (refused.empty())
      refused = llvm::formatv("layer '{0}' cannot be quantized: {1}",
                              layerName(problem.getLocation()), problem.str());
    return success();
  });
  if (succeeded(verify(main)))
    return llvm::Error::success();
  return createStringError(
      refused +
      "; its values are far larger or smaller than what they are "
      "made of: check the samples, or keep it in f32 with skip=LAYER");
}

llvm::Expected<QuantizationOutcome>
lw::quantizeNetwork(func::FuncOp main, const CalibrationSamples &samples,
                    const CompileFunction &compile,
                    const QuantizationOptions &options) {
  if (samples.count <= 0)
    return createStringError("calibration needs samples, found none");
  if (llvm::Error error = splitSeparable(main))
    return std::move(error);
  if (options.equalize)
    if (llvm::Error error = equalizeChannels(main, samples, compile))
      return std::move(error);
  splitActivations(main);

  StatisticsOptions gather;
  gather.maxMoments = 0;
  gather.progress = [&](int64_t done) {
    if (options.progress)
      options.progress("calibrating", done, samples.count);
  };
  auto statistics = gatherStatistics(main, samples, compile, gather);
  if (!statistics)
    return statistics.takeError();
  Observed observed;
  observed.main = main;
  observed.statistics = std::move(*statistics);
  for (auto [value, tensor] :
       llvm::zip_equal(listTensors(main), observed.statistics.tensors))
    observed.tensors[value] = &tensor;
  auto skipped = resolveSkipped(observed, options.skip);
  if (!skipped)
    return skipped.takeError();
  FloatLayers floatLayers;
  for (Operation *op : *skipped)
    floatLayers[op] = "skipped";
  for (auto conv : main.getOps<ConvolutionOpInterface>()) {
    bool planned = conv->hasAttr(kStaysFloatAttrName);
    if ((planned || hasVanishingWeights(conv)) && skipped->insert(conv).second)
      floatLayers[conv] = planned ? "by the plan" : "weights below all scales";
  }
  if (!options.always && options.isFasterInFloat)
    for (auto conv : main.getOps<ConvolutionOpInterface>())
      if (options.isFasterInFloat(conv) && skipped->insert(conv).second)
        floatLayers[conv] = "faster in f32";

  int64_t runs = 2 * kFittedSamples;
  if (!options.labels.empty())
    runs += 2 * samples.count;
  auto network =
      SteppedNetwork::create(main, compile, StepOutputs::Needed, runs);
  if (!network)
    return network.takeError();
  ElementFunctions functions(main);
  auto found = search(observed, *network, functions, samples, *skipped,
                      floatLayers, options);
  if (!found)
    return found.takeError();
  const Attempt &best = **found;
  QuantizationOutcome outcome =
      describe(observed, best.plan, best.numbers, floatLayers, options);
  outcome.error = best.error;
  outcome.accuracy = best.accuracy;

  rewriteToIntegers(main, best.plan, best.numbers);
  if (llvm::Error error = checkScales(main))
    return std::move(error);
  mergeActivations(main);
  if (llvm::Error error = clean(main))
    return std::move(error);
  return outcome;
}
