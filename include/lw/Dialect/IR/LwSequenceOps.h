//===- LwSequenceOps.h - Operations that run over a sequence ----*- C++ -*-===//
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_DIALECT_IR_LWSEQUENCEOPS_H
#define LW_DIALECT_IR_LWSEQUENCEOPS_H

#include "lw/Dialect/IR/LwOps.h"

#include "lw/Dialect/IR/LwSequenceEnums.h.inc"

namespace mlir::lw {

/// The activation of a gate, with its parameters (0 where it has none).
struct RecurrentActivation {
  RecurrentFunction function;
  float alpha = 0, beta = 0;

  bool operator==(const RecurrentActivation &other) const {
    return function == other.function && alpha == other.alpha &&
           beta == other.beta;
  }
};

/// Gates of a layer, and activations of a direction.
int64_t gatesOf(RecurrentKind kind);
int64_t activationsOf(RecurrentKind kind);

/// The same function as an #lw.act, or null where there is none.
ActivationAttr toActivation(MLIRContext *context,
                            const RecurrentActivation &activation);

} // namespace mlir::lw

#define GET_OP_CLASSES
#include "lw/Dialect/IR/LwSequenceOps.h.inc"

#endif // LW_DIALECT_IR_LWSEQUENCEOPS_H
