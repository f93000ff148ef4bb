//===- Fingerprint.h - A hash of a network
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_STATISTICS_FINGERPRINT_H
#define LW_STATISTICS_FINGERPRINT_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include <string>

namespace mlir::lw {

/// The BLAKE3 hash, as 64 hexadecimal digits, of what a network computes: its
/// operations in order, their operands, types and attributes, and all weights
/// bit by bit. Names (locations, those of inputs and outputs) do not count, nor
/// does how a constant is stored.
std::string computeFingerprint(func::FuncOp main);

} // namespace mlir::lw

#endif // LW_STATISTICS_FINGERPRINT_H
