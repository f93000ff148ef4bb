//===- LwToLinalg.h - Parts of the lowering to linalg -----------*- C++ -*-===//
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_CONVERSION_LWTOLINALG_LWTOLINALG_H
#define LW_LIB_CONVERSION_LWTOLINALG_LWTOLINALG_H

#include "mlir/Support/LLVM.h"

namespace mlir {
class Operation;
class RewritePatternSet;
class TypeConverter;
} // namespace mlir

namespace mlir::lw {

/// True for what lw's passes write in tosa beside their own operations:
/// arithmetic of floats, and what moves elements.
bool isWrittenByPasses(Operation *op);

/// Lowers such operations with upstream's patterns.
void populateTosaPatterns(TypeConverter &converter,
                          RewritePatternSet &patterns);

/// Makes `arith.constant` of the tosa constants that an operation below `root`
/// reads which is to be lowered, or is no tosa.
void materializeConstants(Operation *root);

/// Erases the tosa constants and shapes below `root` that nothing reads.
void eraseDeadConstants(Operation *root);

} // namespace mlir::lw

#endif // LW_LIB_CONVERSION_LWTOLINALG_LWTOLINALG_H
