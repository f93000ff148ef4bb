//===- ReleaseConstants.h - Constants that nobody reads -------------------===//
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_DIALECT_IR_RELEASECONSTANTS_H
#define LW_DIALECT_IR_RELEASECONSTANTS_H

#include "mlir/IR/BuiltinOps.h"

namespace mlir::lw {

/// Frees the elements of `dense_resource` constants that none of the modules,
/// which are all that are left in the context, refers to. Else the context
/// would hold them as long as it lives.
void releaseConstants(MLIRContext &context, ArrayRef<ModuleOp> modules);

} // namespace mlir::lw

#endif // LW_DIALECT_IR_RELEASECONSTANTS_H
