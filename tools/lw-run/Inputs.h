//===- Inputs.h - Arrays to the inputs of a network
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_TOOLS_LWRUN_INPUTS_H
#define LW_TOOLS_LWRUN_INPUTS_H

#include "lw/ExecutionEngine/CompiledModel.h"
#include "lw/IO/Images.h"
#include "lw/IO/Npy.h"
#include <optional>

namespace mlir::lw {

/// How samples are spread over runs.
struct RunCount {
  int64_t runs = 1;
  /// Samples of a run.
  int64_t batch = 1;
  /// Samples that the last run lacks.
  int64_t missing = 0;
};

/// One input of a network: the samples for all runs.
class InputSource {
public:
  /// Takes samples from an array, in the network's own layout (its first extent
  /// the number of samples) or as uint8 images (N,H,W,C). The last run repeats
  /// the last sample where it lacks some; vectors and scalars are no batches.
  /// `preprocessing` is for images only; given for floats it is an error.
  static llvm::Expected<InputSource>
  create(const TensorInfo &tensor, NpyReader reader,
         const std::optional<ImagePreprocessing> &preprocessing);

  /// One run of uniformly distributed numbers, the same for the same seed:
  /// floats of [-1, 1), bytes of all values, other integers of [0, limit).
  static llvm::Expected<InputSource> random(const TensorInfo &tensor,
                                            uint64_t seed, int64_t limit);

  llvm::StringRef getName() const { return name; }

  const RunCount &getCount() const { return count; }

  /// NaN and infinities among the samples so far; they may not reach an output.
  int64_t getNotFinite() const { return notFinite; }

  /// The array for a run; valid until the next call.
  llvm::Expected<const void *> get(int64_t run);

  /// Fails when samples are damaged that no run has read.
  llvm::Error checkRest();

private:
  InputSource(const TensorInfo &tensor, NpyReader array)
      : name(tensor.name), type(tensor.type), array(std::move(array)) {}

  void countNotFinite(int64_t missing);

  std::string name, type;
  NpyReader array;
  RunCount count;
  /// Elements of the present run, as they are in the file.
  NpyArray piece;
  int64_t present = -1;
  int64_t notFinite = 0;
  std::optional<ImageConverter> images;
  std::vector<float> pixels;
  /// The same as the network takes them, where that is something else.
  bool isConverted = false;
  std::vector<char> converted;
};

/// The runs that all inputs have samples for: 1 without inputs, an error when
/// they disagree.
llvm::Expected<RunCount> commonRuns(llvm::ArrayRef<InputSource> inputs);

} // namespace mlir::lw

#endif // LW_TOOLS_LWRUN_INPUTS_H
