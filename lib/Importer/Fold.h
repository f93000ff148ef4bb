//===- Fold.h - Computing constants at import
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_IMPORTER_FOLD_H
#define LW_LIB_IMPORTER_FOLD_H

#include "Node.h"
#include <array>

namespace mlir::lw::importer {

using FoldFloats = float (*)(float, float);
/// std::nullopt on overflow and division by zero.
using FoldInts = std::optional<int64_t> (*)(int64_t, int64_t);

/// Broadcasts two constants and combines their elements; integers are shapes
/// and indices. With `isBool` the result is a tensor of 0 and 1.
FailureOr<ConstantRef> foldBinary(Node &node, const ConstantRef &a,
                                  const ConstantRef &b, FoldFloats onFloats,
                                  FoldInts onInts, bool isBool = false);

/// The elements of a constant, one by one.
ConstantRef foldUnary(const Constant &x,
                      llvm::function_ref<float(float)> onFloats,
                      llvm::function_ref<int64_t(int64_t)> onInts);

/// Fails when a constant of that shape is too large to be computed at import.
LogicalResult checkFoldedShape(Node &node, ArrayRef<int64_t> shape);

/// The part of a constant from `start` on, `size` elements in steps of `step`
/// along every dimension.
ConstantRef sliceConstant(const Constant &x, ArrayRef<int64_t> start,
                          ArrayRef<int64_t> step, ArrayRef<int64_t> size);

/// All operands, which are constants, one after the other along `axis`.
ConstantRef concatConstants(ArrayRef<ConstantRef> operands, int64_t axis);

/// Along `axis` the `count` largest or smallest elements, in order, and where
/// they were; of equal ones the first comes first.
std::array<ConstantRef, 2> sortConstant(const Constant &x, int64_t axis,
                                        int64_t count, bool largest);

} // namespace mlir::lw::importer

#endif // LW_LIB_IMPORTER_FOLD_H
