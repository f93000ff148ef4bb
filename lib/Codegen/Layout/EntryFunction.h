//===- EntryFunction.h - The functions that hold the network
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_CODEGEN_LAYOUT_ENTRYFUNCTION_H
#define LW_LIB_CODEGEN_LAYOUT_ENTRYFUNCTION_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"

namespace mlir::lw {

struct TargetInfo;

/// The function that holds the network, or null after an error.
func::FuncOp findMain(Operation *module);

/// The functions that hold the network, several where a batch goes through
/// stages; none after an error.
SmallVector<func::FuncOp> findStages(ModuleOp module);

/// Runs `visit` on each function that holds the network, with the target that
/// the module names. Fails after an error, and with the first failed visit.
LogicalResult forEachStage(
    ModuleOp module,
    function_ref<LogicalResult(func::FuncOp main, const TargetInfo &target)>
        visit);

} // namespace mlir::lw

#endif // LW_LIB_CODEGEN_LAYOUT_ENTRYFUNCTION_H
