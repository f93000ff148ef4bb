//===- Allocation.h - One budget over the layers of a network
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_SEPARABLE_ALLOCATION_H
#define LW_SEPARABLE_ALLOCATION_H

#include "llvm/ADT/ArrayRef.h"
#include <cstdint>
#include <vector>

namespace mlir::lw {

/// One way to compute a layer.
struct LayerOption {
  /// In the budget's unit (MACs or seconds).
  double cost = 0;
  /// The harm that it does alone. Penalties of layers add up.
  double penalty = 0;
};

/// The option chosen for each layer.
struct Allocation {
  std::vector<size_t> chosen;
  double cost = 0, penalty = 0;
  /// Whether the limit is kept. When not, the choice is the nearest there is.
  bool feasible = false;
};

/// Chooses one option a layer so that the sum of costs is at most `budget`, at
/// a small sum of penalties: the best choice for a common price of cost, found
/// by bisection (Lagrangian relaxation; optimal up to the gap of its convex
/// hull), then the rest of the budget to the single changes that gain most.
/// Every layer has at least one option, the first of them finite; options whose
/// cost or penalty is not finite are never chosen.
Allocation allocateCost(llvm::ArrayRef<std::vector<LayerOption>> layers,
                        double budget);

/// The same with the limit on the penalties and the least cost.
Allocation allocatePenalty(llvm::ArrayRef<std::vector<LayerOption>> layers,
                           double limit);

} // namespace mlir::lw

#endif // LW_SEPARABLE_ALLOCATION_H
