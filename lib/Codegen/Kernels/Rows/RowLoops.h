//===- RowLoops.h - Loops over rows and their elements
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_CODEGEN_KERNELS_ROWS_ROWLOOPS_H
#define LW_LIB_CODEGEN_KERNELS_ROWS_ROWLOOPS_H

#include "Builder/KernelBuilder.h"
#include "Kernels/Rows/RowSpec.h"

namespace mlir::lw {

using RowAddresses = std::array<Address, kRowBuffers>;

/// A few rows, or a few vectors of rows, that are computed together. Each of
/// the `columns` is a vector of accumulators.
struct RowTile {
  RowAddresses at;
  int64_t columns;
  int64_t lanes; // rows of a vector that exist
};

/// The vector of the elements at hand.
struct RowElements {
  RowAddresses at;
  int64_t column;
  int64_t lanes; // that exist
};

/// The loops of one kernel.
class RowLoops {
public:
  RowLoops(KernelBuilder &k, const RowSpec &spec) : k(k), s(spec) {}

  /// body(tile) for all rows.
  void forTiles(llvm::function_ref<void(const RowTile &)> body);

  /// The results of next = step(elements, accumulator), from `identity` on, for
  /// all elements of a tile's rows: a vector a column. Several accumulators of
  /// a column are put together by `combine`.
  using Step = llvm::function_ref<Value(const RowElements &, Value)>;
  SmallVector<Value> fold(const RowTile &tile, Value identity,
                          KernelBuilder::Combine combine, Step step);

  /// body(elements) for all elements of a tile's rows.
  void forElements(const RowTile &tile,
                   llvm::function_ref<void(const RowElements &)> body);

private:
  /// The innermost loop over the elements of a row.
  struct Run {
    int64_t count;      // whole vectors
    RowStrides strides; // between two
    int64_t rest = 0;   // elements of the last one, which is not whole
  };
  Run run() const;
  ArrayRef<RowLoop> loopsAroundRun() const {
    ArrayRef<RowLoop> loops = s.reduced;
    return s.vector.reduced || loops.empty() ? loops : loops.drop_back();
  }
  RowAddresses advance(RowAddresses at, Value index, const RowStrides &strides);
  RowAddresses offset(RowAddresses at, int64_t count,
                      const RowStrides &strides) {
    for (auto [address, stride] : llvm::zip(at, strides))
      address = address + count * stride;
    return at;
  }
  /// From one column of a tile to the next.
  RowStrides columnStrides() const {
    if (!s.vector.reduced)
      return s.vector.strides;
    return s.kept.empty() ? RowStrides() : s.kept.back().strides;
  }
  int64_t columns() const;

  void forKept(ArrayRef<RowLoop> loops, RowAddresses at,
               llvm::function_ref<void(const RowTile &)> body);
  void forVectors(RowAddresses at,
                  llvm::function_ref<void(const RowTile &)> body);
  SmallVector<Value> foldLoops(const RowTile &tile, ArrayRef<RowLoop> loops,
                               RowAddresses at, SmallVector<Value> init,
                               Value identity, KernelBuilder::Combine combine,
                               Step step);
  SmallVector<Value> foldRun(const RowTile &tile, RowAddresses at,
                             SmallVector<Value> init, Value identity,
                             KernelBuilder::Combine combine, Step step);

  KernelBuilder &k;
  const RowSpec &s;
};

} // namespace mlir::lw

#endif // LW_LIB_CODEGEN_KERNELS_ROWS_ROWLOOPS_H
