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

using namespace mlir;
using namespace mlir::lw;

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
    return s.holdsRow() || (!s.target->dot->takesMemory && !s.holdsWeights());
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
  if (s.isLarge()) {
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
  for (int64_t tap = 0; tap < taps && !s.isLarge() && !loadsWeights(); ++tap)
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
