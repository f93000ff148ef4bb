//===- ConvWeights.h - Arithmetic on the constants of a convolution
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_TRANSFORMS_CONVWEIGHTS_H
#define LW_LIB_TRANSFORMS_CONVWEIGHTS_H

#include "lw/Dialect/IR/LwOps.h"
#include <optional>
#include <vector>

namespace mlir::lw {

/// The values that the constant `value` contributes to each of the channels
/// (the last dimension) of a tensor of `type`; std::nullopt when `value` is not
/// a constant, varies along another dimension, or makes the result of a
/// broadcast larger than `type`.
std::optional<std::vector<double>> readPerChannel(Value value,
                                                  RankedTensorType type);

/// The one value of a constant whose elements are all equal.
std::optional<float> readUniform(Value value);

/// True when all filters and the bias, if any, are constants.
bool hasConstantWeights(ConvolutionOpInterface conv);

/// Rewrites the weights so that the convolution, before residual and
/// activation, gives `scale[o] * y[o] + shift[o]` in place of `y[o]`. Needs
/// constant weights; computes in f64 and rounds once. Fails, and changes
/// nothing, when the weights would leave the range of their type.
LogicalResult applyToOutput(OpBuilder &builder, ConvolutionOpInterface conv,
                            ArrayRef<double> scale, ArrayRef<double> shift);

/// Rewrites the weights so that the convolution of `x` gives what it gave for
/// `scale[i] * x[i] + shift[i]`. Needs constant weights, and a convolution that
/// does not pad where a shift is not zero. Fails like `applyToOutput`.
LogicalResult applyToInput(OpBuilder &builder, ConvolutionOpInterface conv,
                           ArrayRef<double> scale, ArrayRef<double> shift);

} // namespace mlir::lw

#endif // LW_LIB_TRANSFORMS_CONVWEIGHTS_H
