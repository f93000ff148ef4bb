//===- InterpolateKernel.h - Weighted sums along one dimension
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_CODEGEN_KERNELS_COPY_INTERPOLATEKERNEL_H
#define LW_LIB_CODEGEN_KERNELS_COPY_INTERPOLATEKERNEL_H

#include "Kernels/Copy/CopyKernel.h"
#include "Kernels/KernelCalls.h"
#include "lw/Dialect/IR/LwImageOps.h"

namespace mlir::lw {

/// The dimensions of an interpolation in memory: those around the interpolated
/// one, and elements that lie side by side in both arrays and are computed
/// alike.
struct InterpolateSpec {
  SmallVector<StridedCopy::Dim> outer;
  StridedCopy::Dim axis; // its extent is that of the result
  int64_t run = 1;
  int64_t sourceBase = 0, targetBase = 0, taps = 1;
  bool weighted = false;
};

/// Along channels these lie in planes.
bool isAlongChannels(InterpolateOp op);

/// Emits the calls that compute `op`.
void callInterpolation(KernelCalls &calls, InterpolateOp op);

} // namespace mlir::lw

#endif // LW_LIB_CODEGEN_KERNELS_COPY_INTERPOLATEKERNEL_H
