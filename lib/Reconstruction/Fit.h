//===- Fit.h - All layers of a network fitted in turn
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_RECONSTRUCTION_FIT_H
#define LW_LIB_RECONSTRUCTION_FIT_H

#include "Measure.h"

namespace mlir::lw {

/// A layer after its fit; no version where it stays as it is.
struct FittedLayer {
  std::optional<LayerVersion> version;
  /// The part of the targets' variance that the fit leaves unexplained.
  double error = 0;
};

/// Fits each of `layers`, in the form `chosen` among its forms, to the original
/// network with the inputs of the rewritten one, in program order. Fits use the
/// samples `numbers`; both networks run on all of them, and `atEnd` is given
/// the results of the original and of the rewritten one.
llvm::Expected<std::vector<FittedLayer>>
fitLayers(const SteppedNetwork &network, const CalibrationSamples &samples,
          ArrayRef<int64_t> numbers, ArrayRef<MeasuredLayer> layers,
          ArrayRef<size_t> chosen, const SeparableOptions &options,
          StringRef phase,
          llvm::function_ref<void(const SampleRuns &original,
                                  const SampleRuns &rewritten)>
              atEnd);

} // namespace mlir::lw

#endif // LW_LIB_RECONSTRUCTION_FIT_H
