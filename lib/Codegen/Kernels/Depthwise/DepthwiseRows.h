//===- DepthwiseRows.h - Rows of the window of a quantized depthwise kernel
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_CODEGEN_KERNELS_DEPTHWISE_DEPTHWISEROWS_H
#define LW_LIB_CODEGEN_KERNELS_DEPTHWISE_DEPTHWISEROWS_H

#include "Kernels/Depthwise/DepthwiseKernel.h"
#include <set>

namespace mlir::lw {

/// A block of bytes, and the channels of it that a step's accumulators of one
/// pixel belong to.
inline constexpr int64_t kBlock = TargetInfo::kByteBlock, kQuads = 4, kQuad = 4;

/// Input rows that a tile of `height` output rows reads.
SmallVector<int64_t> rowsOf(const ConvGeometry &g, int64_t height);

/// Rows are interleaved four at a time, or `together`.
int64_t groupsOf(ArrayRef<int64_t> rows, int64_t together = 4);

/// The taps of output row `oy` among the rows of a group; -1 where there is
/// none.
std::array<int64_t, 4> tapsOf(const ConvGeometry &g, ArrayRef<int64_t> rows,
                              int64_t group, int64_t oy, int64_t together = 4);
bool isEmpty(const std::array<int64_t, 4> &taps);

/// Bytes of the packed weights of a block, for tiles of one height and all.
int64_t weightBytes(const DepthwiseSpec &spec, int64_t height);
int64_t weightBytes(const DepthwiseSpec &spec);

/// Windows whose taps are loops.
bool hasLargeWindow(const ConvGeometry &g);

/// The columns that outputs side by side read.
std::set<int64_t> columnsOf(const ConvGeometry &g, int64_t width);

/// The channel of a block in a lane of one of the two vectors of accumulators
/// of a pixel whose rows are interleaved in pairs: unpacking takes the halves
/// of each 128 bits.
inline int64_t channelOfPair(int64_t half, int64_t lane) {
  return lane / kQuad * 2 * kQuad + half * kQuad + lane % kQuad;
}
/// Chooses the width of their tiles, and how many of its outputs are under way
/// at once.
void chooseDepthwisePairs(DepthwiseSpec &spec);
int64_t outputsUnderWay(const DepthwiseSpec &spec);

/// How outputs side by side share the columns of the input.
struct ColumnShape {
  /// Parts of a block's channels, one after the other: half of them take half
  /// of the registers.
  int64_t parts = 1;
  /// Whether all weights stay in registers and outputs are finished one by one;
  /// otherwise all outputs of a tile are under way and share what is loaded of
  /// weights.
  bool resident = false;
};

/// The first of these that the registers hold: whole blocks rather than halves,
/// weights in registers rather than not.
ColumnShape columnShape(const DepthwiseSpec &spec);

/// Chooses the tile of the fewest instructions.
void chooseDepthwiseColumns(DepthwiseSpec &spec);

} // namespace mlir::lw

#endif // LW_LIB_CODEGEN_KERNELS_DEPTHWISE_DEPTHWISEROWS_H
