//===- OutputError.cpp - How far the outputs of a network move
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Reconstruction/OutputError.h"
#include <cmath>
#include <numeric>

using namespace mlir;
using namespace mlir::lw;

std::vector<float>
lw::comparableOutputs(const SteppedNetwork &network,
                      llvm::function_ref<const float *(size_t)> getResult) {
  std::vector<float> all;
  for (size_t value : network.getResults()) {
    const StepValue &info = network.getValues()[value];
    if (!info.isF32())
      continue; // an index is no nearer to the next one
    const float *data = getResult(value);
    std::vector<float> part(data, data + info.elements);
    double sum = 0;
    bool isShare = true;
    for (float x : part) {
      sum += x;
      isShare &= x >= 0 && x <= 1;
    }
    // The differences of logarithms are those of the scores before a softmax.
    if (isShare && std::abs(sum - 1) < 1e-3 && part.size() > 1) {
      sum = 0;
      for (float &x : part)
        sum += x = std::log(std::max(x, 1e-30f));
    }
    // A shift of all scores changes no decision between classes.
    if (cast<RankedTensorType>(info.value.getType()).getRank() == 2)
      for (float &x : part)
        x -= sum / part.size();
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

OutputError::OutputError(std::vector<std::vector<float>> outputs)
    : exact(std::move(outputs)) {
  std::vector<double> mean(exact.front().size());
  for (const std::vector<float> &sample : exact)
    for (size_t i = 0; i < mean.size(); ++i)
      mean[i] += sample[i] / exact.size();
  if (exact.size() == 1)
    mean.assign(mean.size(),
                std::accumulate(mean.begin(), mean.end(), 0.0) / mean.size());
  for (const std::vector<float> &sample : exact)
    for (size_t i = 0; i < mean.size(); ++i)
      power += (sample[i] - mean[i]) * (sample[i] - mean[i]);
}

double OutputError::difference(int64_t sample, ArrayRef<float> outputs) const {
  double sum = 0;
  for (auto [a, b] : llvm::zip(exact[sample], outputs))
    sum += (double(a) - b) * (double(a) - b);
  return sum;
}
