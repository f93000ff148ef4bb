//===- DepthwiseKind.h - Depthwise convolutions
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_CODEGEN_KERNELS_DEPTHWISE_DEPTHWISEKIND_H
#define LW_LIB_CODEGEN_KERNELS_DEPTHWISE_DEPTHWISEKIND_H

#include "Kernels/Depthwise/DepthwiseKernel.h"
#include "Kernels/KernelKind.h"
#include "lw/Dialect/IR/LwOps.h"

namespace mlir::lw {

/// The specification of a convolution with the layouts that are written on it
/// and on its operands, and the tile of its plan if it has one.
DepthwiseSpec depthwiseSpec(DepthwiseConv2DOp op, const TargetInfo &target);

class DepthwiseKind : public KernelKind {
public:
  StringRef getName() const override { return "depthwise"; }
  bool owns(KernelAttrInterface plan) const override {
    return isa<DepthwiseAttr>(plan);
  }
  bool canCompute(Operation *op) const override;
  bool runsOn(const TargetInfo &target, Operation *op) const override;
  int64_t resultBlock(Operation *op, const ResultUse &use) const override;
  Halo inputHalo(Operation *op, KernelAttrInterface plan) const override;
  std::optional<Layout> wantedLayout(OpOperand &operand,
                                     KernelAttrInterface plan,
                                     int64_t vector) const override;
  KernelAttrInterface choose(Operation *op, KernelAttrInterface plan,
                             const Selection &selection) const override;
  LogicalResult verify(Operation *op, const TargetInfo &target) const override;
  void emit(Operation *op, KernelCalls &calls) const override;
};

} // namespace mlir::lw

#endif // LW_LIB_CODEGEN_KERNELS_DEPTHWISE_DEPTHWISEKIND_H
