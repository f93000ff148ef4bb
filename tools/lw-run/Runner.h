//===- Runner.h - Runs of a network over all samples
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_TOOLS_LWRUN_RUNNER_H
#define LW_TOOLS_LWRUN_RUNNER_H

#include "Inputs.h"
#include "lw/ExecutionEngine/CompiledModel.h"
#include "llvm/ADT/STLFunctionalExtras.h"

namespace mlir::lw {

/// Latencies of single runs.
struct Latency {
  int64_t runs = 0;
  double minimumMs = 0, medianMs = 0, p90Ms = 0;
};

/// How long to measure.
struct BenchmarkOptions {
  /// Runs before the measurement.
  int64_t warmUp = 5;
  /// Measured runs, at least.
  int64_t repetitions = 10;
  /// Seconds of measured runs, at least.
  double minTime = 1.0;
};

/// A network with the samples for its inputs and memory for its outputs.
class Runner {
public:
  /// `inputs` has one source for each input, all for the same number of runs.
  static llvm::Expected<Runner> create(const CompiledModel &model,
                                       std::vector<InputSource> inputs);

  const RunCount &getCount() const { return count; }
  llvm::ArrayRef<InputSource> getInputs() const { return inputs; }

  /// Runs over all samples and calls `each` after every run, when `getOutput`
  /// has its results. Shows progress on standard error when it takes longer
  /// than 2 s.
  llvm::Error runAll(llvm::function_ref<void(int64_t run)> each);

  /// Run number `run` alone.
  llvm::Error runOne(int64_t run);

  /// Times runs on the first sample; also reads the others, for damage.
  llvm::Expected<Latency> benchmark(const BenchmarkOptions &options);

  /// Bytes of output `index` of the last run.
  llvm::ArrayRef<char> getOutput(size_t index) const { return outputs[index]; }

private:
  Runner(const CompiledModel &model, std::vector<InputSource> sources,
         RunCount count);

  llvm::Error runOnce();
  llvm::Error load(int64_t run);

  const CompiledModel &model;
  std::vector<InputSource> inputs;
  RunCount count;
  CompiledModel::Arena arena;
  std::vector<const void *> inputPointers;
  std::vector<std::vector<char>> outputs;
  std::vector<void *> outputPointers;
};

} // namespace mlir::lw

#endif // LW_TOOLS_LWRUN_RUNNER_H
