//===- CleanPatterns.h - Patterns of --lw-clean
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_TRANSFORMS_CLEANPATTERNS_H
#define LW_LIB_TRANSFORMS_CLEANPATTERNS_H

#include "mlir/IR/PatternMatch.h"
#include "mlir/Pass/Pass.h"

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

/// Transposes of constants are folded; others sink through element-wise
/// operations, reductions, concatenations, pads and slices, towards a transpose
/// that they cancel with.
void populateTransposePatterns(RewritePatternSet &patterns,
                               Pass::Statistic &folded, Pass::Statistic &moved);

/// Reshapes sink through element-wise operations.
void populateReshapePatterns(RewritePatternSet &patterns,
                             Pass::Statistic &moved);

/// Identities: tosa.identity, multiplication by 1, addition of 0.
void populateIdentityPatterns(RewritePatternSet &patterns,
                              Pass::Statistic &removed);

/// A pad with zeros before a convolution joins its padding.
void populatePadPatterns(RewritePatternSet &patterns,
                         Pass::Statistic &absorbed);

} // namespace mlir::lw

#endif // LW_LIB_TRANSFORMS_CLEANPATTERNS_H
