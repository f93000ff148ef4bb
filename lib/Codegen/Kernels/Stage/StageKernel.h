//===- StageKernel.h - Several layers strip by strip
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_CODEGEN_KERNELS_STAGE_STAGEKERNEL_H
#define LW_LIB_CODEGEN_KERNELS_STAGE_STAGEKERNEL_H

#include "Kernels/Depthwise/DepthwiseKernel.h"
#include "Kernels/Gemm/GemmKernel.h"

namespace mlir::lw {

/// Expand, depthwise, project (or first layer, depthwise, pointwise) of one
/// image, or the first two or the last two of them, computed in strips of
/// output rows, so that what lies between stays in cache. The rows of a strip
/// that the next one needs too are moved, not recomputed.
struct StageSpec {
  std::optional<GemmSpec> expand;  // out: the strip
  DepthwiseSpec depthwise;         // in, out: the strips
  std::optional<GemmSpec> project; // in: the strip
  int64_t rows = 1;                // output rows of a strip
  /// Threads, each with strips of its own for a run of rows; the first row of
  /// strips of each is computed from the beginning.
  int64_t threads = 1;

  /// Strips of the whole image.
  int64_t strips() const { return (depthwise.g.outHeight + rows - 1) / rows; }
  /// Rows of the depthwise window beyond one output row.
  int64_t window() const {
    return depthwise.g.dilations[0] * (depthwise.g.kernelHeight - 1) + 1;
  }
  /// Expanded rows that `outputs` rows read.
  int64_t expandedRows(int64_t outputs) const {
    return (outputs - 1) * depthwise.g.strides[0] + window();
  }
  /// Expanded rows from one strip to the next, and those that a strip leaves to
  /// the next.
  int64_t step() const { return rows * depthwise.g.strides[0]; }
  int64_t overlap() const { return window() - depthwise.g.strides[0]; }
  /// False when strips would not fit together; nothing else may be asked then.
  bool isPossible() const;
};

struct StageBuffers {
  ConvBuffers expand;
  ConvBuffers depthwise;
  ConvBuffers project;
};

void emitStage(KernelBuilder &k, const StageSpec &spec,
               const StageBuffers &buffers);

} // namespace mlir::lw

#endif // LW_LIB_CODEGEN_KERNELS_STAGE_STAGEKERNEL_H
