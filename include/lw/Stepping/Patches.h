//===- Patches.h - What a convolution sees of its input
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_STEPPING_PATCHES_H
#define LW_STEPPING_PATCHES_H

#include "lw/Dialect/IR/ConvGeometry.h"

namespace mlir::lw {

/// Copies the patch of output pixel `pixel` (of all the batch) of an input,
/// taps x input channels; zero outside of the input.
void readPatch(const ConvGeometry &geometry, const float *input, int64_t pixel,
               float *patch);

} // namespace mlir::lw

#endif // LW_STEPPING_PATCHES_H
