//===- Constants.h - Reading and making constant tensors
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_DIALECT_IR_CONSTANTS_H
#define LW_DIALECT_IR_CONSTANTS_H

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Value.h"
#include <cmath>
#include <optional>
#include <vector>

namespace mlir {
class OpBuilder;
} // namespace mlir

namespace mlir::lw {

/// True when `value` is a constant tensor of floats.
bool isConstantFloat(Value value);

/// The elements of a constant float tensor in row-major order, splats expanded,
/// converted to f32; std::nullopt when `value` is no such constant. Accepts
/// every constant-like operation, `dense` and `dense_resource`.
std::optional<std::vector<float>> readConstant(Value value);

/// The same converted to f64, which holds the elements of every float type.
std::optional<std::vector<double>> readConstantF64(Value value);

/// The normal range of a float type, in which rounding has its usual relative
/// error. What a pass computes at compile time for the weights must stay in it:
/// infinity, zero or a few bits in the place of a number that further factors
/// bring back into range would be lost.
struct NormalRange {
  double least, greatest;

  explicit NormalRange(FloatType type);
  bool overflows(double value) const { return !(std::abs(value) <= greatest); }
  bool underflows(double value) const {
    return value != 0.0 && std::abs(value) < least;
  }
  bool contains(double value) const {
    return !overflows(value) && !underflows(value);
  }
};

/// A `tosa.const` of the given type, the form that graph passes produce.
/// `elements` has as many values as the type has elements; each is rounded once
/// to the element type, f32, f16, bf16 or f64.
Value createConstant(OpBuilder &builder, Location location,
                     RankedTensorType type, ArrayRef<float> elements);
Value createConstant(OpBuilder &builder, Location location,
                     RankedTensorType type, ArrayRef<double> elements);

/// The same with f32 elements and the given shape.
Value createConstant(OpBuilder &builder, Location location,
                     ArrayRef<int64_t> shape, ArrayRef<float> elements);

} // namespace mlir::lw

#endif // LW_DIALECT_IR_CONSTANTS_H
