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
  return directions == 2 &&
         ArrayRef(activations).take_front(half) ==
             ArrayRef(activations).drop_front(half) &&
         llvm::all_equal(zeroPoints);
}

int64_t RecurrentSpec::registers(int64_t height, int64_t width) const {
  int64_t most = 0;
  for (Phase phase : phases()) {
    int64_t accumulators = height * width * phase.count;
    // Weights that several samples share are held, and a state that is
    // broadcast.
    int64_t operands = height == 1 ? 1 : phase.count * width;
    most = std::max(most, accumulators + (operands + 1) * unit->registers +
                              unit->scratch);
  }
  return most;
}

template <typename T>
static std::vector<T> pack(const RecurrentSpec &s, ArrayRef<T> weights) {
  std::vector<T> packed(s.directions * s.directionWeights(), T(0));
  T *next = packed.data();
  int64_t row = s.gates * s.hidden;
  // The weights of a step of the unit for a vector of units.
  auto step = [&](int64_t d, int64_t k, int64_t g, int64_t first) {
    for (int64_t lane = 0; lane < s.vector; ++lane)
      for (int64_t input = 0; input < s.unit->inputs; ++input)
        if (first + lane < s.hidden && k + input < s.hidden)
          next[s.unit->weightPosition(lane, input)] =
              weights[(d * s.hidden + k + input) * row + g * s.hidden + first +
                      lane];
    next += s.vector * s.unit->inputs;
  };
  auto panel = [&](int64_t d, RecurrentSpec::Phase phase, int64_t first,
                   int64_t vectors) {
    for (int64_t k = 0; k < s.hidden; k += s.unit->inputs)
      for (int64_t g = phase.first; g < phase.first + phase.count; ++g)
        for (int64_t v = 0; v < vectors; ++v)
          step(d, k, g, first + v * s.vector);
  };
  int64_t width = s.tileVectors * s.vector;
  for (int64_t d = 0; d < s.directions; ++d)
    for (RecurrentSpec::Phase phase : s.phases()) {
      for (int64_t i = 0; i < s.fullPanels(); ++i)
        panel(d, phase, i * width, s.tileVectors);
      panel(d, phase, s.fullPanels() * width, s.restVectors());
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

std::vector<int8_t> mlir::lw::packRecurrentWeights(const RecurrentSpec &s,
                                                   ArrayRef<int8_t> weights) {
  return pack(s, weights);
}

std::vector<int32_t> mlir::lw::sumRecurrentWeights(const RecurrentSpec &s,
                                                   ArrayRef<int32_t> weights) {
  int64_t columns = s.gates * s.hidden;
  std::vector<int32_t> sums;
  for (int64_t d = 0; d < s.directions; ++d)
    for (int64_t column = 0; column < columns; ++column) {
      int32_t sum = -s.hidden * s.zeroPoints[d];
      for (int64_t k = 0; k < s.hidden; ++k)
        sum += weights[(d * s.hidden + k) * columns + column];
      sums.push_back(sum);
    }
  return sums;
}

/// Cycles of one step of the unit of all tiles.
static double cyclesOf(const RecurrentSpec &s, const TargetInfo &target,
                       int64_t height, int64_t width) {
  auto tile = [&](int64_t rows, int64_t vectors) {
    double cycles = 0;
    if (rows * vectors == 0)
      return cycles;
    for (RecurrentSpec::Phase phase : s.phases()) {
      double loads = vectors * phase.count + rows;
      // Operands of several registers are prepared.
      double products = rows * vectors * phase.count * s.unit->cost +
                        (s.unit->registers > 1 ? loads : 0);
      cycles += std::max({products / target.dotsPerCycle,
                          loads / target.loadsPerCycle,
                          static_cast<double>(target.dotLatency)});
    }
    // What begins and ends a tile, in terms of a step.
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
