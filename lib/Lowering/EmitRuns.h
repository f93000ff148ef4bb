//===- EmitRuns.h - A batch as several runs of the network ------*- C++ -*-===//
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_LOWERING_EMITRUNS_H
#define LW_LIB_LOWERING_EMITRUNS_H

#include "lw/Lowering/BatchPlan.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"

namespace mlir::lw {

/// Calls the stages of a batch one after another, each for every part of it;
/// `edges` are inputs and outputs, `arena` may be null where none is needed.
void emitRuns(OpBuilder &builder, Location location, ModuleOp module,
              const BatchPlan &plan, ValueRange edges, Value arena);

} // namespace mlir::lw

#endif // LW_LIB_LOWERING_EMITRUNS_H
