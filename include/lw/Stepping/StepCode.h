//===- StepCode.h - What runs a step of a network
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_STEPPING_STEPCODE_H
#define LW_STEPPING_STEPCODE_H

#include "lw/Dialect/IR/LwOps.h"
#include "lw/ExecutionEngine/CompiledModel.h"
#include <optional>

namespace mlir::lw {

/// A convolution with one filter of constants that runs as products of
/// matrices, without being compiled. It takes a few times as long as code, and
/// code takes as long to be made as some billion products.
class DirectConvolution {
public:
  /// std::nullopt for a convolution of another kind. `input` and `residual` are
  /// their places among what a run reads.
  static std::optional<DirectConvolution> create(ConvolutionOpInterface conv,
                                                 size_t input, size_t residual);

  /// The same with another filter and bias, which may be empty.
  DirectConvolution withConstants(std::vector<float> filter,
                                  std::vector<float> bias) const;

  /// Whether `runs` runs take longer than compiling the convolution.
  bool isSlow(int64_t runs) const;

  void run(ArrayRef<const void *> inputs, float *output) const;

private:
  void multiply(const float *input, float *sums, int64_t firstPixel,
                int64_t pixels) const;
  void multiplyGroups(const float *input, float *sums, int64_t firstPixel,
                      int64_t pixels) const;

  ConvGeometry g;
  ActivationAttr activation;
  size_t inputPlace = 0;
  std::optional<size_t> residualPlace;
  std::vector<float> filter, bias;
};

/// What runs a step: machine code, or a convolution as it is.
class StepCode {
public:
  explicit StepCode(std::unique_ptr<CompiledModel> compiled)
      : compiled(std::move(compiled)) {}
  explicit StepCode(DirectConvolution direct) : direct(std::move(direct)) {}

  /// Null for machine code.
  const DirectConvolution *getDirect() const {
    return direct ? &*direct : nullptr;
  }

  int64_t getArenaBytes() const {
    return compiled ? compiled->getInfo().arenaBytes : 0;
  }
  /// Working memory for one thread of runs.
  CompiledModel::Arena allocateArena() const {
    return compiled ? compiled->allocateArena() : nullptr;
  }

  /// Runs once. One array for each input and output of the step. Returns the
  /// status, 0 for success.
  int run(ArrayRef<const void *> inputs, ArrayRef<void *> outputs,
          void *arena) const {
    if (compiled)
      return compiled->run(inputs, outputs, arena);
    direct->run(inputs, static_cast<float *>(outputs.front()));
    return 0;
  }

private:
  std::unique_ptr<CompiledModel> compiled;
  std::optional<DirectConvolution> direct;
};

} // namespace mlir::lw

#endif // LW_STEPPING_STEPCODE_H
