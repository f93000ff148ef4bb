//===- Functions.h - Functions of one tensor
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_QUANTIZATION_FUNCTIONS_H
#define LW_LIB_QUANTIZATION_FUNCTIONS_H

#include "lw/Dialect/IR/LwOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace mlir::lw {

/// Which values of a network are functions of one other value, element by
/// element, however many operations that takes. Any of them is a table of 256
/// entries once its source is quantized.
class ElementFunctions {
public:
  explicit ElementFunctions(func::FuncOp main);

  /// The value that `value` is a function of; null when there is none.
  Value getSource(Value value) const { return sources.lookup(value); }

  /// The function, for an argument `x`.
  float apply(Value value, float x) const;

  /// The bytes of its table.
  DenseElementsAttr makeTable(Value value, QuantAttr from, QuantAttr to) const;

private:
  llvm::DenseMap<Value, Value> sources;
};

/// Moves activations that are no bounds out of convolutions with constant
/// weights, into depthwise convolutions by one, which are functions of one
/// tensor: what is between the two can be quantized.
void splitActivations(func::FuncOp main);

/// Moves those back that stand behind a convolution still.
void mergeActivations(func::FuncOp main);

} // namespace mlir::lw

#endif // LW_LIB_QUANTIZATION_FUNCTIONS_H
