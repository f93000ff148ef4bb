//===- Precision.h - Which layers integers do not compute
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_DIALECT_IR_PRECISION_H
#define LW_DIALECT_IR_PRECISION_H

#include "llvm/ADT/StringRef.h"

namespace mlir::lw {

/// On a convolution that stays in f32 when its network is quantized: a unit
/// attribute. What a separable convolution is split into has it too.
inline constexpr llvm::StringLiteral kStaysFloatAttrName = "lw.stays_float";

} // namespace mlir::lw

#endif // LW_DIALECT_IR_PRECISION_H
