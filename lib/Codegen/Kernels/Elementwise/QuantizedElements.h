//===- QuantizedElements.h - Element-wise operations on bytes
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_CODEGEN_KERNELS_ELEMENTWISE_QUANTIZEDELEMENTS_H
#define LW_LIB_CODEGEN_KERNELS_ELEMENTWISE_QUANTIZEDELEMENTS_H

#include "Builder/KernelBuilder.h"
#include "lw/Dialect/IR/LwOps.h"

namespace mlir::lw {

/// Operations between real numbers and bytes, or on bytes, of vectors.
bool isQuantizedElementwise(Operation *op);

/// The operation on vectors of its operands' elements.
Value applyQuantized(KernelBuilder &k, Operation *op, ValueRange operands);

/// saturate(rint(x / scale) + zero point).
Value quantizeVector(KernelBuilder &k, Value x, QuantAttr quant);

/// Quantizes an image of at most four planes to pixels of four bytes.
void emitQuantizedImage(KernelBuilder &k, const Layout &in, const Layout &out,
                        QuantAttr quant, Value input, Value output);

} // namespace mlir::lw

#endif // LW_LIB_CODEGEN_KERNELS_ELEMENTWISE_QUANTIZEDELEMENTS_H
