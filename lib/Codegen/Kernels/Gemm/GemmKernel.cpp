//===- GemmKernel.cpp - Convolutions as packed matrix products
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Kernels/Gemm/GemmEmitter.h"
#include "Kernels/SharedWeights.h"
#include "Kernels/StoredActivation.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace mlir::lw;

/// First input block of the panel that begins at vector `vector`, for grouped
/// convolutions; the run-time twin of GemmSpec::panelStart.
Value GemmEmitter::startBlock(Value vector) {
  if (s.g.groups == 1 || s.readsRanges() || s.in.blocks() == s.panelBlocks())
    return {};
  auto divide = [&](Value a, int64_t c) -> Value {
    return arith::DivUIOp::create(k.b, a, k.constant(c));
  };
  Value group = divide(k.mul(vector, s.vector), s.g.outChannels / s.g.groups);
  Value block = divide(k.mul(group, s.g.inChannels / s.g.groups), s.in.block);
  return arith::MinUIOp::create(k.b, block,
                                k.constant(s.in.blocks() - s.panelBlocks()));
}

/// While a panel's tiles are computed, they fetch the next panel from memory.
/// That pays where few tiles share a panel; where many do, the first reads are
/// a small part.
void GemmEmitter::setNextPanel(Position &p, int64_t tilesPerRow) {
  if (!s.fetchesNextPanel() || p.vectors != s.tileVectors)
    return;
  auto divide = [&](Value a, int64_t c) -> Value {
    return c == 1 ? a : arith::DivUIOp::create(k.b, a, k.constant(c));
  };
  p.tile = k.add(k.mul(divide(p.y, s.tileHeight), tilesPerRow),
                 divide(p.x, s.tileWidth));
  if (s.sharesPanels())
    p.tile = k.add(p.tile, k.mul(p.n, s.tiles()));
  if (s.pixelParts() > 1)
    p.tile = arith::RemUIOp::create(k.b, p.tile, k.constant(s.tiles()));
  // The last panel would fetch what lies behind the weights.
  int64_t panelSize = s.steps() * s.tileVectors * s.weightsStride();
  int64_t last = s.steps() * s.outVectors() * s.weightsStride() - panelSize;
  Value rest = arith::SubIOp::create(k.b, k.constant(last), k.toIndex(packed));
  p.next = arith::MinUIOp::create(k.b, rest, k.constant(panelSize));
  if (s.widensWeights())
    p.next = arith::SubIOp::create(k.b, k.add(p.next, k.toIndex(packed)),
                                   k.toIndex(p.weights));
}

void GemmEmitter::emitWidening(const Address &from, const Address &to,
                               int64_t vectors) {
  int64_t each = s.weightsStride();
  k.loop(0, s.steps() * vectors * each, each, [&](Value at) {
    DotBuilder::Operand parts =
        dot.weights(buffers.weights, k.advance(from, at, 1));
    for (auto [i, part] : llvm::enumerate(parts))
      k.store(part, weights,
              k.advance(to, at, 1) + i * each / s.unit->registers);
  });
}

/// Widens all inputs, shared by threads.
void GemmEmitter::emitInputWidening() {
  constexpr int64_t kEach = TargetInfo::kByteBlock;
  auto widen = [&](Value chunk) {
    Address at = k.advance({}, chunk, kEach);
    k.store(dot.widenInputs(k.load(buffers.input, at, kEach)), input, at);
  };
  int64_t chunks = s.in.elements() / kEach;
  if (s.threads == 1)
    return k.loop(0, chunks, 1, widen);
  k.share(s.threads, [&](Value slot) {
    Part part = k.partOf(slot, s.threads, chunks);
    k.loop(part.begin, part.end, 1, widen);
  });
}

void GemmEmitter::emitPanels(
    llvm::function_ref<void(Value, Address, int64_t, bool)> body,
    bool parallel) {
  int64_t panelSize = s.steps() * s.tileVectors * s.weightsStride();
  bool partial = s.g.outChannels % (s.vectorsPerBlock() * s.vector) != 0;
  // The panel with the last, partial vector stands apart: it alone is masked,
  // and only where channels are not padded in memory.
  int64_t full = s.fullPanels();
  bool lastInFull = partial && s.tailVectors() == 0;
  int64_t regular = lastInFull ? full - 1 : full;
  k.loop(
      0, regular, 1,
      [&](Value panel) {
        Address weights =
            s.sharesWeights()
                ? advancePanels(k, {}, panel, s.tileVectors * s.weightsStride(),
                                s.panelStep(), s.panelStride())
                : k.advance({}, panel, panelSize);
        body(k.mul(panel, s.tileVectors), weights, s.tileVectors, false);
      },
      parallel);
  if (lastInFull)
    body(k.constant(regular * s.tileVectors),
         {Value(), s.weightsAt(regular * s.tileVectors)}, s.tileVectors, true);
  if (s.tailVectors())
    body(k.constant(full * s.tileVectors),
         {Value(), s.weightsAt(full * s.tileVectors)}, s.tailVectors(),
         partial);
}

Part GemmEmitter::partOf(Value slot) {
  bool rows = s.cutsRows();
  return k.partOf(slot, s.pixelParts(), rows ? s.g.outHeight : s.g.outWidth,
                  rows ? s.tileHeight : s.tileWidth);
}

/// All pixels, or those of `part` if it is not empty.
void GemmEmitter::emitPixels(Value n, const Part &part, Value vector,
                             Address weights, int64_t vectors, bool last) {
  int64_t h = s.g.outHeight, w = s.g.outWidth;
  int64_t th = s.tileHeight, tw = s.tileWidth;
  auto tile = [&](Value y, Value x, int64_t height, int64_t width) {
    auto at = [&](Value v, Address panel, int64_t count, bool isLast) {
      Position p{n,     y,      x,  v, startBlock(v), panel, height, width,
                 count, isLast, {}, {}};
      setNextPanel(p, llvm::divideCeil(w, tw));
      emitTile(p);
    };
    if (vector)
      at(vector, weights, vectors, last);
    else
      emitPanels(at, /*parallel=*/false);
  };
  auto row = [&](Value y, int64_t height) {
    Part columns = s.cutsRows() ? Part() : part;
    k.tiles(w, tw, columns,
            [&](Value x, int64_t width) { tile(y, x, height, width); });
    if (activatesRows())
      k.tiles(w, tw, columns, [&](Value x, int64_t width) {
        activateTile(
            {n, y, x, vector, {}, {}, height, width, vectors, last, {}, {}});
      });
  };
  if (!rows)
    return k.tiles(h, th, s.cutsRows() ? part : Part(), row);
  // Rows that make no tile are few: one at a time.
  Value rest = arith::RemUIOp::create(k.b, rows, k.constant(th));
  Value whole = arith::SubIOp::create(k.b, rows, rest);
  k.loop(k.constant(0), whole, th, [&](Value y) { row(y, th); });
  if (th > 1)
    k.loop(whole, rows, 1, [&](Value y) { row(y, 1); });
}

/// The pixels of a part, which is computed in `slot` where there are several;
/// those of all images where `n` is null.
void GemmEmitter::emitPart(Value n, const Part &part, Value slot,
                           bool parallelPanels) {
  if (s.order == LoopOrder::Rows)
    return emitPixels(n, part, {}, {}, 0, false);
  int64_t panelSize = s.steps() * s.tileVectors * s.weightsStride();
  emitPanels(
      [&](Value vector, Address at, int64_t vectors, bool last) {
        packed = at;
        if (s.widensWeights() && !s.isWide) {
          if (s.sharesImages() || slot)
            at = k.advance({}, slot ? slot : n, panelSize);
          else if (s.threads == 1)
            at = {};
          emitWidening(packed, at, vectors);
        }
        if (n)
          return emitPixels(n, part, vector, at, vectors, last);
        k.loop(0, s.g.batch, 1, [&](Value image) {
          emitPixels(image, part, vector, at, vectors, last);
        });
      },
      parallelPanels);
}

void GemmEmitter::emit() {
  llvm::SaveAndRestore marks(k.marksParallel, s.threads > 1);
  int64_t parts = s.pixelParts();
  bool images = s.sharesImages();
  if (s.widensInputs() && !s.isWide)
    emitInputWidening();
  if (s.widensWeights() && !s.isWide && s.order == LoopOrder::Rows)
    emitPanels([&](Value, Address panel, int64_t vectors,
                   bool) { emitWidening(panel, panel, vectors); },
               /*parallel=*/true);
  if (s.sharesPanels())
    return emitPart({}, {}, {}, /*parallelPanels=*/false);
  k.loop(
      0, s.g.batch, 1,
      [&](Value n) {
        if (parts == 1)
          return emitPart(n, {}, {}, /*parallelPanels=*/!images);
        k.share(parts,
                [&](Value slot) { emitPart(n, partOf(slot), slot, false); });
      },
      images);
}

/// The first input of the window of a tile's first pixel.
Address GemmEmitter::firstInput(const Position &p) {
  const ConvGeometry &g = s.g;
  Address a{Value(), s.in.origin() - g.padding[0] * s.in.rowStride() -
                         g.padding[2] * s.in.block};
  a = k.advance(a, p.n, s.in.imageStride());
  a = k.advance(a, p.startBlock, s.in.blockStride());
  a = k.advance(a, p.y, g.strides[0] * s.in.rowStride());
  return k.advance(a, p.x, g.strides[1] * s.in.block) +
         s.firstPixel * g.strides[1] / s.fold * s.in.block;
}

/// What the sums of a pixel begin with.
SmallVector<Value> GemmEmitter::biasOf(const Position &p) {
  SmallVector<Value> bias;
  for (int64_t j = 0; j < p.vectors; ++j)
    bias.push_back(
        s.hasBias ? k.load(buffers.bias,
                           k.advance({}, p.vector, s.vector) + j * s.vector,
                           lanesOf(p, j))
                  : k.splat(dot.accumulatorType().getElementType(),
                            lanesOf(p, j), 0));
  return bias;
}

void GemmEmitter::emitTile(const Position &p) {
  State state;
  state.weights = p.weights;
  SmallVector<Value> bias = biasOf(p);
  int64_t pixels = p.height * p.width;
  for (int64_t i = 0; i < s.computedPixels(pixels); ++i)
    llvm::append_range(state.accumulators, bias);
  Address a = firstInput(p);

  bool pairs = s.unit->pixels() == 2;
  if (pairs)
    exchangePairs(state, p.vectors);
  if (s.readsRanges())
    emitRanges(a, state, p);
  else
    emitSum(a, state, p);
  if (pairs)
    exchangePairs(state, p.vectors);
  state.accumulators.resize(pixels * p.vectors);
  if (!s.mixesZeros())
    return emitEpilogue(p, state);
  k.branch(
      isSpoilt(state, p), [&] { emitDirectTile(p); },
      [&] { emitEpilogue(p, state); });
}

Address GemmEmitter::outputAddress(const Layout &l, const Position &p,
                                   int64_t row, int64_t column,
                                   int64_t vector) {
  // Vectors of channels make a block, or are a part of a long one.
  int64_t perBlock = s.vectorsIn(l.type);
  bool blocked = l.block == perBlock * s.vector;
  int64_t blockStride = blocked ? l.blockStride() : perBlock * s.vector;
  int64_t pixel = s.firstPixel + column * s.fold;
  Address address{Value(), l.origin() + row * l.rowStride() + pixel * l.block +
                               vector / perBlock * blockStride +
                               vector % perBlock * s.vector};
  address = k.advance(address, p.n, l.imageStride());
  // A panel begins with a block.
  Value block = p.vector;
  if (block && perBlock > 1)
    block = arith::DivUIOp::create(k.b, block, k.constant(perBlock));
  address = k.advance(address, block, blockStride);
  address = k.advance(address, p.y, l.rowStride());
  return k.advance(address, p.x, s.fold * l.block);
}

void GemmEmitter::emitEpilogue(const Position &p, State &state) {
  if (s.out.type.isInteger(8))
    return emitBytes(p, state);
  if (buffers.multipliers)
    emitScaled(p, state);
  auto lanes = [&](const Layout &l, int64_t vector) {
    return storedLanes(p, l, vector);
  };
  ActivationAttr activation =
      activationBeforeStore(s.activation, buffers.output);
  for (int64_t i = 0; i < p.height * p.width; ++i)
    for (int64_t j = 0; j < p.vectors; ++j) {
      int64_t row = i / p.width, column = i % p.width;
      if (lanes(s.out, j) == 0)
        continue;
      Value v = state.accumulators[i * p.vectors + j];
      if (lanesOf(p, j) != s.vector)
        v = k.shuffle(v, k.splat(getElementTypeOrSelf(v), lanesOf(p, j), 0),
                      llvm::to_vector(llvm::seq<int64_t>(s.vector)));
      if (s.residual)
        v = arith::AddFOp::create(
            k.b, v,
            k.widenFloats(k.loadPart(
                buffers.residual, outputAddress(*s.residual, p, row, column, j),
                lanes(*s.residual, j))));
      k.storePart(k.roundFor(buffers.output, k.activate(activation, v)),
                  buffers.output, outputAddress(s.out, p, row, column, j),
                  lanes(s.out, j));
    }
  if (!activatesRows())
    activateTile(p);
}

/// Of the channels of the last panel, no more than there are.
int64_t GemmEmitter::storedLanes(const Position &p, const Layout &l,
                                 int64_t vector) const {
  int64_t first = (s.outVectors() - p.vectors + vector) * s.vector;
  bool blocked = l.block == s.vectorsIn(l.type) * s.vector;
  return p.lastVectorPartial && !blocked
             ? std::clamp<int64_t>(s.g.outChannels - first, 0, s.vector)
             : s.vector;
}

void GemmEmitter::activateTile(const Position &p) {
  auto lanes = [&](int64_t vector) { return storedLanes(p, s.out, vector); };
  StoredTile tile(outputAddress(s.out, p, 0, 0, 0), s.out, p.height, p.width,
                  lanes(0));
  tile.columnStride *= s.fold;
  for (int64_t j = 1; j < p.vectors && lanes(j) > 0; ++j) {
    Address vector = outputAddress(s.out, p, 0, 0, j);
    tile.vectors.push_back({vector.offset - tile.first.offset, lanes(j)});
  }
  activateStored(k, s.activation, buffers.output, tile);
}

void mlir::lw::emitGemm(KernelBuilder &k, const GemmSpec &spec,
                        const ConvBuffers &buffers, Value rows) {
  GemmEmitter(k, spec, buffers, rows).emit();
  if (spec.fold == 1 || spec.out.w % spec.fold == 0)
    return;
  // The last pixels of every row, in tiles of several rows.
  GemmSpec last = spec;
  last.firstPixel = spec.out.w - spec.fold;
  last.g.outWidth = last.tileWidth = 1;
  last.tileHeight =
      std::min(spec.tileHeight * spec.tileWidth, spec.g.outHeight);
  GemmEmitter(k, last, buffers, rows).emit();
}
