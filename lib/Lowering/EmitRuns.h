//===- EmitRuns.h - A batch as several runs of the network ------*- C++ -*-===//
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_LOWERING_EMITRUNS_H
#define LW_LIB_LOWERING_EMITRUNS_H

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

namespace mlir::lw {

/// How a batch is computed: `runs` calls of a network for a part of it, shared
/// by `parts` threads, each with an arena of its own.
struct BatchRuns {
  int64_t runs = 1, parts = 1;
  /// Bytes from what a run reads or writes of each array to what the next does.
  SmallVector<int64_t> steps;
  int64_t arenaBytes = 0; // of a part

  /// As `lw.entry` says.
  static BatchRuns get(DictionaryAttr entry);
};

/// Calls `main` with `arguments` and, where it has one, `arena` for every run.
void emitRuns(OpBuilder &b, Location location, LLVM::LLVMFuncOp main,
              const BatchRuns &batch, ValueRange arguments, Value arena);

} // namespace mlir::lw

#endif // LW_LIB_LOWERING_EMITRUNS_H
