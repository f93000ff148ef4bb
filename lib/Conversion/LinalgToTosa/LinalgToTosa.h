//===- LinalgToTosa.h - Parts of the raising to tosa ------------*- C++ -*-===//
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_CONVERSION_LINALGTOTOSA_LINALGTOTOSA_H
#define LW_LIB_CONVERSION_LINALGTOTOSA_LINALGTOTOSA_H

#include "TosaBuilder.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace mlir::lw {

/// What the raising of one operation came to: a value for every result (null
/// for those that nobody reads), or why there is none.
struct Raised {
  SmallVector<Value> values;
  std::string reason;

  Raised() = default;
  Raised(Value value) : values{value} {}
  Raised(SmallVector<Value> values) : values(std::move(values)) {}
  static Raised no(const Twine &reason) {
    Raised result;
    result.reason = reason.str();
    return result;
  }
  explicit operator bool() const { return !values.empty(); }
};

/// True for a tensor of known extents, all above zero, of numbers.
bool isStaticTensor(Type type);

/// The scalar that every element of a `linalg.fill` or of a constant is; null
/// otherwise.
TypedAttr getFillValue(Value value);

/// The constant that a generic computes from constants and indices alone, for
/// each of its results; empty when it reads anything else.
SmallVector<DenseElementsAttr> evaluateGeneric(linalg::GenericOp op);

/// A scalar computed from constants alone; null otherwise. Indices become
/// integers of 32 bits, here and below.
TypedAttr evaluateScalar(Value value);

/// The same of what the body of `op` computes from constants and indices, with
/// one dimension for every loop, of extent one where it does not vary.
DenseElementsAttr evaluateOverLoops(linalg::LinalgOp op, Value value);

/// Operand of a generic, as tosa sees it from the loops: one dimension for
/// every loop, in order, of extent one where the operand does not vary.
Value raiseOperand(TosaBuilder &b, Value operand, AffineMap map, int64_t loops);

/// What a block computes element by element, in tosa. Values that the block
/// reads are given first, with one dimension for every loop.
class BodyRaiser {
public:
  BodyRaiser(TosaBuilder &b, linalg::LinalgOp op)
      : b(b), op(op), loops(op.getStaticLoopRanges()) {}

  /// Sets what all inputs of `op` are.
  void setInputs();

  void set(Value scalar, Value tensor) { tensors[scalar] = tensor; }
  /// Raises everything that `scalar` needs; null with a reason where something
  /// has no form in tosa.
  Value get(Value scalar);
  std::string reason;

private:
  Value compute(Operation *op);
  Value computeSelect(Operation *op);
  Value computeDivision(Operation *op);
  Value computeExtract(Operation *op);
  Value computePower(Operation *op);
  Value compare(Operation *op);
  Value fail(const Twine &why);

  TosaBuilder &b;
  linalg::LinalgOp op;
  SmallVector<int64_t> loops;
  DenseMap<Value, Value> tensors;
};

Raised raiseElementwise(TosaBuilder &b, linalg::LinalgOp op);
Raised raiseReduction(TosaBuilder &b, linalg::LinalgOp op);
/// Products of matrices of integers with zero points.
bool isQuantizedProduct(Operation *op);
Raised raiseContraction(TosaBuilder &b, linalg::LinalgOp op);
Raised raisePooling(TosaBuilder &b, linalg::LinalgOp op);
/// Operations of the tensor dialect that move elements.
Raised raiseMove(TosaBuilder &b, Operation *op);

} // namespace mlir::lw

#endif // LW_LIB_CONVERSION_LINALGTOTOSA_LINALGTOTOSA_H
