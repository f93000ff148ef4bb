//===- Compare.h - Layers of a network against another form of it -*- C++ -*-=//
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_TOOLS_LWRUN_COMPARE_H
#define LW_TOOLS_LWRUN_COMPARE_H

#include "Inputs.h"
#include "lw/Driver/Compilation.h"
#include "llvm/ADT/STLFunctionalExtras.h"

namespace mlir::lw {

/// The options without rewrites that change a network's numbers.
CompileOptions withoutRewrites(CompileOptions options);

/// Runs an optimized network and the one at `path` on the same samples, prints
/// how far the results of the layers of equal names lie apart, worst first, and
/// adds `"comparison"` to `json`.
llvm::Error compareLayers(
    Compilation &network, llvm::StringRef path, CompileOptions options,
    llvm::function_ref<
        llvm::Expected<std::vector<InputSource>>(llvm::ArrayRef<TensorInfo>)>
        loadInputs,
    llvm::json::Object &json);

} // namespace mlir::lw

#endif // LW_TOOLS_LWRUN_COMPARE_H
