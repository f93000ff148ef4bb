//===- StageOps.h - Operations that are computed strip by strip
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_CODEGEN_KERNELS_STAGE_STAGEOPS_H
#define LW_LIB_CODEGEN_KERNELS_STAGE_STAGEOPS_H

#include "Kernels/KernelCalls.h"
#include "Kernels/Stage/StageKernel.h"
#include "lw/Dialect/IR/LwOps.h"

namespace mlir::lw {

/// The operations of a stage, each but the last with the next as its only user.
/// Of expand and project one may be missing.
struct StageOps {
  ConvolutionOpInterface expand;
  DepthwiseConv2DOp depthwise;
  PointwiseConv2DOp project;
};
/// The longest stage that ends in `op`, a pointwise or depthwise convolution;
/// std::nullopt when it ends none.
std::optional<StageOps> findStage(Operation *op);
/// The stage as it was marked: without the parts that are no strips.
StageOps markedStage(Operation *end);
/// Output rows of a strip of a marked stage.
int64_t stripRows(StageOps stage);
StageSpec stageSpec(StageOps ops, int64_t rows, const TargetInfo &target);

/// Whether `op` reads strips and is none itself.
bool endsMarkedStage(Operation *op);
/// Emits the call that computes the marked stage which `end` ends.
void emitStageOf(Operation *end, KernelCalls &calls);

} // namespace mlir::lw

#endif // LW_LIB_CODEGEN_KERNELS_STAGE_STAGEOPS_H
