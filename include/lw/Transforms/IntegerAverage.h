//===- IntegerAverage.h - Averages of the windows of integers
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_TRANSFORMS_INTEGERAVERAGE_H
#define LW_TRANSFORMS_INTEGERAVERAGE_H

#include "lw/Dialect/IR/LwOps.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"

namespace mlir::lw {

/// A depthwise convolution of `bytes` by ones: the sum of every window of every
/// channel, times `factor`, as integers of `to` or, where that is null, in f32.
/// Padding adds nothing.
Value createWindowSum(OpBuilder &builder, Location location, Value bytes,
                      QuantAttr from, ArrayRef<int64_t> kernel,
                      ArrayRef<int64_t> strides, ArrayRef<int64_t> padding,
                      float factor, QuantAttr to);

/// What `pool` computes where `bytes` stand for its input: sums of integers,
/// which no order changes. Where windows that reach beyond the image average
/// fewer elements than others, the sums are scaled pixel by pixel in f32.
/// Shapes are static.
Value createIntegerAverage(OpBuilder &builder, tosa::AvgPool2dOp pool,
                           Value bytes, QuantAttr from, QuantAttr to);

} // namespace mlir::lw

#endif // LW_TRANSFORMS_INTEGERAVERAGE_H
