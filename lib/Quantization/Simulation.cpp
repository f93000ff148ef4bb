//===- Simulation.cpp - A quantized network in f32
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Simulation.h"
#include "lw/Dialect/IR/Constants.h"
#include "llvm/Support/Parallel.h"

using namespace mlir;
using namespace mlir::lw;

llvm::Error Simulation::compile(size_t index) {
  const NetworkStep &step = network.getSteps()[index];
  ConvolutionOpInterface conv = step.conv;
  if (plan.getRole(conv) != QuantRole::Convolution)
    return llvm::Error::success();
  const IntegerWeights &weights = numbers.weights.find(conv)->second;
  float input = numbers.values.lookup(plan.getLeader(conv.getConvInput()))
                    .getScaleValue();
  std::vector<float> filter(weights.filter.size()), bias(weights.bias.size());
  for (size_t i = 0; i < filter.size(); ++i)
    filter[i] = static_cast<float>(weights.filter[i]) *
                weights.scales[i % weights.scales.size()];
  for (size_t c = 0; c < bias.size(); ++c)
    bias[c] = static_cast<float>(static_cast<double>(weights.bias[c]) * input *
                                 weights.scales[c]);
  if (const DirectConvolution *direct = step.code->getDirect()) {
    versions[index] = std::make_unique<StepCode>(
        direct->withConstants(std::move(filter), std::move(bias)));
    return llvm::Error::success();
  }
  auto code =
      network.compileVersion(step, [&](OpBuilder &builder, IRMapping &mapping) {
        auto copy = cast<ConvolutionOpInterface>(builder.clone(*conv, mapping));
        OpBuilder::InsertionGuard guard(builder);
        builder.setInsertionPoint(copy);
        Value old = conv.getConvFilters().front();
        Value made = createConstant(builder, conv.getLoc(),
                                    cast<RankedTensorType>(old.getType()),
                                    ArrayRef<float>(filter));
        copy->replaceUsesOfWith(copy.getConvFilters().front(), made);
        copy.setConvBias(
            bias.empty()
                ? Value()
                : createConstant(builder, conv.getLoc(),
                                 {static_cast<int64_t>(bias.size())}, bias));
        return copy->getResult(0);
      });
  if (!code)
    return code.takeError();
  versions[index] = std::make_unique<StepCode>(std::move(*code));
  return llvm::Error::success();
}

void lw::roundValues(float *values, int64_t count, QuantAttr quant) {
  // Adding 1.5 * 2^23 rounds half to even, in vectors on any processor.
  constexpr float kRound = 12582912.0f;
  float scale = quant.getScaleValue(), inverse = 1 / scale;
  auto low = static_cast<float>(quant.least() - quant.getZeroPoint());
  auto high = static_cast<float>(quant.greatest() - quant.getZeroPoint());
  for (int64_t i = 0; i < count; ++i) {
    float x = values[i] * inverse;
    x = x > low ? x : low;
    x = x < high ? x : high;
    values[i] = ((x + kRound) - kRound) * scale;
  }
}

QuantAttr Simulation::getRounding(size_t number) const {
  Value value = network.getValues()[number].value;
  if (!plan.isWanted(value))
    return {};
  if (!plan.isMade(value) &&
      llvm::any_of(value.getUsers(), [&](Operation *user) {
        return plan.getRole(user) == QuantRole::Float;
      }))
    return {};
  return numbers.values.lookup(plan.getLeader(value));
}

void Simulation::round(SampleRuns &runs, size_t number) const {
  QuantAttr quant = getRounding(number);
  if (!quant)
    return;
  int64_t elements = network.getValues()[number].elements;
  llvm::parallelFor(0, runs.getSamples(), [&](size_t sample) {
    roundValues(runs.get(number, sample), elements, quant);
    runs.release(number, sample, 1);
  });
}

void Simulation::roundInputs(SampleRuns &runs) const {
  for (size_t value : network.getInputs())
    round(runs, value);
}

llvm::Error Simulation::run(SampleRuns &runs, size_t index) const {
  if (llvm::Error error = runs.run(index, versions[index].get()))
    return error;
  for (size_t value : network.getSteps()[index].outputs)
    round(runs, value);
  return llvm::Error::success();
}
