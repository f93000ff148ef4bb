//===- Profile.h - Time of every layer
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_CODEGEN_PROFILE_H
#define LW_CODEGEN_PROFILE_H

#include "llvm/ADT/StringRef.h"

namespace mlir::lw {

/// The function `void(int32_t layer)` that code for profiling calls at the end
/// of every layer.
inline constexpr llvm::StringLiteral kProfileMark = "lw_profile_mark";

/// The module attribute that describes the layers of the marks: an array of
/// `{label: string, names: [string], operation: string, kernel: string,
/// macs: i64}`.
inline constexpr llvm::StringLiteral kProfileLayersAttrName = "lw.layers";

/// The module attribute that describes the places of values in the arena: an
/// array of `{name: string, operation: string, scratch: bool, offset: i64,
/// bytes: i64, first: i64, last: i64}`, in use from one operation to another.
inline constexpr llvm::StringLiteral kMemoryPlanAttrName = "lw.memory_plan";

} // namespace mlir::lw

#endif // LW_CODEGEN_PROFILE_H
