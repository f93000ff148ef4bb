//===- Passes.td - lw Transforms passes
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_TRANSFORMS_PASSES_TD
#define LW_TRANSFORMS_PASSES_TD

include "mlir/Pass/PassBase.td"

#endif // LW_TRANSFORMS_PASSES_TD
