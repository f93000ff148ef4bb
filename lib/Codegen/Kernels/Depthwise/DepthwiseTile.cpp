//===- DepthwiseTile.cpp - Output tile and packed weights of depthwise kernels
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Kernels/Depthwise/DepthwiseKernel.h"
#include <set>

using namespace mlir;
using namespace mlir::lw;

/// Input positions along an axis that outputs beside each other read.
static int64_t spanOf(int64_t tile, int64_t stride, int64_t kernel,
                      int64_t dilation) {
  std::set<int64_t> seen;
  for (int64_t o = 0; o < tile; ++o)
    for (int64_t k = 0; k < kernel; ++k)
      seen.insert(o * stride + k * dilation);
  return seen.size();
}

bool DepthwiseSpec::holdsWeights() const {
  return g.kernelHeight * g.kernelWidth + 10 <= target->vectorRegisters;
}

bool DepthwiseSpec::holdsRow() const {
  constexpr int64_t kFewRegisters = 16, kLeastWidth = 6;
  return target->dot->takesMemory && target->vectorRegisters <= kFewRegisters &&
         !holdsWeights() &&
         g.kernelWidth + kLeastWidth + 2 <= target->vectorRegisters;
}

/// Cycles of one tile: distinct inputs loaded, multiply-adds, stores.
static double tileCycles(const DepthwiseSpec &s, const TargetInfo &t,
                         int64_t height, int64_t width) {
  if (height == 0 || width == 0)
    return 0;
  const ConvGeometry &g = s.g;
  int64_t rows = spanOf(height, g.strides[0], g.kernelHeight, g.dilations[0]);
  int64_t columns = spanOf(width, g.strides[1], g.kernelWidth, g.dilations[1]);
  double inputs = rows * columns;
  double fmas = height * width * g.kernelHeight * g.kernelWidth;
  bool resident = s.holdsWeights();
  double weights = s.holdsRow() ? g.kernelHeight * g.kernelWidth : fmas;
  double loads = inputs + (resident ? 0 : weights);
  // Where multiply-adds take no memory, what is decoded bounds a tile: two
  // operations for a load, three for a pair of them, twice as many for stores.
  // Sums begin at the bias, and end at bounds.
  if (!t.dot->takesMemory && resident) {
    auto access = [](int64_t count) { return count / 2 * 3 + count % 2 * 2; };
    return fmas + rows * access(columns) +
           height * (2 * access(width) + 3 * width + 1) + 4;
  }
  // Independent accumulators hide the latency of the multiply-add.
  double latency =
      static_cast<double>(g.kernelHeight * g.kernelWidth) * t.dotLatency;
  return std::max({fmas / t.dotsPerCycle, loads / t.loadsPerCycle, latency}) +
         height * width + 4;
}

/// More multiply-adds in a tile are slower to compile and no faster to run;
/// large tiles load less for each of them, which is worth more code where a
/// load is an instruction of its own.
static constexpr int64_t kMostMultiplyAdds = 150, kMostOfLoadedTile = 260;

bool DepthwiseSpec::isLarge() const {
  return g.kernelHeight * g.kernelWidth > kMostMultiplyAdds;
}

int64_t DepthwiseSpec::floatAccumulators() const {
  if (target->dot->takesMemory)
    return tileHeight * tileWidth;
  // An input row belongs to few output rows; those before are stored.
  int64_t window = (g.kernelHeight - 1) * g.dilations[0] + 1;
  return std::min(tileHeight, llvm::divideCeilSigned(window, g.strides[0])) *
         tileWidth;
}

void mlir::lw::chooseDepthwiseTile(DepthwiseSpec &s, const TargetInfo &t) {
  if (s.isLarge()) {
    // Sums beside each other hide the latency of the multiply-add.
    s.tileHeight = 1;
    s.tileWidth = std::min<int64_t>(8, s.g.outWidth);
    return;
  }
  int64_t taps = s.g.kernelHeight * s.g.kernelWidth;
  bool resident = s.holdsWeights();
  bool isTall = resident && !t.dot->takesMemory;
  bool byRow = s.holdsRow();
  int64_t registers = t.vectorRegisters - (resident ? taps
                                           : byRow  ? s.g.kernelWidth
                                                    : 1);
  // What is loaded: LLVM moves loads up where multiply-adds take no memory. In
  // tall tiles a row is, and sums begin at the bias and end at bounds.
  auto beside = [&](int64_t width) -> int64_t {
    if (!isTall)
      return t.dot->takesMemory ? 2 : 6;
    return spanOf(width, s.g.strides[1], s.g.kernelWidth, s.g.dilations[1]) +
           s.hasBias + (s.activation ? 2 : 0);
  };
  int64_t h = s.g.outHeight, w = s.g.outWidth;
  int64_t mostRows = isTall ? 8 : byRow ? 1 : 4;
  int64_t mostMultiplyAdds =
      t.dot->takesMemory && !byRow ? kMostMultiplyAdds : kMostOfLoadedTile;
  double best = std::numeric_limits<double>::infinity();
  DepthwiseSpec tile = s;
  for (int64_t th = 1; th <= std::min(mostRows, h); ++th)
    for (int64_t tw = 1; tw <= std::min<int64_t>(14, w); ++tw) {
      tile.tileHeight = th;
      tile.tileWidth = tw;
      if ((th * tw > 1 && tile.floatAccumulators() + beside(tw) > registers) ||
          th * tw * taps > mostMultiplyAdds)
        continue;
      int64_t rows = h / th, columns = w / tw; // whole tiles
      double cycles = rows * (columns * tileCycles(s, t, th, tw) +
                              tileCycles(s, t, th, w % tw)) +
                      columns * tileCycles(s, t, h % th, tw) +
                      tileCycles(s, t, h % th, w % tw);
      if (cycles < best) {
        best = cycles;
        s.tileHeight = th;
        s.tileWidth = tw;
      }
    }
}

std::vector<float> mlir::lw::packDepthwiseWeights(const DepthwiseSpec &s,
                                                  ArrayRef<float> filter) {
  int64_t taps = s.g.kernelHeight * s.g.kernelWidth;
  int64_t lanes = s.weightLanes();
  int64_t blocks = llvm::divideCeilSigned(s.g.outChannels, lanes);
  std::vector<float> packed(blocks * taps * lanes, 0.0f);
  for (int64_t out = 0; out < s.g.outChannels; ++out)
    for (int64_t tap = 0; tap < taps; ++tap)
      packed[(out / lanes * taps + tap) * lanes + out % lanes] =
          filter[tap * s.g.outChannels + out];
  return packed;
}
