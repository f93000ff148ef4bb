//===- ElementwiseKernel.h - Element-wise operations
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_CODEGEN_KERNELS_ELEMENTWISE_ELEMENTWISEKERNEL_H
#define LW_LIB_CODEGEN_KERNELS_ELEMENTWISE_ELEMENTWISEKERNEL_H

#include "Builder/KernelBuilder.h"

namespace mlir::lw {

/// How an operand meets the elements of the result.
struct ElementwiseOperand {
  enum Kind {
    Full,    // the result's shape
    Splat,   // one constant
    Channel, // one value a channel: a buffer of at least `c` elements
  } kind = Full;
  Layout layout; // Full
  float splat = 0;
};

struct ElementwiseSpec {
  Layout out;
  SmallVector<ElementwiseOperand> operands;
};

/// Data operands of an element-wise operation that the kernel knows, empty for
/// any other. (tosa.mul also has a shift, tosa.negate zero points.)
SmallVector<Value> kernelOperands(Operation *op);

/// `op` applied to vectors.
Value applyElementwise(KernelBuilder &k, Operation *op, ValueRange operands);

/// Emits `op`; `buffers` are null for splats.
void emitElementwise(KernelBuilder &k, const ElementwiseSpec &spec,
                     Operation *op, ArrayRef<Value> buffers, Value output);

} // namespace mlir::lw

#endif // LW_LIB_CODEGEN_KERNELS_ELEMENTWISE_ELEMENTWISEKERNEL_H
