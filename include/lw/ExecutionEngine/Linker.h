//===- Linker.h - The program that links libraries
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_EXECUTIONENGINE_LINKER_H
#define LW_EXECUTIONENGINE_LINKER_H

#include "llvm/ADT/StringRef.h"
#include <string>

namespace mlir::lw {

/// The name by which `setLinker`'s program is called when it is to link.
inline constexpr llvm::StringLiteral kLinkerName = "ld.lld";

/// Makes `program`, an LLD, link libraries instead of what is in PATH.
void setLinker(std::string program);

} // namespace mlir::lw

#endif // LW_EXECUTIONENGINE_LINKER_H
