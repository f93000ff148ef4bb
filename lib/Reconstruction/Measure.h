//===- Measure.h - What each form of each layer costs and harms
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_RECONSTRUCTION_MEASURE_H
#define LW_LIB_RECONSTRUCTION_MEASURE_H

#include "LayerData.h"

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

/// The outputs of the network for one sample in the form in which they are
/// compared: probabilities as logarithms, scores of classes without their mean.
std::vector<float>
comparableOutputs(const SteppedNetwork &network,
                  llvm::function_ref<const float *(size_t)> getResult);

/// The sum of squared differences of outputs over samples, relative to the sum
/// of squared deviations from their mean over all samples; with one sample
/// alone, from the mean of its outputs.
class OutputError {
public:
  OutputError(std::vector<std::vector<float>> outputs);
  /// The squared difference of one sample's outputs.
  double difference(int64_t sample, ArrayRef<float> outputs) const;
  /// Not for outputs that are constant.
  double relative(double sumOfDifferences) const {
    return sumOfDifferences / power;
  }
  /// True when the outputs are the same for all samples.
  bool isConstant() const { return !(power > 0); }
  int64_t getSamples() const { return exact.size(); }

private:
  std::vector<std::vector<float>> exact;
  double power = 0;
};

/// Runs the network over all samples and measures the forms of every layer.
/// `runs` holds the inputs; it is at the end of the network afterwards.
llvm::Expected<std::vector<MeasuredLayer>>
measureLayers(const SteppedNetwork &network, SampleRuns &runs,
              const OutputError &reference, const SeparableOptions &options);

} // namespace mlir::lw

#endif // LW_LIB_RECONSTRUCTION_MEASURE_H
