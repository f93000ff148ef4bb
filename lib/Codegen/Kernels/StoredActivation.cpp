//===- StoredActivation.cpp - Activations of a tile after it is stored
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Kernels/StoredActivation.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace mlir::lw;

bool mlir::lw::activatesStored(ActivationAttr activation, Value output) {
  if (!activation || !getElementTypeOrSelf(output).isF32())
    return false;
  return llvm::is_contained(
      {ActivationKind::Sigmoid, ActivationKind::Silu, ActivationKind::Tanh},
      activation.getKind());
}

ActivationAttr mlir::lw::activationBeforeStore(ActivationAttr activation,
                                               Value output) {
  return activatesStored(activation, output) ? ActivationAttr() : activation;
}

void mlir::lw::activateStored(KernelBuilder &k, ActivationAttr activation,
                              Value output, const StoredTile &tile) {
  if (!activatesStored(activation, output))
    return;
  // A processor without many instructions in flight needs several vectors at
  // once.
  constexpr int64_t kVectors = 4;
  int64_t pixels = 1;
  for (int64_t n = 1; n <= tile.columns; ++n)
    if (tile.columns % n == 0 &&
        n * static_cast<int64_t>(tile.vectors.size()) <= kVectors)
      pixels = n;
  k.loop(0, tile.rows, 1, [&](Value row) {
    Address rowAt = k.advance(tile.first, row, tile.rowStride);
    k.loop(0, tile.columns, pixels, [&](Value column) {
      Address at = k.advance(rowAt, column, tile.columnStride);
      for (int64_t pixel = 0; pixel < pixels; ++pixel)
        for (auto [offset, lanes] : tile.vectors) {
          Address address = at + (pixel * tile.columnStride + offset);
          Value v = k.loadPart(output, address, lanes);
          k.storePart(k.activate(activation, v), output, address, lanes);
        }
    });
  });
}
