//===- EmitSupported.h - A function that looks at the processor
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_LOWERING_EMITSUPPORTED_H
#define LW_LIB_LOWERING_EMITSUPPORTED_H

#include "lw/Dialect/IR/LwAttributes.h"
#include "mlir/IR/BuiltinOps.h"

namespace mlir::lw {

/// The processor that every other of its architecture can stand in for.
inline constexpr llvm::StringLiteral kBaselineCpu = "generic";

/// Adds `int32_t name(void)`, which returns 0 where the processor that it runs
/// on lacks a feature that code for `target` may use, else 1. It is code for
/// the architecture's baseline. On x86 it asks cpuid; on AArch64 it asks Linux,
/// unless `freestanding`; elsewhere there is nobody to ask.
void emitSupported(ModuleOp module, StringRef name, TargetAttr target,
                   bool freestanding);

} // namespace mlir::lw

#endif // LW_LIB_LOWERING_EMITSUPPORTED_H
