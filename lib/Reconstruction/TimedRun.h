//===- TimedRun.h - Code that runs for its time alone
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_RECONSTRUCTION_TIMEDRUN_H
#define LW_LIB_RECONSTRUCTION_TIMEDRUN_H

#include "lw/ExecutionEngine/CompiledModel.h"
#include "lw/Reconstruction/LayerProblem.h"

namespace mlir::lw {

/// Weights of the right sizes; their values do not matter for the time, as long
/// as what they compute is in the range of normal numbers.
LayerVersion nominalVersion(const LayerProblem &problem, FormChoice choice);

/// Runs code on inputs of its own.
class TimedRun {
public:
  explicit TimedRun(std::unique_ptr<CompiledModel> code);

  /// Seconds of one run.
  double run();

private:
  std::unique_ptr<CompiledModel> code;
  CompiledModel::Arena arena;
  std::vector<std::vector<float>> memory;
  SmallVector<const void *> inputs;
  SmallVector<void *> outputs;
};

} // namespace mlir::lw

#endif // LW_LIB_RECONSTRUCTION_TIMEDRUN_H
