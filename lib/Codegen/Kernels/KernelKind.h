//===- KernelKind.h - One kind of kernel
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_CODEGEN_KERNELS_KERNELKIND_H
#define LW_LIB_CODEGEN_KERNELS_KERNELKIND_H

#include "lw/Codegen/Layout.h"
#include "lw/Codegen/WinogradUse.h"
#include "lw/Dialect/IR/LwAttributes.h"
#include "lw/Target/TargetInfo.h"
#include "mlir/IR/Operation.h"
#include <optional>

namespace mlir::lw {

class KernelCalls;

/// What kernels are chosen for.
struct Selection {
  const TargetInfo &target;
  WinogradUse winograd = WinogradUse::Auto;
  int64_t threads = 1, leastWork = 0;

  int64_t vector() const { return target.lanes(); }
};

/// What is known of a result when its layout is chosen.
struct ResultUse {
  int64_t channels, vector; // channels, and those of a block
  bool onePixel;            // height and width are 1
  bool returned;            // or read row-major, and by nothing else
  /// Every use broadcasts single elements, so that the order of the channels
  /// in memory does not matter.
  bool readByScalarsOnly;
};

/// `block`, unless the value is an image: three planes of f32, or the four
/// bytes of a step, instead of one block that is mostly padding.
int64_t imageBlock(Value value, int64_t block, const ResultUse &use);

/// A kernel that could compute an operation, and the cycles that it would take.
struct Proposal {
  KernelAttrInterface plan;
  double cycles;
};

/// A border, in rows and columns: top, bottom, left, right.
using Halo = std::array<int64_t, 4>;

/// Everything that is known of one kind of kernel outside of its folder. One
/// object of each kind exists, in the registry (kernelKinds).
class KernelKind {
public:
  virtual ~KernelKind() = default;
  /// The name of its attribute, `gemm` of `#lw.gemm`.
  virtual StringRef getName() const = 0;
  /// True for an attribute of this kind.
  virtual bool owns(KernelAttrInterface plan) const = 0;

  //===- Selection, in this order -----------------------------------------===//

  /// Whether it computes `op`, from the operation alone: types, constant
  /// weights.
  virtual bool canCompute(Operation *op) const = 0;
  /// Whether the processor has what it takes.
  virtual bool runsOn(const TargetInfo &target, Operation *op) const {
    return true;
  }
  /// Asked where several kinds can compute `op`: the plan with operands that
  /// lie as the kernel likes them; std::nullopt when it is not wanted.
  virtual std::optional<Proposal> propose(Operation *op,
                                          const Selection &selection) const {
    return std::nullopt;
  }
  /// The block of a rank-4 result's layout; 0 for row-major values.
  virtual int64_t resultBlock(Operation *op, const ResultUse &use) const {
    return use.onePixel || use.returned ? use.channels : use.vector;
  }
  /// The border that it reads around its first operand; `plan` is what it has
  /// proposed, if anything.
  virtual Halo inputHalo(Operation *op, KernelAttrInterface plan) const {
    return {0, 0, 0, 0};
  }
  /// In which order a kernel likes an operand: its own, row-major, or that of
  /// its result.
  enum class Order { Own, RowMajor, OfResult };
  virtual Order orderOf(OpOperand &operand) const { return Order::Own; }
  /// True when it reads the operand element by element.
  virtual bool readsScalars(OpOperand &operand) const { return false; }
  /// The layout that an operand must be converted to; std::nullopt when it
  /// lies well.
  virtual std::optional<Layout> wantedLayout(OpOperand &operand,
                                             KernelAttrInterface plan,
                                             int64_t vector) const = 0;
  /// The plan, now that all layouts are known.
  virtual KernelAttrInterface choose(Operation *op, KernelAttrInterface plan,
                                     const Selection &selection) const = 0;

  //===- Afterwards -------------------------------------------------------===//

  /// Checks the plan, and the layouts of operands and result, against the
  /// operation and the processor.
  virtual LogicalResult verify(Operation *op,
                               const TargetInfo &target) const = 0;
  /// Memory that the kernel needs beside its operands and result.
  virtual int64_t scratchBytes(Operation *op, const TargetInfo &target) const {
    return 0;
  }
  /// Whether it can write its result between other values.
  virtual bool writesInPlace() const { return true; }
  /// Emits the calls that compute `op`.
  virtual void emit(Operation *op, KernelCalls &calls) const = 0;
};

/// All kinds. Where several can compute an operation and none proposes fewer
/// cycles, the first does. The last, plain loops, takes what no other can.
ArrayRef<const KernelKind *> kernelKinds();

/// The plan that is written on `op`; null without.
KernelAttrInterface planOf(Operation *op);

/// The same as an attribute of one kind.
template <typename Attr> Attr planOf(Operation *op) {
  return dyn_cast_or_null<Attr>(planOf(op));
}

/// The kind of the plan that is written on `op`, which must have one.
const KernelKind &kindOf(Operation *op);

/// The first kind that can compute `op`; every operation has one.
const KernelKind &classify(Operation *op);

} // namespace mlir::lw

#endif // LW_LIB_CODEGEN_KERNELS_KERNELKIND_H
