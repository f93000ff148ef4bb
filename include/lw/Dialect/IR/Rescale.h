//===- Rescale.h - TOSA's rescaling of integers -----------------*- C++ -*-===//
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_DIALECT_IR_RESCALE_H
#define LW_DIALECT_IR_RESCALE_H

#include "mlir/IR/Operation.h"
#include <optional>
#include <vector>

namespace mlir::lw {

/// A `tosa.rescale` by constants between bytes and integers of 32 bits.
struct Rescale {
  /// One of each, or one for every channel.
  std::vector<int32_t> multipliers, shifts;
  int64_t inputZero = 0, outputZero = 0;
  bool twice = false, inputUnsigned = false, outputUnsigned = false;

  /// std::nullopt for any other operation.
  static std::optional<Rescale> get(Operation *op);
  bool perChannel() const { return multipliers.size() > 1; }
  /// Some shift is one that TOSA rounds twice.
  bool roundsTwice() const;
  /// What a byte becomes as a byte; not per channel.
  int64_t applyToByte(int8_t byte) const;
};

} // namespace mlir::lw

#endif // LW_DIALECT_IR_RESCALE_H
