//===- RecurrentKind.h - Recurrent layers
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_CODEGEN_KERNELS_RECURRENT_RECURRENTKIND_H
#define LW_LIB_CODEGEN_KERNELS_RECURRENT_RECURRENTKIND_H

#include "Kernels/KernelKind.h"
#include "Kernels/Recurrent/RecurrentKernel.h"

namespace mlir::lw {

class RecurrentKernelKind : public KernelKind {
public:
  StringRef getName() const override { return "recurrent"; }
  bool owns(KernelAttrInterface plan) const override {
    return isa<RecurrentAttr>(plan);
  }
  bool canCompute(Operation *op) const override;
  int64_t resultBlock(Operation *, const ResultUse &) const override {
    return 0;
  }
  std::optional<Layout> wantedLayout(OpOperand &operand,
                                     KernelAttrInterface plan,
                                     int64_t vector) const override;
  KernelAttrInterface choose(Operation *op, KernelAttrInterface plan,
                             const Selection &selection) const override;
  LogicalResult verify(Operation *op, const TargetInfo &target) const override;
  int64_t scratchBytes(Operation *op, const TargetInfo &target) const override;
  bool writesInPlace() const override { return false; }
  void emit(Operation *op, KernelCalls &calls) const override;
};

} // namespace mlir::lw

#endif // LW_LIB_CODEGEN_KERNELS_RECURRENT_RECURRENTKIND_H
