//===- VerifyPlaces.h - Check where values lie in the arena
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_CODEGEN_MEMORY_VERIFYPLACES_H
#define LW_LIB_CODEGEN_MEMORY_VERIFYPLACES_H

#include "lw/Target/TargetInfo.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace mlir::lw {

/// True when values have been placed: some operation has `lw.buffer`.
bool hasPlaces(func::FuncOp main);

/// Fails when a value that needs memory has no place or one that is too small,
/// when an alias is not where its operand is, or when two values that live at
/// the same time overlap.
LogicalResult verifyPlaces(func::FuncOp main, const TargetInfo &target);

} // namespace mlir::lw

#endif // LW_LIB_CODEGEN_MEMORY_VERIFYPLACES_H
