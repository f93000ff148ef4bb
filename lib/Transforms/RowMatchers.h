//===- RowMatchers.h - Parts of normalizations spelled in tosa
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_TRANSFORMS_ROWMATCHERS_H
#define LW_LIB_TRANSFORMS_ROWMATCHERS_H

#include "mlir/IR/Value.h"
#include "llvm/ADT/SmallVector.h"
#include <optional>

namespace mlir::lw {

/// A reduction along some dimensions, which keep an extent of 1.
struct RowReduction {
  Value value;
  SmallVector<int64_t> axes;
};

/// A chain of reductions, one along each dimension.
std::optional<RowReduction> matchSum(Value value);
std::optional<RowReduction> matchMaximum(Value value);

/// A sum times the inverse of the number of its terms, or an average pool of
/// whole images.
std::optional<RowReduction> matchMean(Value value);

/// 1 / sqrt(mean of squares + epsilon).
struct InverseDeviation {
  Value squared; // whose squares they are
  SmallVector<int64_t> axes;
  float epsilon = 0;
};

std::optional<InverseDeviation> matchInverseDeviation(Value value);

/// x where `value` is x less its mean along `axes`.
Value matchCentered(Value value, ArrayRef<int64_t> axes);

} // namespace mlir::lw

#endif // LW_LIB_TRANSFORMS_ROWMATCHERS_H
