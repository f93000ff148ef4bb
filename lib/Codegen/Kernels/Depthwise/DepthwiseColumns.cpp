//===- DepthwiseColumns.cpp - Quantized depthwise outputs that share columns
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Where a vector is one pixel, a column of the input is loaded and interleaved
// once for all outputs side by side that read it. What lives in the loop
// decides the form: see ColumnShape. A unit that multiplies to 16 bits takes
// the bytes as they lie, and adds the products of two taps before it widens
// them.
//
//===----------------------------------------------------------------------===//

#include "Kernels/Depthwise/BytesEmitter.h"
#include "Kernels/Depthwise/DepthwiseBytes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include <map>

using namespace mlir;
using namespace mlir::lw;

//===----------------------------------------------------------------------===//
// The form
//===----------------------------------------------------------------------===//

bool DepthwiseSpec::addsTaps() const {
  return sharesColumns() && unit->form == DotUnit::Form::LongProducts;
}

bool DepthwiseSpec::sharesColumns() const {
  return quantized && vectorPixels() == 1 && target->vectorRegisters >= 32 &&
         !hasLargeWindow(g);
}

std::set<int64_t> mlir::lw::columnsOf(const ConvGeometry &g, int64_t width) {
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

/// Products that are added up in 16 bits: two where they fit.
static int64_t tapsOfTerm(const DepthwiseSpec &s) {
  return s.leastWeight ? 1 : 2;
}

/// What is added to the sums of an output: taps, or four rows of a column.
static int64_t termsOf(const DepthwiseSpec &s) {
  const ConvGeometry &g = s.g;
  if (!s.addsTaps())
    return g.kernelWidth * groupsOf(rowsOf(g, s.tileHeight));
  return llvm::divideCeil(g.kernelHeight * g.kernelWidth, tapsOfTerm(s));
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
  const ConvGeometry &g = s.g;
  SmallVector<int64_t> rows = rowsOf(g, s.tileHeight);
  int64_t quads = kQuads / shape.parts;
  // Registers of a column: its rows, or what they are interleaved to. Of loads
  // and of what is being interleaved or multiplied there are some beside.
  int64_t inputs = groupsOf(rows) * quads, scratch = 2 + s.unit->scratch;
  int64_t weights = stepsOf(g, s.tileHeight) * quads;
  if (s.addsTaps()) {
    inputs = rows.size();
    weights = g.kernelHeight * g.kernelWidth;
    scratch = 3;
  }
  // The sums of one output, biases and multipliers.
  if (shape.resident)
    return weights + heldColumns(g, s.tileWidth) * inputs + 3 * quads +
           endRegisters(s) + scratch;
  // The sums of all outputs, and what a group of terms takes: its weights with
  // one column of inputs, or, tap by tap, with those of an output.
  inputs = s.addsTaps() ? 2 * (g.kernelWidth + 1) : (g.kernelWidth + 1) * quads;
  // LLVM moves loads of the next up: some to spare.
  constexpr int64_t kSpare = 6;
  return s.tileHeight * s.tileWidth * quads + inputs + scratch + kSpare;
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
  double weights = kQuads * stepsOf(s.g, height);
  // A sum begins with a copy of the bias.
  double steps = weights + height * kQuads;
  double interleave = kInterleave * groupsOf(rows);
  if (s.addsTaps()) {
    // Two products of half a block each; they are added in pairs.
    int64_t taps = s.g.kernelHeight * s.g.kernelWidth;
    weights = shape.parts * taps;
    steps = height * (2.0 * taps + kQuads * termsOf(s));
    interleave = 0;
  }
  // Registers are loaded in pairs.
  return columnsOf(s.g, width).size() *
             (shape.parts * rows.size() + interleave) +
         width * (steps + height * (kEnd + shape.parts)) +
         (shape.resident ? 0 : weights / 2) + kTile * shape.parts;
}

void mlir::lw::chooseDepthwiseColumns(DepthwiseSpec &s) {
  // Longer code is slower to compile and saves little.
  constexpr int64_t kMostRows = 4, kMostOutputs = 16;
  const ConvGeometry &g = s.g;
  int64_t bestHeight = 1, bestWidth = 1;
  double best = std::numeric_limits<double>::infinity();
  bool resident = false;
  for (int64_t h = 1; h <= std::min(kMostRows, g.outHeight); ++h)
    for (int64_t w = 1; w <= std::min(kMostOutputs / h, g.outWidth); ++w) {
      s.tileHeight = h;
      s.tileWidth = w;
      ColumnShape shape = columnShape(s);
      // LLVM moves weights that need not be loaded again out of loops, to where
      // registers are there for them or not.
      if (shape.resident < resident || (!shape.resident && h > 1) ||
          (h * w > 1 && registersOf(s, shape) > s.target->vectorRegisters))
        continue;
      int64_t restY = g.outHeight % h, restX = g.outWidth % w;
      double all = g.outHeight / h *
                       (g.outWidth / w * instructionsOf(s, h, w) +
                        instructionsOf(s, h, restX)) +
                   g.outWidth / w * instructionsOf(s, restY, w) +
                   instructionsOf(s, restY, restX);
      if (all < best || shape.resident > resident) {
        best = all;
        bestHeight = h;
        bestWidth = w;
      }
      resident = shape.resident;
    }
  s.tileHeight = bestHeight;
  s.tileWidth = bestWidth;
}

//===----------------------------------------------------------------------===//
// Emission
//===----------------------------------------------------------------------===//

Address mlir::lw::hidden(KernelBuilder &k, Address address, bool everyTime) {
  Type word = k.b.getI64Type();
  Value base = k.add(address.base ? address.base : k.constant(0),
                     everyTime ? 0 : address.offset);
  base = arith::IndexCastOp::create(k.b, word, base);
  base = LLVM::InlineAsmOp::create(k.b, word, base, /*asm_string=*/"",
                                   /*constraints=*/"=r,0",
                                   /*has_side_effects=*/everyTime,
                                   /*is_align_stack=*/false,
                                   LLVM::tailcallkind::TailCallKind::None,
                                   LLVM::AsmDialectAttr(), ArrayAttr())
             .getRes();
  return {arith::IndexCastOp::create(k.b, k.b.getIndexType(), base),
          everyTime ? address.offset : 0};
}

/// Adds products of bytes, one or two of each channel, to the sums of their
/// channels. They fit 16 bits.
static void addProducts(KernelBuilder &k, ArrayRef<Value> x, ArrayRef<Value> w,
                        MutableArrayRef<Value> sums) {
  constexpr int64_t kHalf = kBlock / 2;
  auto slice = [&](Value v, int64_t from, int64_t count) {
    return k.shuffle(v, v, llvm::to_vector(llvm::seq(from, from + count)));
  };
  auto words = VectorType::get({kHalf}, k.b.getI16Type());
  for (size_t first = 0; first < sums.size(); first += 2) {
    Value products;
    for (auto [a, c] : llvm::zip(x, w)) {
      auto widen = [&](Value v) {
        return arith::ExtSIOp::create(k.b, words,
                                      slice(v, first * kQuad, kHalf));
      };
      Value product = arith::MulIOp::create(k.b, widen(a), widen(c));
      products = products
                     ? arith::AddIOp::create(k.b, products, product).getResult()
                     : product;
    }
    for (int64_t i : {0, 1}) {
      Value &sum = sums[first + i];
      sum = arith::AddIOp::create(
          k.b, sum,
          arith::ExtSIOp::create(k.b, sum.getType(),
                                 slice(products, i * kQuad, kQuad)));
    }
  }
}

void BytesEmitter::emitColumns(Value n, Value y, Value x, int64_t height,
                               int64_t width) {
  const ConvGeometry &g = s.g;
  SmallVector<int64_t> rows = rowsOf(g, height);
  int64_t groups = groupsOf(rows), taps = g.kernelHeight * g.kernelWidth;
  Address in = firstInput(n, y, x), weights = firstWeight(height);
  if (!shape.resident)
    weights = hidden(k, weights, /*everyTime=*/true);
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
  auto addRows = [&](int64_t term, int64_t oy, int64_t ox,
                     MutableArrayRef<Value> sums) {
    int64_t group = term / g.kernelWidth, kx = term % g.kernelWidth;
    if (isEmpty(tapsOf(g, rows, group, oy)))
      return;
    const Operands &four =
        inputs(ox * g.strides[1] + kx * g.dilations[1], group);
    int64_t first = ((oy * g.kernelWidth + kx) * groups + group) * kQuads;
    for (int64_t q = 0; q < quads; ++q)
      sums[q] = dot.step(sums[q], four[q], weight(first + q));
  };
  std::map<std::pair<int64_t, int64_t>, Value> pixels;
  auto addTaps = [&](int64_t term, int64_t oy, int64_t ox,
                     MutableArrayRef<Value> sums) {
    int64_t most = tapsOfTerm(s);
    SmallVector<Value, 2> bytes, factors;
    for (int64_t tap = term * most; tap < std::min((term + 1) * most, taps);
         ++tap) {
      int64_t row = oy * g.strides[0] + tap / g.kernelWidth * g.dilations[0];
      int64_t column = ox * g.strides[1] + tap % g.kernelWidth * g.dilations[1];
      Value &pixel = pixels[{column, row}];
      if (!pixel)
        pixel = loadPixels(in + column * kBlock + row * s.in.rowStride(), 1);
      DotBuilder::Operand &w = held[tap];
      if (w.empty())
        w = {k.load(buffers.weights, weights + tap * kBlock, channels)};
      bytes.push_back(pixel);
      factors.push_back(w.front());
    }
    addProducts(k, bytes, factors, sums);
  };
  SmallVector<Value> bias = parameters(buffers.bias, 1), multipliers;
  auto place = [&](const Layout &l, int64_t oy, int64_t ox) {
    return at(l, n, outBlock, y, x, 1, 1) + (oy * l.rowStride() + ox * kBlock);
  };
  auto emitOutputs = [&](ArrayRef<std::pair<int64_t, int64_t>> outputs) {
    SmallVector<SmallVector<Value>> sums(outputs.size(), bias);
    // Outputs under way take a group of terms after the other, column by
    // column, so that little of weights and inputs lives beside the sums.
    int64_t terms = termsOf(s), group = terms;
    if (outputs.size() > 1)
      group = s.addsTaps() ? llvm::divideCeil(g.kernelWidth, tapsOfTerm(s))
                           : g.kernelWidth;
    for (int64_t first = 0; first < terms; first += group) {
      SmallVector<std::array<int64_t, 3>> order;
      for (auto [i, output] : llvm::enumerate(outputs))
        for (int64_t term : llvm::seq(first, std::min(first + group, terms)))
          order.push_back(
              {output.second * g.strides[1] +
                   (s.addsTaps() ? 0 : term - first) * g.dilations[1],
               static_cast<int64_t>(i), term});
      if (outputs.size() > 1)
        llvm::sort(order);
      for (auto [column, i, term] : order) {
        auto [oy, ox] = outputs[i];
        if (s.addsTaps())
          addTaps(term, oy, ox, sums[i]);
        else
          addRows(term, oy, ox, sums[i]);
      }
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
