//===- Quantization.h - Arithmetic of quantized convolutions ----*- C++ -*-===//
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_DIALECT_IR_QUANTIZATION_H
#define LW_DIALECT_IR_QUANTIZATION_H

#include "lw/Dialect/IR/LwOps.h"
#include <optional>
#include <vector>

namespace mlir::lw {

/// The numbers that turn accumulators of a quantized convolution into its
/// result, see the dialect's description.
struct Requantization {
  /// Per output channel; those of a result of f32 are the products of the
  /// scales of input and filter, those of i32 are empty.
  std::vector<float> multipliers;
  float residualMultiplier = 0;
  int64_t inputZero = 0, outputZero = 0, residualZero = 0;
  /// Bounds of the result, of its range or of its activation.
  int64_t low = 0, high = 0;
};

Requantization getRequantization(ConvolutionOpInterface conv);

/// f32(a / b) and f32(a * b / c), computed in f64 and rounded once.
float scaleRatio(float a, float b);
float scaleRatio(float a, float b, float c);

/// The elements of a constant tensor of i8 or i32 in row-major order;
/// std::nullopt when `value` is no such constant.
std::optional<std::vector<int32_t>> readIntegers(Value value);

/// True when `value` is a constant tensor of i8 or i32.
bool isConstantInteger(Value value);

/// A `tosa.const` of i8 or i32.
Value createIntegers(OpBuilder &builder, Location location,
                     RankedTensorType type, ArrayRef<int32_t> elements);

} // namespace mlir::lw

#endif // LW_DIALECT_IR_QUANTIZATION_H
