//===- IntegerArithmetic.h - Arithmetic on integers at run time
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_IMPORTER_INTEGERARITHMETIC_H
#define LW_LIB_IMPORTER_INTEGERARITHMETIC_H

#include "Broadcast.h"

namespace mlir::lw::importer {

// Operands are i32 or i64; sums and products wrap.
Value divideInts(GraphBuilder &build, Value a, Value b);
Value powerOfInts(GraphBuilder &build, Value a, Value b);
Value negateInts(GraphBuilder &build, Value x);

/// A quotient of floats as division rounds it, for what makes integers of it:
/// 41 times the reciprocal of 41 is less than 1, and nothing of it is left. All
/// other tensors as they are.
TensorRef divideExactly(Node &node, const TensorRef &tensor);

/// The operands of an element-wise operator on numbers of any type; bytes are
/// widened to i32.
struct Numbers : Broadcast {
  Element element = Element::Float, held = Element::Float;

  LogicalResult collect(Node &node, ArrayRef<TensorRef> operands);
  /// A result of the operands' type, bytes narrowed again.
  LogicalResult finish(Node &node, Value value) const;
};

} // namespace mlir::lw::importer

#endif // LW_LIB_IMPORTER_INTEGERARITHMETIC_H
