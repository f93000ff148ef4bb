//===- Allocation.cpp - One budget over the layers of a network
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Separable/Allocation.h"
#include <cassert>
#include <cmath>
#include <limits>

using namespace mlir::lw;

using Layers = llvm::ArrayRef<std::vector<LayerOption>>;

/// What a NaN or an infinity says nothing about is not chosen.
static bool isUsable(const LayerOption &option) {
  return std::isfinite(option.cost) && std::isfinite(option.penalty);
}

/// The best choice at a price: least penalty + price * cost for each layer.
static Allocation chooseAtPrice(Layers layers, double price) {
  Allocation result;
  for (const std::vector<LayerOption> &options : layers) {
    assert(!options.empty() && isUsable(options.front()) &&
           "a layer can stay as it is");
    size_t best = 0;
    auto value = [&](size_t i) {
      // An infinite price is cost alone, penalties decide between equals.
      return std::isinf(price) ? options[i].cost
                               : options[i].penalty + price * options[i].cost;
    };
    for (size_t i = 1; i < options.size(); ++i)
      if (isUsable(options[i]) &&
          (value(i) < value(best) ||
           (value(i) == value(best) &&
            options[i].penalty < options[best].penalty)))
        best = i;
    result.chosen.push_back(best);
    result.cost += options[best].cost;
    result.penalty += options[best].penalty;
  }
  return result;
}

/// Spends what the budget has left on the changes that lower the penalty most
/// for their cost.
static void spendRest(Layers layers, double budget, Allocation &allocation) {
  // Every change lowers the penalty of its layer, so none is made twice.
  size_t changes = 0;
  for (const std::vector<LayerOption> &options : layers)
    changes += options.size();
  for (size_t change = 0; change < changes; ++change) {
    double bestGain = 0, bestCost = 0, bestPenalty = 0;
    size_t bestLayer = 0, bestOption = 0;
    for (size_t l = 0; l < layers.size(); ++l) {
      const LayerOption &now = layers[l][allocation.chosen[l]];
      for (size_t i = 0; i < layers[l].size(); ++i) {
        double more = layers[l][i].cost - now.cost;
        double less = now.penalty - layers[l][i].penalty;
        if (!isUsable(layers[l][i]) || less <= 0 ||
            allocation.cost + more > budget)
          continue;
        double gain =
            more <= 0 ? std::numeric_limits<double>::infinity() : less / more;
        if (gain > bestGain) {
          bestGain = gain, bestCost = more, bestPenalty = less;
          bestLayer = l, bestOption = i;
        }
      }
    }
    if (bestGain == 0)
      return;
    allocation.chosen[bestLayer] = bestOption;
    allocation.cost += bestCost;
    allocation.penalty -= bestPenalty;
  }
}

/// Bisects the price on a logarithmic scale. `fits` says whether a choice keeps
/// the limit; it does from some price on upwards (`dear`), or downwards.
template <typename Fits>
static Allocation bisect(Layers layers, bool dear, Fits fits) {
  // The choice that is surest to keep the limit.
  Allocation best = chooseAtPrice(
      layers, dear ? std::numeric_limits<double>::infinity() : 0.0);
  if (!fits(best))
    return best;
  double low = -300, high = 300;
  for (int step = 0; step < 80; ++step) {
    double middle = (low + high) / 2;
    Allocation choice = chooseAtPrice(layers, std::pow(10.0, middle));
    bool fit = fits(choice);
    if (fit)
      best = choice;
    (fit == dear ? high : low) = middle;
  }
  best.feasible = true;
  return best;
}

Allocation mlir::lw::allocateCost(Layers layers, double budget) {
  Allocation result = bisect(layers, /*dear=*/true, [&](const Allocation &a) {
    return a.cost <= budget;
  });
  if (result.feasible)
    spendRest(layers, budget, result);
  return result;
}

Allocation mlir::lw::allocatePenalty(Layers layers, double limit) {
  Allocation result = bisect(layers, /*dear=*/false, [&](const Allocation &a) {
    return a.penalty <= limit;
  });
  return result;
}
