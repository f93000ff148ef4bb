//===- Weights.h - Filters and biases as integers
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_QUANTIZATION_WEIGHTS_H
#define LW_QUANTIZATION_WEIGHTS_H

#include "lw/Dialect/IR/ConvGeometry.h"
#include "llvm/ADT/ArrayRef.h"
#include <cstdint>
#include <vector>

namespace mlir::lw {

/// Weights of a convolution as s8 with a scale per output channel, and its bias
/// as i32 in units of input scale * filter scale.
struct IntegerWeights {
  std::vector<float> scales;
  std::vector<int32_t> filter;
  std::vector<int32_t> bias;
};

/// A scale for each of `channels` output channels, the last extents of the
/// filter: the largest weight becomes 127, `perTensor` with that of all
/// channels. Where a bias would not fit its integer the scale is larger, and a
/// channel of zeros has some scale.
std::vector<float> chooseFilterScales(llvm::ArrayRef<float> filter,
                                      llvm::ArrayRef<float> bias,
                                      int64_t channels, float inputScale,
                                      bool perTensor = false);

/// Whether weights are so small beside the least scale that little or nothing
/// of them is left as integers, though not all of them are zero.
bool vanish(llvm::ArrayRef<float> filter);

/// Weights rounded to the nearest integers.
std::vector<int32_t> roundFilter(llvm::ArrayRef<float> filter,
                                 llvm::ArrayRef<float> scales);

/// Weights of which four products each can be added in 16 bits (ShortSums.h):
/// to the nearest integers of scales that are made larger, less what is too
/// much of a sum, whichever of both moves the weights least.
std::vector<int32_t> roundForShortSums(llvm::ArrayRef<float> filter,
                                       const ConvGeometry &g,
                                       std::vector<float> &scales);

/// A bias rounded to the nearest integers, half to even.
std::vector<int32_t> roundBias(llvm::ArrayRef<float> bias,
                               llvm::ArrayRef<float> scales, float inputScale);

} // namespace mlir::lw

#endif // LW_QUANTIZATION_WEIGHTS_H
