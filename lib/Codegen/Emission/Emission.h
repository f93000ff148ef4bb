//===- Emission.h - The function of kernel calls that a network becomes
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_CODEGEN_EMISSION_EMISSION_H
#define LW_LIB_CODEGEN_EMISSION_EMISSION_H

#include "lw/Target/TargetInfo.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

namespace mlir::lw {

/// Replaces `main`, whose operations have kernels and places, by a function on
/// memrefs that calls kernels; `profile` adds marks between the layers. Returns
/// the functions of the operations without a kernel, on tensors, which are yet
/// to be lowered; null when there are none.
OwningOpRef<ModuleOp> emitNetwork(ArrayRef<func::FuncOp> functions,
                                  const TargetInfo &target, bool profile);

} // namespace mlir::lw

#endif // LW_LIB_CODEGEN_EMISSION_EMISSION_H
