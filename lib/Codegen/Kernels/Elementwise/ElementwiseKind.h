//===- ElementwiseKind.h - Element-wise operations
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_CODEGEN_KERNELS_ELEMENTWISE_ELEMENTWISEKIND_H
#define LW_LIB_CODEGEN_KERNELS_ELEMENTWISE_ELEMENTWISEKIND_H

#include "Kernels/Elementwise/ElementwiseKernel.h"
#include "Kernels/KernelKind.h"
#include "lw/Dialect/IR/LwOps.h"

namespace mlir::lw {

/// True for 32-bit integers that lie row-major.
bool isStaticWords(Value value);

/// Whether the kernel can compute `op` between others whose result is of
/// `type`: the result may also be a truth value, and operands are.
bool isFusible(Operation *op, RankedTensorType type);

class ElementwiseKind : public KernelKind {
public:
  StringRef getName() const override { return "elementwise"; }
  bool owns(KernelAttrInterface plan) const override {
    return isa<ElementwiseAttr>(plan);
  }
  bool canCompute(Operation *op) const override;
  bool runsOn(const TargetInfo &target, Operation *op) const override {
    return !isa<LookupOp>(op) || target.table != TableForm::None;
  }
  int64_t resultBlock(Operation *op, const ResultUse &use) const override;
  Order orderOf(OpOperand &operand) const override;
  bool readsScalars(OpOperand &operand) const override;
  std::optional<Layout> wantedLayout(OpOperand &operand,
                                     KernelAttrInterface plan,
                                     int64_t vector) const override;
  KernelAttrInterface choose(Operation *op, KernelAttrInterface plan,
                             const Selection &selection) const override;
  LogicalResult verify(Operation *op, const TargetInfo &target) const override;
  void emit(Operation *op, KernelCalls &calls) const override;
};

} // namespace mlir::lw

#endif // LW_LIB_CODEGEN_KERNELS_ELEMENTWISE_ELEMENTWISEKIND_H
