//===- Plan.h - What of a network is computed with integers
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_QUANTIZATION_PLAN_H
#define LW_LIB_QUANTIZATION_PLAN_H

#include "Functions.h"
#include "lw/Quantization/Ranges.h"

namespace mlir::lw {

/// What an operation is to quantization.
enum class QuantRole {
  /// Computed on real numbers.
  Float,
  /// A convolution with constant weights.
  Convolution,
  /// An average over windows.
  Average,
  Add,
  Mul,
  /// Elements that are moved and not changed: the parameters go through.
  Through,
  Concat,
  /// A function of one tensor, by table.
  Function,
};

/// The operations of a network that are computed with integers. Convolutions
/// are, unless skipped. Others are where what they read comes as integers and
/// what they make is wanted so: else nothing is saved by it.
class QuantPlan {
public:
  /// `functions` are those of `main` and have to live as long as the plan.
  /// The values `alsoWanted` are wanted as integers by others than operations.
  QuantPlan(func::FuncOp main, const ElementFunctions &functions,
            const llvm::DenseSet<Operation *> &skipped,
            ArrayRef<Value> alsoWanted = {});

  /// Float for operations that stay as they are.
  QuantRole getRole(Operation *op) const { return roles.lookup(op); }
  /// Whether an integer operation reads the integers of `value`.
  bool isWanted(Value value) const { return wanted.contains(value); }
  /// Whether an integer operation makes `value` as integers.
  bool isMade(Value value) const {
    Operation *op = value.getDefiningOp();
    return op && roles.contains(op) && isWanted(value);
  }

  /// Whether `value` is computed and not only moved from others of its group.
  bool isComputed(Value value) const {
    Operation *op = value.getDefiningOp();
    return !op || (getRole(op) != QuantRole::Through &&
                   getRole(op) != QuantRole::Concat);
  }

  /// Groups values that have the same parameters. Parts of a concatenation
  /// join it unless they are also read by others and `hasOwnRange` says so.
  void
  joinValues(func::FuncOp main,
             llvm::function_ref<bool(Value part, Value whole)> hasOwnRange);
  /// The value that stands for the group of `value`.
  Value getLeader(Value value) const;

  const ElementFunctions &getFunctions() const { return functions; }

private:
  QuantRole roleOf(Operation &op) const;

  const ElementFunctions &functions;
  llvm::DenseMap<Operation *, QuantRole> roles;
  llvm::DenseSet<Value> wanted;
  llvm::DenseMap<Value, Value> leaders;
};

/// Whether the input or residual of `conv` is a constant, of which samples show
/// no range.
bool readsConstant(ConvolutionOpInterface conv);

/// The values whose integers an operation of that role reads.
SmallVector<Value> integerOperands(Operation *op, QuantRole role,
                                   const ElementFunctions &functions);

} // namespace mlir::lw

#endif // LW_LIB_QUANTIZATION_PLAN_H
