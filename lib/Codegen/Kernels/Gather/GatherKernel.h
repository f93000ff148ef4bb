//===- GatherKernel.h - Rows of a table that indices choose
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_CODEGEN_KERNELS_GATHER_GATHERKERNEL_H
#define LW_LIB_CODEGEN_KERNELS_GATHER_GATHERKERNEL_H

#include "Builder/KernelBuilder.h"

namespace mlir::lw {

/// `tables` tables of `rows` rows of `width` elements, one after the other.
/// From each, `count` rows are copied.
struct GatherSpec {
  int64_t tables, rows, width, count;
  /// Each table has indices of its own.
  bool ownIndices;
  /// Negative indices count from the end.
  bool wraps;

  int64_t elements() const { return tables * count * width; }
};

/// Emits the copies. Whatever the indices are, it reads rows that exist.
void emitGather(KernelBuilder &k, const GatherSpec &spec, Value table,
                Value indices, Value output);

} // namespace mlir::lw

#endif // LW_LIB_CODEGEN_KERNELS_GATHER_GATHERKERNEL_H
