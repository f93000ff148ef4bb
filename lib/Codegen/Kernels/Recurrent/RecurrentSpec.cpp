//===- RecurrentSpec.cpp - Tiles and packed weights of recurrent layers
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Kernels/Recurrent/RecurrentKernel.h"

using namespace mlir;
using namespace mlir::lw;

SmallVector<RecurrentSpec::Phase> RecurrentSpec::phases() const {
  if (kind == RecurrentKind::GRU && !linearBeforeReset)
    return {{0, 2}, {2, 1}};
  return {{0, gates}};
}

bool RecurrentSpec::isUniform() const {
  size_t half = activations.size() / 2;
  return directions == 2 && ArrayRef(activations).take_front(half) ==
                                ArrayRef(activations).drop_front(half);
}

int64_t RecurrentSpec::registers(int64_t height, int64_t width) const {
  int64_t most = 0;
  for (Phase phase : phases()) {
    int64_t accumulators = height * width * phase.count;
    // Weights that several samples share are held, and a state that is
    // broadcast.
    int64_t operands = height == 1 ? 1 : phase.count * width;
    most = std::max(most, accumulators + operands + 1);
  }
  return most;
}

template <typename T>
static std::vector<T> pack(const RecurrentSpec &s, ArrayRef<T> weights) {
  std::vector<T> packed;
  packed.reserve(s.directions * s.directionWeights());
  int64_t row = s.gates * s.hidden;
  auto panel = [&](int64_t d, RecurrentSpec::Phase phase, int64_t first,
                   int64_t units) {
    for (int64_t k = 0; k < s.hidden; ++k)
      for (int64_t g = phase.first; g < phase.first + phase.count; ++g)
        for (int64_t j = first; j < first + units; ++j)
          packed.push_back(
              j < s.hidden
                  ? weights[(d * s.hidden + k) * row + g * s.hidden + j]
                  : T(0));
  };
  int64_t width = s.tileVectors * s.vector;
  for (int64_t d = 0; d < s.directions; ++d)
    for (RecurrentSpec::Phase phase : s.phases()) {
      for (int64_t i = 0; i < s.fullPanels(); ++i)
        panel(d, phase, i * width, width);
      panel(d, phase, s.fullPanels() * width, s.restVectors() * s.vector);
    }
  return packed;
}

std::vector<float> mlir::lw::packRecurrentWeights(const RecurrentSpec &s,
                                                  ArrayRef<float> weights) {
  return pack(s, weights);
}

std::vector<uint16_t>
mlir::lw::packRecurrentWeights(const RecurrentSpec &s,
                               ArrayRef<uint16_t> weights) {
  return pack(s, weights);
}

/// Cycles of one input of all tiles of a step.
static double cyclesOf(const RecurrentSpec &s, const TargetInfo &target,
                       int64_t height, int64_t width) {
  auto tile = [&](int64_t rows, int64_t vectors) {
    double cycles = 0;
    if (rows * vectors == 0)
      return cycles;
    for (RecurrentSpec::Phase phase : s.phases()) {
      double products = rows * vectors * phase.count;
      double loads = vectors * phase.count + rows;
      cycles += std::max({products / target.dotsPerCycle,
                          loads / target.loadsPerCycle,
                          static_cast<double>(target.dotLatency)});
    }
    // What begins and ends a tile, in terms of an input.
    return cycles + 1.0;
  };
  auto row = [&](int64_t rows) {
    int64_t full = s.hidden / (width * s.vector);
    return full * tile(rows, width) + tile(rows, s.vectors() - full * width);
  };
  return s.batch / height * row(height) + row(s.batch % height);
}

void mlir::lw::chooseRecurrentTile(RecurrentSpec &s, const TargetInfo &target) {
  std::optional<double> fewest;
  constexpr int64_t kMostRows = 8, kMostVectors = 8;
  for (int64_t height = 1; height <= std::min(s.batch, kMostRows); ++height)
    for (int64_t width = 1; width <= std::min(s.vectors(), kMostVectors);
         ++width) {
      if (s.registers(height, width) > target.vectorRegisters &&
          height * width > 1)
        continue;
      double cycles = cyclesOf(s, target, height, width);
      if (fewest && cycles >= *fewest)
        continue;
      fewest = cycles;
      s.tileHeight = height;
      s.tileVectors = width;
    }
}
