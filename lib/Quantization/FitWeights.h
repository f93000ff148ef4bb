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

/// Runs the network and its quantized version side by side over the samples and
/// chooses the integer weights of each layer in turn, so that with the inputs
/// that the layer gets in the quantized network it gives what the original one
/// gives. Biases take up the differences of the means.
llvm::Error fitWeights(const SteppedNetwork &network, const QuantPlan &plan,
                       NetworkQuantization &numbers,
                       const CalibrationSamples &samples,
                       const QuantizationOptions &options);

} // namespace mlir::lw

#endif // LW_LIB_QUANTIZATION_FITWEIGHTS_H
