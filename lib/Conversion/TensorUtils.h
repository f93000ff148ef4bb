//===- TensorUtils.h - Reshaping and transposing tensors --------*- C++ -*-===//
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_CONVERSION_TENSORUTILS_H
#define LW_LIB_CONVERSION_TENSORUTILS_H

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include <optional>

namespace mlir::lw {

inline RankedTensorType tensorTypeOf(Value value) {
  return cast<RankedTensorType>(value.getType());
}

/// `value` with dimension `dim` split into `outer x inner`.
Value splitDimension(ImplicitLocOpBuilder &b, Value value, unsigned dim,
                     int64_t outer, int64_t inner);

/// `value` with dimensions `dim` and `dim + 1` merged; undoes a split.
Value mergeDimensions(ImplicitLocOpBuilder &b, Value value, unsigned dim);

/// `value` with dimension `i` of the result being dimension `permutation[i]`
/// of `value`, as a `linalg.transpose`.
Value transpose(ImplicitLocOpBuilder &b, Value value,
                ArrayRef<int64_t> permutation);

/// The same done now, as a `tosa.const` of type `type`, which has the elements
/// of the transposed value in row-major order; null when `value` is not a
/// constant of i8, i32 or of what f64 holds exactly.
Value transposeConstant(OpBuilder &builder, Location location, Value value,
                        ArrayRef<int64_t> permutation, RankedTensorType type);

} // namespace mlir::lw

#endif // LW_LIB_CONVERSION_TENSORUTILS_H
