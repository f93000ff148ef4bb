//===- GemmSum.cpp - The sum of a tile of a matrix kernel
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Kernels/Gemm/GemmEmitter.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace mlir::lw;

/// Cuts the lines of some steps into one share for each tile, so that memory is
/// busy all the time; `unrolled` steps are emitted one by one.
void GemmEmitter::setPrefetch(const Position &p, int64_t unrolled) {
  prefetch = {};
  if (!p.tile)
    return;
  int64_t kLineElements = 64 / s.weightBytes();
  // Panels lie apart.
  if (s.sharesWeights())
    kLineElements = std::min(kLineElements, s.panelStep());
  const int64_t perStep = s.taps * s.tileVectors * s.weightsStride();
  int64_t lines = llvm::divideCeil(perStep, kLineElements);
  // Steps of less than a line share one.
  auto isShort = [&] {
    return s.bfloatWeights && prefetch.steps * perStep < kLineElements;
  };
  while ((isShort() || prefetch.steps * lines < s.panelTiles()) &&
         unrolled % (2 * prefetch.steps) == 0)
    prefetch.steps *= 2;
  lines = s.bfloatWeights
              ? llvm::divideCeil(prefetch.steps * perStep, kLineElements)
              : prefetch.steps * lines;
  int64_t mine = llvm::divideCeil(lines, s.panelTiles());
  Value share =
      arith::MinUIOp::create(k.b, p.tile, k.constant((lines - 1) / mine));
  if (!s.sharesWeights()) {
    Value from = k.add(p.next, k.mul(share, mine * kLineElements));
    for (int64_t line = 0; line < mine; ++line)
      prefetch.lines.push_back({from, line * kLineElements});
    return;
  }
  // Lines of the steps at hand, panel by panel and tap by tap.
  auto divide = [&](Value a, int64_t c) -> Value {
    return arith::DivUIOp::create(k.b, a, k.constant(c));
  };
  auto remainder = [&](Value a, int64_t c) -> Value {
    return arith::RemUIOp::create(k.b, a, k.constant(c));
  };
  for (int64_t line = 0; line < mine; ++line) {
    Value number = k.add(k.mul(share, mine), line);
    Value run = divide(number, prefetch.steps);
    Address at{p.next, 0};
    at = k.advance(at, remainder(number, prefetch.steps), s.panelStep());
    at = k.advance(at, divide(run, s.taps), s.panelStride());
    at = k.advance(at, remainder(run, s.taps), tapStride);
    prefetch.lines.push_back(at);
  }
}

/// Where the weights of a tap and a vector lie among those of a step.
int64_t GemmEmitter::weightsOf(int64_t tap, int64_t vector,
                               int64_t vectors) const {
  if (!s.sharesWeights())
    return (tap * vectors + vector) * s.weightsStride();
  int64_t channel = vector * s.vector;
  return tap * tapStride + channel / s.panel * s.panelStride() +
         channel % s.panel * s.inputs();
}

/// The inputs of a step in all lanes. `step` counts what is unrolled: of whole
/// vectors of channels, of which the first step loads one.
DotBuilder::Operand GemmEmitter::inputOf(Address element, State &state,
                                         int64_t step) {
  if (!lanesAtHand)
    return ofPart(dot.broadcast(input, element));
  int64_t part = step % s.vector;
  Value &vector = state.inputs[element.offset - part * s.inputs()];
  if (part == 0)
    vector = k.load(buffers.input, element, s.vector * s.inputs());
  return dot.broadcastLane(vector, part);
}

/// Every input that a step touches is broadcast once.
void GemmEmitter::emitPixelByPixel(Address a, State &state, const Position &p,
                                   int64_t step,
                                   ArrayRef<DotBuilder::Operand> columns) {
  // Input column -> (output column, tap) that it feeds.
  std::map<int64_t, SmallVector<std::pair<int64_t, int64_t>>> uses;
  for (int64_t x = 0; x < p.width; ++x)
    for (int64_t tap = 0; tap < s.taps; ++tap)
      uses[x * s.g.strides[1] + tap * s.g.dilations[1]].push_back({x, tap});
  for (int64_t row = 0; row < p.height; ++row)
    for (const auto &[column, targets] : uses) {
      Address element =
          a + (row * s.g.strides[0] * s.in.rowStride() + column * s.in.block);
      DotBuilder::Operand x = inputOf(element, state, step);
      for (auto [output, tap] : targets)
        for (int64_t j = 0; j < p.vectors; ++j) {
          Value &accumulator =
              state.accumulators[(row * p.width + output) * p.vectors + j];
          DotBuilder::Operand mine = s.readsTwoVectors() ? dot.half(x, j % 2)
                                     : lanesOf(p, j) == s.vector ? x
                                                                 : firstHalf(x);
          accumulator =
              dot.step(accumulator, mine, columns[tap * p.vectors + j]);
        }
    }
}

/// The lanes of an operand that half a vector has.
DotBuilder::Operand GemmEmitter::firstHalf(const DotBuilder::Operand &x) {
  return {
      k.shuffle(x.front(), x.front(),
                llvm::to_vector(llvm::seq<int64_t>(0, s.weightsStride() / 2)))};
}

/// The weights at `at` of so many output channels.
DotBuilder::Operand GemmEmitter::columnOf(Address at, int64_t lanes) {
  if (lanes == s.vector)
    return ofPart(dot.weights(weights, at));
  return {s.inputs() > 1 ? k.load(weights, at, lanes * s.inputs())
                         : loadWeights(k, weights, at, lanes)};
}

/// One step of `taps` taps: their weights are in registers, of one part of the
/// step after the other.
void GemmEmitter::emitStep(Address a, State &state, const Position &p,
                           int64_t step) {
  bool byVector = s.readsByVector();
  for (stepPart = 0; stepPart < s.stepParts(); ++stepPart) {
    SmallVector<DotBuilder::Operand> columns;
    for (int64_t tap = 0; tap < s.taps && !byVector; ++tap)
      for (int64_t j = 0; j < p.vectors; ++j) {
        Address at = state.weights + weightsOf(tap, j, p.vectors);
        if (!s.readsTwoVectors())
          columns.push_back(columnOf(at, lanesOf(p, j)));
        else if (j % 2 == 0)
          llvm::append_range(columns, dot.weightsOfTwo(weights, at));
      }
    if (stepPart == 0 && step % prefetch.steps == 0)
      for (const Address &line : prefetch.lines)
        k.prefetch(buffers.weights,
                   Address{k.add(state.weights.base, line.base),
                           state.weights.offset + line.offset});
    if (stepPart == 0 && step == 0)
      emitFetch(p, state);
    if (byVector)
      emitVectorByVector(a, state, p, step);
    else if (s.unit->pixels() == 2)
      emitPairs(a, state, p, step, columns);
    else
      emitPixelByPixel(a, state, p, step, columns);
  }
  state.weights.offset += s.sharesWeights()
                              ? s.panelStep()
                              : s.taps * p.vectors * s.weightsStride();
}

void GemmEmitter::emitLevels(ArrayRef<Level> levels, Address a, State &state,
                             const Position &p, int64_t step) {
  if (levels.empty())
    return emitStep(a, state, p, step);
  const Level &level = levels.front();
  if (level.unroll || level.count == 1) {
    for (int64_t i = 0; i < level.count; ++i) {
      emitLevels(levels.drop_front(), a + i * level.stride, state, p, i);
      state.weights.offset += level.skip;
    }
    return;
  }
  state = carry(k.constant(0), k.constant(level.count), state,
                [&](Value i, State &inner) {
                  emitLevels(levels.drop_front(), k.advance(a, i, level.stride),
                             inner, p);
                  inner.weights.offset += level.skip;
                });
}

/// A loop that carries the state.
GemmEmitter::State
GemmEmitter::carry(Value lower, Value upper, const State &init,
                   llvm::function_ref<void(Value, State &)> body) {
  SmallVector<Value> values = init.accumulators;
  values.push_back(k.toIndex(init.weights));
  values = k.loop(lower, upper, values,
                  [&](Value i, ValueRange carried) -> SmallVector<Value> {
                    State inner{llvm::to_vector(carried.drop_back()),
                                {carried.back(), 0}};
                    body(i, inner);
                    inner.accumulators.push_back(k.toIndex(inner.weights));
                    return inner.accumulators;
                  });
  Address weights{values.pop_back_val(), 0};
  return {std::move(values), weights};
}

/// The sum in pieces, each in fresh accumulators. What has been added up so far
/// leaves the registers meanwhile.
void GemmEmitter::emitPieces(ArrayRef<Level> levels, Address a, State &state,
                             const Position &p) {
  constexpr int64_t kMost = KernelBuilder::kPieceTerms;
  int64_t terms = s.taps;
  for (const Level &level : levels)
    terms *= level.count;
  auto piece = [&](State &total, llvm::function_ref<void(State &)> body) {
    State part{{}, total.weights};
    for (Value sum : total.accumulators) {
      auto type = cast<VectorType>(sum.getType());
      part.accumulators.push_back(
          k.splat(type.getElementType(), type.getNumElements(), 0));
    }
    body(part);
    for (auto [sum, more] : llvm::zip(total.accumulators, part.accumulators))
      sum = dot.add(sum, more);
    total.weights = part.weights;
  };
  if (terms <= kMost)
    return piece(state, [&](State &part) { emitLevels(levels, a, part, p); });
  const Level &level = levels.front();
  levels = levels.drop_front();
  auto at = [&](Value i) { return k.advance(a, i, level.stride); };
  int64_t inner = terms / level.count;
  // Of equal length.
  int64_t pieces =
      llvm::divideCeil(level.count, std::max<int64_t>(1, kMost / inner));
  int64_t each = llvm::divideCeil(level.count, pieces);
  if (each == 1) {
    state = carry(k.constant(0), k.constant(level.count), state,
                  [&](Value i, State &total) {
                    emitPieces(levels, at(i), total, p);
                    total.weights.offset += level.skip;
                  });
    return;
  }
  pieces = llvm::divideCeil(level.count, each);
  state = carry(
      k.constant(0), k.constant(pieces), state, [&](Value i, State &total) {
        Value begin = k.mul(i, each), end = k.add(begin, each);
        if (level.count % each)
          end = arith::MinSIOp::create(k.b, end, k.constant(level.count));
        piece(total, [&](State &part) {
          part = carry(begin, end, part, [&](Value j, State &next) {
            emitLevels(levels, at(j), next, p);
            next.weights.offset += level.skip;
          });
        });
      });
}

/// The loops over a segment, `chunk` steps innermost.
SmallVector<GemmEmitter::Level>
GemmEmitter::levelsOf(const GemmSpec::Segment &segment, int64_t chunk) const {
  const ConvGeometry &g = s.g;
  Level blocks{segment.blocks, s.in.blockStride()};
  Level row{g.kernelHeight, g.dilations[0] * s.in.rowStride()};
  Level column{g.kernelWidth / s.taps, g.dilations[1] * s.in.block};
  int64_t steps = segment.lanes / s.inputs();
  Level lanes{steps / chunk, chunk * s.inputs()};
  Level last{chunk, s.inputs(), true};
  // The other taps of a row have been read beside the first.
  if (s.sharesWeights())
    column.skip = (s.taps - 1) * s.tapChannels(segment) * s.panel;
  if (!s.sharesByBlocks())
    return {blocks, row, column, lanes, last};

  // Shared weights come in blocks of as many input channels as a panel has,
  // whatever the input's block: so do the loops.
  if (segment.lanes > s.panel)
    return {{segment.lanes / s.panel, s.panel},
            row,
            column,
            {s.panel / chunk, chunk},
            last};
  int64_t together = s.tapChannels(segment) / segment.lanes;
  blocks.count /= together;
  Level inside{together, blocks.stride};
  // Two vectors of channels in place of one in a loop of two.
  inside.most = 2 * kMostMultiplyAdds;
  blocks.stride *= together;
  return {blocks, row, column, inside, lanes, last};
}

/// All terms of a tile, from the inputs at `a` on.
void GemmEmitter::emitSum(const Address &a, State &state, const Position &p) {
  for (const GemmSpec::Segment &segment : s.segments()) {
    int64_t chunk = std::min<int64_t>(segment.lanes / s.inputs(), 16);
    while (chunk % 2 == 0 && chunk > s.unit->pixels() &&
           chunk * s.taps * p.height * p.width * p.vectors > kMostMultiplyAdds)
      chunk /= 2;
    // The first layer's few channels make no vector.
    lanesAtHand = s.readsLanes() && s.taps == 1 && chunk % s.vector == 0;
    tapStride = s.tapChannels(segment) * s.panel;
    setPrefetch(p, chunk);
    setFetch(p, chunk);
    SmallVector<Level> levels = levelsOf(segment, chunk);
    // Inner levels are unrolled until the body is long enough to hide the loop.
    // One level stays a loop: without one, LLVM schedules a tile's loads so
    // early that its accumulators spill.
    int64_t body = s.taps, all = s.taps;
    for (const Level &level : levels)
      all *= level.count;
    for (Level &level : llvm::reverse(levels)) {
      body *= level.count;
      bool outermost = body == all;
      if (body * p.height * p.width * p.vectors > level.most ||
          (outermost && level.count > 1))
        break;
      level.unroll = true;
    }
    levels.back().unroll = true;
    Address first =
        a + (segment.firstBlock * s.in.blockStride() + segment.firstLane);
    if (s.sumsInPieces())
      emitPieces(levels, first, state, p);
    else
      emitLevels(levels, first, state, p);
  }
}

/// All terms of a tile of a grouped convolution: of every tap, those of the
/// channels of the panel's groups.
void GemmEmitter::emitRanges(Address a, State &state, const Position &p) {
  const ConvGeometry &g = s.g;
  int64_t outPerGroup = g.outChannels / g.groups;
  int64_t each = s.rangeUnit();
  while (each > 1 && each * p.height * p.width * p.vectors > kMostMultiplyAdds)
    each /= 2;
  auto divide = [&](Value x, int64_t c) -> Value {
    return arith::DivUIOp::create(k.b, x, k.constant(c));
  };
  auto unitsBefore = [&](Value channel) {
    return k.mul(divide(channel, outPerGroup), g.inChannels / g.groups / each);
  };
  Value channel = k.mul(p.vector, s.vector);
  Value last =
      arith::MinUIOp::create(k.b, k.add(channel, p.vectors * s.vector - 1),
                             k.constant(g.outChannels - 1));
  Value begin = unitsBefore(channel);
  Value end = k.add(unitsBefore(last), g.inChannels / g.groups / each);
  prefetch = {};
  fetch = {};
  lanesAtHand = false;
  int64_t perTap = s.mostRangeChannels() * p.vectors * s.weightsStride();
  auto overTap = [&](Address from, State &inner) {
    Address weights = inner.weights;
    inner = carry(begin, end, inner, [&](Value i, State &next) {
      Value first = k.mul(i, each);
      Address element = from;
      if (s.in.blocks() == 1) {
        element = k.advance(element, first, 1);
      } else {
        Value lane = arith::RemUIOp::create(k.b, first, k.constant(s.in.block));
        element =
            k.advance(element, divide(first, s.in.block), s.in.blockStride());
        element = k.advance(element, lane, 1);
      }
      for (int64_t j = 0; j < each; ++j)
        emitStep(element + j, next, p, j);
    });
    inner.weights = weights + perTap;
  };
  auto over = [&](int64_t count, int64_t stride, Address from, State &inner,
                  llvm::function_ref<void(Address, State &)> body) {
    if (count == 1)
      return body(from, inner);
    inner = carry(
        k.constant(0), k.constant(count), inner,
        [&](Value i, State &next) { body(k.advance(from, i, stride), next); });
  };
  over(g.kernelHeight, g.dilations[0] * s.in.rowStride(), a, state,
       [&](Address row, State &inner) {
         over(g.kernelWidth, g.dilations[1] * s.in.block, row, inner, overTap);
       });
}
