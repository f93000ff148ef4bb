//===- DepthwiseRows.cpp - Rows of the window of a quantized depthwise kernel
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Kernels/Depthwise/DepthwiseRows.h"
#include "Kernels/Depthwise/DepthwiseBytes.h"
#include <set>

using namespace mlir;
using namespace mlir::lw;

/// Input rows that a tile of `height` output rows reads.
SmallVector<int64_t> mlir::lw::rowsOf(const ConvGeometry &g, int64_t height) {
  std::set<int64_t> rows;
  for (int64_t oy = 0; oy < height; ++oy)
    for (int64_t ky = 0; ky < g.kernelHeight; ++ky)
      rows.insert(oy * g.strides[0] + ky * g.dilations[0]);
  return SmallVector<int64_t>(rows.begin(), rows.end());
}

std::array<int64_t, 4> mlir::lw::tapsOf(const ConvGeometry &g,
                                        ArrayRef<int64_t> rows, int64_t group,
                                        int64_t oy, int64_t together) {
  std::array<int64_t, 4> taps = {-1, -1, -1, -1};
  for (int64_t i = 0; i < together; ++i) {
    size_t row = together * group + i;
    if (row >= rows.size())
      continue;
    int64_t from = rows[row] - oy * g.strides[0];
    if (from >= 0 && from % g.dilations[0] == 0 &&
        from / g.dilations[0] < g.kernelHeight)
      taps[i] = from / g.dilations[0];
  }
  return taps;
}

bool mlir::lw::isEmpty(const std::array<int64_t, 4> &taps) {
  return llvm::all_of(taps, [](int64_t tap) { return tap < 0; });
}

int64_t mlir::lw::groupsOf(ArrayRef<int64_t> rows, int64_t together) {
  return llvm::divideCeil(rows.size(), together);
}

/// Heights of the tiles: whole ones, and of what is left of the rows.
static SmallVector<int64_t> heightsOf(const DepthwiseSpec &s) {
  SmallVector<int64_t> heights = {s.tileHeight};
  if (int64_t rest = s.g.outHeight % s.tileHeight)
    heights.push_back(rest);
  return heights;
}

/// Bytes of the packed weights of a block for tiles of one height.
int64_t mlir::lw::weightBytes(const DepthwiseSpec &s, int64_t height) {
  int64_t together = s.rowsTogether();
  return height * s.g.kernelWidth * groupsOf(rowsOf(s.g, height), together) *
         together * kBlock;
}

int64_t mlir::lw::weightBytes(const DepthwiseSpec &s) {
  if (s.addsTaps())
    return s.g.kernelHeight * s.g.kernelWidth * kBlock;
  int64_t bytes = 0;
  for (int64_t height : heightsOf(s))
    bytes += weightBytes(s, height);
  return bytes;
}

/// Windows of more taps are loops.
static constexpr int64_t kMostTaps = 64;

bool mlir::lw::hasLargeWindow(const ConvGeometry &g) {
  return g.kernelHeight * g.kernelWidth > kMostTaps;
}

int64_t DepthwiseSpec::accumulators() const {
  if (!quantized)
    return floatAccumulators();
  if (sharesColumns()) {
    ColumnShape shape = columnShape(*this);
    return kQuads / shape.parts * (shape.resident ? 1 : tileHeight * tileWidth);
  }
  if (pairsRows())
    return 2 * outputsUnderWay(*this);
  return tileHeight * llvm::divideCeil(tileWidth, vectorPixels()) * kQuads;
}

void mlir::lw::chooseDepthwiseBytesTile(DepthwiseSpec &s, const TargetInfo &t) {
  s.tileHeight = 1;
  s.tileWidth = std::min(s.vectorPixels(),
                         int64_t(llvm::bit_floor<uint64_t>(s.g.outWidth)));
  if (hasLargeWindow(s.g))
    return;
  if (s.sharesColumns())
    return chooseDepthwiseColumns(s);
  if (s.pairsRows())
    return chooseDepthwisePairs(s);
  double best = std::numeric_limits<double>::infinity();
  int64_t most = t.vectorRegisters >= 32 ? 4 : 2;
  for (int64_t height = 1; height <= std::min(most, s.g.outHeight); ++height) {
    SmallVector<int64_t> rows = rowsOf(s.g, height);
    int64_t steps = 0;
    for (int64_t oy = 0; oy < height; ++oy)
      for (int64_t group = 0; group < groupsOf(rows); ++group)
        steps += !isEmpty(tapsOf(s.g, rows, group, oy));
    // Interleaving four rows takes eight instructions.
    double window = 8.0 * groupsOf(rows) + rows.size();
    double cycles = s.g.kernelWidth *
                    (window / 2 + kQuads * steps * t.byteDot->cost) / height;
    // Rows that make no tile are slower.
    if (s.g.outHeight % height)
      cycles *= 1.0 + 0.5 * height / s.g.outHeight;
    if (cycles < best) {
      best = cycles;
      s.tileHeight = height;
    }
  }
  // Two vectors of pixels share what is loaded of weights, where the registers
  // hold their sums and inputs.
  DepthwiseSpec wide = s;
  wide.tileWidth *= 2;
  int64_t operand = s.unit->registers;
  int64_t needed = wide.accumulators() + 2 * kQuads * operand + operand +
                   s.unit->scratch + 1;
  if (s.tileWidth == s.vectorPixels() && wide.tileWidth <= s.g.outWidth &&
      needed <= t.vectorRegisters)
    s.tileWidth = wide.tileWidth;
}

std::vector<int8_t>
mlir::lw::packDepthwiseBytesWeights(const DepthwiseSpec &s,
                                    ArrayRef<int8_t> filter) {
  const ConvGeometry &g = s.g;
  if (s.addsTaps()) {
    int64_t taps = g.kernelHeight * g.kernelWidth;
    std::vector<int8_t> packed(s.out.blocks() * taps * kBlock, 0);
    for (int64_t out = 0; out < g.outChannels; ++out)
      for (int64_t tap = 0; tap < taps; ++tap)
        packed[(out / kBlock * taps + tap) * kBlock + out % kBlock] =
            filter[tap * g.outChannels + out];
    return packed;
  }
  // The lanes and inputs of the vectors that a group of rows is interleaved to.
  int64_t together = s.rowsTogether(), lanes = kBlock / together;
  DotUnit quad = *s.unit;
  quad.lanes = lanes;
  quad.inputs = together;
  std::vector<int8_t> packed;
  for (int64_t block = 0; block < s.out.blocks(); ++block)
    for (int64_t height : heightsOf(s)) {
      SmallVector<int64_t> rows = rowsOf(g, height);
      for (int64_t oy = 0; oy < height; ++oy)
        for (int64_t kx = 0; kx < g.kernelWidth; ++kx)
          for (int64_t group = 0; group < groupsOf(rows, together); ++group) {
            std::array<int64_t, 4> taps = tapsOf(g, rows, group, oy, together);
            for (int64_t q = 0; q < together; ++q) {
              size_t at = packed.size();
              packed.resize(at + kBlock, 0);
              for (int64_t lane = 0; lane < lanes; ++lane)
                for (int64_t i = 0; i < together; ++i) {
                  int64_t channel =
                      s.pairsRows() ? channelOfPair(q, lane) : q * kQuad + lane;
                  int64_t out = block * kBlock + channel;
                  if (out < g.outChannels && taps[i] >= 0)
                    packed[at + quad.weightPosition(lane, i)] =
                        filter[(taps[i] * g.kernelWidth + kx) * g.outChannels +
                               out];
                }
            }
          }
    }
  return packed;
}
