//===- Layout.h - How a value lies in memory
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_CODEGEN_LAYOUT_H
#define LW_CODEGEN_LAYOUT_H

#include "lw/Dialect/IR/LwAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include <array>
#include <cmath>

namespace mlir {
class Value;
class Operation;
} // namespace mlir

namespace mlir::lw {

/// Discardable attributes in which the strategy is written down.
inline constexpr llvm::StringLiteral kKernelAttrName = "lw.kernel";
inline constexpr llvm::StringLiteral kLayoutAttrName = "lw.layout";
inline constexpr llvm::StringLiteral kBufferAttrName = "lw.buffer";

/// On a maximum of bytes: they are u8. Written by --lw-prepare-integers.
inline constexpr llvm::StringLiteral kUnsignedAttrName = "lw.unsigned";

/// The place of what a kernel writes and reads again, also a #lw.buffer.
inline constexpr llvm::StringLiteral kScratchAttrName = "lw.scratch";

/// Rows of a value that is computed strip by strip inside its consumer's
/// kernel.
inline constexpr llvm::StringLiteral kStripAttrName = "lw.strip";
/// On `@main`: how many threads share its layers, and from which work of a
/// layer on; absent for one thread.
inline constexpr llvm::StringLiteral kThreadsAttrName = "lw.threads";

/// Memory layout of an N x H x W x C value (see #lw.layout), in elements of its
/// type. Values of other ranks are plain row-major arrays, described as one
/// row: N = H = W = 1, C = block = number of elements.
struct Layout {
  int64_t n = 1, h = 1, w = 1, c = 1;
  int64_t block = 1;
  std::array<int64_t, 4> halo = {0, 0, 0, 0}; // top, bottom, left, right
  Type type;                                  // of an element

  static Layout get(RankedTensorType type, int64_t block,
                    ArrayRef<int64_t> halo = {});
  /// Row-major (NHWC for rank 4).
  static Layout dense(RankedTensorType type);

  bool isDense() const { return block == c && !hasHalo(); }
  bool hasHalo() const { return halo[0] || halo[1] || halo[2] || halo[3]; }
  int64_t blocks() const { return (c + block - 1) / block; }
  int64_t rowStride() const { return (w + halo[2] + halo[3]) * block; }
  int64_t blockStride() const { return (h + halo[0] + halo[1]) * rowStride(); }
  int64_t imageStride() const { return blocks() * blockStride(); }
  int64_t elements() const { return n * imageStride(); }
  /// Offset of pixel (0, 0) of a block plane.
  int64_t origin() const { return halo[0] * rowStride() + halo[2] * block; }
  /// Bytes of a buffer that holds the value. Rounded up to a cache line, so
  /// that the last vector may be processed whole.
  int64_t bytes() const { return (elements() * elementBytes() + 63) / 64 * 64; }
  int64_t elementBytes() const { return bytesOf(type); }
  /// Bytes of an element in memory.
  static int64_t bytesOf(Type type) {
    return (type.getIntOrFloatBitWidth() + 7) / 8;
  }

  /// True when the bytes of both are the same array.
  bool samePlacement(const Layout &other) const;

  LayoutAttr toAttr(MLIRContext *context) const;
};

/// True when the value exists only as a strip.
bool isStrip(Operation *op);

/// The memory of an operation's result: its layout, or that of its strips, one
/// a thread like the images of a batch.
Layout getStorage(Operation *op);

/// Threads that share a layer of so much work, in multiply-adds or four times
/// the bytes that it moves, in the function that `op` is in.
int64_t getThreads(Operation *op, double work = INFINITY);

/// The layout of a tensor value: the `lw.layout` of its producer, dense
/// without.
Layout getLayout(Value value);

} // namespace mlir::lw

#endif // LW_CODEGEN_LAYOUT_H
