//===- Activation.h - Arithmetic of an activation ---------------*- C++ -*-===//
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_CONVERSION_ACTIVATION_H
#define LW_CONVERSION_ACTIVATION_H

#include "lw/Dialect/IR/LwAttributes.h"
#include "mlir/IR/Value.h"

namespace mlir {
class OpBuilder;
} // namespace mlir

namespace mlir::lw {

/// `activation` applied to `x`, a float or a vector of floats, in `arith` and
/// `math` operations that follow the formula of the attribute literally. A null
/// activation is the identity.
Value buildActivation(OpBuilder &builder, Location location,
                      ActivationAttr activation, Value x);

} // namespace mlir::lw

#endif // LW_CONVERSION_ACTIVATION_H
