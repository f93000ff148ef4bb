//===- Reads.h - What an operation of a network reads -----------*- C++ -*-===//
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_DIALECT_IR_READS_H
#define LW_DIALECT_IR_READS_H

#include "mlir/IR/Value.h"
#include "llvm/ADT/SetVector.h"

namespace mlir {
class IRMapping;
class OpBuilder;
} // namespace mlir

namespace mlir::lw {

/// True for what takes no memory and gets no kernel: constants, shapes, empty
/// tensors and arithmetic on scalars. Whoever reads it repeats it.
bool isCompileTime(Operation *op);

/// Adds the values with memory that `op` reads: as operands, from inside its
/// regions, or through what it has to repeat.
void collectReads(Operation *op, llvm::SetVector<Value> &values);

/// Clones the compile-time operations that `op` reads and `mapping` does not
/// know yet.
void cloneCompileTime(OpBuilder &builder, Operation *op, IRMapping &mapping);

} // namespace mlir::lw

#endif // LW_DIALECT_IR_READS_H
