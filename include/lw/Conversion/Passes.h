//===- Passes.h - lw Conversion passes
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_CONVERSION_PASSES_H
#define LW_CONVERSION_PASSES_H

#include "mlir/Pass/Pass.h"
#include <memory>

namespace mlir::lw {

#define GEN_PASS_DECL
#include "lw/Conversion/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "lw/Conversion/Passes.h.inc"

} // namespace mlir::lw

#endif // LW_CONVERSION_PASSES_H
