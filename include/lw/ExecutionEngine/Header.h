//===- Header.h - C header of a compiled network
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_EXECUTIONENGINE_HEADER_H
#define LW_EXECUTIONENGINE_HEADER_H

#include "lw/ExecutionEngine/CompiledModel.h"

namespace mlir::lw {

/// A C and C++ header that declares the functions of the network `info`, with
/// the sizes and shapes of its arrays as macros.
std::string makeHeader(const ModelInfo &info);

} // namespace mlir::lw

#endif // LW_EXECUTIONENGINE_HEADER_H
