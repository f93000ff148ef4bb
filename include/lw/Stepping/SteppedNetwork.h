//===- SteppedNetwork.h - A network that runs step by step
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Calibration looks at what flows between the layers of a network. A stepped
// network is its function cut before and after every convolution, each step
// compiled on its own, so that a run can stop, look, change what flows or take
// another version of a step, and go on from there.
//
//===----------------------------------------------------------------------===//

#ifndef LW_STEPPING_STEPPEDNETWORK_H
#define LW_STEPPING_STEPPEDNETWORK_H

#include "lw/Dialect/IR/LwOps.h"
#include "lw/Stepping/StepCode.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/OwningOpRef.h"
#include <functional>
#include <limits>

namespace mlir::lw {

/// Compiles a network at the graph level for this process.
using CompileFunction =
    std::function<llvm::Expected<std::unique_ptr<CompiledModel>>(ModuleOp)>;

/// A tensor that flows between steps.
struct StepValue {
  explicit StepValue(Value value);
  /// Whether the elements are f32, which samples are compared and measured by.
  bool isF32() const;

  Value value;
  int64_t elements;
  /// The memory of a sample, in floats, that holds elements of any type.
  int64_t floats;
  /// The last step that reads it; the number of steps for a result of the
  /// network.
  size_t lastUse = 0;
};

/// Operations that run together.
struct NetworkStep {
  /// In program order, without constants.
  SmallVector<Operation *> operations;
  /// The only operation when that is a convolution, else null.
  ConvolutionOpInterface conv;
  /// Numbers of the values read and written.
  SmallVector<size_t> inputs, outputs;
  std::unique_ptr<StepCode> code;
};

/// Which values the code of a step writes.
enum class StepOutputs {
  /// Those that other steps read, and the network's results.
  Needed,
  /// All, so that they can be observed.
  All,
};

class SteppedNetwork {
public:
  /// Cuts and compiles `main`, which must be static, of f32 and integers, and
  /// stay alive and unchanged. Convolutions that so many `runs` are not worth
  /// compiling for run as they are. Fails with the name of the step that could
  /// not be compiled.
  static llvm::Expected<SteppedNetwork>
  create(func::FuncOp main, CompileFunction compile,
         StepOutputs outputs = StepOutputs::Needed,
         int64_t runs = std::numeric_limits<int64_t>::max());

  /// Fails when `main` is no network that `create` takes.
  static llvm::Error check(func::FuncOp main);

  ArrayRef<NetworkStep> getSteps() const { return steps; }
  ArrayRef<StepValue> getValues() const { return values; }
  /// Numbers of the network's inputs and results among the values.
  ArrayRef<size_t> getInputs() const { return inputs; }
  ArrayRef<size_t> getResults() const { return results; }
  size_t getNumber(Value value) const { return numbers.lookup(value); }

  /// Makes the code of another version of the convolution `step`: `build` is
  /// given the convolution's inputs in `mapping` and returns its result.
  /// `prepare` may change the function of the two.
  llvm::Expected<std::unique_ptr<CompiledModel>> compileVersion(
      const NetworkStep &step,
      llvm::function_ref<Value(OpBuilder &, IRMapping &)> build,
      llvm::function_ref<llvm::Error(func::FuncOp)> prepare = {}) const;

  /// The convolution `step` as it is; std::nullopt for other steps.
  std::optional<DirectConvolution> makeDirect(const NetworkStep &step) const;

private:
  SteppedNetwork() = default;

  void cut(func::FuncOp main, StepOutputs outputs);
  llvm::Expected<std::unique_ptr<CompiledModel>>
  compile(const NetworkStep &step,
          llvm::function_ref<void(OpBuilder &, IRMapping &)> build,
          llvm::function_ref<llvm::Error(func::FuncOp)> prepare = {}) const;

  CompileFunction compileModule;
  std::vector<NetworkStep> steps;
  std::vector<StepValue> values;
  llvm::DenseMap<Value, size_t> numbers;
  SmallVector<size_t> inputs, results;
};

} // namespace mlir::lw

#endif // LW_STEPPING_STEPPEDNETWORK_H
