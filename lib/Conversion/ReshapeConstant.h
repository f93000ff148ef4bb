//===- ReshapeConstant.h - Constants in another shape -----------*- C++ -*-===//
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_CONVERSION_RESHAPECONSTANT_H
#define LW_LIB_CONVERSION_RESHAPECONSTANT_H

#include "mlir/IR/Builders.h"

namespace mlir::lw {

/// A constant in another shape, as a `tosa.const` of the same elements; null
/// when `value` is none.
Value reshapeConstant(OpBuilder &builder, Location location, Value value,
                      ArrayRef<int64_t> shape);

} // namespace mlir::lw

#endif // LW_LIB_CONVERSION_RESHAPECONSTANT_H
