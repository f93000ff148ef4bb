//===- DepthwiseKernel.cpp - Depthwise convolutions on blocked layouts
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Kernels/Depthwise/DepthwiseKernel.h"
#include "Kernels/SharedWeights.h"
#include "Kernels/StoredActivation.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include <map>
#include <set>

using namespace mlir;
using namespace mlir::lw;

//===----------------------------------------------------------------------===//
// Tile choice and packing
//===----------------------------------------------------------------------===//

/// Input positions along an axis that outputs beside each other read.
static int64_t spanOf(int64_t tile, int64_t stride, int64_t kernel,
                      int64_t dilation) {
  std::set<int64_t> seen;
  for (int64_t o = 0; o < tile; ++o)
    for (int64_t k = 0; k < kernel; ++k)
      seen.insert(o * stride + k * dilation);
  return seen.size();
}

/// Cycles of one tile: distinct inputs loaded, multiply-adds, stores.
static double tileCycles(const ConvGeometry &g, const TargetInfo &t,
                         int64_t height, int64_t width,
                         bool weightsInRegisters) {
  if (height == 0 || width == 0)
    return 0;
  int64_t rows = spanOf(height, g.strides[0], g.kernelHeight, g.dilations[0]);
  int64_t columns = spanOf(width, g.strides[1], g.kernelWidth, g.dilations[1]);
  double inputs = rows * columns;
  double fmas = height * width * g.kernelHeight * g.kernelWidth;
  double loads = inputs + (weightsInRegisters ? 0 : fmas);
  // Where multiply-adds take no memory, what is decoded bounds a tile: two
  // operations for a load, three for a pair of them, twice as many for stores.
  // Sums begin at the bias, and end at bounds.
  if (!t.dot->takesMemory && weightsInRegisters) {
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

/// Whether the taps are loops.
static bool isLarge(const ConvGeometry &g) {
  return g.kernelHeight * g.kernelWidth > kMostMultiplyAdds;
}

/// Whether registers hold the weights of all taps.
static bool holdsWeights(const ConvGeometry &g, const TargetInfo &t) {
  return g.kernelHeight * g.kernelWidth + 10 <= t.vectorRegisters;
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
  if (isLarge(s.g)) {
    // Sums beside each other hide the latency of the multiply-add.
    s.tileHeight = 1;
    s.tileWidth = std::min<int64_t>(8, s.g.outWidth);
    return;
  }
  int64_t taps = s.g.kernelHeight * s.g.kernelWidth;
  bool resident = holdsWeights(s.g, t);
  bool isTall = resident && !t.dot->takesMemory;
  int64_t registers = t.vectorRegisters - (resident ? taps : 1);
  // What is loaded: LLVM moves loads up where multiply-adds take no memory. In
  // tall tiles a row is, and sums begin at the bias and end at bounds.
  auto beside = [&](int64_t width) -> int64_t {
    if (!isTall)
      return t.dot->takesMemory ? 2 : 6;
    return spanOf(width, s.g.strides[1], s.g.kernelWidth, s.g.dilations[1]) +
           s.hasBias + (s.activation ? 2 : 0);
  };
  int64_t h = s.g.outHeight, w = s.g.outWidth;
  int64_t mostRows = isTall ? 8 : 4;
  int64_t mostMultiplyAdds =
      t.dot->takesMemory ? kMostMultiplyAdds : kMostOfLoadedTile;
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
      double cycles = rows * (columns * tileCycles(s.g, t, th, tw, resident) +
                              tileCycles(s.g, t, th, w % tw, resident)) +
                      columns * tileCycles(s.g, t, h % th, tw, resident) +
                      tileCycles(s.g, t, h % th, w % tw, resident);
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

//===----------------------------------------------------------------------===//
// Emission
//===----------------------------------------------------------------------===//

namespace {

class DepthwiseEmitter {
public:
  DepthwiseEmitter(KernelBuilder &k, const DepthwiseSpec &spec,
                   const ConvBuffers &buffers)
      : k(k), s(spec), buffers(buffers) {}

  void emit() {
    forDepthwiseBlocks(k, s, [&](const DepthwiseBlock &at) { emitBlock(at); });
  }

private:
  void emitBlock(const DepthwiseBlock &current);
  void emitTile(Value n, Value y, Value x, int64_t height, int64_t width);
  /// finish(output, sum) for all outputs of a tile.
  void emitUnrolled(const Address &in, int64_t height, int64_t width,
                    llvm::function_ref<void(int64_t, Value)> finish);
  SmallVector<Value> emitLoops(const Address &in, int64_t width);
  Value loadInput(const Address &a);
  Value weight(int64_t tap);
  /// Whether a tile loads the weights that it multiplies by.
  bool loadsWeights() const {
    return !s.target->dot->takesMemory && !holdsWeights(s.g, *s.target);
  }
  Address startOfRow(Address a);
  Address at(const Layout &layout, Value n, Value block, Value y, Value x,
             int64_t strideY, int64_t strideX);

  KernelBuilder &k;
  const DepthwiseSpec &s;
  const ConvBuffers &buffers;
  // Of the block at hand.
  Value inBlock, outBlock, bias;
  Address packed, tileWeights; // as they are read before and in a tile
  int64_t term = 0;
  SmallVector<Value> weights;
};

} // namespace

Address DepthwiseEmitter::at(const Layout &l, Value n, Value block, Value y,
                             Value x, int64_t strideY, int64_t strideX) {
  Address a{Value(), l.origin()};
  a = k.advance(a, n, l.imageStride());
  a = k.advance(a, block, l.blockStride());
  a = k.advance(a, y, strideY * l.rowStride());
  return k.advance(a, x, strideX * l.block);
}

/// Stores in pairs reach 1,024 bytes only: where a tile's rows lie further
/// apart, they begin in registers of their own.
Address DepthwiseEmitter::startOfRow(Address a) {
  constexpr int64_t kReach = 1024;
  return s.target->dot->takesMemory ||
                 s.tileHeight * s.out.rowStride() * 4 <= kReach
             ? a
             : hidden(k, a, /*everyTime=*/false);
}

Value DepthwiseEmitter::loadInput(const Address &a) {
  Value v = k.load(buffers.input, a);
  if (s.g.multiplier == 1)
    return v;
  SmallVector<int64_t> lanes;
  for (int64_t lane = 0; lane < s.vector; ++lane)
    lanes.push_back((term * s.vector + lane) / s.g.multiplier);
  return vector::ShuffleOp::create(k.b, v, v, lanes);
}

Value DepthwiseEmitter::weight(int64_t tap) {
  Value &loaded = weights[tap];
  if (!loaded)
    loaded = k.load(buffers.weights, tileWeights + tap * s.weightLanes());
  return loaded;
}

void DepthwiseEmitter::emitUnrolled(
    const Address &in, int64_t height, int64_t width,
    llvm::function_ref<void(int64_t, Value)> finish) {
  const ConvGeometry &g = s.g;
  const int64_t taps = g.kernelHeight * g.kernelWidth;
  // Input positions of the tile's window in row-major order, each with the
  // (output, tap) pairs that it feeds: it is loaded once.
  std::map<std::pair<int64_t, int64_t>,
           SmallVector<std::pair<int64_t, int64_t>>>
      uses;
  for (int64_t oy = 0; oy < height; ++oy)
    for (int64_t ox = 0; ox < width; ++ox)
      for (int64_t ky = 0; ky < g.kernelHeight; ++ky)
        for (int64_t kx = 0; kx < g.kernelWidth; ++kx)
          uses[{oy * g.strides[0] + ky * g.dilations[0],
                ox * g.strides[1] + kx * g.dilations[1]}]
              .push_back({oy * width + ox, ky * g.kernelWidth + kx});

  // No register has to be cleared for a sum that begins at its first product;
  // x86 clears them for nothing.
  bool beginsAtProduct = !s.hasBias && !s.target->dot->takesMemory;
  // LLVM would load all weights before the loop, and find no registers.
  if (loadsWeights()) {
    tileWeights = hidden(k, packed, /*everyTime=*/true);
    weights.assign(taps, Value());
  }
  SmallVector<Value> accumulators(height * width, bias);
  for (const auto &[position, targets] : uses) {
    Value v = loadInput(in + (position.first * s.in.rowStride() +
                              position.second * s.in.block));
    for (auto [output, tap] : targets)
      accumulators[output] =
          tap == 0 && beginsAtProduct
              ? arith::MulFOp::create(k.b, v, weight(tap)).getResult()
              : k.fma(v, weight(tap), accumulators[output]);
    // A row is stored once it is complete: no scheduler can keep more sums than
    // there are registers, and neighbours are stored in pairs.
    for (auto [output, tap] : targets)
      if (tap == taps - 1 && output % width == width - 1)
        for (int64_t i = output + 1 - width; i <= output; ++i)
          finish(i, accumulators[i]);
  }
}

/// A row of outputs of a large window, every row of which is a sum of its own.
SmallVector<Value> DepthwiseEmitter::emitLoops(const Address &in,
                                               int64_t width) {
  const ConvGeometry &g = s.g;
  auto add = [&](Value a, Value c) -> Value {
    return arith::AddFOp::create(k.b, a, c);
  };
  auto taps = [&](Address row, Address w, ValueRange init) {
    return k.accumulate(
        g.kernelWidth, init, k.splat(0), add,
        [&](Value kx, ValueRange sums) -> SmallVector<Value> {
          Value weight =
              k.load(buffers.weights, k.advance(w, kx, s.weightLanes()));
          Address at = k.advance(row, kx, g.dilations[1] * s.in.block);
          SmallVector<Value> next;
          for (int64_t x = 0; x < width; ++x)
            next.push_back(k.fma(loadInput(at + x * g.strides[1] * s.in.block),
                                 weight, sums[x]));
          return next;
        });
  };
  return k.accumulate(
      g.kernelHeight, SmallVector<Value>(width, bias), k.splat(0), add,
      [&](Value ky, ValueRange sums) -> SmallVector<Value> {
        SmallVector<Value> row =
            taps(k.advance(in, ky, g.dilations[0] * s.in.rowStride()),
                 k.advance(packed, ky, g.kernelWidth * s.weightLanes()),
                 SmallVector<Value>(width, k.splat(0)));
        for (auto [sum, before] : llvm::zip(row, sums))
          sum = add(before, sum);
        return row;
      });
}

void DepthwiseEmitter::emitTile(Value n, Value y, Value x, int64_t height,
                                int64_t width) {
  const ConvGeometry &g = s.g;
  Address in = at(s.in, n, inBlock, y, x, g.strides[0], g.strides[1]) +
               (-g.padding[0] * s.in.rowStride() - g.padding[2] * s.in.block);
  Address out = at(s.out, n, outBlock, y, x, 1, 1);
  Address outRow = out;
  auto finish = [&](int64_t i, Value v) {
    int64_t row = i / width, column = i % width;
    if (column == 0)
      outRow = startOfRow(out + row * s.out.rowStride());
    if (s.residual) {
      Address residual =
          at(*s.residual, n, outBlock, y, x, 1, 1) +
          (row * s.residual->rowStride() + column * s.residual->block);
      v = arith::AddFOp::create(
          k.b, v, k.widenFloats(k.load(buffers.residual, residual)));
    }
    v = k.activate(activationBeforeStore(s.activation, buffers.output), v);
    k.store(k.roundFor(buffers.output, v), buffers.output,
            outRow + column * s.out.block);
  };
  if (isLarge(g)) {
    for (auto [i, v] : llvm::enumerate(emitLoops(in, width)))
      finish(i, v);
  } else {
    emitUnrolled(in, height, width, finish);
  }
  activateStored(k, s.activation, buffers.output,
                 {out, s.out, height, width, s.vector});
}

void DepthwiseEmitter::emitBlock(const DepthwiseBlock &current) {
  int64_t taps = s.g.kernelHeight * s.g.kernelWidth;
  inBlock = current.in;
  term = current.term;
  outBlock = current.out;
  bias = s.hasBias ? k.load(buffers.bias, k.advance({}, outBlock, s.vector))
                   : k.splat(0);
  weights.clear();
  packed = advancePanels(k, {}, outBlock, s.vector, s.weightLanes(),
                         taps * s.weightLanes());
  for (int64_t tap = 0; tap < taps && !isLarge(s.g) && !loadsWeights(); ++tap)
    weights.push_back(k.load(buffers.weights, packed + tap * s.weightLanes()));

  int64_t h = s.g.outHeight, th = s.tileHeight;
  Part part =
      current.slot ? k.partOf(current.slot, s.rowParts(), h, th) : Part();
  k.tiles(h, th, part, [&](Value y, int64_t height) {
    k.tiles(s.g.outWidth, s.tileWidth, {}, [&](Value x, int64_t width) {
      emitTile(current.image, y, x, height, width);
    });
  });
}

void mlir::lw::forDepthwiseBlocks(
    KernelBuilder &k, const DepthwiseSpec &s,
    llvm::function_ref<void(const DepthwiseBlock &)> body) {
  llvm::SaveAndRestore marks(k.marksParallel, s.threads > 1);
  auto blocks = [&](Value n, Value slot, bool parallel) {
    auto at = [&](Value block, int64_t term) {
      body({n, block, k.add(k.mul(block, s.g.multiplier), term), term, slot});
    };
    // With a multiplier the last input block may feed fewer output blocks.
    int64_t whole = s.out.blocks() / s.g.multiplier;
    k.loop(
        0, whole, 1,
        [&](Value block) {
          for (int64_t t = 0; t < s.g.multiplier; ++t)
            at(block, t);
        },
        parallel);
    for (int64_t t = 0; t < s.out.blocks() % s.g.multiplier; ++t)
      at(k.constant(whole), t);
  };
  bool images = s.sharesImages();
  k.loop(
      0, s.g.batch, 1,
      [&](Value n) {
        if (s.rowParts() == 1)
          return blocks(n, {}, /*parallel=*/!images);
        k.share(s.rowParts(),
                [&](Value slot) { blocks(n, slot, /*parallel=*/false); });
      },
      images);
}

void mlir::lw::emitDepthwise(KernelBuilder &k, const DepthwiseSpec &spec,
                             const ConvBuffers &buffers) {
  DepthwiseEmitter(k, spec, buffers).emit();
}
