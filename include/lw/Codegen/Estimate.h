//===- Estimate.h - What a layer would take
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_CODEGEN_ESTIMATE_H
#define LW_CODEGEN_ESTIMATE_H

#include "lw/Dialect/IR/LwOps.h"
#include "lw/Target/TargetInfo.h"
#include <optional>

namespace mlir::lw {

/// Cycles of a convolution by the throughput models that kernels are chosen by.
struct PrecisionEstimate {
  double floats, integers;
  /// Those on integers whose products cannot be added in 16 bits
  /// (ShortSums.h).
  double largeIntegers;
  /// Those of passing between f32 and integers before and after it.
  double border;
};

/// The cycles of an f32 convolution with constant weights as it is and on 8-bit
/// integers; std::nullopt where no model says, as of depthwise ones, whose
/// integers are always faster.
std::optional<PrecisionEstimate> estimatePrecisions(ConvolutionOpInterface conv,
                                                    const TargetInfo &target,
                                                    int64_t threads);

/// The cycles of a convolution with constant weights as it is, f32 or integers;
/// std::nullopt where no model says.
std::optional<double> estimateCycles(ConvolutionOpInterface conv,
                                     const TargetInfo &target, int64_t threads);

/// The same with input and weights of bf16; std::nullopt where the processor
/// has no unit for them or no kernel takes them.
std::optional<double> estimateBFloat16(ConvolutionOpInterface conv,
                                       const TargetInfo &target,
                                       int64_t threads);

} // namespace mlir::lw

#endif // LW_CODEGEN_ESTIMATE_H
