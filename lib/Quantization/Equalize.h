//===- Equalize.h - Channels of equal range
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_QUANTIZATION_EQUALIZE_H
#define LW_LIB_QUANTIZATION_EQUALIZE_H

#include "lw/Stepping/Samples.h"
#include "lw/Stepping/SteppedNetwork.h"

namespace mlir::lw {

/// Scales the channels of values between convolutions so that all of them use
/// the integers of their tensor: the convolutions that make a value divide
/// their output channels, those that read it multiply their weights (Nagel et
/// al., Data-Free Quantization Through Weight Equalization and Bias Correction,
/// 2019). Exact for values that only convolutions make and read, as input or as
/// residual, with no activation but relu. A channel with the largest magnitude
/// `a`, whose weights have the largest magnitude `w` in what reads it, is
/// divided by sqrt(a / w). A few of the samples show the magnitudes.
llvm::Error equalizeChannels(func::FuncOp main,
                             const CalibrationSamples &samples,
                             const CompileFunction &compile);

} // namespace mlir::lw

#endif // LW_LIB_QUANTIZATION_EQUALIZE_H
