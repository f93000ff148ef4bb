//===- RecurrentKernel.cpp - Recurrent layers, step by step
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Kernels/Recurrent/RecurrentKernel.h"
#include "Builder/DotBuilder.h"
#include "lw/Conversion/RecurrentActivation.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace mlir::lw;

namespace {

/// Samples by hidden units of one direction: the first element, with rows of
/// `hidden` elements.
struct State {
  Value buffer; // null: zeros
  Address at;
  explicit operator bool() const { return static_cast<bool>(buffer); }
};

class RecurrentEmitter {
public:
  RecurrentEmitter(KernelBuilder &k, const RecurrentSpec &spec,
                   const RecurrentBuffers &buffers)
      : k(k), s(spec), buffers(buffers), dot(k, *spec.unit, spec.leastWeight) {}

  void emit();

private:
  void emitDirection(Value index, int64_t direction);
  /// `before` is the step before; null for the first.
  void emitStep(Value step, Value before);
  void emitPanel(Value panel, int64_t width);
  void emitTile(Value row, int64_t height);
  Value startOf(int64_t g, int64_t r, int64_t v);
  void quantize(const State &state);
  void sum(const State &state, Value row, int64_t height);
  void addProducts(Address weights, ArrayRef<DotBuilder::Operand> states);
  Value realOf(Value sum, int64_t g, int64_t r, int64_t v);

  // The gates of vector `v` of the tile's sample `r`.
  void lstm(int64_t r, int64_t v);
  void gru(int64_t r, int64_t v);
  void gruReset(int64_t r, int64_t v);
  void rnn(int64_t r, int64_t v);

  State stateOf(Value buffer, int64_t row = 0) {
    return {buffer, k.advance({Value(), row * s.stateElements()}, d,
                              s.batch * s.hidden)};
  }
  /// What the weights of the phase multiply.
  State stateBefore() {
    return phase.first == 0 ? hiddenBefore : stateOf(buffers.scratch, 1);
  }
  State resultAt(Value step) {
    State state = stateOf(buffers.result);
    state.at = k.advance(state.at, step, s.stateElements());
    return state;
  }
  /// Elements of vector `v` of the panel that are units.
  int64_t lanes(int64_t v) const {
    return partial && v == width - 1 ? s.hidden % s.vector : s.vector;
  }
  Address unitsOf(Address rowsAt, int64_t r, int64_t v, int64_t rowStride) {
    Address at =
        k.advance(rowsAt, n, rowStride) + (r * rowStride + v * s.vector);
    at.offset += unitOffset;
    return k.advance(at, panel, s.tileVectors * s.vector);
  }
  Value load(const State &state, int64_t r, int64_t v) {
    return k.loadPart(state.buffer, unitsOf(state.at, r, v, s.hidden),
                      lanes(v));
  }
  void store(Value value, const State &state, int64_t r, int64_t v) {
    k.storePart(value, state.buffer, unitsOf(state.at, r, v, s.hidden),
                lanes(v));
  }
  /// The projected part of gate `g`.
  Value projected(int64_t g, int64_t r, int64_t v) {
    return k.loadPart(buffers.projected,
                      unitsOf(inputs + g * s.hidden, r, v, s.projectedRow()),
                      lanes(v));
  }
  /// A value of each unit, the same for all samples.
  Value parameter(Value buffer, int64_t row, int64_t rows, int64_t v) {
    Address at =
        k.advance({Value(), row * s.hidden + v * s.vector + unitOffset}, d,
                  rows * s.hidden);
    return k.loadPart(buffer, k.advance(at, panel, s.tileVectors * s.vector),
                      lanes(v));
  }
  Value &gate(int64_t g, int64_t r, int64_t v) {
    return sums[((r * phase.count) + g - phase.first) * width + v];
  }
  Value add(Value x, Value y) { return arith::AddFOp::create(k.b, x, y); }
  Value mul(Value x, Value y) { return arith::MulFOp::create(k.b, x, y); }
  Value sub(Value x, Value y) { return arith::SubFOp::create(k.b, x, y); }
  Value act(int64_t i, Value x, bool clips = true);

  KernelBuilder &k;
  const RecurrentSpec &s;
  const RecurrentBuffers &buffers;
  DotBuilder dot;
  // Of the direction and the step at hand:
  Value d;
  int64_t direction = 0; // where its code is its own
  Address inputs;
  State hiddenBefore, cellBefore, cellNext, hiddenNext;
  // Of the panel and the tile:
  RecurrentSpec::Phase phase = {0, 0};
  ByteState byteState;
  Value panel, n;
  int64_t width = 0, unitOffset = 0;
  bool partial = false;
  SmallVector<Value> sums;
};

} // namespace

Value RecurrentEmitter::act(int64_t i, Value x, bool clips) {
  if (s.clip && clips)
    x = k.activate(ActivationAttr::get(k.b.getContext(), ActivationKind::Clamp,
                                       -*s.clip, *s.clip),
                   x);
  const RecurrentActivation &activation =
      s.activations[direction * activationsOf(s.kind) + i];
  if (ActivationAttr known = toActivation(k.b.getContext(), activation))
    return k.activate(known, x);
  return buildRecurrentActivation(k.b, k.b.getLoc(), activation, x);
}

void RecurrentEmitter::lstm(int64_t r, int64_t v) {
  enum Gate { I, O, F, C };
  Value in = gate(I, r, v), forget = gate(F, r, v), out = gate(O, r, v), before;
  if (cellBefore)
    before = load(cellBefore, r, v);
  auto peep = [&](Value sum, int64_t i, Value cell) {
    if (!s.hasPeepholes || !cell)
      return sum;
    return k.fma(parameter(buffers.peepholes, i, 3, v), cell, sum);
  };
  in = act(0, peep(in, 0, before));
  Value cell = mul(in, act(1, gate(C, r, v)));
  if (before) {
    forget =
        s.inputForget ? sub(k.splat(1), in) : act(0, peep(forget, 2, before));
    cell = k.fma(forget, before, cell);
  }
  store(cell, cellNext, r, v);
  out = act(0, peep(out, 1, cell));
  store(mul(out, act(2, cell, /*clips=*/false)), hiddenNext, r, v);
}

/// The first phase of a GRU: the update gate, and the state after the reset.
void RecurrentEmitter::gruReset(int64_t r, int64_t v) {
  store(act(0, gate(0, r, v)), stateOf(buffers.scratch), r, v);
  if (hiddenBefore)
    store(mul(act(0, gate(1, r, v)), load(hiddenBefore, r, v)),
          stateOf(buffers.scratch, 1), r, v);
}

void RecurrentEmitter::gru(int64_t r, int64_t v) {
  Value update, next = gate(2, r, v);
  if (s.linearBeforeReset) {
    update = act(0, gate(0, r, v));
    next = k.fma(act(0, gate(1, r, v)), next, projected(2, r, v));
  } else {
    update = load(stateOf(buffers.scratch), r, v);
  }
  next = act(1, next);
  Value rest = mul(sub(k.splat(1), update), next);
  if (hiddenBefore)
    rest = k.fma(update, load(hiddenBefore, r, v), rest);
  store(rest, hiddenNext, r, v);
}

void RecurrentEmitter::rnn(int64_t r, int64_t v) {
  store(act(0, gate(0, r, v)), hiddenNext, r, v);
}

/// What the products of gate `g` are added to.
Value RecurrentEmitter::startOf(int64_t g, int64_t r, int64_t v) {
  if (!s.linearBeforeReset || g != 2)
    return projected(g, r, v);
  return s.hasBias ? parameter(buffers.bias, 0, 1, v) : k.splat(0);
}

/// The state of all samples becomes the bytes that are multiplied.
void RecurrentEmitter::quantize(const State &state) {
  byteState = emitByteState(k, s, state.buffer, state.at, buffers,
                            k.advance({}, d, s.batch * s.byteRow()),
                            k.advance({}, d, s.batch));
}

/// Adds a step's products to all sums; `states` has an operand a sample.
void RecurrentEmitter::addProducts(Address weights,
                                   ArrayRef<DotBuilder::Operand> states) {
  int64_t vectors = phase.count * width;
  for (int64_t i = 0; i < vectors; ++i) {
    DotBuilder::Operand w =
        dot.weights(buffers.weights, weights + i * s.vector * s.unit->inputs);
    for (auto [r, state] : llvm::enumerate(states)) {
      Value &sum = sums[r * vectors + i];
      sum = dot.step(sum, state, w);
    }
  }
}

void RecurrentEmitter::sum(const State &state, Value row, int64_t height) {
  int64_t stride = phase.count * width * s.vector, each = s.unit->inputs;
  Address weights =
      k.advance({Value(), phase.first * s.gateWeights() +
                              unitOffset * phase.count * s.inputs()},
                d, s.directionWeights());
  weights = k.advance(weights, panel,
                      phase.count * s.inputs() * s.tileVectors * s.vector);
  int64_t stateRow = s.onBytes() ? s.byteRow() : s.hidden;
  Address at = k.advance(state.at, row, stateRow);
  // By lanes of vectors of the state where the processor multiplies so; else
  // broadcasts, some of them without a loop.
  bool byLanes = s.unit->takesLane;
  constexpr int64_t kMostProducts = 64;
  int64_t products = phase.count * width * height;
  int64_t unroll =
      byLanes ? s.vector : std::clamp<int64_t>(kMostProducts / products, 1, 8);
  int64_t whole = s.inputs() / (unroll * each) * unroll * each;
  auto chunk = [&](Value i, int64_t steps, bool lanes) {
    Address from = k.advance(at, i, 1), w = k.advance(weights, i, stride);
    SmallVector<Value> loaded;
    for (int64_t r = 0; lanes && r < height; ++r)
      loaded.push_back(
          k.load(state.buffer, from + r * stateRow, s.vector * each));
    for (int64_t j = 0; j < steps; ++j) {
      SmallVector<DotBuilder::Operand> states;
      for (int64_t r = 0; r < height; ++r)
        states.push_back(lanes
                             ? dot.broadcastLane(loaded[r], j)
                             : dot.broadcast(state.buffer,
                                             from + (r * stateRow + j * each)));
      addProducts(w + j * each * stride, states);
    }
  };
  auto loop = [&](int64_t lower, int64_t upper, int64_t steps, bool lanes) {
    sums = k.loop(lower, upper, steps * each, sums,
                  [&](Value i, ValueRange carried) -> SmallVector<Value> {
                    sums.assign(carried.begin(), carried.end());
                    chunk(i, steps, lanes);
                    return sums;
                  });
  };
  loop(0, whole, unroll, byLanes);
  loop(whole, s.inputs(), 1, false);
}

/// Of a sum of bytes, what the sum of reals is, added to what the gate begins
/// with: sum((q - z) * (w - p)) is sum(q * w) - z * sum(w - p) - p * sum(q).
Value RecurrentEmitter::realOf(Value sum, int64_t g, int64_t r, int64_t v) {
  auto less = [&](Value factor, Value of) {
    sum =
        arith::SubIOp::create(k.b, sum, arith::MulIOp::create(k.b, factor, of));
  };
  less(byteState.zero, parameter(buffers.weightSums, g, s.gates, v));
  int64_t zeroPoint = s.zeroPoints[direction];
  if (zeroPoint) {
    Address at = k.advance(k.advance({Value(), r}, n, 1), d, s.batch);
    less(k.broadcast(k.loadScalar(buffers.stateSums, at)),
         k.splat(k.b.getI32Type(), s.vector, zeroPoint));
  }
  Value real = arith::SIToFPOp::create(k.b, k.vectorType(), sum);
  Value scale = mul(byteState.scale, parameter(buffers.scales, g, s.gates, v));
  return k.fma(real, scale, startOf(g, r, v));
}

void RecurrentEmitter::emitTile(Value row, int64_t height) {
  n = row;
  sums.clear();
  auto forSums = [&](llvm::function_ref<void(int64_t, int64_t, int64_t)> body) {
    for (int64_t r = 0; r < height; ++r)
      for (int64_t g = phase.first; g < phase.first + phase.count; ++g)
        for (int64_t v = 0; v < width; ++v)
          body(g, r, v);
  };
  bool isReset = s.phases().size() == 2 && phase.first == 0;
  bool onBytes = s.onBytes() && hiddenBefore;
  forSums([&](int64_t g, int64_t r, int64_t v) {
    sums.push_back(onBytes ? dot.zero() : startOf(g, r, v));
  });
  if (onBytes) {
    sum({buffers.bytes, k.advance({}, d, s.batch * s.byteRow())}, row, height);
    forSums([&](int64_t g, int64_t r, int64_t v) {
      gate(g, r, v) = realOf(gate(g, r, v), g, r, v);
    });
  } else if (hiddenBefore) {
    sum(stateBefore(), row, height);
  }
  for (int64_t r = 0; r < height; ++r)
    for (int64_t v = 0; v < width; ++v) {
      if (s.kind == RecurrentKind::LSTM)
        lstm(r, v);
      else if (s.kind == RecurrentKind::RNN)
        rnn(r, v);
      else if (isReset)
        gruReset(r, v);
      else
        gru(r, v);
    }
}

void RecurrentEmitter::emitPanel(Value index, int64_t vectors) {
  if (vectors == 0)
    return;
  panel = index;
  width = vectors;
  // The last panel is not at an index.
  unitOffset = index ? 0 : s.fullPanels() * s.tileVectors * s.vector;
  partial = !index && s.hidden % s.vector != 0;
  int64_t whole = s.batch / s.tileHeight * s.tileHeight;
  k.loop(0, whole, s.tileHeight,
         [&](Value row) { emitTile(row, s.tileHeight); });
  k.loop(whole, s.batch, s.batch,
         [&](Value row) { emitTile(row, s.batch - whole); });
}

void RecurrentEmitter::emitStep(Value step, Value before) {
  inputs = k.advance({}, step, s.batch * s.projectedRow());
  inputs = k.advance(inputs, d, s.gates * s.hidden);
  hiddenNext = resultAt(step);
  cellNext =
      s.withCell ? resultAt(k.constant(s.steps)) : stateOf(buffers.scratch);
  if (before) {
    hiddenBefore = resultAt(before);
    cellBefore = cellNext;
  } else {
    hiddenBefore = stateOf(buffers.hidden);
    cellBefore = stateOf(buffers.cell);
  }
  for (RecurrentSpec::Phase of : s.phases()) {
    phase = of;
    if (s.onBytes() && hiddenBefore)
      quantize(stateBefore());
    k.loop(0, s.fullPanels(), 1,
           [&](Value index) { emitPanel(index, s.tileVectors); });
    emitPanel({}, s.restVectors());
  }
}

void RecurrentEmitter::emitDirection(Value index, int64_t direction) {
  d = index;
  this->direction = direction;
  // Steps from `first` on, in distances of `sign`.
  Value first, sign;
  if (s.isUniform()) {
    first = k.mul(d, s.steps - 1);
    sign = arith::SubIOp::create(k.b, k.constant(1),
                                 arith::AddIOp::create(k.b, d, d));
  } else {
    bool reverse = s.isReverse(direction);
    first = k.constant(reverse ? s.steps - 1 : 0);
    sign = k.constant(reverse ? -1 : 1);
  }
  if (!first)
    first = k.constant(0);
  emitStep(first, {});
  k.loop(1, s.steps, 1, [&](Value i) {
    Value step = k.add(first, arith::MulIOp::create(k.b, i, sign).getResult());
    emitStep(step, arith::SubIOp::create(k.b, step, sign));
  });
}

void RecurrentEmitter::emit() {
  if (s.isUniform())
    return k.loop(
        0, s.directions, 1, [&](Value index) { emitDirection(index, 0); },
        /*parallel=*/true);
  for (int64_t i = 0; i < s.directions; ++i)
    emitDirection(k.constant(i), i);
}

void mlir::lw::emitRecurrent(KernelBuilder &k, const RecurrentSpec &spec,
                             const RecurrentBuffers &buffers) {
  RecurrentEmitter(k, spec, buffers).emit();
}
