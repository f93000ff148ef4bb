//===- Measure.h - What each form of each layer costs and harms
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_RECONSTRUCTION_MEASURE_H
#define LW_LIB_RECONSTRUCTION_MEASURE_H

#include "LayerData.h"
#include "lw/Reconstruction/OutputError.h"
#include <limits>

namespace mlir::lw {

/// A candidate form of a layer.
struct MeasuredForm {
  FormChoice choice;
  /// On 8-bit integers.
  bool isInteger = false;
  int64_t macs = 0;
  double seconds = 0;
  /// On integers, where they are a choice and not chosen yet.
  double integerSeconds = std::numeric_limits<double>::infinity();
  double localError = 0;
  /// Relative change of the network's outputs.
  double penalty = 0;

  double leastSeconds() const { return std::min(seconds, integerSeconds); }
};

/// A convolution that can be fitted, with its forms; the first is Keep in f32.
struct MeasuredLayer {
  size_t step;
  LayerProblem problem;
  std::vector<MeasuredForm> forms;
  /// Why there are no forms but Keep; else empty.
  std::string note;
};

/// Runs the network over all samples and adds the forms of every layer, which
/// come with Keep alone. `runs` holds the inputs; it is at the end of the
/// network afterwards.
llvm::Error measureLayers(const SteppedNetwork &network, SampleRuns &runs,
                          const OutputError &reference,
                          const SeparableOptions &options,
                          MutableArrayRef<MeasuredLayer> layers);

} // namespace mlir::lw

#endif // LW_LIB_RECONSTRUCTION_MEASURE_H
