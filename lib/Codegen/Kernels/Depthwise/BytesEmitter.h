//===- BytesEmitter.h - Emission of quantized depthwise convolutions
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_CODEGEN_KERNELS_DEPTHWISE_BYTESEMITTER_H
#define LW_LIB_CODEGEN_KERNELS_DEPTHWISE_BYTESEMITTER_H

#include "Builder/DotBuilder.h"
#include "Kernels/Depthwise/DepthwiseRows.h"

namespace mlir::lw {

/// Emits a quantized depthwise convolution: tiles of several rows of vectors of
/// several pixels, or vectors of one pixel that share columns.
class BytesEmitter {
public:
  BytesEmitter(KernelBuilder &k, const DepthwiseSpec &spec,
               const ConvBuffers &buffers)
      : k(k), s(spec), buffers(buffers), dot(k, *spec.unit, spec.leastWeight),
        shape(columnShape(spec)), quads(kQuads / shape.parts),
        channels(kBlock / shape.parts) {}

  void emit() {
    forDepthwiseBlocks(k, s, [&](const DepthwiseBlock &at) { emitBlock(at); });
  }

private:
  using Operands = SmallVector<DotBuilder::Operand, 4>;

  void emitBlock(const DepthwiseBlock &current);
  void emitTile(Value n, Value y, Value x, int64_t height, int64_t pixels);
  void emitColumns(Value n, Value y, Value x, int64_t height, int64_t width);
  void emitPairs(Value n, Value y, Value x, int64_t width);
  void emitPairEnd(Address to, Address residual, ArrayRef<Value> multipliers,
                   ArrayRef<Value> sums);
  SmallVector<Value, 2> parametersOfPairs(Value buffer);
  SmallVector<Value> emitLoops(Address in, int64_t pixels,
                               SmallVector<Value> sums);
  SmallVector<Operands> loadWindow(Address in, ArrayRef<int64_t> rows,
                                   int64_t pixels, int64_t group);
  void addWindow(ArrayRef<Operands> quads, Address weights, int64_t height,
                 ArrayRef<int64_t> rows, int64_t pixels, int64_t group,
                 SmallVectorImpl<Value> &sums);
  SmallVector<Value> parameters(Value buffer, int64_t pixels);
  Address firstInput(Value n, Value y, Value x);
  /// Of `pixels` of a tile: those of a vector, and how many of these there are.
  int64_t perVector(int64_t pixels) const {
    return std::min(pixels, s.vectorPixels());
  }
  int64_t vectorsOf(int64_t pixels) const { return pixels / perVector(pixels); }
  Value loadPixels(Address a, int64_t pixels);
  Operands interleave(ArrayRef<Value> rows);
  Value replicate(Value vector, int64_t count);
  DotBuilder::Operand weightsAt(Address a, int64_t pixels);
  void emitSums(Address to, int64_t pixels, ArrayRef<Value> sums);
  void emitEnd(Address to, Address residual, int64_t pixels,
               ArrayRef<Value> multipliers, ArrayRef<Value> sums);
  Address at(const Layout &l, Value n, Value block, Value y, Value x,
             int64_t strideY, int64_t strideX);
  Address firstWeight(int64_t height);

  KernelBuilder &k;
  const DepthwiseSpec &s;
  const ConvBuffers &buffers;
  DotBuilder dot;
  /// How columns are shared; of other kernels one part.
  const ColumnShape shape;
  /// Accumulators of a pixel, and its channels: of a block or a part of one.
  const int64_t quads, channels;
  // Of the block at hand.
  Value inBlock, outBlock, part;
  int64_t term = 0;
};

} // namespace mlir::lw

#endif // LW_LIB_CODEGEN_KERNELS_DEPTHWISE_BYTESEMITTER_H
