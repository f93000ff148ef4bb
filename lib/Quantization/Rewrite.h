//===- Rewrite.h - A network with integer operations
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_QUANTIZATION_REWRITE_H
#define LW_LIB_QUANTIZATION_REWRITE_H

#include "Plan.h"
#include "lw/Quantization/Weights.h"

namespace mlir::lw {

/// Everything that the integers of a network are made from.
struct NetworkQuantization {
  /// Parameters of the values that are wanted as integers, by the value that
  /// stands for its group (`QuantPlan::getLeader`).
  llvm::DenseMap<Value, QuantAttr> values;
  /// Integer weights of the convolutions.
  llvm::DenseMap<Operation *, IntegerWeights> weights;
};

/// Replaces the operations that `plan` computes with integers.
void rewriteToIntegers(func::FuncOp main, const QuantPlan &plan,
                       const NetworkQuantization &numbers);

} // namespace mlir::lw

#endif // LW_LIB_QUANTIZATION_REWRITE_H
