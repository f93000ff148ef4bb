//===- Preparation.h - What surrounds the choice of numbers
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_QUANTIZATION_PREPARATION_H
#define LW_LIB_QUANTIZATION_PREPARATION_H

#include "Rewrite.h"
#include "llvm/Support/Error.h"

namespace mlir::lw {

/// Splits separable convolutions, whose halves are quantized one by one, each
/// term apart.
llvm::Error splitSeparable(func::FuncOp main);

/// Folds and merges what a rewrite leaves behind.
llvm::Error clean(func::FuncOp main);

/// The leaders of groups whose integers must be signed.
llvm::DenseSet<Value> findSigned(func::FuncOp main, const QuantPlan &plan);

/// Whether little or nothing is left of a convolution's constant weights as
/// integers.
bool hasVanishingWeights(ConvolutionOpInterface conv);

/// Constants of a convolution with the input `input`, to the nearest integers.
IntegerWeights makeWeights(ConvolutionOpInterface conv, QuantAttr input,
                           bool perTensor = false, bool shortSums = false);

} // namespace mlir::lw

#endif // LW_LIB_QUANTIZATION_PREPARATION_H
