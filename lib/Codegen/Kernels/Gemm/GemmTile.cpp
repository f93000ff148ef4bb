//===- GemmTile.cpp - Register tile and loop order of matrix kernels
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Kernels/Gemm/GemmKernel.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"

using namespace mlir;
using namespace mlir::lw;

void GemmSpec::chooseUnit() {
  if (quantized && shortProducts) {
    // Few channels are half a step of the wider unit; shared weights lie as all
    // processors read them.
    auto cost = [&](const DotUnit &u) {
      return llvm::divideCeil(g.inChannels, u.inputs) * u.cost;
    };
    bool fours = shortProducts == 4 && !panel &&
                 in.block % target->shortFours->inputs == 0 &&
                 cost(*target->shortFours) < cost(*target->shortPairs);
    unit = fours ? target->shortFours : target->shortPairs;
    return;
  }
  const DotUnit *pairs = unit->bfloat ? target->bfloatMatrix
                         : quantized  ? target->byteMatrix
                                      : nullptr;
  if (!pairs || in.block % (2 * pairs->inputs) || g.outPixels() == 1)
    return;
  // Bytes beyond the last channel meet weights of zero, other floats may be no
  // numbers.
  if (unit->bfloat && g.inChannels % pairs->inputs)
    return;
  unit = pairs;
  vector = unit->lanes;
}

int64_t GemmSpec::registers() const {
  int64_t pixels = computedPixels(tileHeight * tileWidth);
  int64_t accumulators = pixels * tileVectors;
  // The inputs of two steps; weights are read as they are needed, those of bf16
  // all at once: LLVM moves the loads up.
  if (unit->pixels() == 2)
    return accumulators + taps * pixels +
           (unit->bfloat ? std::max<int64_t>(2, tileVectors) : 2) *
               unit->registers +
           (taps > 1 ? 2 : 0);
  // Vectors of channels of all pixels are there at once, and lanes of one or,
  // of several registers, two. Without memory operands, the next broadcast is
  // loaded beside the current; of integers LLVM loads more of them ahead.
  int64_t operand = unit->registers / stepParts();
  int64_t inputs = (unit->takesMemory ? 1 : 2) * operand;
  if (readsLanes())
    inputs = tileHeight * tileWidth +
             (unit->registers == 1 ? 1 : 2 * unit->registers);
  else if (quantized && !unit->takesMemory && taps == 1)
    inputs = unit->registers == 1 ? 6 : 8;
  // Widening takes a register more each. The loads of a sum that is no loop are
  // moved up to its beginning; operands of several registers fill the rest.
  int64_t scratch = unit->scratch - widensWeights() - widensInputs();
  // As they are loaded, and as they are taken; inputs, too.
  if (readsTwoVectors())
    scratch += readsLanes() ? 4 : 8;
  constexpr int64_t kShortSum = 128;
  if (quantized && !unit->takesMemory && unit->registers == 1 &&
      steps() * accumulators <= kShortSum)
    scratch += 8;
  if (readsByVector())
    return accumulators + (pixels + 1) * operand + scratch;
  // Several taps leave LLVM more freedom to move loads up: two to spare.
  int64_t weights = taps * tileVectors * weightRegisters();
  return accumulators + weights + inputs + scratch + (taps > 1 ? 2 : 0);
}

/// Inputs of a row that `width` outputs read through one filter row.
static int64_t distinctInputs(const ConvGeometry &g, int64_t width) {
  llvm::SmallDenseSet<int64_t> seen;
  for (int64_t x = 0; x < width; ++x)
    for (int64_t k = 0; k < g.kernelWidth; ++k)
      seen.insert(x * g.strides[1] + k * g.dilations[1]);
  return seen.size();
}

/// Whether each weight, of f32, meets one pixel.
static bool readsOnce(const GemmSpec &s) {
  return s.g.outPixels() == 1 && s.inputs() == 1 && !s.bfloatWeights;
}

namespace {

/// Where a tile's operands come from. Everything is in cache lines.
enum class Level { L1, L2, L3, Memory };

/// The throughput model of one candidate: tile and loop order.
class GemmModel {
public:
  GemmModel(const GemmSpec &s, const TargetInfo &t)
      : s(s), t(t), blocks(s.panelBlocks()), wide(s.widensWeights()) {}

  /// Cycles of the whole layer.
  double cycles() const;

private:
  double stepCycles(int64_t height, int64_t width, int64_t vectors,
                    bool half) const;
  double tileCycles(int64_t height, int64_t width, int64_t vectors, bool half,
                    Level weights, Level input) const;
  Level levelOf(double bytes) const {
    return 2 * bytes <= t.l1Bytes   ? Level::L1
           : 2 * bytes <= t.l2Bytes ? Level::L2
                                    : Level::L3;
  }
  double lineCycles(Level level) const {
    return level == Level::L1   ? 0
           : level == Level::L2 ? t.l2LineCycles
           : level == Level::L3 ? t.l3LineCycles
                                : memoryLine();
  }
  /// Half of the bytes are more likely near. Where each is used once, the core
  /// must not be what takes the time then: one accumulator would wait for
  /// itself. The next panel must find room beside this one.
  double memoryLine() const {
    bool isNear = s.bfloatWeights && s.g.outPixels() == 1 &&
                  s.packedBytes(s.tileVectors) <= t.l2Bytes / 8.0;
    return isNear ? t.l3LineCycles : t.memoryLineCycles;
  }
  /// Bytes of what `height` x `width` outputs read.
  double inputBytes(int64_t height, int64_t width) const {
    double rows = (height - 1) * s.g.strides[0] +
                  (s.g.kernelHeight - 1) * s.g.dilations[0] + 1;
    double columns = (width - 1) * s.g.strides[1] +
                     (s.g.kernelWidth - 1) * s.g.dilations[1] + 1;
    return s.elementBytes() * rows * columns * blocks * s.in.block;
  }
  double missesPerStep(int64_t height, int64_t width) const;
  /// Bytes of the weights of so many vectors as tiles read them.
  double readBytes(int64_t vectors) const {
    return s.packedBytes(vectors) * (wide ? 2 : 1);
  }

  /// Memory is read while the core computes, though not for nothing.
  static constexpr double kExposed = 0.15;

  const GemmSpec &s;
  const TargetInfo &t;
  int64_t blocks;
  bool wide;
};

} // namespace

/// Cycles of one step of a tile of `height` x `width` pixels: multiply-adds,
/// loads (broadcasts and weights), or the latency of the accumulation chain.
double GemmModel::stepCycles(int64_t height, int64_t width, int64_t vectors,
                             bool half) const {
  // Operands of several registers are prepared, once for all that they meet.
  bool wideInputs = s.widensInputs();
  double prepared = 0;
  bool isShort = s.unit->form == DotUnit::Form::ShortSums;
  if (s.unit->registers > 1 && !isShort)
    prepared = (wideInputs ? 0 : height * width * (s.readsLanes() ? 2 : 1)) +
               (wide ? 0 : vectors);
  if (s.unit->pixels() == 2) {
    // A load of each pixel and two joins of each pair serve two steps; weights
    // of a vector are two loads.
    double pixels = s.computedPixels(height * width);
    double steps = (pixels * vectors + pixels / 2) / t.dotsPerCycle;
    double loads = (pixels / 2 + 2 * vectors) / t.loadsPerCycle;
    return std::max({steps, loads, static_cast<double>(t.dotLatency)});
  }
  // Units of half a vector take each vector twice; that is told only where it
  // makes a difference, since elsewhere tiles that save loads were faster.
  double products = height * width * vectors;
  if (s.halvesLast())
    products = height * width * (2.0 * vectors - (half ? 1 : 0));
  // Widening a vector of weights takes two instructions, about one of which
  // goes where products are computed.
  if (s.bfloatWeights)
    prepared += vectors;
  double fma = (products * s.unit->cost + prepared) / t.dotsPerCycle;
  double broadcasts =
      s.taps == 1
          ? height * width
          : static_cast<double>(height * distinctInputs(s.g, width)) / s.taps;
  if (s.readsLanes())
    broadcasts /= t.lanes(); // a load for the steps of all lanes
  if (wideInputs)
    broadcasts *= 2;
  double loads = (broadcasts + vectors * (wide ? 2 : 1)) / t.loadsPerCycle;
  if (isShort)
    loads *= s.unit->registers;
  return std::max({fma, loads, static_cast<double>(t.dotLatency)});
}

/// Inputs of a step that L1 cannot keep until the next, since more of them than
/// it has ways lie a multiple of a way apart: pixels of 1024 floats do.
double GemmModel::missesPerStep(int64_t height, int64_t width) const {
  llvm::SmallDenseMap<int64_t, int64_t> lines;
  constexpr int64_t kLine = 64;
  for (int64_t y = 0; y < height; ++y)
    for (int64_t x = 0; x < width; ++x) {
      int64_t element = y * s.g.strides[0] * s.in.rowStride() +
                        x * s.g.strides[1] * s.in.block;
      ++lines[element * s.elementBytes() % t.l1WayBytes / kLine];
    }
  double misses = 0;
  for (auto [set, count] : lines)
    misses += count > t.l1Ways ? count : 0;
  return s.readsLanes() ? misses / t.lanes() : misses;
}

double GemmModel::tileCycles(int64_t height, int64_t width, int64_t vectors,
                             bool half, Level weights, Level input) const {
  constexpr double kLine = 64;
  double steps = s.readsRanges() ? s.averageSteps() : s.steps();
  double core = steps * stepCycles(height, width, vectors, half);
  double lines = readBytes(vectors) / kLine * lineCycles(weights) +
                 inputBytes(height, width) / kLine * lineCycles(input) +
                 steps * missesPerStep(height, width) * t.l2LineCycles;
  // Beginning and end of a tile: accumulators are set, activated and stored.
  double perVector = s.quantized ? 4.5 : 1.5;
  double fixed = 12.0 + perVector * height * width * vectors;
  return std::max(core, lines) + kExposed * std::min(core, lines) + fixed;
}

double GemmModel::cycles() const {
  int64_t h = s.g.outHeight, w = s.g.outWidth;
  int64_t th = s.tileHeight, tw = s.tileWidth;
  bool rows = s.order == LoopOrder::Rows;
  // Loading, widening and storing a vector of weights.
  constexpr double kWidening = 3;
  double weightBytes = readBytes(s.outVectors());
  double allInput = inputBytes(h, w);
  double total = 0;
  auto add = [&](int64_t panels, int64_t vectors, bool half) {
    if (panels == 0 || vectors == 0)
      return;
    double perPanel = 0, first = 0;
    auto addTiles = [&](int64_t count, int64_t height, int64_t width) {
      if (count == 0 || height == 0 || width == 0)
        return;
      // What the loop inside the other reads again stays near.
      Level weights = levelOf(rows ? weightBytes : readBytes(vectors));
      Level input = levelOf(rows ? inputBytes(height, width) : allInput);
      double cycles = tileCycles(height, width, vectors, half, weights, input);
      perPanel += count * cycles;
      // Cold weights are read from memory by the first tile.
      if (first == 0 && s.coldWeights)
        first = tileCycles(height, width, vectors, half, Level::Memory, input) -
                cycles;
    };
    addTiles((h / th) * (w / tw), th, tw);
    addTiles(h / th, th, w % tw);
    addTiles(w / tw, h % th, tw);
    addTiles(1, h % th, w % tw);
    total += panels * perPanel + first;
    if (wide && !s.isWide)
      total += panels * s.steps() * vectors * kWidening;
    // Those of the other panels come while the one before is computed.
    double fetched = s.packedBytes(vectors) / 64.0 * memoryLine();
    // Where each is used once, one accumulator must not wait for itself.
    double exposed =
        readsOnce(s) ? kExposed * std::min(fetched, perPanel) : 0.0;
    total += (panels - 1) * (s.fetchesNextPanel()
                                 ? std::max(0.0, fetched - perPanel) + exposed
                                 : first);
  };
  // The last vector may be half of one.
  bool half = s.halvesLast(), inTail = s.tailVectors() != 0;
  bool inFull = half && !inTail;
  add(s.fullPanels() - inFull, s.tileVectors, false);
  add(inFull, s.tileVectors, true);
  add(1, s.tailVectors(), half);
  return total * s.g.batch;
}

/// The best tile width, height and loop order for given vectors and taps.
static void tryTiles(const GemmSpec &spec, const TargetInfo &target,
                     GemmSpec &best, double &bestCycles) {
  for (int64_t pixels = 1; pixels <= target.vectorRegisters; ++pixels)
    for (int64_t height = 1; height <= std::min(pixels, spec.g.outHeight);
         ++height) {
      int64_t width = pixels / height;
      if (pixels % height || width > spec.g.outWidth)
        continue;
      // Taller tiles only where a row is shorter than a tile.
      if (height > 1 && width != spec.g.outWidth)
        continue;
      GemmSpec candidate = spec;
      candidate.tileHeight = height;
      candidate.tileWidth = width;
      if (candidate.registers() > target.vectorRegisters)
        continue;
      for (LoopOrder order : {LoopOrder::Rows, LoopOrder::Panels}) {
        // Both are the same for one pixel, whose panels threads can share.
        if (order == LoopOrder::Rows && readsOnce(spec))
          continue;
        candidate.order = order;
        double cycles = GemmModel(candidate, target).cycles();
        if (cycles < bestCycles) {
          best = candidate;
          bestCycles = cycles;
        }
      }
    }
}

double mlir::lw::chooseGemmTile(GemmSpec &spec, const TargetInfo &target) {
  GemmSpec best = spec;
  double bestCycles = std::numeric_limits<double>::infinity();
  // Whole blocks; the least of them where no tile fits the registers.
  int64_t unit = spec.vectorsPerBlock();
  best.tileVectors = unit;
  for (int64_t vectors = unit;
       vectors <= std::min<int64_t>(8, spec.outVectors()); vectors += unit) {
    if (!spec.suitsPanels(vectors))
      continue;
    GemmSpec candidate = spec;
    candidate.tileVectors = vectors;
    // Wider filters would fill the registers with weights.
    bool row = spec.g.kernelWidth > 1 && spec.g.kernelWidth <= 7;
    // With few channels a block, LLVM would merge the broadcasts of unrolled
    // taps by itself, and spill.
    if (!row || spec.in.block > 4 || spec.readsLanes() ||
        (spec.inputs() > 1 && spec.unit->takesMemory)) {
      candidate.taps = 1;
      tryTiles(candidate, target, best, bestCycles);
    }
    if (!row)
      continue;
    // Lanes are read for one tap at a time.
    if (candidate.readsLanes())
      continue;
    candidate.taps = spec.g.kernelWidth;
    tryTiles(candidate, target, best, bestCycles);
  }
  spec = best;
  return bestCycles;
}
