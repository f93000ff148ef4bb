//===- LoadInputs.h - What the command line gives to a network --*- C++ -*-===//
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_TOOLS_LWRUN_LOADINPUTS_H
#define LW_TOOLS_LWRUN_LOADINPUTS_H

#include "Inputs.h"
#include "RunFlags.h"
#include "lw/ExecutionEngine/CompiledModel.h"

namespace mlir::lw {

/// What becomes of images.
struct ImageUse {
  /// Of their pixels, where the network takes floats.
  std::optional<ImagePreprocessing> preprocessing;
  /// Of those of --image.
  ImageFraming framing;
};

/// Pairs the values of --input with the network's inputs, reads those of
/// --image, or makes random ones.
llvm::Expected<std::vector<InputSource>>
loadInputs(const RunFlags &flags, llvm::ArrayRef<TensorInfo> tensors,
           const ImageUse &images);

/// The same of a library of several shapes, for that which computes the fewest
/// samples, in the fewest runs. Of random inputs its first one.
llvm::Expected<std::vector<InputSource>> selectShape(const RunFlags &flags,
                                                     CompiledModel &model,
                                                     const ImageUse &images);

} // namespace mlir::lw

#endif // LW_TOOLS_LWRUN_LOADINPUTS_H
