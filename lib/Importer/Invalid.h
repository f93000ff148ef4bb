//===- Invalid.h - What is wrong with an imported module
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_IMPORTER_INVALID_H
#define LW_LIB_IMPORTER_INVALID_H

#include "mlir/IR/BuiltinOps.h"

namespace mlir::lw::importer {

/// What the verifier says first, with the name of the node; empty when the
/// module is valid.
std::string describeInvalid(ModuleOp module);

} // namespace mlir::lw::importer

#endif // LW_LIB_IMPORTER_INVALID_H
