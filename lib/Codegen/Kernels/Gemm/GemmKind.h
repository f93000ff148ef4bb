//===- GemmKind.h - Convolutions as matrix products
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_CODEGEN_KERNELS_GEMM_GEMMKIND_H
#define LW_LIB_CODEGEN_KERNELS_GEMM_GEMMKIND_H

#include "Kernels/Gemm/GemmKernel.h"
#include "Kernels/KernelKind.h"
#include "lw/Dialect/IR/LwOps.h"

namespace mlir::lw {

/// The specification of a convolution with the layouts that are written on it
/// and on its operands, and the tile of its plan if it has one. `linear` joins
/// rows where that is possible, and `folds` the channels of several pixels
/// where they are few.
GemmSpec gemmSpec(ConvolutionOpInterface op, const TargetInfo &target,
                  bool linear = true, bool folds = true);

/// Fails when `tile` needs more registers than the processor has.
LogicalResult verifyGemmRegisters(Operation *op, const GemmSpec &spec,
                                  const TargetInfo &target);

/// The layout that a convolution's residual must be converted to.
std::optional<Layout> wantResidual(OpOperand &operand, int64_t vector,
                                   bool rowMajor);

class GemmKind : public KernelKind {
public:
  StringRef getName() const override { return "gemm"; }
  bool owns(KernelAttrInterface plan) const override {
    return isa<GemmAttr>(plan);
  }
  bool canCompute(Operation *op) const override;
  bool runsOn(const TargetInfo &target, Operation *op) const override;
  std::optional<Proposal> propose(Operation *op,
                                  const Selection &selection) const override;
  int64_t resultBlock(Operation *op, const ResultUse &use) const override;
  Halo inputHalo(Operation *op, KernelAttrInterface plan) const override;
  bool readsScalars(OpOperand &operand) const override {
    return operand.getOperandNumber() == 0;
  }
  std::optional<Layout> wantedLayout(OpOperand &operand,
                                     KernelAttrInterface plan,
                                     int64_t vector) const override;
  KernelAttrInterface choose(Operation *op, KernelAttrInterface plan,
                             const Selection &selection) const override;
  LogicalResult verify(Operation *op, const TargetInfo &target) const override;
  int64_t scratchBytes(Operation *op, const TargetInfo &target) const override;
  void emit(Operation *op, KernelCalls &calls) const override;
};

} // namespace mlir::lw

#endif // LW_LIB_CODEGEN_KERNELS_GEMM_GEMMKIND_H
