//===- ClassNames.h - What the classes of a network are called --*- C++ -*-===//
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LOWERING_CLASSNAMES_H
#define LW_LOWERING_CLASSNAMES_H

#include "mlir/IR/BuiltinOps.h"

namespace mlir::lw {

/// Adds `<prefix>_label` to the C functions of a network in the LLVM dialect,
/// see docs/c-interface.md. The names, without null characters, and where they
/// begin are constants that need no relocation.
void emitClassNames(ModuleOp module, StringRef prefix,
                    ArrayRef<std::string> names);

} // namespace mlir::lw

#endif // LW_LOWERING_CLASSNAMES_H
