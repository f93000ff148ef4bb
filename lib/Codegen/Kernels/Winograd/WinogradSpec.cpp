//===- WinogradSpec.cpp - Tiles and packed weights of Winograd kernels
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Kernels/SharedWeights.h"
#include "Kernels/Winograd/WinogradKernel.h"
#include "lw/Support/LargePages.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

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
  p.in = {1, 1, s.tiles(), s.g.inChannels, s.in.block, {0, 0, 0, 0}, type};
  if (s.quantized) {
    p.quantized.emplace();
    p.isWide = true;
    type = IntegerType::get(type.getContext(), 32);
  }
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
  // A register of 16 bits holds the filters of two input channels.
  double registers = s.g.inChannels * s.outVectors() / (s.quantized ? 2.0 : 1);
  double filters = registers * one.filter;
  double products = chunks * s.panels() * s.points() * productCycles;

  // What is written by one part and read by another, from where it stays.
  int64_t panels = s.chunks() > 1 ? s.panels() : 1;
  double operand = s.operandBytes();
  double bytes = s.points() *
                 (operand * (panels * s.filterElements() + s.inputElements()) +
                  4.0 * s.productElements());
  // The more of the cache it takes, the more is pushed out by what streams by.
  double outside = std::clamp(bytes / t.l2Bytes - 0.25, 0.0, 1.0);
  double line = t.l2LineCycles + outside * (t.l3LineCycles - t.l2LineCycles);
  double lines =
      chunks * s.points() *
      (operand / 4 * s.inputElements() * (1.0 + s.panels()) +
       2.0 * s.panels() *
           (operand / 4 * s.filterElements() + s.productElements())) /
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
    if (spec.quantized && outputs != 2)
      continue;
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
        if (candidate.outVectors() % vectors ||
            vectors % candidate.vectorsPerBlock())
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

template <typename T>
static std::vector<T> pack(const WinogradSpec &s, ArrayRef<T> filter) {
  if (s.sharesWeights())
    return packSharedWeights(s.g, s.panel, filter);
  std::vector<T> packed;
  reserveLarge(packed, 9 * s.g.inChannels * s.outVectors() * s.vector);
  int64_t in = s.g.inChannels, out = s.g.outChannels;
  for (int64_t panel = 0; panel < s.panels(); ++panel)
    for (int64_t first = 0; first < s.vectors; first += s.product.tileVectors) {
      int64_t count = std::min(s.product.tileVectors, s.vectors - first);
      for (int64_t c = 0; c < in; ++c)
        for (int64_t v = 0; v < count; ++v)
          for (int64_t tap = 0; tap < 9; ++tap)
            appendRow(packed, filter.slice((tap * in + c) * out, out),
                      (panel * s.vectors + first + v) * s.vector, s.vector);
    }
  return packed;
}

std::vector<float> mlir::lw::packWinogradWeights(const WinogradSpec &s,
                                                 ArrayRef<float> filter) {
  return pack(s, filter);
}

std::vector<uint16_t> mlir::lw::packWinogradWeights(const WinogradSpec &s,
                                                    ArrayRef<uint16_t> filter) {
  return pack(s, filter);
}

std::vector<int8_t> mlir::lw::packWinogradWeights(const WinogradSpec &s,
                                                  ArrayRef<int8_t> filter) {
  constexpr int64_t kBlock = TargetInfo::kByteBlock;
  int64_t in = s.g.inChannels, out = s.g.outChannels;
  int64_t stride = s.product.weightsStride();
  std::vector<int8_t> packed;
  reserveLarge(packed, 9 * s.productSteps() * s.outVectors() * s.vector *
                           s.unit->inputs);
  auto weight = [&](int64_t tap, int64_t channel, int64_t column) -> int8_t {
    return channel < in && column < out
               ? filter[(tap * in + channel) * out + column]
               : 0;
  };
  // Registers hold channels in pairs, a pair for each lane.
  auto append = [&](int64_t channel, int64_t vector) {
    for (int64_t at = 0; at < stride; at += kBlock)
      for (int64_t tap = 0; tap < 9; ++tap)
        for (int64_t i = 0; i < kBlock; ++i)
          packed.push_back(weight(tap, channel + at / kBlock * 2 + i % 2,
                                  vector * s.vector + i / 2));
  };
  for (int64_t panel = 0; panel < s.panels(); ++panel)
    for (int64_t first = 0; first < s.vectors; first += s.product.tileVectors) {
      int64_t count = std::min(s.product.tileVectors, s.vectors - first);
      for (int64_t step = 0; step < s.productSteps(); ++step)
        for (int64_t v = 0; v < count; ++v)
          append(step * s.unit->inputs, panel * s.vectors + first + v);
    }
  return packed;
}

Value mlir::lw::filterNumber(KernelBuilder &k, const WinogradSpec &s,
                             Value inPanel, Value channel) {
  int64_t inChannels = s.g.inChannels, group = s.product.tileVectors;
  Value first =
      k.mul(arith::DivUIOp::create(k.b, inPanel, k.constant(group)), group);
  Value count = k.constant(std::min(group, s.vectors));
  if (s.vectors % group)
    count = arith::MinUIOp::create(
        k.b, count,
        arith::SubIOp::create(k.b, k.constant(s.vectors), k.toIndex({first})));
  Value number = k.add(
      k.mul(first, inChannels),
      arith::SubIOp::create(k.b, k.toIndex({inPanel}), k.toIndex({first})));
  return k.add(number, arith::MulIOp::create(k.b, k.toIndex({channel}), count));
}

Address mlir::lw::filterAt(KernelBuilder &k, const WinogradSpec &s, Value panel,
                           Value inPanel, Value channel) {
  if (!s.sharesWeights())
    return k.advance({},
                     k.add(k.mul(panel, s.vectors * s.g.inChannels),
                           filterNumber(k, s, inPanel, channel)),
                     9 * s.vector);
  Value vector = k.add(k.mul(panel, s.vectors), inPanel);
  Address at = advancePanels(k, {}, k.toIndex({vector}), s.vector, s.panel,
                             9 * s.g.inChannels * s.panel);
  return advancePanels(k, at, k.toIndex({channel}), s.panel, s.panel * s.panel,
                       9 * s.panel * s.panel);
}

Address mlir::lw::tapAt(KernelBuilder &k, const WinogradSpec &s, Address filter,
                        Value channel, int64_t tap) {
  if (!s.sharesWeights())
    return filter + tap * s.vector;
  if (s.g.inChannels % s.panel == 0)
    return filter + tap * s.panel * s.panel;
  // The last block of input channels is shorter.
  Value inBlock = arith::RemUIOp::create(k.b, channel, k.constant(s.panel));
  Value left = arith::SubIOp::create(k.b, k.constant(s.g.inChannels), channel);
  Value lanes =
      arith::MinUIOp::create(k.b, k.constant(s.panel), k.add(left, inBlock));
  return k.advance(filter, lanes, tap * s.panel);
}

void mlir::lw::forSharedFilters(
    KernelBuilder &k, const WinogradSpec &s, Value weights, Value panel,
    Value inPanel, llvm::function_ref<void(Address, int64_t, Value)> body) {
  auto emitBlocks = [&](int64_t begin, int64_t end, int64_t lanes) {
    k.loop(begin, end, 1, [&](Value channel) {
      Address filter = filterAt(k, s, panel, inPanel, channel);
      // Taps lie apart, which hides from the processor that all is read: each
      // channel fetches its share of the next block.
      Value inBlock = arith::RemUIOp::create(k.b, channel, k.constant(s.panel));
      Address next = k.advance(filter, inBlock, 8 * s.panel);
      for (int64_t tap = 0; tap < 9; ++tap)
        k.prefetch(weights, next + (9 * s.panel + tap) * s.panel);
      body(filter, lanes * s.panel, filterNumber(k, s, inPanel, channel));
    });
  };
  int64_t rest = s.g.inChannels % s.panel, whole = s.g.inChannels - rest;
  if (whole)
    emitBlocks(0, whole, s.panel);
  if (rest)
    emitBlocks(whole, s.g.inChannels, rest);
}
