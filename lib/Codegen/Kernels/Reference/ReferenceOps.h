//===- ReferenceOps.h - Operations compiled by the reference path
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_CODEGEN_KERNELS_REFERENCE_REFERENCEOPS_H
#define LW_LIB_CODEGEN_KERNELS_REFERENCE_REFERENCEOPS_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

namespace mlir::lw {

/// Collects operations that have no kernel, each as a function on tensors, to
/// be lowered to loops together.
class ReferenceOps {
public:
  explicit ReferenceOps(ModuleOp module);

  /// Adds `op` as a function; `operands` receives the values with memory that
  /// it reads, the arguments. Returns its name.
  std::string add(Operation *op, SmallVectorImpl<Value> &operands);

  /// The module of the functions, for the reference pipeline to lower; null
  /// when there are none.
  OwningOpRef<ModuleOp> takeModule() {
    return count == 0 ? OwningOpRef<ModuleOp>() : std::move(nested);
  }

private:
  OwningOpRef<ModuleOp> nested;
  unsigned count = 0;
};

} // namespace mlir::lw

#endif // LW_LIB_CODEGEN_KERNELS_REFERENCE_REFERENCEOPS_H
