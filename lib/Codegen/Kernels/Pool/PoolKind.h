//===- PoolKind.h - Pooling
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_CODEGEN_KERNELS_POOL_POOLKIND_H
#define LW_LIB_CODEGEN_KERNELS_POOL_POOLKIND_H

#include "Kernels/KernelKind.h"
#include "Kernels/Pool/PoolKernel.h"

namespace mlir::lw {

class PoolKind : public KernelKind {
public:
  StringRef getName() const override { return "pool"; }
  bool owns(KernelAttrInterface plan) const override {
    return isa<PoolAttr>(plan);
  }
  bool canCompute(Operation *op) const override;
  std::optional<Layout> wantedLayout(OpOperand &operand,
                                     KernelAttrInterface plan,
                                     int64_t vector) const override;
  KernelAttrInterface choose(Operation *op, KernelAttrInterface plan,
                             const Selection &selection) const override;
  LogicalResult verify(Operation *op, const TargetInfo &target) const override;
  void emit(Operation *op, KernelCalls &calls) const override;
};

} // namespace mlir::lw

#endif // LW_LIB_CODEGEN_KERNELS_POOL_POOLKIND_H
