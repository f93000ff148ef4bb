//===- FitWeights.h - Integer weights fitted to samples
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_QUANTIZATION_FITWEIGHTS_H
#define LW_LIB_QUANTIZATION_FITWEIGHTS_H

#include "Simulation.h"
#include "lw/Quantization/Quantization.h"

namespace mlir::lw {

/// At most so many samples are fitted to.
inline constexpr int64_t kFittedSamples = 128;

/// Runs the network and its quantized version side by side over the samples and
/// chooses the integers of each layer in turn. Weights are rounded for the
/// least error with the inputs that the layer gets in the quantized network;
/// biases make up for what is left of the difference to the means of the
/// original one. Weights are not fitted to the original outputs as well: that
/// shrinks what the noise of the inputs hides, in every layer a little more.
///
/// Returns how far the outputs are from the original ones, relative to their
/// variance.
llvm::Expected<double> fitWeights(Simulation &simulation,
                                  NetworkQuantization &numbers,
                                  const CalibrationSamples &samples,
                                  const QuantizationOptions &options);

} // namespace mlir::lw

#endif // LW_LIB_QUANTIZATION_FITWEIGHTS_H
