//===- Header.h - C header of a compiled network
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_EXECUTIONENGINE_HEADER_H
#define LW_EXECUTIONENGINE_HEADER_H

#include "lw/ExecutionEngine/CompiledModel.h"

namespace mlir::lw {

/// A C and C++ header of the library `prefix` that declares the functions of
/// its networks, with the sizes and shapes of their arrays as macros.
std::string makeHeader(llvm::StringRef prefix, llvm::ArrayRef<ModelInfo> infos);

} // namespace mlir::lw

#endif // LW_EXECUTIONENGINE_HEADER_H
