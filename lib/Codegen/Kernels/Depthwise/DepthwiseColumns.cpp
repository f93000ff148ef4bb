//===- DepthwiseColumns.cpp - Quantized depthwise outputs that share columns
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Where a vector is one pixel, a column of the input is interleaved once for
// all outputs side by side that read it. What lives in the loop decides the
// form: see ColumnShape.
//
//===----------------------------------------------------------------------===//

#include "Kernels/Depthwise/BytesEmitter.h"
#include "Kernels/Depthwise/DepthwiseBytes.h"
#include <map>
#include <set>

using namespace mlir;
using namespace mlir::lw;

//===----------------------------------------------------------------------===//
// The form
//===----------------------------------------------------------------------===//

bool DepthwiseSpec::sharesColumns() const {
  return quantized && vectorPixels() == 1 && target->vectorRegisters >= 32 &&
         !hasLargeWindow(g);
}

/// The columns that outputs side by side read.
static std::set<int64_t> columnsOf(const ConvGeometry &g, int64_t width) {
  std::set<int64_t> columns;
  for (int64_t x = 0; x < width; ++x)
    for (int64_t kx = 0; kx < g.kernelWidth; ++kx)
      columns.insert(x * g.strides[1] + kx * g.dilations[1]);
  return columns;
}

/// Columns that are held while outputs are finished one by one: from the first
/// output that reads a column to the last one.
static int64_t heldColumns(const ConvGeometry &g, int64_t width) {
  std::map<int64_t, std::pair<int64_t, int64_t>> uses;
  for (int64_t x = 0; x < width; ++x)
    for (int64_t kx = 0; kx < g.kernelWidth; ++kx)
      uses.try_emplace(x * g.strides[1] + kx * g.dilations[1], x, x)
          .first->second.second = x;
  int64_t most = 0;
  for (int64_t x = 0; x < width; ++x)
    most = std::max<int64_t>(most, llvm::count_if(uses, [&](const auto &use) {
                               return use.second.first <= x &&
                                      x <= use.second.second;
                             }));
  return most;
}

/// Steps of a vector of accumulators for all output rows of a tile.
static int64_t stepsOf(const ConvGeometry &g, int64_t height) {
  SmallVector<int64_t> rows = rowsOf(g, height);
  int64_t steps = 0;
  for (int64_t oy = 0; oy < height; ++oy)
    for (int64_t group = 0; group < groupsOf(rows); ++group)
      steps += !isEmpty(tapsOf(g, rows, group, oy));
  return steps * g.kernelWidth;
}

/// Registers of what follows the sums, beside these: constants, and what is
/// read of the residual.
static int64_t endRegisters(const DepthwiseSpec &s) {
  if (s.out.type.isInteger(32))
    return 0;
  const QuantizedEpilogue &q = *s.quantized;
  int64_t least = q.isUnsigned ? 0 : -128;
  return (q.zero != 0) + (q.low > least) + (q.high < least + 255) + 2 * q.wide +
         (s.residual ? 4 : 0);
}

/// Vector registers of a tile of one form.
static int64_t registersOf(const DepthwiseSpec &s, ColumnShape shape) {
  // Rows that are being interleaved.
  constexpr int64_t kScratch = 2;
  const ConvGeometry &g = s.g;
  int64_t quads = kQuads / shape.parts, operand = s.unit->registers;
  int64_t step = s.unit->scratch + kScratch;
  if (!shape.resident) {
    int64_t inputs = columnsOf(g, s.tileWidth).size() * quads * operand;
    return s.tileHeight * s.tileWidth * quads + inputs + operand + step;
  }
  int64_t groups = groupsOf(rowsOf(g, s.tileHeight));
  int64_t inputs = heldColumns(g, s.tileWidth) * groups * quads * operand;
  int64_t weights = stepsOf(g, s.tileHeight) * quads * operand;
  // The sums of one output, biases and multipliers.
  return weights + inputs + 3 * quads + endRegisters(s) + step;
}

ColumnShape mlir::lw::columnShape(const DepthwiseSpec &s) {
  if (!s.sharesColumns())
    return {};
  // With a multiplier the lanes of all of a block are permuted.
  int64_t mostParts = s.g.multiplier == 1 ? 2 : 1;
  ColumnShape shape;
  for (bool resident : {true, false})
    for (int64_t parts = 1; parts <= mostParts; ++parts) {
      shape.parts = parts;
      shape.resident = resident;
      if (registersOf(s, shape) <= s.target->vectorRegisters)
        return shape;
    }
  return shape;
}

/// Instructions of a tile for one block.
static double instructionsOf(DepthwiseSpec s, int64_t height, int64_t width) {
  if (height == 0 || width == 0)
    return 0;
  s.tileHeight = height;
  s.tileWidth = width;
  ColumnShape shape = columnShape(s);
  // Interleaving four rows, requantizing a pixel, and the ends of a loop.
  constexpr double kInterleave = 8, kEnd = 24, kTile = 6;
  SmallVector<int64_t> rows = rowsOf(s.g, height);
  double columns = columnsOf(s.g, width).size();
  double steps = kQuads * stepsOf(s.g, height) * s.unit->cost;
  // Registers are loaded in pairs.
  double weights = shape.resident ? 0 : kQuads * stepsOf(s.g, height) / 2.0;
  return columns * (shape.parts * rows.size() + kInterleave * groupsOf(rows)) +
         width * (steps + height * (kQuads + kEnd + shape.parts)) + weights +
         kTile * shape.parts;
}

void mlir::lw::chooseDepthwiseColumns(DepthwiseSpec &s) {
  // Longer code is slower to compile and saves little.
  constexpr int64_t kMostRows = 4, kMostOutputs = 16;
  const ConvGeometry &g = s.g;
  int64_t bestHeight = 1, bestWidth = 1;
  double best = std::numeric_limits<double>::infinity();
  for (int64_t h = 1; h <= std::min(kMostRows, g.outHeight); ++h)
    for (int64_t w = 1; w <= std::min(kMostOutputs / h, g.outWidth); ++w) {
      s.tileHeight = h;
      s.tileWidth = w;
      if (h * w > 1 &&
          registersOf(s, columnShape(s)) > s.target->vectorRegisters)
        continue;
      int64_t restY = g.outHeight % h, restX = g.outWidth % w;
      double all = g.outHeight / h *
                       (g.outWidth / w * instructionsOf(s, h, w) +
                        instructionsOf(s, h, restX)) +
                   g.outWidth / w * instructionsOf(s, restY, w) +
                   instructionsOf(s, restY, restX);
      if (all < best) {
        best = all;
        bestHeight = h;
        bestWidth = w;
      }
    }
  s.tileHeight = bestHeight;
  s.tileWidth = bestWidth;
}

//===----------------------------------------------------------------------===//
// Emission
//===----------------------------------------------------------------------===//

void BytesEmitter::emitColumns(Value n, Value y, Value x, int64_t height,
                               int64_t width) {
  const ConvGeometry &g = s.g;
  SmallVector<int64_t> rows = rowsOf(g, height);
  int64_t groups = groupsOf(rows);
  Address in = firstInput(n, y, x), weights = firstWeight(height);
  // What several outputs take is loaded once.
  std::map<std::pair<int64_t, int64_t>, Operands> columns;
  auto inputs = [&](int64_t column, int64_t group) -> const Operands & {
    Operands &four = columns[{column, group}];
    if (four.empty())
      four = loadWindow(in + column * kBlock, rows, 1, group).front();
    return four;
  };
  std::map<int64_t, DotBuilder::Operand> held;
  auto weight = [&](int64_t at) -> const DotBuilder::Operand & {
    DotBuilder::Operand &w = held[at];
    if (w.empty())
      w = weightsAt(weights + at * kBlock, 1);
    return w;
  };
  SmallVector<Value> bias = parameters(buffers.bias, 1), multipliers;
  auto place = [&](const Layout &l, int64_t oy, int64_t ox) {
    return at(l, n, outBlock, y, x, 1, 1) + (oy * l.rowStride() + ox * kBlock);
  };
  auto emitOutputs = [&](ArrayRef<std::pair<int64_t, int64_t>> outputs) {
    SmallVector<SmallVector<Value>> sums(outputs.size(), bias);
    for (int64_t group = 0; group < groups; ++group)
      for (int64_t kx = 0; kx < g.kernelWidth; ++kx)
        for (auto [output, sum] : llvm::zip(outputs, sums)) {
          auto [oy, ox] = output;
          if (isEmpty(tapsOf(g, rows, group, oy)))
            continue;
          const Operands &four =
              inputs(ox * g.strides[1] + kx * g.dilations[1], group);
          int64_t first = ((oy * g.kernelWidth + kx) * groups + group) * kQuads;
          for (int64_t q = 0; q < quads; ++q)
            sum[q] = dot.step(sum[q], four[q], weight(first + q));
        }
    if (multipliers.empty() && !s.out.type.isInteger(32))
      multipliers = parameters(buffers.multipliers, 1);
    for (auto [output, sum] : llvm::zip(outputs, sums))
      emitEnd(place(s.out, output.first, output.second),
              s.residual ? place(*s.residual, output.first, output.second)
                         : Address(),
              1, multipliers, sum);
  };
  SmallVector<std::pair<int64_t, int64_t>> all;
  for (int64_t ox = 0; ox < width; ++ox)
    for (int64_t oy = 0; oy < height; ++oy)
      all.push_back({oy, ox});
  if (!shape.resident)
    return emitOutputs(all);
  for (auto output : all)
    emitOutputs(output);
}
