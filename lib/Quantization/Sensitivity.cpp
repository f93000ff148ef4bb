//===- Sensitivity.cpp - What each rounding does to the outputs
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Sensitivity.h"
#include "lw/Reconstruction/OutputError.h"
#include "llvm/Support/Parallel.h"
#include <mutex>

using namespace mlir;
using namespace mlir::lw;
using llvm::createStringError;

/// Samples on which roundings are measured.
static constexpr int64_t kSamples = 32;

CalibrationSamples lw::spreadSamples(const CalibrationSamples &samples,
                                     int64_t count) {
  CalibrationSamples chosen;
  chosen.count = std::min(samples.count, count);
  auto numberOf = [&samples, count = chosen.count](int64_t index) {
    return index * samples.count / count;
  };
  chosen.read = [&samples, numberOf](size_t input, int64_t index,
                                     void *elements) {
    samples.read(input, numberOf(index), elements);
  };
  chosen.describe = [&samples, numberOf](int64_t index) {
    return describeSample(samples, numberOf(index));
  };
  return chosen;
}

/// Runs the rest of the network for all samples from step `first` on, each with
/// what `change` writes, and returns how far the outputs move.
static llvm::Expected<double>
measure(const SampleRuns &runs, const SteppedNetwork &network, size_t first,
        const OutputError &reference,
        llvm::function_ref<int32_t(SampleTail &, int64_t)> change) {
  double sum = 0;
  int32_t status = 0;
  std::mutex mutex;
  std::string failure;
  std::vector<double> differences(reference.getSamples());
  llvm::parallelFor(0, differences.size(), [&](size_t sample) {
    SampleTail tail(network, runs);
    int32_t changed = change(tail, sample);
    llvm::Error error = tail.run(first, sample);
    if (error || changed) {
      std::lock_guard<std::mutex> lock(mutex);
      status |= changed;
      failure = llvm::toString(std::move(error));
      return;
    }
    differences[sample] = reference.difference(
        sample, comparableOutputs(network, [&](size_t value) {
          return tail.get(value).empty() ? runs.get(value, sample)
                                         : tail.get(value).data();
        }));
  });
  if (status || !failure.empty())
    return createStringError("a compiled step failed: " + failure);
  for (double difference : differences)
    sum += difference;
  return reference.relative(sum);
}

/// The outputs of the f32 network.
static llvm::Expected<OutputError>
runOriginal(const SteppedNetwork &network, const CalibrationSamples &samples) {
  SampleRuns runs(network, samples.count);
  if (llvm::Error error = runs.readInputs(samples))
    return std::move(error);
  for (size_t step = 0; step < network.getSteps().size(); ++step)
    if (llvm::Error error = runs.run(step))
      return std::move(error);
  std::vector<std::vector<float>> outputs;
  for (int64_t i = 0; i < samples.count; ++i)
    outputs.push_back(comparableOutputs(
        network, [&](size_t value) { return runs.get(value, i); }));
  return OutputError(std::move(outputs));
}

llvm::Expected<Sensitivity>
lw::measureSensitivity(const Simulation &simulation,
                       const CalibrationSamples &samples,
                       const QuantizationOptions &options) {
  const SteppedNetwork &network = simulation.getNetwork();
  CalibrationSamples chosen = spreadSamples(samples, kSamples);
  auto reference = runOriginal(network, chosen);
  if (!reference)
    return reference.takeError();
  Sensitivity result;
  if (reference->isConstant())
    return result;
  SampleRuns runs(network, chosen.count);
  if (llvm::Error error = runs.readInputs(chosen))
    return std::move(error);
  auto measureRounding = [&](size_t number, size_t first) -> llvm::Error {
    const StepValue &value = network.getValues()[number];
    QuantAttr quant = simulation.getRounding(number);
    if (!quant || !simulation.getPlan().isComputed(value.value))
      return llvm::Error::success();
    auto moved =
        measure(runs, network, first, *reference,
                [&](SampleTail &tail, int64_t sample) {
                  float *values = tail.write(number);
                  std::copy_n(runs.get(number, sample), value.elements, values);
                  roundValues(values, value.elements, quant);
                  return 0;
                });
    if (!moved)
      return moved.takeError();
    result.values[value.value] = *moved;
    return llvm::Error::success();
  };
  for (size_t input : network.getInputs())
    if (llvm::Error error = measureRounding(input, 0))
      return std::move(error);
  ArrayRef<NetworkStep> steps = network.getSteps();
  for (size_t index = 0; index < steps.size(); ++index) {
    if (options.progress)
      options.progress("measuring layers", index, steps.size());
    const NetworkStep &step = steps[index];
    if (const StepCode *code = simulation.getCode(index)) {
      auto moved = measure(runs, network, index + 1, *reference,
                           [&](SampleTail &tail, int64_t sample) {
                             SmallVector<const void *> in;
                             SmallVector<void *> out;
                             for (size_t value : step.inputs)
                               in.push_back(runs.get(value, sample));
                             for (size_t value : step.outputs)
                               out.push_back(tail.write(value));
                             CompiledModel::Arena arena = code->allocateArena();
                             return code->run(in, out, arena.get());
                           });
      if (!moved)
        return moved.takeError();
      result.weights[step.operations.front()] = *moved;
    }
    if (llvm::Error error = runs.run(index))
      return std::move(error);
    for (size_t value : step.outputs)
      if (llvm::Error error = measureRounding(value, index + 1))
        return std::move(error);
  }
  return result;
}

double Sensitivity::predict(func::FuncOp main, const QuantPlan &plan) const {
  double sum = 0;
  auto add = [&](Value value) {
    if (plan.isWanted(value) && plan.isComputed(value))
      sum += values.lookup(value);
  };
  for (Value argument : main.getArguments())
    add(argument);
  for (Operation &op : main.getBody().front()) {
    if (plan.getRole(&op) == QuantRole::Convolution)
      sum += weights.lookup(&op);
    for (Value result : op.getResults())
      add(result);
  }
  return sum;
}

llvm::MapVector<Operation *, double>
lw::keepSensitive(func::FuncOp main, const ElementFunctions &functions,
                  const Sensitivity &sensitivity, double limit,
                  llvm::DenseSet<Operation *> &skipped) {
  llvm::MapVector<Operation *, double> kept;
  while (true) {
    QuantPlan plan(main, functions, skipped);
    double now = sensitivity.predict(main, plan);
    if (now <= limit)
      return kept;
    Operation *best = nullptr;
    double bestGain = 0, bestRate = 0;
    for (Operation &op : main.getBody().front()) {
      if (plan.getRole(&op) != QuantRole::Convolution)
        continue;
      llvm::DenseSet<Operation *> without = skipped;
      without.insert(&op);
      double gain =
          now - sensitivity.predict(main, QuantPlan(main, functions, without));
      auto macs = cast<ConvolutionOpInterface>(op).getMacs();
      double rate = gain / static_cast<double>(std::max<int64_t>(macs, 1));
      if (!best || rate > bestRate) {
        best = &op;
        bestGain = gain;
        bestRate = rate;
      }
    }
    if (!best)
      return kept;
    skipped.insert(best);
    kept[best] = bestGain;
  }
}
