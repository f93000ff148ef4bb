//===- Inputs.h - Arrays to the inputs of a network
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_TOOLS_LWRUN_INPUTS_H
#define LW_TOOLS_LWRUN_INPUTS_H

#include "lw/ExecutionEngine/CompiledModel.h"
#include "lw/Support/Images.h"
#include "lw/Support/Npy.h"
#include <optional>

namespace mlir::lw {

/// One input of a network: the samples for all runs.
class InputSource {
public:
  /// Takes samples from an array, in the network's own layout (its first extent
  /// any multiple of the network's) or as uint8 images (N,H,W,C).
  /// `preprocessing` is for images only; given for floats it is an error.
  static llvm::Expected<InputSource>
  create(const TensorInfo &tensor, NpyReader reader,
         const std::optional<ImagePreprocessing> &preprocessing);

  /// One run of uniformly distributed floats of [-1, 1), the same for the same
  /// seed.
  static llvm::Expected<InputSource> random(const TensorInfo &tensor,
                                            uint64_t seed);

  llvm::StringRef getName() const { return name; }

  /// How many runs the samples are for.
  int64_t getRuns() const { return runs; }

  /// The array for a run; valid until the next call.
  llvm::Expected<const void *> get(int64_t run);

private:
  InputSource(std::string name, NpyReader array)
      : name(std::move(name)), array(std::move(array)) {}

  std::string name;
  NpyReader array;
  int64_t runs = 0;
  /// Elements of the present run, as they are in the file.
  NpyArray piece;
  int64_t present = -1;
  int64_t samplesPerRun = 0;
  std::optional<ImageConverter> images;
  /// The same as floats, unless they are what the network takes.
  bool isConverted = false;
  std::vector<float> converted;
};

/// The runs that all inputs have samples for: 1 without inputs, an error when
/// they disagree.
llvm::Expected<int64_t> commonRuns(llvm::ArrayRef<InputSource> inputs);

} // namespace mlir::lw

#endif // LW_TOOLS_LWRUN_INPUTS_H
