//===- GemmGather.cpp - The pixels of strided layers, side by side
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Kernels/Gemm/GemmKernel.h"

using namespace mlir;
using namespace mlir::lw;

void GemmSpec::gatherPixels() {
  // Each panel reads the input: so few are as fast without a copy.
  constexpr int64_t kFewVectors = 8, kLineBytes = 64;
  bool skips = g.kernelHeight == 1 && g.kernelWidth == 1 && g.hasStride() &&
               !g.hasPadding() && g.groups == 1;
  if (!skips || !in.type.isF32() || in.block != vector ||
      in.block * in.elementBytes() >= kLineBytes || outVectors() < kFewVectors)
    return;
  source = {in, g.strides};
  in.h = g.inHeight = g.outHeight;
  in.w = g.inWidth = g.outWidth;
  in.halo = {0, 0, 0, 0};
  g.strides = {1, 1};
}

void mlir::lw::emitGather(KernelBuilder &k, const GemmSpec &spec, Value from,
                          Value to) {
  llvm::SaveAndRestore marks(k.marksParallel, spec.threads > 1);
  const auto &layout = spec.source->layout;
  const auto &strides = spec.source->strides;
  // As they lay before rows were joined.
  int64_t width = (layout.w - 1) / strides[1] + 1;
  int64_t height = (layout.h - 1) / strides[0] + 1;
  int64_t row = width * layout.block;
  k.loop(0, layout.n, 1, [&](Value n) {
    k.loop(
        0, height, 1,
        [&](Value y) {
          k.loop(0, layout.blocks(), 1, [&](Value block) {
            Address source{Value(), layout.origin()}, target;
            source = k.advance(source, n, layout.imageStride());
            source = k.advance(source, block, layout.blockStride());
            source = k.advance(source, y, strides[0] * layout.rowStride());
            target = k.advance(target, n, layout.blocks() * height * row);
            target = k.advance(target, block, height * row);
            target = k.advance(target, y, row);
            k.loop(0, width, 1, [&](Value x) {
              k.store(
                  k.load(from, k.advance(source, x, strides[1] * layout.block)),
                  to, k.advance(target, x, layout.block));
            });
          });
        },
        /*parallel=*/true);
  });
}
