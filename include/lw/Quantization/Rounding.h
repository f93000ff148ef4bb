//===- Rounding.h - Weights rounded for the least error of outputs
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_QUANTIZATION_ROUNDING_H
#define LW_QUANTIZATION_ROUNDING_H

#include "lw/Numerics/Moments.h"
#include "llvm/ADT/ArrayRef.h"
#include <vector>

namespace mlir::lw {

/// Integers of [-127, 127] for a filter W (inputs x outputs), row-major, so
/// that outputs change little for inputs of a covariance: one input after the
/// other is rounded to the nearest, and what that changes is made up for by the
/// inputs that follow (Frantar and Alistarh, Optimal Brain Compression, 2022;
/// Frantar et al., GPTQ, 2023). Inputs of the largest variance come first.
std::vector<int32_t> roundInTurn(const Eigen::MatrixXd &covariance,
                                 const Eigen::MatrixXd &filter,
                                 llvm::ArrayRef<float> scales);

} // namespace mlir::lw

#endif // LW_QUANTIZATION_ROUNDING_H
