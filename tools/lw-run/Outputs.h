//===- Outputs.h - What becomes of a network's outputs
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_TOOLS_LWRUN_OUTPUTS_H
#define LW_TOOLS_LWRUN_OUTPUTS_H

#include "Inputs.h"
#include "lw/ExecutionEngine/CompiledModel.h"
#include "lw/IO/Npy.h"
#include "lw/Support/Accuracy.h"
#include "llvm/Support/JSON.h"

namespace mlir::lw {

/// Gathers the outputs of all runs: accuracy against labels, ranges, and the
/// arrays themselves where they are kept.
class OutputCollector {
public:
  /// `labels` names an array with one label for every sample, or is empty. With
  /// labels the network must have one f32 output, scores of the classes. `path`
  /// is where `write` is to put the outputs, or empty. What a last run that
  /// lacks samples gives for those is left out.
  static llvm::Expected<OutputCollector>
  create(const ModelInfo &info, const RunCount &count, llvm::StringRef labels,
         int64_t labelOffset, llvm::StringRef path);

  /// Adds output `index` of the next run.
  void add(size_t index, llvm::ArrayRef<char> bytes);

  /// Writes the outputs, `.npz` by their names (see `npzKeys`), else the only
  /// one; nothing when there is no path.
  llvm::Error write() const;

  /// Shape and range of every output, then the accuracy.
  void print(llvm::raw_ostream &os) const;

  llvm::json::Array outputsToJson() const;
  llvm::json::Object accuracyToJson() const;

private:
  struct Output {
    TensorInfo tensor;
    NpyArray array;
    float minimum, maximum;
    /// Bytes that runs have still to give.
    size_t left = 0;
    int64_t invalid = 0;
  };

  std::vector<Output> outputs;
  std::vector<int64_t> labels;
  int64_t labelOffset = 0;
  int64_t classes = 0;
  std::string path;
  Accuracy accuracy;
};

} // namespace mlir::lw

#endif // LW_TOOLS_LWRUN_OUTPUTS_H
