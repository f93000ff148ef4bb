//===- CopyKind.h - Elements that are moved, or are where they belong
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_CODEGEN_KERNELS_COPY_COPYKIND_H
#define LW_LIB_CODEGEN_KERNELS_COPY_COPYKIND_H

#include "Kernels/Copy/CopyKernel.h"
#include "Kernels/KernelKind.h"

namespace mlir::lw {

/// Calls the kernel of some copies.
void callCopies(KernelCalls &calls, Value from, ArrayRef<StridedCopy> copies,
                Value to, Location location);

class CopyKind : public KernelKind {
public:
  StringRef getName() const override { return "copy"; }
  bool owns(KernelAttrInterface plan) const override {
    return isa<CopyAttr>(plan);
  }
  bool canCompute(Operation *op) const override;
  Order orderOf(OpOperand &operand) const override;
  int64_t resultBlock(Operation *op, const ResultUse &use) const override;
  std::optional<Layout> wantedLayout(OpOperand &operand,
                                     KernelAttrInterface plan,
                                     int64_t vector) const override;
  KernelAttrInterface choose(Operation *op, KernelAttrInterface plan,
                             const Selection &selection) const override;
  LogicalResult verify(Operation *op, const TargetInfo &target) const override;
  void emit(Operation *op, KernelCalls &calls) const override;
};

/// Copies whose result lies like their operand. CopyKind finds them.
class AliasKind : public KernelKind {
public:
  StringRef getName() const override { return "alias"; }
  bool owns(KernelAttrInterface plan) const override {
    return isa<AliasAttr>(plan);
  }
  bool canCompute(Operation *op) const override {
    return CopyKind().canCompute(op);
  }
  bool writesInPlace() const override { return false; }
  std::optional<Layout> wantedLayout(OpOperand &operand,
                                     KernelAttrInterface plan,
                                     int64_t vector) const override;
  KernelAttrInterface choose(Operation *op, KernelAttrInterface plan,
                             const Selection &selection) const override;
  LogicalResult verify(Operation *op, const TargetInfo &target) const override;
  void emit(Operation *, KernelCalls &) const override {}
};

} // namespace mlir::lw

#endif // LW_LIB_CODEGEN_KERNELS_COPY_COPYKIND_H
