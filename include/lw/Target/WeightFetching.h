//===- WeightFetching.h - How fast weights are fetched ahead of their use
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_TARGET_WEIGHTFETCHING_H
#define LW_TARGET_WEIGHTFETCHING_H

#include "lw/Target/TargetInfo.h"

namespace mlir::lw {

/// Multiply-adds beside which a byte of weights comes from memory for next to
/// nothing; 0 where nothing is fetched for a layer before its time. Measured;
/// see docs/rationale.md.
int64_t multiplyAddsPerFetchedByte(const TargetInfo &target);

} // namespace mlir::lw

#endif // LW_TARGET_WEIGHTFETCHING_H
