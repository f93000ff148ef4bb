//===- GemmBytes.cpp - Steps and end of a tile of a quantized product
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Kernels/Gemm/GemmEmitter.h"

using namespace mlir;
using namespace mlir::lw;

/// Of the output channels of a tile.
SmallVector<Value> GemmEmitter::loadMultipliers(const Position &p) {
  SmallVector<Value> multipliers;
  for (int64_t j = 0; j < p.vectors; ++j)
    multipliers.push_back(k.load(
        buffers.multipliers, k.advance({}, p.vector, s.vector) + j * s.vector,
        lanesOf(p, j)));
  return multipliers;
}

/// The accumulators in f32, times their multipliers.
void GemmEmitter::emitScaled(const Position &p, State &state) {
  Requantizer requantizer(k, s);
  SmallVector<Value> multipliers = loadMultipliers(p);
  for (auto [i, v] : llvm::enumerate(state.accumulators))
    v = requantizer.scale(v, multipliers[i % p.vectors], {});
}

/// Four vectors of accumulators become one of bytes: those of as many pixels of
/// a row as fill it, one block of channels each.
void GemmEmitter::emitBytes(const Position &p, State &state) {
  Requantizer requantizer(k, s);
  int64_t perBlock = s.vectorsPerBlock(), pixels = 4 / perBlock;
  SmallVector<Value> multipliers = loadMultipliers(p);
  // After narrowing, 32 bits of vector v and pixel x lie in 128 bits l at
  // x * perBlock + v; channels are to follow each other in each pixel. What
  // half a vector leaves of a block is zero.
  auto orderOf = [&](int64_t lanes) {
    SmallVector<int64_t> order;
    for (int64_t x = 0; x < pixels; ++x)
      for (int64_t word = 0; word < 4; ++word) {
        int64_t part = word % pixels;
        order.push_back(
            part * 4 < lanes ? part * 4 + x * perBlock + word / pixels : lanes);
      }
    return order;
  };

  for (int64_t row = 0; row < p.height; ++row)
    for (int64_t column = 0; column < p.width; column += pixels)
      for (int64_t j = 0; j < p.vectors; j += perBlock) {
        int64_t count = std::min(pixels, p.width - column);
        SmallVector<Value, 4> four;
        for (int64_t x = 0; x < pixels; ++x)
          for (int64_t v = j; v < j + perBlock; ++v) {
            if (x >= count) { // nothing: what is there already
              four.push_back(four[four.size() - perBlock]);
              continue;
            }
            int64_t pixel = row * p.width + column + x;
            Value residual;
            if (s.residual)
              residual = loadResidual(p, row, column + x, v);
            four.push_back(
                requantizer.scale(state.accumulators[pixel * p.vectors + v],
                                  multipliers[v], residual));
          }
        Value bytes = requantizer.toBytes(four);
        int64_t lanes = lanesOf(p, j);
        SmallVector<int64_t> order = orderOf(lanes);
        if (!llvm::equal(order, llvm::seq<int64_t>(0, order.size()))) {
          Value words = k.bitcast(bytes, k.b.getI32Type());
          Value rest =
              lanes == s.vector ? words : k.splat(k.b.getI32Type(), lanes, 0);
          bytes = k.bitcast(k.shuffle(words, rest, order), k.b.getI8Type());
        }
        storeBytes(p, row, column, count, j, bytes);
      }
}

/// The bytes of a vector of channels of the residual, no more than there are.
Value GemmEmitter::loadResidual(const Position &p, int64_t row, int64_t column,
                                int64_t vector) {
  constexpr int64_t kBlock = TargetInfo::kByteBlock;
  int64_t tail = s.g.outChannels % kBlock, lanes = lanesOf(p, vector);
  llvm::SaveAndRestore width(k.vl, lanes);
  bool last =
      p.lastVectorPartial && tail &&
      vector / s.vectorsPerBlock() == (p.vectors - 1) / s.vectorsPerBlock();
  if (last && s.residual->block != kBlock)
    lanes = tail - vector % s.vectorsPerBlock() * s.vector;
  if (lanes <= 0)
    return k.splat(k.b.getI8Type(), s.vector, 0);
  return k.loadPart(buffers.residual,
                    outputAddress(*s.residual, p, row, column, vector), lanes);
}

/// Stores the block that begins with `vector` of `pixels` pixels.
void GemmEmitter::storeBytes(const Position &p, int64_t row, int64_t column,
                             int64_t pixels, int64_t vector, Value bytes) {
  constexpr int64_t kBlock = TargetInfo::kByteBlock;
  int64_t lanes = 4 * s.vector, tail = s.g.outChannels % kBlock;
  llvm::SaveAndRestore width(k.vl, lanes);
  if (s.out.block == kBlock)
    return k.storePart(bytes, buffers.output,
                       outputAddress(s.out, p, row, column, vector),
                       pixels * kBlock);
  // Row-major: pixel by pixel, and no more than there is.
  bool partial =
      p.lastVectorPartial && vector + s.vectorsPerBlock() == p.vectors && tail;
  k.vl = kBlock;
  Value words = k.bitcast(bytes, k.b.getI32Type());
  for (int64_t x = 0; x < pixels; ++x) {
    // Words, not bytes: where three stores of eight bytes picked from 64 follow
    // each other, LLVM's lowering for AVX-512 without VBMI never ends.
    SmallVector<int64_t> mine =
        llvm::to_vector(llvm::seq(x * kBlock / 4, (x + 1) * kBlock / 4));
    Value pixel = k.bitcast(k.shuffle(words, words, mine), k.b.getI8Type());
    k.storePart(pixel, buffers.output,
                outputAddress(s.out, p, row, column + x, vector),
                partial ? tail : kBlock);
  }
}

/// The step of a unit that computes two pixels together. Of an odd number of
/// pixels, the last is computed twice.
void GemmEmitter::emitPairs(Address a, State &state, const Position &p,
                            int64_t step,
                            ArrayRef<DotBuilder::Operand> columns) {
  int64_t part = step % 2, pixels = p.height * p.width;
  auto inputOf = [&](int64_t pixel, int64_t tap) -> Value {
    int64_t row = pixel / p.width, column = pixel % p.width;
    Address element =
        a + (row * s.g.strides[0] * s.in.rowStride() +
             (column * s.g.strides[1] + tap * s.g.dilations[1]) * s.in.block -
             part * s.inputs());
    Value &both = state.inputs[element.offset];
    if (!both)
      both = k.load(buffers.input, element, 2 * s.inputs());
    return both;
  };
  for (int64_t first = 0; first < pixels; first += 2)
    for (int64_t tap = 0; tap < s.taps; ++tap) {
      int64_t second = std::min(first + 1, pixels - 1);
      DotBuilder::Operand x =
          dot.inputsOfPair(inputOf(first, tap), inputOf(second, tap), part);
      for (int64_t j = 0; j < p.vectors; ++j)
        dot.stepPair(state.accumulators[first * p.vectors + j],
                     state.accumulators[(first + 1) * p.vectors + j], x,
                     columns[tap * p.vectors + j]);
    }
}

/// The accumulators of pairs of pixels as the unit has them, or back.
void GemmEmitter::exchangePairs(State &state, int64_t vectors) {
  for (auto [i, v] : llvm::enumerate(state.accumulators))
    if (i / vectors % 2 == 0)
      dot.exchangePair(v, state.accumulators[i + vectors]);
}

/// The step of one tap: the inputs of all pixels are in registers, and weights
/// are read vector by vector.
void GemmEmitter::emitVectorByVector(Address a, State &state, const Position &p,
                                     int64_t step) {
  SmallVector<DotBuilder::Operand> pixels;
  for (int64_t row = 0; row < p.height; ++row)
    for (int64_t x = 0; x < p.width; ++x)
      pixels.push_back(inputOf(a + (row * s.g.strides[0] * s.in.rowStride() +
                                    x * s.g.strides[1] * s.in.block),
                               state, step));
  for (int64_t j = 0; j < p.vectors; ++j) {
    DotBuilder::Operand w =
        columnOf(state.weights + weightsOf(0, j, p.vectors), s.vector);
    for (auto [i, x] : llvm::enumerate(pixels)) {
      Value &accumulator = state.accumulators[i * p.vectors + j];
      accumulator = dot.step(accumulator, x, w);
    }
  }
}
