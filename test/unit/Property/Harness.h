//===- Harness.h - Random layers through a way to machine code --*- C++ -*-===//
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_TEST_UNIT_PROPERTY_HARNESS_H
#define LW_TEST_UNIT_PROPERTY_HARNESS_H

#include "LayerCase.h"
#include "lw/ExecutionEngine/CodeGen.h"
#include "lw/ExecutionEngine/CompiledModel.h"
#include "lw/Pipelines/Pipelines.h"
#include "lw/Target/Target.h"
#include "llvm/Support/CodeGen.h"
#include "llvm/Support/Error.h"
#include <functional>

namespace mlir {
class OpPassManager;
} // namespace mlir

namespace lwtest {

/// A way from the graph level to machine code.
struct Path {
  std::string name;
  /// Adds the passes from the graph level to the LLVM dialect.
  std::function<void(mlir::OpPassManager &,
                     const mlir::lw::LowerToLLVMOptions &)>
      buildPipeline;
  /// The machine to compile for; this one must be able to run it.
  mlir::lw::TargetName target;
  llvm::CodeGenOptLevel effort = llvm::CodeGenOptLevel::Aggressive;
};

/// The slow and obvious path for this machine.
Path referencePath();

/// The path of generated kernels for `cpu`, one of LLVM's names or `host`.
/// Several threads share even the smallest layers. `weightPanel`: see
/// --lw-select-kernels.
Path kernelPath(llvm::StringRef cpu,
                mlir::lw::WinogradUse winograd = mlir::lw::WinogradUse::Auto,
                int64_t stripBytes = -1, unsigned threads = 1,
                int64_t weightPanel = 0);

/// The cpus that kernels are tested for on this machine: itself, and those of
/// fewer features that choose other kernels.
std::vector<std::string> testedCpus();

/// Code for `module`, whose graph level `path` lowers.
llvm::Expected<std::unique_ptr<mlir::lw::CompiledModel>>
compile(const Path &path, mlir::ModuleOp module);

/// The bytes of the outputs of one run of `model`; what the code leaves
/// unwritten is 0xff, NaN of f32. Fails when it writes beyond an output or into
/// an input.
llvm::Expected<std::vector<std::vector<char>>>
runBytes(const mlir::lw::CompiledModel &model,
         llvm::ArrayRef<llvm::ArrayRef<char>> inputs);

/// The same, of a model of floats.
llvm::Expected<std::vector<std::vector<float>>>
run(const mlir::lw::CompiledModel &model,
    llvm::ArrayRef<llvm::ArrayRef<float>> inputs);

/// The outputs of all `layers`, compiled together by `path` and run once.
llvm::Expected<std::vector<std::vector<float>>>
run(const Path &path, mlir::MLIRContext &context,
    llvm::ArrayRef<LayerCase> layers);

/// A context in which every path works.
std::unique_ptr<mlir::MLIRContext> createContext();

/// Random layers of one variant, drawn, run and compared in portions.
struct PropertyOptions {
  int64_t configurations = 10;
  uint32_t seed = 1;
  /// Number of the first one.
  int64_t first = 0;
  /// Layers compiled together.
  int64_t portion = 5;
  DrawLimits limits;
};

/// How far a value may be off: `share` of the sum of the magnitudes of all that
/// is added up for it; or, where a kernel adds up more than that, of the
/// largest such sum of the layer.
struct Tolerance {
  double share = 1e-6;
  bool ofLargest = false;
};

/// Reports through GoogleTest every layer of `variant` whose output by `path`
/// is not what the formula says within `tolerance`, the rounding of any order
/// of summation. The message has the seed, the layer as MLIR and the first
/// wrong element.
void checkAgainstFormula(const Path &path, Variant variant,
                         const PropertyOptions &options,
                         Tolerance tolerance = {});

/// The same, against what `reference` computes.
void checkAgainstPath(const Path &path, const Path &reference, Variant variant,
                      const PropertyOptions &options, Tolerance tolerance = {});

/// Options of the command line, `--configurations=N --seed=S --first=F`.
PropertyOptions &commandLineOptions();

} // namespace lwtest

#endif // LW_TEST_UNIT_PROPERTY_HARNESS_H
