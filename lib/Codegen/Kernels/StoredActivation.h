//===- StoredActivation.h - Activations of a tile after it is stored
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_CODEGEN_KERNELS_STOREDACTIVATION_H
#define LW_LIB_CODEGEN_KERNELS_STOREDACTIVATION_H

#include "Builder/KernelBuilder.h"
#include "lw/Codegen/Layout.h"

namespace mlir::lw {

/// Outputs that a kernel has just stored: `rows` x `columns` pixels from
/// `first`, of each the vectors at `vectors`, which have so many lanes.
struct StoredTile {
  struct Vector {
    int64_t offset, lanes;
  };
  /// One vector of each pixel.
  StoredTile(Address first, const Layout &layout, int64_t rows, int64_t columns,
             int64_t lanes)
      : first(first), rows(rows), rowStride(layout.rowStride()),
        columns(columns), columnStride(layout.block), vectors({{0, lanes}}) {}

  Address first;
  int64_t rows, rowStride, columns, columnStride;
  SmallVector<Vector> vectors;
};

/// True for the activations that are computed over a stored tile, in a loop:
/// those with an exponential. Between accumulators, each would be there once
/// for every vector of a tile, which made up to half of a kernel's code, and
/// its constants would find no registers. bf16 outputs are rounded once, when
/// they are stored.
bool activatesStored(ActivationAttr activation, Value output);

/// True for those of these that have more instructions than a processor has in
/// flight, and more constants than there are registers: of several vectors at
/// once each constant is loaded once.
bool activatesTogether(ActivationAttr activation, Value output);

/// What remains of the activation of a vector before it is stored.
ActivationAttr activationBeforeStore(ActivationAttr activation, Value output);

/// Activates what a tile has stored, where that remains to be done.
void activateStored(KernelBuilder &k, ActivationAttr activation, Value output,
                    const StoredTile &tile);

} // namespace mlir::lw

#endif // LW_LIB_CODEGEN_KERNELS_STOREDACTIVATION_H
