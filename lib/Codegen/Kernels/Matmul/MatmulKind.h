//===- MatmulKind.h - Products of two activations
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_CODEGEN_KERNELS_MATMUL_MATMULKIND_H
#define LW_LIB_CODEGEN_KERNELS_MATMUL_MATMULKIND_H

#include "Kernels/KernelKind.h"

namespace mlir::lw {

class MatmulKind : public KernelKind {
public:
  StringRef getName() const override { return "matmul"; }
  bool owns(KernelAttrInterface plan) const override {
    return isa<MatmulAttr>(plan);
  }
  bool canCompute(Operation *op) const override;
  std::optional<Proposal> propose(Operation *op,
                                  const Selection &selection) const override;
  std::optional<Layout> wantedLayout(OpOperand &operand,
                                     KernelAttrInterface plan,
                                     int64_t vector) const override;
  KernelAttrInterface choose(Operation *op, KernelAttrInterface plan,
                             const Selection &selection) const override;
  LogicalResult verify(Operation *op, const TargetInfo &target) const override;
  void emit(Operation *op, KernelCalls &calls) const override;
};

} // namespace mlir::lw

#endif // LW_LIB_CODEGEN_KERNELS_MATMUL_MATMULKIND_H
