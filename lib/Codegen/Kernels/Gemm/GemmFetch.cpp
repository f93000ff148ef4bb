//===- GemmFetch.cpp - Weights of a layer behind, fetched meanwhile
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Kernels/Gemm/GemmFetch.h"
#include "Kernels/Gemm/GemmEmitter.h"
#include "Kernels/Gemm/GemmKind.h"
#include "Kernels/Stage/StageOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace mlir::lw;

static constexpr int64_t kLine = 64;

/// The layer as a matrix product on floats of its own; std::nullopt for others.
static std::optional<GemmSpec> floatProduct(Operation *op,
                                            const TargetInfo &target) {
  if (!planOf<GemmAttr>(op) || isStrip(op) || endsMarkedStage(op))
    return std::nullopt;
  GemmSpec spec = gemmSpec(cast<ConvolutionOpInterface>(op), target);
  if (spec.quantized || spec.inputs() != 1 || spec.g.groups != 1 ||
      spec.g.batch != 1 || spec.sharesWeights())
    return std::nullopt;
  return spec;
}

int64_t mlir::lw::bytesWaitedFor(Operation *op, const TargetInfo &target) {
  // Fewer are a small part of networks of today; more leave the caches again.
  constexpr int64_t kLeast = 3 << 20, kMost = 12 << 20;
  std::optional<GemmSpec> spec = floatProduct(op, target);
  if (!spec || spec->g.outPixels() != 1)
    return 0;
  int64_t bytes = spec->packedBytes(spec->outVectors());
  return kLeast <= bytes && bytes <= kMost ? bytes : 0;
}

bool mlir::lw::canFetch(Operation *op, const TargetInfo &target) {
  std::optional<GemmSpec> spec = floatProduct(op, target);
  return spec && spec->g.outPixels() != 1;
}

Operation *mlir::lw::fetchedFor(Operation *op, const TargetInfo &target) {
  if (!op->hasAttr(kFetchAttrName))
    return nullptr;
  while ((op = op->getNextNode()))
    if (bytesWaitedFor(op, target))
      return op;
  return nullptr;
}

/// Every tile of a whole panel fetches a share, a line or so beside each chunk
/// of unrolled steps, at a distance that grows with the weights it has read.
void GemmEmitter::setFetch(const Position &p, int64_t unrolled) {
  fetch = {};
  if (!s.fetch || p.vectors != s.tileVectors || rows)
    return;
  auto divide = [&](Value a, int64_t c) -> Value {
    return arith::DivUIOp::create(k.b, a, k.constant(c));
  };
  auto remainder = [&](Value a, int64_t c) -> Value {
    return arith::RemUIOp::create(k.b, a, k.constant(c));
  };
  int64_t columns = llvm::divideCeilSigned(s.g.outWidth, s.tileWidth);
  Value tile = k.add(k.mul(divide(p.y, s.tileHeight), columns),
                     divide(p.x, s.tileWidth));
  Value panel = divide(p.vector, s.tileVectors);
  // Threads fetch what they will read: panels of the other layer in order.
  int64_t parts = s.pixelParts(), tiles = s.tiles(), panels = s.fullPanels();
  Value thread;
  if (parts > 1) {
    thread =
        arith::MinUIOp::create(k.b, divide(tile, tiles), k.constant(parts - 1));
    tile = remainder(tile, tiles);
  } else if (s.threads > 1) {
    panels = llvm::divideCeilSigned(panels, s.threads);
    thread = divide(panel, panels);
    panel = remainder(panel, panels);
  }

  int64_t element = Layout::bytesOf(
      cast<MemRefType>(buffers.fetched.getType()).getElementType());
  int64_t share =
      llvm::divideCeilSigned(s.fetch->bytes / s.threads, panels * tiles);
  share = llvm::alignTo(std::max<int64_t>(1, share), kLine);
  // Bytes of the tile's own weights beside which one is fetched.
  int64_t own = s.packedBytes(s.tileVectors), ratio = 1;
  while (own / (2 * ratio) >= share)
    ratio *= 2;
  Value from = k.add(k.mul(k.add(k.mul(panel, tiles), tile), share / element),
                     s.fetch->first / s.threads / element);
  if (thread)
    from = k.add(from, k.mul(thread, s.fetch->total / s.threads / kLine *
                                         kLine / element));
  int64_t last = std::max<int64_t>(0, s.fetch->total - own / ratio);
  fetch.from = arith::MinUIOp::create(k.b, from, k.constant(last / element));
  fetch.ratio = ratio * element / s.weightBytes();
  int64_t chunk = unrolled * s.taps * s.tileVectors * s.weightsStride() *
                  s.weightBytes() / ratio;
  fetch.lines = llvm::divideCeilSigned(chunk, kLine);
}

void GemmEmitter::emitFetch(const Position &p, const State &state) {
  if (!fetch.from)
    return;
  Value read = arith::SubIOp::create(k.b, k.toIndex(state.weights),
                                     k.toIndex(p.weights));
  if (fetch.ratio > 1)
    read = arith::DivUIOp::create(k.b, read, k.constant(fetch.ratio));
  int64_t element = Layout::bytesOf(
      cast<MemRefType>(buffers.fetched.getType()).getElementType());
  for (int64_t line = 0; line < fetch.lines; ++line)
    k.prefetch(buffers.fetched,
               Address{k.add(fetch.from, read), line * kLine / element});
}
