//===- Passes.h - lw Reconstruction passes
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_RECONSTRUCTION_PASSES_H
#define LW_RECONSTRUCTION_PASSES_H

#include "mlir/Pass/Pass.h"
#include <memory>
#include <string>

namespace mlir::lw {

#define GEN_PASS_DECL
#include "lw/Reconstruction/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "lw/Reconstruction/Passes.h.inc"

} // namespace mlir::lw

#endif // LW_RECONSTRUCTION_PASSES_H
