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
  const int64_t kLineElements = 64 / s.elementBytes();
  int64_t lines = llvm::divideCeil(s.taps * s.tileVectors * s.weightsStride(),
                                   kLineElements);
  while (prefetch.steps * lines < s.tiles() &&
         unrolled % (2 * prefetch.steps) == 0)
    prefetch.steps *= 2;
  lines *= prefetch.steps;
  prefetch.lines = llvm::divideCeil(lines, s.tiles());
  Value share = arith::MinUIOp::create(
      k.b, p.tile, k.constant((lines - 1) / prefetch.lines));
  prefetch.from = k.add(p.next, k.mul(share, prefetch.lines * kLineElements));
}

/// The inputs of a step in all lanes. `step` counts what is unrolled: of whole
/// vectors of channels, of which the first step loads one.
DotBuilder::Operand GemmEmitter::inputOf(Address element, State &state,
                                         int64_t step) {
  if (!lanesAtHand)
    return dot.broadcast(buffers.input, element);
  int64_t part = step % s.vector;
  Value &vector = state.inputs[element.offset - part * s.inputs()];
  if (part == 0)
    vector = k.load(buffers.input, element, s.vector * s.inputs());
  return dot.broadcastLane(vector, part);
}

/// One step of `taps` taps: their weights in registers, every input that they
/// touch broadcast once.
void GemmEmitter::emitStep(Address a, State &state, const Position &p,
                           int64_t step) {
  const int64_t kLineElements = 64 / s.elementBytes();
  SmallVector<DotBuilder::Operand> columns;
  for (int64_t j = 0; j < s.taps * p.vectors; ++j)
    columns.push_back(
        dot.weights(buffers.weights, state.weights + j * s.weightsStride()));
  if (prefetch.from && step % prefetch.steps == 0)
    for (int64_t line = 0; line < prefetch.lines; ++line)
      k.prefetch(buffers.weights,
                 Address{k.add(state.weights.base, prefetch.from),
                         state.weights.offset + line * kLineElements});
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
          accumulator = dot.step(accumulator, x, columns[tap * p.vectors + j]);
        }
    }
  state.weights.offset += s.taps * p.vectors * s.weightsStride();
}

void GemmEmitter::emitLevels(ArrayRef<Level> levels, Address a, State &state,
                             const Position &p, int64_t step) {
  if (levels.empty())
    return emitStep(a, state, p, step);
  const Level &level = levels.front();
  if (level.unroll || level.count == 1) {
    for (int64_t i = 0; i < level.count; ++i)
      emitLevels(levels.drop_front(), a + i * level.stride, state, p, i);
    return;
  }
  state = carry(k.constant(0), k.constant(level.count), state,
                [&](Value i, State &inner) {
                  emitLevels(levels.drop_front(), k.advance(a, i, level.stride),
                             inner, p);
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
    State part{SmallVector<Value>(total.accumulators.size(), dot.zero()),
               total.weights};
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
    state = carry(
        k.constant(0), k.constant(level.count), state,
        [&](Value i, State &total) { emitPieces(levels, at(i), total, p); });
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
          });
        });
      });
}

/// All terms of a tile, from the inputs at `a` on.
void GemmEmitter::emitSum(const Address &a, State &state, const Position &p) {
  const ConvGeometry &g = s.g;
  for (const GemmSpec::Segment &segment : s.segments()) {
    constexpr int64_t kMostMultiplyAdds = 128;
    int64_t steps = segment.lanes / s.inputs();
    int64_t chunk = std::min<int64_t>(steps, 16);
    while (chunk % 2 == 0 &&
           chunk * s.taps * p.height * p.width * p.vectors > kMostMultiplyAdds)
      chunk /= 2;
    // The first layer's few channels make no vector.
    lanesAtHand = s.readsLanes() && s.taps == 1 && chunk % s.vector == 0;
    setPrefetch(p, chunk);
    SmallVector<Level> levels = {
        {segment.blocks, s.in.blockStride(), false},
        {g.kernelHeight, g.dilations[0] * s.in.rowStride(), false},
        {g.kernelWidth / s.taps, g.dilations[1] * s.in.block, false},
        {steps / chunk, chunk * s.inputs(), false},
        {chunk, s.inputs(), true}};
    // Inner levels are unrolled until the body is long enough to hide the loop.
    // One level stays a loop: without one, LLVM schedules a tile's loads so
    // early that its accumulators spill.
    int64_t body = s.taps;
    for (Level &level : llvm::reverse(levels)) {
      body *= level.count;
      bool outermost =
          body == segment.blocks * g.kernelHeight * g.kernelWidth * steps;
      if (body * p.height * p.width * p.vectors > kMostMultiplyAdds ||
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
