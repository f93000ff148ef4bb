//===- SearchDrop.cpp - The cheapest plan within a loss of accuracy
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "SearchDrop.h"
#include "lw/Support/Accuracy.h"
#include "llvm/Support/FormatVariadic.h"
#include <cmath>

using namespace mlir;
using namespace mlir::lw;
using llvm::createStringError;

/// Classes of the network's one result.
static int64_t countClasses(const SteppedNetwork &network) {
  Value result = network.getValues()[network.getResults().front()].value;
  return cast<RankedTensorType>(result.getType()).getShape().back();
}

llvm::Error lw::checkLabels(const SteppedNetwork &network,
                            const CalibrationSamples &samples,
                            ArrayRef<int64_t> labels) {
  if (labels.empty())
    return createStringError("the goal max-drop needs the labels of the "
                             "calibration samples");
  Value result = network.getValues()[network.getResults().front()].value;
  auto type = cast<RankedTensorType>(result.getType());
  if (network.getResults().size() != 1 || type.getRank() == 0)
    return createStringError("labels are for a network with one output, the "
                             "scores of classes");
  int64_t classes = countClasses(network);
  int64_t batch = type.getNumElements() / classes;
  int64_t expected = samples.count / samples.variants * batch;
  if (static_cast<int64_t>(labels.size()) != expected)
    return createStringError("%zu labels for %lld calibration samples",
                             labels.size(), static_cast<long long>(expected));
  for (auto [i, label] : llvm::enumerate(labels))
    if (label < 0 || label >= classes)
      return createStringError(
          "label %zu of the calibration samples is %lld, expected 0 to %lld", i,
          static_cast<long long>(label), static_cast<long long>(classes - 1));
  return llvm::Error::success();
}

/// Adds the scores of one run to `accuracy`.
static void addRun(const SteppedNetwork &network, const SampleRuns &runs,
                   int64_t sample, ArrayRef<int64_t> labels,
                   Accuracy &accuracy) {
  size_t value = network.getResults().front();
  int64_t classes = countClasses(network);
  int64_t batch = network.getValues()[value].elements / classes;
  const float *scores = runs.get(value, sample);
  for (int64_t i = 0; i < batch; ++i)
    accuracy.add(ArrayRef(scores + i * classes, classes),
                 labels[sample * batch + i]);
}

SeparableAccuracy lw::countAccuracy(const SteppedNetwork &network,
                                    const CalibrationSamples &samples,
                                    ArrayRef<int64_t> labels,
                                    const SampleRuns &original,
                                    const SampleRuns &rewritten) {
  Accuracy before, after;
  // Variants of a sample come after all samples as they are.
  for (int64_t i = 0; i < samples.count / samples.variants; ++i) {
    addRun(network, original, i, labels, before);
    addRun(network, rewritten, i, labels, after);
  }
  return {before.samples, before.top1Percent(), after.top1Percent(), {}};
}

namespace {

/// Judges plans by their accuracy on samples that they are not fitted to.
class DropSearch {
public:
  DropSearch(const SteppedNetwork &network, const CalibrationSamples &samples,
             ArrayRef<MeasuredLayer> layers, const SeparableOptions &options)
      : network(network), samples(samples), layers(layers), options(options),
        distinct(samples.count / samples.variants) {}

  llvm::Error measureOriginal() {
    SampleRuns runs(network, distinct);
    if (llvm::Error error = runs.readInputs(samples))
      return error;
    for (size_t step = 0; step < network.getSteps().size(); ++step)
      if (llvm::Error error = runs.run(step))
        return error;
    for (int64_t i = 0; i < distinct; ++i)
      addRun(network, runs, i, options.labels, original);
    return llvm::Error::success();
  }

  /// Points of top-1 that a plan loses.
  llvm::Expected<double> drop(ArrayRef<size_t> chosen) {
    Accuracy accuracy;
    for (int64_t half = 0; half < 2; ++half) {
      // Variants of a sample are in the same half as the sample.
      SmallVector<int64_t> numbers;
      for (int64_t i = 0; i < samples.count; ++i)
        if (i % distinct % 2 == half)
          numbers.push_back(i);
      auto fitted = fitLayers(
          network, samples, numbers, layers, chosen, options, "trying a plan",
          [&](const SampleRuns &, const SampleRuns &rewritten) {
            for (int64_t i = 1 - half; i < distinct; i += 2)
              addRun(network, rewritten, i, options.labels, accuracy);
          });
      if (!fitted)
        return fitted.takeError();
    }
    return original.top1Percent() - accuracy.top1Percent();
  }

private:
  const SteppedNetwork &network;
  const CalibrationSamples &samples;
  ArrayRef<MeasuredLayer> layers;
  const SeparableOptions &options;
  int64_t distinct;
  Accuracy original;
};

} // namespace

llvm::Expected<Allocation>
lw::searchDrop(const SteppedNetwork &network, const CalibrationSamples &samples,
               ArrayRef<MeasuredLayer> layers,
               ArrayRef<std::vector<LayerOption>> choices, int64_t fixedMacs,
               const SeparableOptions &options, SeparableOutcome &outcome,
               double &heldOutDrop) {
  DropSearch search(network, samples, layers, options);
  if (llvm::Error error = search.measureOriginal())
    return std::move(error);
  double whole = outcome.macsBefore;
  // Gains of MACs: the largest that is known to keep the drop, the least that
  // is known not to.
  double most = whole / (allocateCost(choices, 0).cost + fixedMacs);
  double kept = 1, broken = INFINITY, bestDrop = 0;
  Allocation best = allocateCost(choices, whole - fixedMacs);
  for (int round = 0; round < 7; ++round) {
    double next = std::isinf(broken) ? std::min(most, round ? 1.5 * kept : 2.0)
                                     : std::sqrt(kept * broken);
    if (kept >= most || broken / kept < 1.04)
      break;
    Allocation plan = allocateCost(choices, whole / next - fixedMacs);
    auto drop = search.drop(plan.chosen);
    if (!drop)
      return drop.takeError();
    if (*drop > options.target) {
      broken = next;
      continue;
    }
    kept = next;
    bestDrop = *drop;
    best = std::move(plan);
  }
  best.feasible = kept > 1;
  if (!best.feasible)
    outcome.message =
        llvm::formatv("no plan loses at most {0} points of top-1 on the "
                      "labelled samples; the network stays as it is",
                      options.target);
  heldOutDrop = bestDrop;
  return best;
}
