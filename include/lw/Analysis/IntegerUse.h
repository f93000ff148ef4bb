//===- IntegerUse.h - What of a quantized network is integer ----*- C++ -*-===//
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_ANALYSIS_INTEGERUSE_H
#define LW_ANALYSIS_INTEGERUSE_H

#include "mlir/IR/Operation.h"
#include "llvm/Support/JSON.h"
#include <string>
#include <vector>

namespace llvm {
class raw_ostream;
} // namespace llvm

namespace mlir::lw {

/// An operation of a quantized network that computes on floats.
struct FloatOperation {
  /// Name of the operation's location, or empty.
  std::string name;
  std::string operation;
  std::string reason;
};

/// How many operations compute on integers, how many turn floats into integers
/// or back, and which compute on floats. What only moves elements counts where
/// it moves integers.
struct IntegerUse {
  int64_t integers = 0;
  int64_t conversions = 0;
  std::vector<FloatOperation> floats;

  bool isQuantized() const { return integers > 0 || conversions > 0; }
};

IntegerUse findIntegerUse(Operation *root);

/// A line of the counts, and one for each float operation.
void printIntegerUse(llvm::raw_ostream &os, const IntegerUse &use);

/// `{"integer", "conversions", "float": [{"name", "operation", "reason"}]}`.
llvm::json::Object toJson(const IntegerUse &use);

} // namespace mlir::lw

#endif // LW_ANALYSIS_INTEGERUSE_H
