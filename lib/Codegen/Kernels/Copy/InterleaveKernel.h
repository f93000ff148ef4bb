//===- InterleaveKernel.h - Channels become pixels
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_CODEGEN_KERNELS_COPY_INTERLEAVEKERNEL_H
#define LW_LIB_CODEGEN_KERNELS_COPY_INTERLEAVEKERNEL_H

#include "Kernels/KernelCalls.h"
#include "lw/Dialect/IR/LwImageOps.h"

namespace mlir::lw {

/// Emits the call that computes `op` a row of the result at a time; false where
/// its values do not lie in blocks of one vector, and boxes are copied.
bool callInterleave(KernelCalls &calls, InterleaveOp op);

} // namespace mlir::lw

#endif // LW_LIB_CODEGEN_KERNELS_COPY_INTERLEAVEKERNEL_H
