//===- RowKernel.h - Reductions, softmax and normalizations
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_CODEGEN_KERNELS_ROWS_ROWKERNEL_H
#define LW_LIB_CODEGEN_KERNELS_ROWS_ROWKERNEL_H

#include "Builder/KernelBuilder.h"
#include "Kernels/Rows/RowSpec.h"

namespace mlir::lw {

/// `buffers` are null where the operation has no such operand.
void emitRows(KernelBuilder &k, const RowSpec &spec,
              const std::array<Value, kRowBuffers> &buffers);

} // namespace mlir::lw

#endif // LW_LIB_CODEGEN_KERNELS_ROWS_ROWKERNEL_H
