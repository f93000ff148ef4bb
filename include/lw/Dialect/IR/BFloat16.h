//===- BFloat16.h - Weights of 16 bits
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_DIALECT_IR_BFLOAT16_H
#define LW_DIALECT_IR_BFLOAT16_H

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Value.h"
#include "llvm/ADT/bit.h"
#include <cmath>
#include <optional>
#include <vector>

namespace mlir {
class OpBuilder;
} // namespace mlir

namespace mlir::lw {

/// The bits of a bfloat16, and what they stand for: f32 without its last 16
/// bits.
inline float fromBFloat16(uint16_t bits) {
  return llvm::bit_cast<float>(static_cast<uint32_t>(bits) << 16);
}

/// The nearest bfloat16, of two the even one; the greatest numbers become
/// infinite, and what is no number stays none.
inline uint16_t toBFloat16(float value) {
  auto bits = llvm::bit_cast<uint32_t>(value);
  if (std::isnan(value))
    return static_cast<uint16_t>(bits >> 16 | 0x40);
  return static_cast<uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

/// The elements of a constant tensor of bfloat16 in row-major order, splats
/// expanded, as bits; std::nullopt when `value` is no such constant.
std::optional<std::vector<uint16_t>> readBFloat16(Value value);

/// A `tosa.const` of bfloat16 elements, given as bits.
Value createBFloat16(OpBuilder &builder, Location location,
                     ArrayRef<int64_t> shape, ArrayRef<uint16_t> elements);

} // namespace mlir::lw

#endif // LW_DIALECT_IR_BFLOAT16_H
