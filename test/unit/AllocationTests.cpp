//===- AllocationTests.cpp - One budget over the layers of a network
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Separable/Allocation.h"
#include "gtest/gtest.h"
#include <limits>
#include <random>

using namespace mlir::lw;

using Layers = std::vector<std::vector<LayerOption>>;

/// The least penalty within a budget, by trying all choices.
static double searchAll(const Layers &layers, double budget, size_t layer = 0) {
  if (layer == layers.size())
    return 0;
  double best = 1e300;
  for (const LayerOption &option : layers[layer])
    if (option.cost <= budget)
      best = std::min(best,
                      option.penalty +
                          searchAll(layers, budget - option.cost, layer + 1));
  return best;
}

static Layers randomLayers(unsigned seed) {
  std::mt19937 generator(seed);
  std::uniform_real_distribution<double> uniform(0, 1);
  Layers layers(5);
  for (std::vector<LayerOption> &options : layers) {
    options.push_back({10, 0});
    for (int i = 0; i < 4; ++i)
      options.push_back({10 * uniform(generator), uniform(generator)});
  }
  return layers;
}

TEST(Allocation, KeepsTheBudgetAndIsNearTheBest) {
  double found = 0, best = 0;
  for (unsigned seed = 0; seed < 40; ++seed) {
    Layers layers = randomLayers(seed);
    Allocation allocation = allocateCost(layers, 30);
    double exact = searchAll(layers, 30);
    ASSERT_EQ(allocation.feasible, exact < 1e300);
    if (!allocation.feasible)
      continue;
    double cost = 0, penalty = 0;
    for (size_t l = 0; l < layers.size(); ++l) {
      cost += layers[l][allocation.chosen[l]].cost;
      penalty += layers[l][allocation.chosen[l]].penalty;
    }
    EXPECT_LE(cost, 30 + 1e-9);
    EXPECT_NEAR(cost, allocation.cost, 1e-9);
    EXPECT_NEAR(penalty, allocation.penalty, 1e-9);
    EXPECT_GE(penalty, exact - 1e-9);
    found += penalty;
    best += exact;
  }
  EXPECT_LT(found, 1.15 * best);
}

TEST(Allocation, ABudgetForEverythingChangesNothing) {
  Allocation allocation = allocateCost(randomLayers(1), 50);
  EXPECT_TRUE(allocation.feasible);
  EXPECT_EQ(allocation.chosen, std::vector<size_t>(5, 0));
  EXPECT_EQ(allocation.penalty, 0);
}

TEST(Allocation, NearestWhenTheBudgetIsOutOfReach) {
  Layers layers = {{{10, 0}, {4, 1}, {4, 0.5}}, {{10, 0}}};
  Allocation allocation = allocateCost(layers, 5);
  EXPECT_FALSE(allocation.feasible);
  EXPECT_EQ(allocation.chosen, (std::vector<size_t>{2, 0}));
  EXPECT_EQ(allocation.cost, 14);
}

TEST(Allocation, LeastCostWithinAPenalty) {
  Layers layers = {{{10, 0}, {6, 1}, {2, 5}}, {{8, 0}, {7, 4}}};
  EXPECT_EQ(allocatePenalty(layers, 0).chosen, (std::vector<size_t>{0, 0}));
  EXPECT_EQ(allocatePenalty(layers, 1).chosen, (std::vector<size_t>{1, 0}));
  EXPECT_EQ(allocatePenalty(layers, 5).chosen, (std::vector<size_t>{2, 0}));
  EXPECT_EQ(allocatePenalty(layers, 9).chosen, (std::vector<size_t>{2, 1}));
}

TEST(Allocation, NeverChoosesWhatIsNotFinite) {
  double nan = std::numeric_limits<double>::quiet_NaN();
  double infinity = std::numeric_limits<double>::infinity();
  for (double bad : {nan, infinity, -infinity}) {
    Layers layers = {{{10, 0}, {4, bad}, {bad, 0}, {6, 1}},
                     {{10, 0}, {1, bad}},
                     {{10, 0}, {2, 3}, {1, bad}}};
    Allocation allocation = allocateCost(layers, 20);
    EXPECT_TRUE(allocation.feasible);
    EXPECT_EQ(allocation.chosen, (std::vector<size_t>{3, 0, 1}));
    EXPECT_EQ(allocation.penalty, 4);
    // Out of reach: the nearest without them.
    allocation = allocateCost(layers, 10);
    EXPECT_FALSE(allocation.feasible);
    EXPECT_EQ(allocation.chosen, (std::vector<size_t>{3, 0, 1}));
    EXPECT_EQ(allocatePenalty(layers, 2).chosen,
              (std::vector<size_t>{3, 0, 0}));
  }
}
