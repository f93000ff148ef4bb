//===- Plan.h - Which layers become separable, and with how many terms
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_SEPARABLE_PLAN_H
#define LW_SEPARABLE_PLAN_H

#include "lw/Dialect/IR/LwOps.h"
#include "lw/Separable/Decomposition.h"
#include "llvm/Support/JSON.h"
#include <optional>
#include <string>
#include <vector>

namespace mlir {
class RewriterBase;
} // namespace mlir

namespace mlir::lw {

/// What limits the choice of the number of terms.
struct SeparableLimits {
  /// At most so many terms.
  std::optional<int64_t> terms;
  /// Largest relative error of a layer's filter. Without either limit only an
  /// exact decomposition is taken.
  std::optional<double> weightError;
  /// Least factor by which the MACs of a layer must shrink. From 1 on they must
  /// shrink at all; below, they may grow.
  double minGain = 1;
};

/// The decision on one layer.
struct SeparablePlan {
  std::string layer;
  /// Terms to use; 0 when the layer stays as it is.
  int64_t terms = 0;
  /// Relative error of the filter at `terms`, or of the choice that was
  /// refused.
  double error = 0;
  int64_t macsBefore = 0, macsAfter = 0;
  /// Why the layer stays, or how exact the choice is.
  std::string note;

  bool isSeparable() const { return terms > 0; }
};

/// MACs of `conv` in separable form with `terms` terms.
int64_t separableMacs(Conv2DOp conv, int64_t terms);

/// Decides by the errors of a decomposition and the MACs that it would cost.
SeparablePlan planSeparable(Conv2DOp conv,
                            const SeparableDecomposition &decomposition,
                            const SeparableLimits &limits);

/// Replaces `conv` by a separable convolution with the given filters; bias,
/// residual, activation and window stay. Returns the new operation.
SeparableConv2DOp replaceWithSeparable(RewriterBase &rewriter, Conv2DOp conv,
                                       const SeparableFilters &filters);

/// Prints an aligned table: layer, terms, error, MACs before and after, gain
/// and note, with the sums of the layers listed.
void printPlans(llvm::raw_ostream &os, llvm::ArrayRef<SeparablePlan> plans);

/// `[{"layer", "terms", "error", "macs_before", "macs_after", "note"}]`.
llvm::json::Array toJson(llvm::ArrayRef<SeparablePlan> plans);

} // namespace mlir::lw

#endif // LW_SEPARABLE_PLAN_H
