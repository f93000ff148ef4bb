//===- WinogradKind.h - 3x3 convolutions with fewer multiplications
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_CODEGEN_KERNELS_WINOGRAD_WINOGRADKIND_H
#define LW_LIB_CODEGEN_KERNELS_WINOGRAD_WINOGRADKIND_H

#include "Kernels/KernelKind.h"
#include "Kernels/Winograd/WinogradKernel.h"
#include "lw/Dialect/IR/LwOps.h"

namespace mlir::lw {

/// The specification of a convolution, with the extents of `plan` if it has
/// one.
WinogradSpec winogradSpec(ConvolutionOpInterface op, WinogradAttr plan,
                          const TargetInfo &target);

class WinogradKind : public KernelKind {
public:
  StringRef getName() const override { return "winograd"; }
  bool owns(KernelAttrInterface plan) const override {
    return isa<WinogradAttr>(plan);
  }
  bool canCompute(Operation *op) const override;
  bool runsOn(const TargetInfo &target, Operation *op) const override;
  std::optional<Proposal> propose(Operation *op,
                                  const Selection &selection) const override;
  int64_t resultBlock(Operation *, const ResultUse &use) const override {
    return use.vector;
  }
  Halo inputHalo(Operation *op, KernelAttrInterface plan) const override;
  std::optional<Layout> wantedLayout(OpOperand &operand,
                                     KernelAttrInterface plan,
                                     int64_t vector) const override;
  KernelAttrInterface choose(Operation *, KernelAttrInterface plan,
                             const Selection &) const override {
    return plan;
  }
  LogicalResult verify(Operation *op, const TargetInfo &target) const override;
  int64_t scratchBytes(Operation *op, const TargetInfo &target) const override;
  void emit(Operation *op, KernelCalls &calls) const override;
};

} // namespace mlir::lw

#endif // LW_LIB_CODEGEN_KERNELS_WINOGRAD_WINOGRADKIND_H
