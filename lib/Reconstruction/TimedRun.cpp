//===- TimedRun.cpp - Code that runs for its time alone
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "TimedRun.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/xxhash.h"
#include <chrono>
#include <random>

using namespace mlir;
using namespace mlir::lw;

LayerVersion lw::nominalVersion(const LayerProblem &problem,
                                FormChoice choice) {
  const FilterShape &s = problem.shape;
  int64_t in = s.inChannels, out = s.outChannels, r = choice.rank;
  int64_t taps = s.taps(), kh = s.kernelHeight, kw = s.kernelWidth;
  LayerVersion version;
  version.choice = choice;
  version.bias.assign(s.outChannels, 0.1f);
  // Others in every layer: equal weights would be one array in the caches.
  std::minstd_rand random(llvm::xxh3_64bits(problem.name));
  auto fill = [&](std::vector<float> &filter, int64_t size, int64_t sum) {
    filter.resize(size);
    for (float &weight : filter)
      weight = (0.5f + static_cast<float>(random() % 1024) / 1024) / sum;
  };
  // Sizes of both filters and the number of inputs that an output sums up.
  auto set = [&](int64_t size1, int64_t sum1, int64_t size2, int64_t sum2) {
    fill(version.first, size1, sum1);
    fill(version.second, size2, sum2);
  };
  switch (choice.form) {
  case ConvForm::Keep:
    fill(version.first, taps * in * out, taps * in);
    break;
  case ConvForm::Depthwise:
    set(taps * in * r, taps, in * r * out, in * r);
    break;
  case ConvForm::Vertical:
    set(kh * in * r, kh * in, kw * r * out, kw * r);
    break;
  case ConvForm::Horizontal:
    set(kw * in * r, kw * in, kh * r * out, kh * r);
    break;
  case ConvForm::NarrowInput:
    set(in * r, in, taps * r * out, taps * r);
    break;
  case ConvForm::NarrowOutput:
    set(taps * in * r, taps * in, r * out, r);
    break;
  }
  return version;
}

TimedRun::TimedRun(std::unique_ptr<CompiledModel> model)
    : code(std::move(model)), arena(code->allocateArena()) {
  const ModelInfo &info = code->getInfo();
  auto reserve = [&](const TensorInfo &tensor, float value) {
    int64_t floats = llvm::divideCeil(tensor.numBytes(), sizeof(float));
    return memory.emplace_back(floats, value).data();
  };
  for (const TensorInfo &tensor : info.inputs)
    inputs.push_back(reserve(tensor, 0.5f));
  for (const TensorInfo &tensor : info.outputs)
    outputs.push_back(reserve(tensor, 0.0f));
}

double TimedRun::run() {
  auto start = std::chrono::steady_clock::now();
  code->run(inputs, outputs, arena.get());
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start)
      .count();
}
