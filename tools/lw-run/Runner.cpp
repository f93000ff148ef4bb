//===- Runner.cpp - Runs of a network over all samples
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Runner.h"
#include "lw/Driver/Profile.h"
#include "lw/Support/Progress.h"
#include "llvm/ADT/STLExtras.h"
#include <chrono>

using namespace mlir;
using namespace mlir::lw;
using llvm::createStringError;
using Clock = std::chrono::steady_clock;

static double secondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

llvm::Expected<Runner> Runner::create(const CompiledModel &model,
                                      std::vector<InputSource> inputs) {
  auto count = commonRuns(inputs);
  if (!count)
    return count.takeError();
  Runner runner(model, std::move(inputs), *count);
  if (model.getInfo().arenaBytes > 0 && !runner.arena)
    return createStringError(
        "no memory for the network's arena of %lld bytes",
        static_cast<long long>(model.getInfo().arenaBytes));
  return runner;
}

Runner::Runner(const CompiledModel &model, std::vector<InputSource> sources,
               RunCount count)
    : model(model), inputs(std::move(sources)), count(count),
      arena(model.allocateArena()) {
  inputPointers.resize(inputs.size());
  for (const TensorInfo &output : model.getInfo().outputs)
    outputPointers.push_back(outputs.emplace_back(output.numBytes()).data());
}

llvm::Error Runner::load(int64_t run) {
  for (size_t i = 0; i < inputs.size(); ++i) {
    auto values = inputs[i].get(run);
    if (!values)
      return values.takeError();
    inputPointers[i] = *values;
  }
  return llvm::Error::success();
}

llvm::Error Runner::runOnce() {
  beginProfiledRun();
  if (int status = model.run(inputPointers, outputPointers, arena.get()))
    return createStringError("the network returned status %d", status);
  return llvm::Error::success();
}

llvm::Error Runner::runOne(int64_t run) {
  if (llvm::Error error = load(run))
    return error;
  return runOnce();
}

llvm::Error Runner::runAll(llvm::function_ref<void(int64_t run)> each) {
  Progress progress(llvm::errs());
  for (int64_t run = 0; run < count.runs; ++run) {
    if (llvm::Error error = runOne(run))
      return error;
    each(run);
    progress.update("runs", run + 1, count.runs);
  }
  return llvm::Error::success();
}

llvm::Expected<Latency> Runner::benchmark(const BenchmarkOptions &options) {
  if (llvm::Error error = load(0))
    return std::move(error);
  for (InputSource &input : inputs)
    if (llvm::Error error = input.checkRest())
      return std::move(error);
  for (int64_t i = 0; i < options.warmUp; ++i)
    if (llvm::Error error = runOnce())
      return std::move(error);
  std::vector<double> ms;
  Clock::time_point start = Clock::now();
  while (static_cast<int64_t>(ms.size()) < options.repetitions ||
         secondsSince(start) < options.minTime) {
    Clock::time_point begin = Clock::now();
    llvm::Error error = runOnce();
    ms.push_back(1e3 * secondsSince(begin));
    if (error)
      return std::move(error);
  }
  llvm::sort(ms);
  // The smallest value that so many percent of the runs do not exceed.
  auto percentile = [&](size_t percent) {
    return ms[(ms.size() * percent + 99) / 100 - 1];
  };
  Latency result;
  result.runs = ms.size();
  result.minimumMs = ms.front();
  result.medianMs = percentile(50);
  result.p90Ms = percentile(90);
  return result;
}
