//===- Number.h - Scalars known at compile time -----------------*- C++ -*-===//
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_CONVERSION_LINALGTOTOSA_NUMBER_H
#define LW_LIB_CONVERSION_LINALGTOTOSA_NUMBER_H

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Operation.h"
#include <optional>

namespace mlir::lw {

/// A number of any type: floats in `real`, integers, indices and truth values
/// in `whole`.
struct Number {
  double real = 0;
  int64_t whole = 0;
};

/// Rounded to what the type holds.
Number rounded(Number number, Type type);

/// The result of a scalar operation before it is rounded; nothing where the
/// operation is not known.
std::optional<Number> evaluate(Operation *op, ArrayRef<Number> operands);

TypedAttr toAttribute(Number number, Type type);
DenseElementsAttr toElements(ArrayRef<Number> numbers, RankedTensorType type);

} // namespace mlir::lw

#endif // LW_LIB_CONVERSION_LINALGTOTOSA_NUMBER_H
