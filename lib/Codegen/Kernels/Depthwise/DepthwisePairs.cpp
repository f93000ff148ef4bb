//===- DepthwisePairs.cpp - Quantized depthwise kernels of 16-bit products
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Where a unit multiplies pairs of 16 bits, the channels of a pixel are widened
// as they are loaded, and two rows of the window are interleaved once for all
// outputs side by side that read their column. Weights are widened outside of
// the loops over pixels, and read from memory by the multiplications.
//
//===----------------------------------------------------------------------===//

#include "Kernels/Depthwise/BytesEmitter.h"
#include "Kernels/Requantizer.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include <map>

using namespace mlir;
using namespace mlir::lw;

bool DepthwiseSpec::pairsRows() const {
  return quantized && unit->form == DotUnit::Form::WidenedPairs &&
         2 * unit->lanes == kBlock && !hasLargeWindow(g);
}

int64_t mlir::lw::outputsUnderWay(const DepthwiseSpec &s) {
  int64_t last = (s.g.kernelWidth - 1) * s.g.dilations[1];
  return std::min(s.tileWidth, last / s.g.strides[1] + 1);
}

void mlir::lw::chooseDepthwisePairs(DepthwiseSpec &s) {
  // Two registers hold the sums of an output, and five an interleaved column,
  // what it is made of, and products. Longer code is slower to compile and
  // saves little.
  constexpr int64_t kColumn = 5, kMostOutputs = 14;
  const ConvGeometry &g = s.g;
  double pairs = groupsOf(rowsOf(g, 1), 2);
  auto instructionsOf = [&](int64_t width) {
    if (width == 0)
      return 0.0;
    // A row is loaded and widened, a pair interleaved by two instructions, and
    // two multiplications and additions made of it for each output.
    // Requantizing a pixel takes eight, storing a pair of them three.
    constexpr double kEnd = 8, kStore = 3, kTile = 6;
    double column = g.kernelHeight + 2 * pairs;
    return columnsOf(g, width).size() * column +
           width * (4 * pairs * g.kernelWidth + kEnd) +
           kStore * llvm::divideCeil(width, 2) + kTile;
  };
  double best = std::numeric_limits<double>::infinity();
  s.tileHeight = 1;
  int64_t bestWidth = 1;
  for (int64_t width = 1; width <= std::min(kMostOutputs, g.outWidth);
       ++width) {
    s.tileWidth = width;
    if (width > 1 && s.accumulators() + kColumn > s.target->vectorRegisters)
      break;
    double all = g.outWidth / width * instructionsOf(width) +
                 instructionsOf(g.outWidth % width);
    if (all < best) {
      best = all;
      bestWidth = width;
    }
  }
  s.tileWidth = bestWidth;
}

/// What `buffer` holds for the channels of both vectors of a pixel.
SmallVector<Value, 2> BytesEmitter::parametersOfPairs(Value buffer) {
  Address first = k.advance({}, outBlock, kBlock);
  SmallVector<Value, 2> halves;
  for (int64_t half : {0, 1})
    halves.push_back(
        k.shuffle(k.load(buffer, first + channelOfPair(half, 0), kQuad),
                  k.load(buffer, first + channelOfPair(half, kQuad), kQuad),
                  llvm::to_vector(llvm::seq<int64_t>(2 * kQuad))));
  return halves;
}

/// Requantizes and stores one pixel or two, of two sums each.
void BytesEmitter::emitPairEnd(Address to, Address residual,
                               ArrayRef<Value> multipliers,
                               ArrayRef<Value> sums) {
  int64_t pixels = sums.size() / 2;
  constexpr int64_t kHalf = kBlock / 2;
  if (s.out.type.isInteger(32)) {
    SmallVector<int64_t> order(kBlock);
    for (int64_t half : {0, 1})
      for (int64_t lane = 0; lane < kHalf; ++lane)
        order[channelOfPair(half, lane)] = half * kHalf + lane;
    for (int64_t x = 0; x < pixels; ++x)
      k.store(k.shuffle(sums[2 * x], sums[2 * x + 1], order), buffers.output,
              to + x * kBlock);
    return;
  }
  Requantizer requantizer(k, s);
  SmallVector<Value, 4> scaled;
  for (int64_t x = 0; x < pixels; ++x) {
    Value bytes;
    if (s.residual)
      bytes = k.load(buffers.residual, residual + x * kBlock, kBlock);
    for (int64_t half : {0, 1}) {
      Value part;
      if (bytes)
        part = k.shuffle(bytes, bytes,
                         llvm::map_to_vector(llvm::seq(kHalf), [&](int64_t i) {
                           return channelOfPair(half, i);
                         }));
      scaled.push_back(
          requantizer.scale(sums[2 * x + half], multipliers[half], part));
    }
  }
  if (pixels == 1)
    scaled.append({scaled[0], scaled[1]});
  // Halves of the channels of both pixels alternate.
  SmallVector<int64_t> order;
  for (int64_t x = 0; x < pixels; ++x)
    for (int64_t i = 0; i < kBlock; ++i)
      order.push_back(i / kHalf * kBlock + x * kHalf + i % kHalf);
  Value bytes = requantizer.toBytes(scaled);
  k.store(k.shuffle(bytes, bytes, order), buffers.output, to);
}

void BytesEmitter::emitPairs(Value n, Value y, Value x, int64_t width) {
  const ConvGeometry &g = s.g;
  SmallVector<int64_t> rows = rowsOf(g, 1);
  int64_t pairs = groupsOf(rows, 2);
  Address in = firstInput(n, y, x), weights = firstWeight(1);
  auto words = VectorType::get({kBlock}, k.b.getI16Type());
  auto weightsOf = [&](int64_t kx, int64_t pair, int64_t half) -> Value {
    Address at = weights + ((kx * pairs + pair) * 2 + half) * kBlock;
    return arith::ExtSIOp::create(k.b, words,
                                  k.load(buffers.weights, at, kBlock));
  };
  auto rowOf = [&](int64_t column, size_t row) -> Value {
    Address at = in + (column * kBlock + rows[row] * s.in.rowStride());
    return arith::ExtUIOp::create(k.b, words, loadPixels(at, 1));
  };
  auto interleaved = [&](Value a, Value c, int64_t half) {
    SmallVector<int64_t> lanes;
    for (int64_t lane = 0; lane < kBlock / 2; ++lane)
      for (int64_t source : {int64_t(0), kBlock})
        lanes.push_back(source + channelOfPair(half, lane));
    return k.shuffle(a, c, lanes);
  };
  SmallVector<Value, 2> bias = parametersOfPairs(buffers.bias), multipliers;
  if (!s.out.type.isInteger(32))
    multipliers = parametersOfPairs(buffers.multipliers);
  auto place = [&](const Layout &l, int64_t ox) {
    return at(l, n, outBlock, y, x, 1, 1) + ox * kBlock;
  };
  // Outputs begin and end column by column, so that few are under way.
  std::map<int64_t, SmallVector<Value, 2>> sums;
  int64_t stored = 0;
  auto store = [&](int64_t count) {
    SmallVector<Value> mine;
    for (int64_t i = 0; i < count; ++i)
      llvm::append_range(mine, sums[stored + i]);
    emitPairEnd(place(s.out, stored),
                s.residual ? place(*s.residual, stored) : Address(),
                multipliers, mine);
    stored += count;
  };
  int64_t lastColumn = (g.kernelWidth - 1) * g.dilations[1];
  for (int64_t column : columnsOf(g, width)) {
    for (int64_t pair = 0; pair < pairs; ++pair) {
      Value first = rowOf(column, 2 * pair), second = first;
      // Where there is no second row, its weights are zero.
      if (2 * pair + 1 < static_cast<int64_t>(rows.size()))
        second = rowOf(column, 2 * pair + 1);
      for (int64_t half : {0, 1}) {
        Value inputs = interleaved(first, second, half);
        for (int64_t ox = 0; ox < width; ++ox) {
          int64_t offset = column - ox * g.strides[1];
          if (offset < 0 || offset > lastColumn || offset % g.dilations[1])
            continue;
          SmallVector<Value, 2> &mine =
              sums.try_emplace(ox, bias).first->second;
          mine[half] =
              dot.step(mine[half], {inputs},
                       {weightsOf(offset / g.dilations[1], pair, half)});
        }
      }
    }
    auto isDone = [&](int64_t ox) {
      return ox < width && ox * g.strides[1] + lastColumn <= column;
    };
    while (isDone(stored + 1))
      store(2);
    if (stored == width - 1 && isDone(stored))
      store(1);
  }
}
