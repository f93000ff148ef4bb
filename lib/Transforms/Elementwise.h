//===- Elementwise.h - Element-wise operations, for what sinks through them
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_TRANSFORMS_ELEMENTWISE_H
#define LW_LIB_TRANSFORMS_ELEMENTWISE_H

#include "mlir/IR/PatternMatch.h"

namespace mlir::lw {

/// True for tosa operations that compute every element of the result from the
/// elements at the same place, with broadcasting, of operands of its rank.
bool isElementwise(Operation *op);

/// The operands of an element-wise operation that are such tensors; what is
/// left are settings such as a zero point.
MutableArrayRef<OpOperand> elementwiseOperands(Operation *op);

/// `op` with other operands in the places of `elementwiseOperands` and another
/// result type.
Value cloneElementwise(RewriterBase &rewriter, Operation *op,
                       ValueRange operands, Type resultType);

} // namespace mlir::lw

#endif // LW_LIB_TRANSFORMS_ELEMENTWISE_H
