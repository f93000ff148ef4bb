//===- Simulation.h - A quantized network in f32
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_QUANTIZATION_SIMULATION_H
#define LW_LIB_QUANTIZATION_SIMULATION_H

#include "Rewrite.h"
#include "lw/Stepping/SampleRuns.h"

namespace mlir::lw {

/// Runs a stepped f32 network as if its operations were integer ones: with the
/// weights that the integers stand for, and every value rounded to what its
/// integers can hold. Sums of products of integers are exact in f32 up to 2^24,
/// so that results are those of the integer network but for a few roundings.
class Simulation {
public:
  /// Keeps references to all three.
  Simulation(const SteppedNetwork &network, const QuantPlan &plan,
             const NetworkQuantization &numbers)
      : network(network), plan(plan), numbers(numbers),
        versions(network.getSteps().size()) {}

  const SteppedNetwork &getNetwork() const { return network; }
  const QuantPlan &getPlan() const { return plan; }

  /// Makes the code of a convolution with the present weights.
  llvm::Error compile(size_t step);

  /// What `compile` has made; null for steps that run as they are.
  const StepCode *getCode(size_t step) const { return versions[step].get(); }

  /// The parameters to which a value is rounded, null where it is not: where no
  /// integers are made of it, or others read it as it is computed.
  QuantAttr getRounding(size_t value) const;

  /// Rounds the network's inputs, after `SampleRuns::readInputs`.
  void roundInputs(SampleRuns &runs) const;

  /// Runs a step for all samples.
  llvm::Error run(SampleRuns &runs, size_t step) const;

private:
  void round(SampleRuns &runs, size_t value) const;

  const SteppedNetwork &network;
  const QuantPlan &plan;
  const NetworkQuantization &numbers;
  std::vector<std::unique_ptr<StepCode>> versions;
};

/// Every value as the nearest of what integers stand for.
void roundValues(float *values, int64_t count, QuantAttr quant);

} // namespace mlir::lw

#endif // LW_LIB_QUANTIZATION_SIMULATION_H
