//===- RoundWeights.h - Weights that are stored as bfloat16
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_TRANSFORMS_ROUNDWEIGHTS_H
#define LW_TRANSFORMS_ROUNDWEIGHTS_H

#include "llvm/ADT/StringRef.h"
#include <cstdint>
#include <string>
#include <vector>

namespace mlir::func {
class FuncOp;
} // namespace mlir::func

namespace mlir::lw {

/// See --lw-round-weights.
struct RoundingOptions {
  /// Negative: what pays.
  int64_t mostUses = -1, leastBytes = -1;
  /// Whatever it gains in time.
  bool all = false;
};

/// How the weights of a layer are stored.
struct StoredWeights {
  std::string layer;
  /// In f32, and how often each is used in a run.
  int64_t bytes, uses;
  bool rounded;
  /// Why, in words.
  std::string reason;
};

/// Rounds weights of `function`; what became of those of every layer of f32
/// that has some.
std::vector<StoredWeights> roundWeights(func::FuncOp function,
                                        const RoundingOptions &options);

} // namespace mlir::lw

#endif // LW_TRANSFORMS_ROUNDWEIGHTS_H
