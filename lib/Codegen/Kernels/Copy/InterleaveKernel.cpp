//===- InterleaveKernel.cpp - Channels become pixels
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Kernels/Copy/InterleaveKernel.h"

using namespace mlir;
using namespace mlir::lw;

namespace {

class InterleaveEmitter {
public:
  explicit InterleaveEmitter(InterleaveOp op)
      : rows(op.getStrides()[0]), columns(op.getStrides()[1]),
        out(getLayout(op.getOutput())) {
    for (Value input : op.getInputs())
      inputs.push_back(getLayout(input));
    for (int64_t phase = 0; phase < rows * columns; ++phase)
      origins.push_back(op.sourceOf(phase));
  }

  bool canEmit(const TargetInfo &target) const;
  void addTo(KernelKey &key) const;
  void emit(KernelBuilder &k, ValueRange sources, Value target) const;

private:
  /// Each pixel is one vector of one input, and neighbouring pixels of the
  /// result lie side by side.
  bool isWithinLanes() const {
    return inputs.size() == 1 && inputs[0].c <= inputs[0].block &&
           out.block == out.c && columns * out.c <= inputs[0].block;
  }
  void emitLanes(KernelBuilder &k, Address from, Address to, Value source,
                 Value target) const;
  void emitBlock(KernelBuilder &k, Value n, Value y, Value block,
                 int64_t fixedBlock, ValueRange sources, Value target) const;

  int64_t rows, columns;
  Layout out;
  SmallVector<Layout> inputs;
  SmallVector<std::pair<unsigned, int64_t>> origins;
};

} // namespace

bool InterleaveEmitter::canEmit(const TargetInfo &target) const {
  // Code for each place between neighbours.
  constexpr int64_t kMostPhases = 64;
  int64_t vector = target.blockOf(out.type);
  if (vector == 1 || rows * columns > kMostPhases)
    return false;
  for (const Layout &in : inputs)
    if (in.block != vector)
      return false;
  return isWithinLanes() || out.block == vector;
}

void InterleaveEmitter::addTo(KernelKey &key) const {
  key.add(out).add({rows, columns});
  for (const Layout &in : inputs)
    key.add(in);
  for (auto [input, channel] : origins)
    key.add({int64_t(input), channel});
}

static Address pixelOf(KernelBuilder &k, const Layout &l, Value n, Value y,
                       int64_t scale) {
  Address address = k.advance({Value(), l.origin()}, n, l.imageStride());
  return k.advance(address, y, scale * l.rowStride());
}

/// The lanes of a pixel become parts of rows.
void InterleaveEmitter::emitLanes(KernelBuilder &k, Address from, Address to,
                                  Value source, Value target) const {
  int64_t count = columns * out.c;
  k.loop(0, inputs[0].w, 1, [&](Value x) {
    Value pixel = k.load(source, k.advance(from, x, k.vl));
    for (int64_t row = 0; row < rows; ++row) {
      SmallVector<int64_t> lanes(k.vl, 0);
      for (int64_t i = 0; i < count; ++i)
        lanes[i] = origins[row * columns + i / out.c].second + i % out.c;
      k.storePart(k.shuffle(pixel, pixel, lanes), target,
                  k.advance(to, x, count) + row * out.rowStride(), count);
    }
  });
}

/// One block of the rows that come of a row; `block` is known at run time where
/// vectors are moved whole.
void InterleaveEmitter::emitBlock(KernelBuilder &k, Value n, Value y,
                                  Value block, int64_t fixedBlock,
                                  ValueRange sources, Value target) const {
  Address to = pixelOf(k, out, n, y, rows) + fixedBlock * out.blockStride();
  to = k.advance(to, block, out.blockStride());
  int64_t count = std::min(k.vl, out.c - fixedBlock * k.vl);
  // Lanes of `channel` and the following ones, zeros behind the last.
  auto load = [&](unsigned input, int64_t channel, Value x) {
    const Layout &in = inputs[input];
    Address from = pixelOf(k, in, n, y, 1) + channel / k.vl * in.blockStride();
    from = k.advance(k.advance(from, block, in.blockStride()), x, k.vl);
    Value low = k.load(sources[input], from);
    int64_t offset = channel % k.vl;
    if (offset == 0 && count == k.vl)
      return low;
    SmallVector<int64_t> lanes;
    for (int64_t i = 0; i < k.vl; ++i)
      lanes.push_back(offset + std::min(i, count - 1));
    Value high = low;
    if (offset + count > k.vl)
      high = k.load(sources[input], from + in.blockStride());
    Value part = k.shuffle(low, high, lanes);
    if (count == k.vl)
      return part;
    for (int64_t i = 0; i < k.vl; ++i)
      lanes[i] = i < count ? i : k.vl;
    return k.shuffle(part, k.zeros(sources[input]), lanes);
  };
  for (int64_t row = 0; row < rows; ++row)
    k.loop(0, inputs[0].w, 1, [&](Value x) {
      llvm::DenseMap<std::pair<unsigned, int64_t>, Value> loaded;
      for (int64_t column = 0; column < columns; ++column) {
        auto [input, channel] = origins[row * columns + column];
        Value &pixel = loaded[{input, channel}];
        if (!pixel)
          pixel = load(input, channel + fixedBlock * k.vl, x);
        k.store(pixel, target,
                k.advance(to, x, columns * k.vl) + row * out.rowStride() +
                    column * k.vl);
      }
    });
}

void InterleaveEmitter::emit(KernelBuilder &k, ValueRange sources,
                             Value target) const {
  bool lanes = isWithinLanes();
  bool whole = out.c % k.vl == 0;
  k.loop(0, out.n, 1, [&](Value n) {
    auto rowsOf = [&](Value block, int64_t fixedBlock, bool parallel) {
      k.loop(
          0, inputs[0].h, 1,
          [&](Value y) {
            if (lanes)
              emitLanes(k, pixelOf(k, inputs[0], n, y, 1),
                        pixelOf(k, out, n, y, rows), sources[0], target);
            else
              emitBlock(k, n, y, block, fixedBlock, sources, target);
          },
          parallel);
    };
    if (lanes)
      return rowsOf(Value(), 0, /*parallel=*/true);
    if (whole)
      return k.loop(
          0, out.blocks(), 1,
          [&](Value block) { rowsOf(block, 0, /*parallel=*/false); },
          /*parallel=*/true);
    for (int64_t block = 0; block < out.blocks(); ++block)
      rowsOf(Value(), block, /*parallel=*/true);
  });
}

bool mlir::lw::callInterleave(KernelCalls &calls, InterleaveOp op) {
  InterleaveEmitter emitter(op);
  if (!emitter.canEmit(calls.target))
    return false;
  calls.border(op);
  KernelKey key = calls.key();
  emitter.addTo(key);
  SmallVector<Value> arguments = {calls.bufferOf(op.getOutput())};
  for (Value input : op.getInputs())
    arguments.push_back(calls.bufferOf(input));
  calls.call("interleave", key, arguments, op.getLoc(),
             [&](KernelBuilder &k, ValueRange args) {
               emitter.emit(k, args.drop_front(), args[0]);
             });
  return true;
}
