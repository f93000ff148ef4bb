//===- GatherKind.h - Rows of a table that indices choose
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_CODEGEN_KERNELS_GATHER_GATHERKIND_H
#define LW_LIB_CODEGEN_KERNELS_GATHER_GATHERKIND_H

#include "Kernels/KernelKind.h"

namespace mlir::lw {

/// `lw.gather` and `tosa.gather` of any table, read where it lies.
class GatherKind : public KernelKind {
public:
  StringRef getName() const override { return "gather"; }
  bool owns(KernelAttrInterface plan) const override {
    return isa<GatherAttr>(plan);
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
  void emit(Operation *op, KernelCalls &calls) const override;
};

} // namespace mlir::lw

#endif // LW_LIB_CODEGEN_KERNELS_GATHER_GATHERKIND_H
