//===- ReferenceKind.h - Operations without a kernel
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_CODEGEN_KERNELS_REFERENCE_REFERENCEKIND_H
#define LW_LIB_CODEGEN_KERNELS_REFERENCE_REFERENCEKIND_H

#include "Kernels/KernelKind.h"

namespace mlir::lw {

class ReferenceKind : public KernelKind {
public:
  StringRef getName() const override { return "reference"; }
  bool owns(KernelAttrInterface plan) const override {
    return isa<ReferenceAttr>(plan);
  }
  bool canCompute(Operation *) const override { return true; }
  int64_t resultBlock(Operation *, const ResultUse &) const override {
    return 0;
  }
  Order orderOf(OpOperand &) const override { return Order::RowMajor; }
  bool writesInPlace() const override { return false; }
  std::optional<Layout> wantedLayout(OpOperand &operand,
                                     KernelAttrInterface plan,
                                     int64_t vector) const override;
  KernelAttrInterface choose(Operation *op, KernelAttrInterface plan,
                             const Selection &selection) const override;
  LogicalResult verify(Operation *op, const TargetInfo &target) const override;
  void emit(Operation *op, KernelCalls &calls) const override;
};

} // namespace mlir::lw

#endif // LW_LIB_CODEGEN_KERNELS_REFERENCE_REFERENCEKIND_H
