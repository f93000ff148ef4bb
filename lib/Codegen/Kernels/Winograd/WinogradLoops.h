//===- WinogradLoops.h - The loops of Winograd kernels
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_CODEGEN_KERNELS_WINOGRAD_WINOGRADLOOPS_H
#define LW_LIB_CODEGEN_KERNELS_WINOGRAD_WINOGRADLOOPS_H

#include "Kernels/Winograd/WinogradKernel.h"

namespace mlir::lw {

/// The loops over images, chunks, panels and tiles; what a tile and a filter
/// are computed with is said by those who know the type of elements.
class WinogradLoops {
public:
  WinogradLoops(KernelBuilder &k, const WinogradSpec &spec,
                const WinogradBuffers &buffers)
      : k(k), s(spec), buffers(buffers), w(spec.window()), m(spec.outputs) {}
  virtual ~WinogradLoops() = default;
  void emit();

protected:
  /// A matrix of vectors, row-major.
  using Matrix = SmallVector<Value>;
  /// Where a tile of outputs stands: image, tile row and column, vector of
  /// output channels, panel and vector in it.
  struct TilePosition {
    Value n, y, x, vector, panel, inPanel;
  };

  /// T X T' for a square matrix X of `extent` rows, where `row` is T x.
  static Matrix transform(const Matrix &x, int64_t extent,
                          llvm::function_ref<Matrix(ArrayRef<Value>)> row);
  /// The first pixel of a tile.
  Address pixelOf(const Layout &l, const TilePosition &p);

  /// The filters of a panel.
  virtual void emitFilters(Value panel, Value target) = 0;
  /// The inputs of a tile.
  virtual void emitInputTile(Address from, Address to) = 0;
  /// Tiles of the block of output channels that begins with `vector` follow.
  virtual void beginBlock(Value vector) = 0;
  virtual void emitOutputTile(const Address &product, const TilePosition &p,
                              int64_t height, int64_t width) = 0;

  KernelBuilder &k;
  const WinogradSpec &s;
  const WinogradBuffers &buffers;
  const int64_t w, m;

private:
  void emitInputs(Value n, Value chunk);
  void emitProducts(Value filters);
  void emitOutputs(Value n, Value chunk, Value panel, bool last);
  void useSlot(Value slot);
  Value filtersOf(Value panel);
  void emitAllFilters();
  void emitPanel(Value n, Value chunk, Value panel, bool last);
  void emitChunk(Value n, Value chunk, bool last);
  void emitImage(Value n);

  // Where the transforms of the slot at hand lie; null for the first.
  Value filterBase, inputBase, productBase;
};

} // namespace mlir::lw

#endif // LW_LIB_CODEGEN_KERNELS_WINOGRAD_WINOGRADLOOPS_H
