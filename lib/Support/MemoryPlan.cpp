//===- MemoryPlan.cpp - Offsets of buffers in one arena
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Support/MemoryPlan.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"
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
  using Buffer = const PlannedBuffer *;
  using Before = bool (*)(Buffer, Buffer);
  const Before orders[] = {
      [](Buffer a, Buffer b) {
        return std::tuple(-a->bytes, a->first) <
               std::tuple(-b->bytes, b->first);
      },
      [](Buffer a, Buffer b) {
        return std::tuple(a->first, -a->bytes) <
               std::tuple(b->first, -b->bytes);
      },
      [](Buffer a, Buffer b) {
        return std::tuple(a->first - a->last, -a->bytes, a->first) <
               std::tuple(b->first - b->last, -b->bytes, b->first);
      }};
  int64_t least = -1;
  llvm::SmallVector<int64_t> offsets(buffers.size());
  for (Before before : orders) {
    llvm::SmallVector<PlannedBuffer *> order(buffers.begin(), buffers.end());
    llvm::stable_sort(order, before);
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
