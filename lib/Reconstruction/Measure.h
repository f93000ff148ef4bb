//===- Measure.h - What each form of each layer costs and harms
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_RECONSTRUCTION_MEASURE_H
#define LW_LIB_RECONSTRUCTION_MEASURE_H

#include "LayerData.h"
#include "lw/Reconstruction/OutputError.h"

namespace mlir::lw {

/// A candidate form of a layer.
struct MeasuredForm {
  FormChoice choice;
  int64_t macs = 0;
  double seconds = 0;
  double localError = 0;
  /// Relative change of the network's outputs.
  double penalty = 0;
};

/// A convolution that can be fitted, with its forms; the first is Keep.
struct MeasuredLayer {
  size_t step;
  LayerProblem problem;
  std::vector<MeasuredForm> forms;
  /// Why there are no forms but Keep; else empty.
  std::string note;
};

/// Runs the network over all samples and measures the forms of every layer.
/// `runs` holds the inputs; it is at the end of the network afterwards.
llvm::Expected<std::vector<MeasuredLayer>>
measureLayers(const SteppedNetwork &network, SampleRuns &runs,
              const OutputError &reference, const SeparableOptions &options);

} // namespace mlir::lw

#endif // LW_LIB_RECONSTRUCTION_MEASURE_H
