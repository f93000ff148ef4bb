//===- Passes.h - lw Target passes
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_TARGET_PASSES_H
#define LW_TARGET_PASSES_H

#include "mlir/Pass/Pass.h"
#include <memory>

namespace mlir::lw {

#define GEN_PASS_DECL
#include "lw/Target/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "lw/Target/Passes.h.inc"

} // namespace mlir::lw

#endif // LW_TARGET_PASSES_H
