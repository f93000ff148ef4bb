//===- MemoryPlan.h - Offsets of buffers in one arena -----------*- C++ -*-===//
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_SUPPORT_MEMORYPLAN_H
#define LW_SUPPORT_MEMORYPLAN_H

#include "llvm/ADT/ArrayRef.h"
#include <cstdint>

namespace mlir::lw {

/// A buffer that is in use from the time `first` to the time `last`, both
/// included, and its place once there is a plan.
struct PlannedBuffer {
  int64_t bytes = 0, first = 0, last = 0;
  int64_t offset = -1;

  bool livesWith(const PlannedBuffer &other) const {
    return first <= other.last && other.first <= last;
  }
};

/// Gives every buffer an offset such that no two that live at the same time
/// overlap, and returns the bytes of the arena. Buffers are placed one after
/// another, each at the lowest offset that is free; the best of a few orders
/// counts, the largest buffer first where they are equal.
int64_t planMemory(llvm::MutableArrayRef<PlannedBuffer *> buffers);

/// The largest sum of buffers that live at the same time, below which no arena
/// can be, and the time when they do.
struct MemoryPeak {
  int64_t bytes = 0, time = 0;
};
MemoryPeak findPeak(llvm::ArrayRef<PlannedBuffer *> buffers);

} // namespace mlir::lw

#endif // LW_SUPPORT_MEMORYPLAN_H
