//===- Passes.h - lw Transforms passes
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_TRANSFORMS_PASSES_H
#define LW_TRANSFORMS_PASSES_H

#include "lw/Transforms/RoundWeights.h"
#include "mlir/Pass/Pass.h"
#include "llvm/Support/raw_ostream.h"
#include <memory>
#include <string>

namespace mlir::func {
class FuncOp;
} // namespace mlir::func

namespace mlir::lw {

#define GEN_PASS_DECL
#include "lw/Transforms/Passes.h.inc"

/// Prints on `os`.
std::unique_ptr<Pass> createLwPrintCost(llvm::raw_ostream &os = llvm::errs());

/// Prints its table on `os`; in a remark when it is null.
std::unique_ptr<Pass> createLwMakeSeparable(llvm::raw_ostream *os = nullptr);

#define GEN_PASS_REGISTRATION
#include "lw/Transforms/Passes.h.inc"

} // namespace mlir::lw

#endif // LW_TRANSFORMS_PASSES_H
