//===- PoolKernel.h - Pooling on blocked layouts
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_CODEGEN_KERNELS_POOL_POOLKERNEL_H
#define LW_LIB_CODEGEN_KERNELS_POOL_POOLKERNEL_H

#include "Builder/KernelBuilder.h"
#include "lw/Dialect/IR/ConvGeometry.h"

namespace mlir::lw {

/// Maximum or average over windows; padding takes no part (the average divides
/// by the number of elements inside the input, as TOSA defines it).
struct PoolSpec {
  ConvGeometry g; // groups and channels unused
  Layout in, out;
  bool average = false;
  /// Whether a maximum skips NaN; else a NaN in a window is its maximum.
  bool skipsNan = false;
  int64_t vector = 16;
  bool isUnsigned = false; // bytes are u8
};

void emitPool(KernelBuilder &k, const PoolSpec &spec, Value input,
              Value output);

} // namespace mlir::lw

#endif // LW_LIB_CODEGEN_KERNELS_POOL_POOLKERNEL_H
