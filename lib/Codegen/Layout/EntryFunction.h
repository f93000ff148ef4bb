//===- EntryFunction.h - The functions that holds the network
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_CODEGEN_LAYOUT_ENTRYFUNCTION_H
#define LW_LIB_CODEGEN_LAYOUT_ENTRYFUNCTION_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"

namespace mlir::lw {

/// The function that holds the network, or null after an error.
func::FuncOp findMain(Operation *module);

/// The functions that hold the network, several where a batch goes through
/// stages; none after an error.
SmallVector<func::FuncOp> findStages(ModuleOp module);

} // namespace mlir::lw

#endif // LW_LIB_CODEGEN_LAYOUT_ENTRYFUNCTION_H
