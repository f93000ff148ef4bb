//===- MemoryPlan.cpp - Offsets of buffers in one arena
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Support/MemoryPlan.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/SmallVectorExtras.h"
#include <algorithm>
#include <tuple>

using namespace mlir::lw;

/// Places the buffers in the order given; returns the bytes that they take.
static int64_t placeInOrder(llvm::ArrayRef<PlannedBuffer *> order) {
  int64_t arenaBytes = 0;
  llvm::SmallVector<PlannedBuffer *> placed; // by offset
  for (PlannedBuffer *buffer : order) {
    int64_t offset = 0;
    for (PlannedBuffer *other : placed) {
      if (!buffer->livesWith(*other))
        continue;
      if (offset + buffer->bytes <= other->offset)
        break;
      offset = std::max(offset, other->offset + other->bytes);
    }
    buffer->offset = offset;
    auto above = [](const PlannedBuffer *x, const PlannedBuffer *y) {
      return x->offset < y->offset;
    };
    placed.insert(llvm::upper_bound(placed, buffer, above), buffer);
    arenaBytes = std::max(arenaBytes, offset + buffer->bytes);
  }
  return arenaBytes;
}

int64_t mlir::lw::planMemory(llvm::MutableArrayRef<PlannedBuffer *> buffers) {
  using Key = std::tuple<int64_t, int64_t, int64_t>;
  using KeyOf = Key (*)(const PlannedBuffer &);
  const KeyOf orders[] = {
      [](const PlannedBuffer &a) { return Key(-a.bytes, a.first, 0); },
      [](const PlannedBuffer &a) { return Key(a.first, -a.bytes, 0); },
      [](const PlannedBuffer &a) {
        return Key(a.first - a.last, -a.bytes, a.first);
      }};
  int64_t least = -1;
  llvm::SmallVector<int64_t> offsets(buffers.size());
  for (KeyOf keyOf : orders) {
    llvm::SmallVector<std::pair<Key, size_t>> sorted;
    for (auto [i, buffer] : llvm::enumerate(buffers))
      sorted.emplace_back(keyOf(*buffer), i);
    llvm::sort(sorted);
    auto order = llvm::map_to_vector(
        sorted, [&](const auto &entry) { return buffers[entry.second]; });
    int64_t bytes = placeInOrder(order);
    if (least >= 0 && bytes >= least)
      continue;
    least = bytes;
    for (auto [buffer, offset] : llvm::zip(buffers, offsets))
      offset = buffer->offset;
  }
  for (auto [buffer, offset] : llvm::zip(buffers, offsets))
    buffer->offset = offset;
  return least;
}

MemoryPeak mlir::lw::findPeak(llvm::ArrayRef<PlannedBuffer *> buffers) {
  MemoryPeak peak;
  // Sums only grow where a buffer comes into use.
  for (const PlannedBuffer *start : buffers) {
    int64_t bytes = 0;
    for (const PlannedBuffer *other : buffers)
      if (other->first <= start->first && start->first <= other->last)
        bytes += other->bytes;
    if (bytes > peak.bytes)
      peak = {bytes, start->first};
  }
  return peak;
}
