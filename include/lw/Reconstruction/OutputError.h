//===- OutputError.h - How far the outputs of a network move
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_RECONSTRUCTION_OUTPUTERROR_H
#define LW_RECONSTRUCTION_OUTPUTERROR_H

#include "lw/Stepping/SteppedNetwork.h"

namespace mlir::lw {

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

} // namespace mlir::lw

#endif // LW_RECONSTRUCTION_OUTPUTERROR_H
