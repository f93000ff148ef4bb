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
  std::optional<Layout> wantedLayout(OpOperand &, KernelAttrInterface,
                                     int64_t) const override {
    return std::nullopt; // of rank 3, and row-major
  }
  KernelAttrInterface choose(Operation *op, KernelAttrInterface plan,
                             const Selection &selection) const override;
  LogicalResult verify(Operation *op, const TargetInfo &target) const override;
  void emit(Operation *op, KernelCalls &calls) const override;
};

} // namespace mlir::lw

#endif // LW_LIB_CODEGEN_KERNELS_MATMUL_MATMULKIND_H
