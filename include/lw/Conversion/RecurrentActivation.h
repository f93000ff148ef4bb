//===- RecurrentActivation.h - Activations of gates -------------*- C++ -*-===//
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_CONVERSION_RECURRENTACTIVATION_H
#define LW_CONVERSION_RECURRENTACTIVATION_H

#include "lw/Dialect/IR/LwSequenceOps.h"

namespace mlir::lw {

/// `activation` of `x`, an f32 or a vector of them, in `arith` and `math`
/// operations.
Value buildRecurrentActivation(OpBuilder &builder, Location location,
                               const RecurrentActivation &activation, Value x);

} // namespace mlir::lw

#endif // LW_CONVERSION_RECURRENTACTIVATION_H
