//===- Passes.h - lw Codegen passes
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_CODEGEN_PASSES_H
#define LW_CODEGEN_PASSES_H

#include "lw/Codegen/WinogradUse.h"
#include "mlir/Pass/Pass.h"
#include <memory>

namespace mlir::lw {

#define GEN_PASS_DECL
#include "lw/Codegen/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "lw/Codegen/Passes.h.inc"

} // namespace mlir::lw

#endif // LW_CODEGEN_PASSES_H
