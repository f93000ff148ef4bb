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
  return llvm::is_contained({ActivationKind::Sigmoid, ActivationKind::Silu,
                             ActivationKind::Tanh, ActivationKind::Gelu,
                             ActivationKind::GeluTanh},
                            activation.getKind());
}

ActivationAttr mlir::lw::activationBeforeStore(ActivationAttr activation,
                                               Value output) {
  return activatesStored(activation, output) ? ActivationAttr() : activation;
}

bool mlir::lw::activatesTogether(ActivationAttr activation, Value output) {
  return activatesStored(activation, output) &&
         (activation.getKind() == ActivationKind::Gelu ||
          activation.getKind() == ActivationKind::GeluTanh);
}

/// The activation of vectors whose number is a power of two, as one long vector
/// that LLVM cuts again.
static SmallVector<Value> activateTogether(KernelBuilder &k,
                                           ActivationAttr activation,
                                           ArrayRef<Value> vectors) {
  if (vectors.size() == 1)
    return {k.activate(activation, vectors.front())};
  SmallVector<Value> joined(vectors);
  int64_t lanes = cast<VectorType>(vectors.front().getType()).getNumElements();
  for (int64_t length = lanes; joined.size() > 1; length *= 2) {
    auto both = llvm::to_vector(llvm::seq<int64_t>(2 * length));
    for (size_t i = 0; i < joined.size() / 2; ++i)
      joined[i] = k.shuffle(joined[2 * i], joined[2 * i + 1], both);
    joined.truncate(joined.size() / 2);
  }
  Value all = k.activate(activation, joined.front());
  SmallVector<Value> results;
  for (int64_t i = 0; i < static_cast<int64_t>(vectors.size()); ++i)
    results.push_back(k.shuffle(
        all, all, llvm::to_vector(llvm::seq(i * lanes, (i + 1) * lanes))));
  return results;
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
      SmallVector<std::pair<Address, int64_t>> places;
      for (int64_t pixel = 0; pixel < pixels; ++pixel)
        for (auto [offset, lanes] : tile.vectors)
          places.push_back({at + (pixel * tile.columnStride + offset), lanes});
      size_t together =
          activation.getKind() == ActivationKind::Gelu ? kVectors : 1;
      for (ArrayRef rest(places); !rest.empty();) {
        size_t count = std::min(together, llvm::bit_floor(rest.size()));
        SmallVector<Value> vectors;
        for (auto [address, lanes] : rest.take_front(count))
          vectors.push_back(k.loadPart(output, address, lanes));
        vectors = activateTogether(k, activation, vectors);
        for (auto [place, vector] : llvm::zip(rest, vectors))
          k.storePart(vector, output, place.first, place.second);
        rest = rest.drop_front(count);
      }
    });
  });
}
