//===- WinogradSpec.cpp - Tiles and packed weights of Winograd kernels
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Kernels/Winograd/WinogradKernel.h"

using namespace mlir;
using namespace mlir::lw;

bool mlir::lw::isWinogradPossible(const ConvGeometry &g) {
  return g.kernelHeight == 3 && g.kernelWidth == 3 && !g.hasStride() &&
         !g.hasDilation() && g.groups == 1;
}

std::array<int64_t, 4> WinogradSpec::halo(const ConvGeometry &g,
                                          int64_t outputs) {
  // The last tile may reach beyond the image.
  auto after = [&](int64_t in, int64_t out, int64_t before) {
    int64_t reach = llvm::divideCeilSigned(out, outputs) * outputs + 2 - before;
    return std::max<int64_t>(0, reach - in);
  };
  return {g.padding[0], after(g.inHeight, g.outHeight, g.padding[0]),
          g.padding[2], after(g.inWidth, g.outWidth, g.padding[2])};
}

void mlir::lw::setWinogradProduct(WinogradSpec &s) {
  GemmSpec &p = s.product;
  p.target = s.target;
  p.unit = s.unit;
  p.vector = s.vector;
  p.coldWeights = false;
  Type type = s.in.type;
  p.in = {1, 1, s.tiles(), s.g.inChannels, s.vector, {0, 0, 0, 0}, type};
  p.out = {1, 1, s.tiles(), s.vectors * s.vector, s.vector, {0, 0, 0, 0}, type};
  ConvGeometry g;
  g.batch = g.inHeight = g.outHeight = 1;
  g.inWidth = g.outWidth = s.tiles();
  g.inChannels = s.g.inChannels;
  g.outChannels = s.vectors * s.vector;
  g.kernelHeight = g.kernelWidth = 1;
  p.g = g;
}

/// Estimated cycles of a layer.
static double estimate(const WinogradSpec &s, double productCycles,
                       const TargetInfo &t) {
  const TargetCosts::Transforms &one =
      s.outputs == 4 ? t.costs.winograd4 : t.costs.winograd2;
  double chunks = s.chunks() * s.g.batch;
  double inputs = chunks * s.tiles() * s.in.blocks() * one.input;
  double outputs = chunks * s.tiles() * s.outVectors() * one.output;
  double filters =
      static_cast<double>(s.g.inChannels * s.outVectors()) * one.filter;
  double products = chunks * s.panels() * s.points() * productCycles;

  // What is written by one part and read by another, from where it stays.
  int64_t panels = s.chunks() > 1 ? s.panels() : 1;
  double bytes =
      4.0 * s.points() *
      (panels * s.filterElements() + s.inputElements() + s.productElements());
  // The more of the cache it takes, the more is pushed out by what streams by.
  double outside = std::clamp(bytes / t.l2Bytes - 0.25, 0.0, 1.0);
  double line = t.l2LineCycles + outside * (t.l3LineCycles - t.l2LineCycles);
  double lines =
      chunks * s.points() *
      (s.inputElements() * (1.0 + s.panels()) +
       2.0 * s.panels() * (s.filterElements() + s.productElements())) /
      16;
  constexpr double kExposed = 0.5;
  double cycles = outputs + products + kExposed * lines * line;
  if (s.threads == 1)
    return inputs + filters + cycles;
  // What every thread does, and what they share.
  double each = s.chunksApart() ? filters : s.panelsApart() ? inputs : 0;
  double turns = llvm::divideCeilSigned(s.units(), s.slots());
  double longest =
      each + (cycles + inputs + filters - each) * turns / s.units();
  return sharedCycles(longest * s.threads, s.threads, t);
}

double mlir::lw::chooseWinograd(WinogradSpec &spec, const TargetInfo &target,
                                int64_t threads) {
  spec.threads = threads;
  WinogradSpec best = spec;
  double bestCycles = std::numeric_limits<double>::infinity();
  for (int64_t outputs : {2, 4}) {
    WinogradSpec candidate = spec;
    candidate.outputs = outputs;
    for (int64_t rows = 1; rows <= candidate.tileRows(); ++rows) {
      // A cut last chunk is code of its own, which would run alone.
      bool cut = candidate.g.outHeight % outputs != 0;
      if (candidate.tileRows() % rows ||
          (threads > 1 && cut && rows != candidate.tileRows()))
        continue;
      candidate.rows = rows;
      for (int64_t vectors = 1;
           vectors <= std::min<int64_t>(16, candidate.outVectors());
           ++vectors) {
        if (candidate.outVectors() % vectors)
          continue;
        candidate.vectors = vectors;
        setWinogradProduct(candidate);
        double product = chooseGemmTile(candidate.product, target);
        double cycles = estimate(candidate, product, target);
        if (cycles < bestCycles) {
          best = candidate;
          bestCycles = cycles;
        }
      }
    }
  }
  spec = best;
  return bestCycles;
}

std::vector<float> mlir::lw::packWinogradWeights(const WinogradSpec &s,
                                                 ArrayRef<float> filter) {
  std::vector<float> packed;
  packed.reserve(9 * s.g.inChannels * s.outVectors() * s.vector);
  int64_t in = s.g.inChannels, out = s.g.outChannels;
  for (int64_t panel = 0; panel < s.panels(); ++panel)
    for (int64_t first = 0; first < s.vectors; first += s.product.tileVectors) {
      int64_t count = std::min(s.product.tileVectors, s.vectors - first);
      for (int64_t c = 0; c < in; ++c)
        for (int64_t v = 0; v < count; ++v)
          for (int64_t tap = 0; tap < 9; ++tap)
            for (int64_t lane = 0; lane < s.vector; ++lane) {
              int64_t o = (panel * s.vectors + first + v) * s.vector + lane;
              packed.push_back(o < out ? filter[(tap * in + c) * out + o]
                                       : 0.0f);
            }
    }
  return packed;
}
