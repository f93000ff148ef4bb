//===- DepthwiseKernel.h - Depthwise convolutions on blocked layouts
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_CODEGEN_KERNELS_DEPTHWISE_DEPTHWISEKERNEL_H
#define LW_LIB_CODEGEN_KERNELS_DEPTHWISE_DEPTHWISEKERNEL_H

#include "Kernels/ConvSpec.h"
#include "lw/Target/TargetInfo.h"
#include <vector>

namespace mlir::lw {

/// A depthwise convolution between layouts whose block is one vector. With a
/// multiplier M, output block b reads input block b / M, its lanes spread by a
/// permutation.
struct DepthwiseSpec : ConvSpec {
  int64_t tileHeight = 1, tileWidth = 1;

  /// Pixels of a vector of a kernel of bytes, four channels of each.
  int64_t vectorPixels() const { return std::max<int64_t>(1, unit->lanes / 4); }
  /// Vectors of accumulators of a tile that live at the same time.
  int64_t accumulators() const;
  int64_t floatAccumulators() const;
  /// Whether the taps are loops.
  bool isLarge() const;
  /// Whether registers hold the weights of all taps.
  bool holdsWeights() const;
  /// Whether tiles are parts of a row, which load the weights of a row of the
  /// window once for all outputs: few registers hold no others, and a
  /// multiply-add that takes its weight from memory takes the place of a load.
  bool holdsRow() const;
  /// Whether outputs side by side share the columns of bytes that they read: a
  /// vector is one of them, and there are registers for all that read a column.
  bool sharesColumns() const;
  /// Whether these add products tap by tap rather than rows by steps of the
  /// unit.
  bool addsTaps() const;
  /// Whether rows are widened to 16 bits and interleaved in pairs: where the
  /// unit multiplies those, and a vector of them is the channels of a pixel.
  bool pairsRows() const;
  /// Rows of the window that are interleaved.
  int64_t rowsTogether() const { return pairsRows() ? 2 : 4; }

  /// Whether weights lie in panels of as many channels as kernels for other
  /// processors have.
  bool sharesWeights() const { return panel && !quantized; }
  /// Channels of a row of packed weights.
  int64_t weightLanes() const { return sharesWeights() ? panel : vector; }
  /// Parts into which rows are cut; with 1 for several threads, they share the
  /// blocks of channels. What one thread computes is then near for it in the
  /// next layer.
  int64_t rowParts() const {
    if (sharesImages())
      return 1;
    int64_t tiles = g.outHeight / tileHeight;
    return tiles >= 4 * threads || tiles % threads == 0
               ? std::min(threads, std::max<int64_t>(1, tiles))
               : 1;
  }
};

/// Chooses the output tile: every input of the tile's window is loaded once.
void chooseDepthwiseTile(DepthwiseSpec &spec, const TargetInfo &target);

/// Weights `[KH, KW, C, M]` as `[block of C*M][tap][lane]`, zero-filled; panels
/// in place of blocks where they are shared.
std::vector<float> packDepthwiseWeights(const DepthwiseSpec &spec,
                                        ArrayRef<float> filter);

/// `address`, as LLVM cannot see: it takes the offset of every access from the
/// address of a whole tile, however far. With `everyTime` the rest alone is
/// hidden, and found again in each iteration: LLVM moves loads of what is the
/// same in every one out of loops, also where no registers are left for them.
Address hidden(KernelBuilder &k, Address address, bool everyTime);

/// What is computed of one block of the output's channels.
struct DepthwiseBlock {
  Value image, in, out; // the image, the input's and the output's block
  int64_t term;         // which of the output blocks of the input's block
  Value slot;           // whose rows are computed; null for all
};

/// body(block) for all blocks of all images, shared by threads.
void forDepthwiseBlocks(KernelBuilder &k, const DepthwiseSpec &spec,
                        llvm::function_ref<void(const DepthwiseBlock &)> body);

void emitDepthwise(KernelBuilder &k, const DepthwiseSpec &spec,
                   const ConvBuffers &buffers);

} // namespace mlir::lw

#endif // LW_LIB_CODEGEN_KERNELS_DEPTHWISE_DEPTHWISEKERNEL_H
