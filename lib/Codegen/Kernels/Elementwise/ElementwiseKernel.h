//===- ElementwiseKernel.h - Element-wise operations
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_CODEGEN_KERNELS_ELEMENTWISE_ELEMENTWISEKERNEL_H
#define LW_LIB_CODEGEN_KERNELS_ELEMENTWISE_ELEMENTWISEKERNEL_H

#include "Builder/KernelBuilder.h"
#include "Builder/KernelKey.h"
#include <optional>

namespace mlir::lw {

/// Where the elements of a result and its operands lie: an extent and a stride
/// for each dimension from outermost to innermost, strides of 0 where an
/// operand is repeated. The innermost stride of a result is 1, that of an
/// operand 0 or 1.
struct ElementwiseSpec {
  struct Side {
    int64_t origin = 0;
    SmallVector<int64_t> strides;
    std::optional<float> splat; // a constant in place of a buffer
  };
  SmallVector<int64_t> extents;
  Side out;
  SmallVector<Side> operands;

  /// Joins dimensions that follow each other in all arrays.
  void simplify();
};

/// Whether `op` makes bf16 of f32, or f32 of bf16.
bool isRounding(Operation *op);

/// Whether `op` adds, subtracts or multiplies integers of 32 bits, or makes f32
/// of them: what follows the accumulators of integer products.
bool isIntegerArithmetic(Operation *op);
/// The same applied to vectors.
Value applyIntegers(KernelBuilder &k, Operation *op, ValueRange operands);

/// Data operands of an element-wise operation that the kernel knows, empty for
/// any other. (tosa.mul also has a shift, tosa.negate zero points.)
SmallVector<Value> kernelOperands(Operation *op);

/// `op` applied to vectors.
Value applyElementwise(KernelBuilder &k, Operation *op, ValueRange operands);

/// Adds what `op` computes to a key.
void addOperation(KernelKey &key, Operation *op);

/// Emits `op`; `buffers` are null for splats.
void emitElementwise(KernelBuilder &k, const ElementwiseSpec &spec,
                     Operation *op, ArrayRef<Value> buffers, Value output);

} // namespace mlir::lw

#endif // LW_LIB_CODEGEN_KERNELS_ELEMENTWISE_ELEMENTWISEKERNEL_H
