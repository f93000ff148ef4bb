//===- Version.h - The version of lw
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_VERSION_H
#define LW_VERSION_H

namespace mlir::lw {

/// The version that tools print and compiled networks carry.
inline constexpr const char kVersion[] = "0.1.0";

} // namespace mlir::lw

#endif // LW_VERSION_H
