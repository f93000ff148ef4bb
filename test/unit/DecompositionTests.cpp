//===- DecompositionTests.cpp - Sums of separable terms from a filter
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Separable/Decomposition.h"
#include "gtest/gtest.h"
#include <cmath>
#include <limits>
#include <random>

using namespace mlir::lw;

static std::vector<double> randomValues(int64_t count, unsigned seed) {
  std::mt19937 generator(seed);
  std::normal_distribution<double> normal;
  std::vector<double> values(count);
  for (double &value : values)
    value = normal(generator);
  return values;
}

/// A filter that is a sum of `terms` separable terms in every channel.
static std::vector<double> plantTerms(const FilterShape &shape, int64_t terms,
                                      unsigned seed) {
  SeparableFilters filters;
  filters.terms = terms;
  filters.depthwise =
      randomValues(shape.taps() * shape.inChannels * terms, seed);
  filters.pointwise =
      randomValues(shape.inChannels * terms * shape.outChannels, seed + 1);
  return expandSeparable(shape, filters);
}

static std::vector<double> roundToFloat(std::vector<double> values) {
  for (double &value : values)
    value = static_cast<float>(value);
  return values;
}

/// ||a - b|| / ||a||.
static double distance(const std::vector<double> &a,
                       const std::vector<double> &b) {
  double difference = 0, norm = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    difference += (a[i] - b[i]) * (a[i] - b[i]);
    norm += a[i] * a[i];
  }
  return std::sqrt(difference / norm);
}

TEST(Decomposition, RecoversPlantedTermsAndNoFewer) {
  const FilterShape shapes[] = {{3, 3, 16, 32},
                                {3, 3, 3, 64},
                                {5, 5, 8, 24},
                                {1, 7, 12, 20},
                                {3, 3, 1, 9}};
  for (const FilterShape &shape : shapes)
    for (int64_t terms = 1; terms <= 4; ++terms) {
      std::vector<double> planted = plantTerms(shape, terms, 17 * terms);
      std::vector<double> filter = roundToFloat(planted);
      auto decomposition = SeparableDecomposition::compute(shape, filter);
      ASSERT_TRUE(decomposition);
      EXPECT_EQ(decomposition->exactTerms(), terms);
      // Rounded to f32 it is no sum of so few terms in f64; as planted it is.
      auto exact = SeparableDecomposition::kExactF64;
      EXPECT_GT(decomposition->termsForError(exact), terms);
      decomposition = SeparableDecomposition::compute(shape, planted);
      ASSERT_TRUE(decomposition);
      EXPECT_EQ(decomposition->termsForError(exact), terms);
      EXPECT_LT(distance(planted, expandSeparable(
                                      shape, decomposition->truncate(terms))),
                1e-14);
      EXPECT_LT(distance(filter, expandSeparable(
                                     shape, decomposition->truncate(terms))),
                1e-5);
      if (terms > 1) {
        EXPECT_GT(decomposition->relativeError(terms - 1), 1e-2);
      }
    }
}

TEST(Decomposition, ErrorIsThatOfTheTruncatedFilter) {
  FilterShape shape = {3, 3, 6, 10};
  std::vector<double> filter = randomValues(shape.size(), 5);
  auto decomposition = SeparableDecomposition::compute(shape, filter);
  ASSERT_TRUE(decomposition);
  EXPECT_EQ(decomposition->maxTerms(), 9);
  EXPECT_DOUBLE_EQ(decomposition->relativeError(0), 1.0);
  for (int64_t terms = 1; terms <= 9; ++terms) {
    double found = distance(
        filter, expandSeparable(shape, decomposition->truncate(terms)));
    EXPECT_NEAR(found, decomposition->relativeError(terms), 1e-6);
    EXPECT_LT(decomposition->relativeError(terms),
              decomposition->relativeError(terms - 1));
  }
}

// No separable filter found by other means may be nearer: alternating least
// squares from a random start, one term.
TEST(Decomposition, NoOtherTermIsNearer) {
  FilterShape shape = {3, 3, 1, 12};
  std::vector<double> w = randomValues(shape.size(), 9);
  auto decomposition = SeparableDecomposition::compute(shape, w);
  ASSERT_TRUE(decomposition);
  std::vector<double> u = randomValues(9, 1);
  std::vector<double> v(12);
  double nearest = 1;
  for (int sweep = 0; sweep < 200; ++sweep) {
    double uu = 0, vv = 0;
    for (double x : u)
      uu += x * x;
    for (int o = 0; o < 12; ++o) {
      double sum = 0;
      for (int k = 0; k < 9; ++k)
        sum += w[k * 12 + o] * u[k];
      v[o] = sum / uu;
      vv += v[o] * v[o];
    }
    for (int k = 0; k < 9; ++k) {
      double sum = 0;
      for (int o = 0; o < 12; ++o)
        sum += w[k * 12 + o] * v[o];
      u[k] = sum / vv;
    }
    nearest = std::min(nearest, distance(w, expandSeparable(shape, {1, u, v})));
  }
  EXPECT_NEAR(decomposition->relativeError(1), nearest, 1e-5);
}

TEST(Decomposition, FewestTermsForAnError) {
  FilterShape shape = {3, 3, 4, 16};
  auto decomposition =
      SeparableDecomposition::compute(shape, randomValues(shape.size(), 3));
  ASSERT_TRUE(decomposition);
  for (double error : {0.9, 0.5, 0.2, 0.05}) {
    int64_t terms = decomposition->termsForError(error);
    EXPECT_LE(decomposition->relativeError(terms), error);
    if (terms > 1) {
      EXPECT_GT(decomposition->relativeError(terms - 1), error);
    }
  }
  EXPECT_EQ(decomposition->termsForError(0), 9);
}

TEST(Decomposition, ZerosNeedOneTerm) {
  FilterShape shape = {3, 3, 4, 4};
  auto decomposition = SeparableDecomposition::compute(
      shape, std::vector<double>(shape.size(), 0.0));
  ASSERT_TRUE(decomposition);
  EXPECT_EQ(decomposition->exactTerms(), 1);
  for (double value : decomposition->truncate(1).pointwise)
    EXPECT_EQ(value, 0.0);
}

// Fewer output channels than taps limit the rank.
TEST(Decomposition, RankIsLimitedByOutputChannels) {
  FilterShape shape = {3, 3, 4, 2};
  std::vector<double> filter = randomValues(shape.size(), 7);
  auto decomposition = SeparableDecomposition::compute(shape, filter);
  ASSERT_TRUE(decomposition);
  EXPECT_EQ(decomposition->maxTerms(), 2);
  EXPECT_LT(
      distance(filter, expandSeparable(shape, decomposition->truncate(2))),
      1e-6);
}

TEST(Decomposition, RefusesWhatIsNotFinite) {
  FilterShape shape = {3, 3, 2, 2};
  for (double bad : {std::numeric_limits<double>::quiet_NaN(),
                     std::numeric_limits<double>::infinity()}) {
    std::vector<double> filter = randomValues(shape.size(), 7);
    filter[11] = bad;
    EXPECT_FALSE(SeparableDecomposition::compute(shape, filter));
  }
}
