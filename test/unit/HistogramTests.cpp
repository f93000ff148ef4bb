//===- HistogramTests.cpp - Statistics of single tensors
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Statistics/TensorStatistics.h"
#include "gtest/gtest.h"
#include <cmath>
#include <limits>
#include <map>
#include <random>

using namespace mlir::lw;

static std::vector<float> randomValues(size_t count, float mean, float spread,
                                       unsigned seed) {
  std::mt19937 generator(seed);
  std::normal_distribution<float> normal(mean, spread);
  std::vector<float> values(count);
  for (float &value : values)
    value = normal(generator);
  return values;
}

/// Counts by the definition, with one division a value.
static void expectCountsOf(const Histogram &histogram,
                           const std::vector<float> &values) {
  std::map<int64_t, uint64_t> expected, found;
  double width = std::ldexp(1.0, histogram.getExponent());
  for (float value : values)
    ++expected[static_cast<int64_t>(std::floor(value / width))];
  int64_t bin = histogram.getFirst();
  for (uint64_t count : histogram.getCounts()) {
    if (count)
      found[bin] = count;
    ++bin;
  }
  EXPECT_EQ(found, expected);
  EXPECT_LE(histogram.getCounts().size(), size_t(Histogram::kMaxBins));
  EXPECT_EQ(histogram.getMinimum(),
            *std::min_element(values.begin(), values.end()));
  EXPECT_EQ(histogram.getMaximum(),
            *std::max_element(values.begin(), values.end()));
}

static void expectEqual(const Histogram &a, const Histogram &b) {
  EXPECT_EQ(a.getMinimum(), b.getMinimum());
  EXPECT_EQ(a.getMaximum(), b.getMaximum());
  EXPECT_EQ(a.getExponent(), b.getExponent());
  EXPECT_EQ(a.getFirst(), b.getFirst());
  EXPECT_EQ(a.getCounts(), b.getCounts());
}

TEST(Histogram, DependsOnTheValuesAlone) {
  // Parts whose ranges differ by orders of magnitude, in every order.
  std::vector<std::vector<float>> parts = {randomValues(500, 0, 1e-3f, 1),
                                           randomValues(300, 40, 1, 2),
                                           randomValues(700, -2, 30, 3),
                                           {-1e-30f, 0, 1e-30f, -0.0f}};
  std::vector<float> all;
  for (const std::vector<float> &part : parts)
    all.insert(all.end(), part.begin(), part.end());
  Histogram whole;
  whole.add(all);
  expectCountsOf(whole, all);
  std::vector<int> order = {0, 1, 2, 3};
  do {
    Histogram streamed, merged;
    for (int part : order) {
      streamed.add(parts[part]);
      Histogram alone;
      alone.add(parts[part]);
      merged.merge(alone);
    }
    expectEqual(streamed, whole);
    expectEqual(merged, whole);
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST(Histogram, WidthDoublesWithTheRange) {
  Histogram histogram;
  std::vector<float> values;
  float step = 1.0f;
  int last = -1000;
  for (int i = 0; i < 40; ++i, step *= 1.7f) {
    values.push_back(i % 2 ? step : -step);
    histogram.add(values.back());
    expectCountsOf(histogram, values);
    EXPECT_GE(histogram.getExponent(), last);
    last = histogram.getExponent();
    // No finer width holds the range.
    auto bins = [&](int exponent) {
      double width = std::ldexp(1.0, exponent);
      return std::floor(histogram.getMaximum() / width) -
             std::floor(histogram.getMinimum() / width) + 1;
    };
    EXPECT_LE(bins(last), Histogram::kMaxBins);
    if (i > 0)
      EXPECT_GT(bins(last - 1), Histogram::kMaxBins);
  }
}

TEST(Histogram, ExtremeValues) {
  float largest = std::numeric_limits<float>::max();
  float least = std::numeric_limits<float>::denorm_min();
  for (std::vector<float> values : {std::vector<float>{0, 0, 0},
                                    {5, 5},
                                    {-largest, largest},
                                    {least, -least},
                                    {-least, largest},
                                    {largest},
                                    {least}}) {
    Histogram histogram;
    for (float value : values)
      histogram.add(value);
    expectCountsOf(histogram, values);
  }
}

TEST(Histogram, Quantiles) {
  Histogram histogram;
  EXPECT_EQ(histogram.quantile(0.5), 0);
  std::vector<float> values;
  for (int i = 0; i < 1000; ++i)
    values.push_back(i);
  histogram.add(values);
  EXPECT_EQ(histogram.quantile(0.5), 499.5);
  EXPECT_EQ(histogram.quantile(0.999), 998.5);
  EXPECT_EQ(histogram.quantile(1), 999);
}

TEST(Histogram, RestoresOnlyWhatIsOne) {
  Histogram histogram, copy;
  histogram.add(randomValues(100, 0, 1, 1));
  std::vector<uint64_t> counts = histogram.getCounts();
  float least = histogram.getMinimum(), largest = histogram.getMaximum();
  EXPECT_TRUE(copy.restore(least, largest, counts));
  expectEqual(copy, histogram);
  EXPECT_FALSE(copy.restore(least, 2 * largest, counts));
  EXPECT_FALSE(copy.restore(largest, least, counts));
  EXPECT_FALSE(copy.restore(least, NAN, counts));
  counts.front() = 0;
  EXPECT_FALSE(copy.restore(least, largest, counts));
}

namespace {

constexpr int64_t kSamples = 60;

/// Statistics of a tensor whose channels have different means, the shape and
/// the axis given, compared with two passes over all values.
void checkTensor(std::vector<int64_t> shape, int64_t axis, float mean) {
  TensorStatistics whole("t", "op", shape, axis), first = whole, second = whole;
  int64_t size = whole.numElements(), channels = whole.numChannels();
  std::vector<float> values = randomValues(kSamples * size, mean, 1, 5);
  // The channel of an element by its coordinates.
  auto channelOf = [&](int64_t element) {
    int64_t inner = 1;
    for (size_t i = axis + 1; i < shape.size(); ++i)
      inner *= shape[i];
    return axis < 0 ? 0 : element / inner % channels;
  };
  for (size_t i = 0; i < values.size(); ++i)
    values[i] += 10.0f * channelOf(i % size);
  for (int64_t sample = 0; sample < kSamples; ++sample) {
    EXPECT_TRUE(whole.add(&values[sample * size]));
    EXPECT_TRUE((sample < 20 ? first : second).add(&values[sample * size]));
  }
  TensorStatistics merged("t", "op", shape, axis);
  merged.merge(first);
  merged.merge(second);
  merged.merge(TensorStatistics("t", "op", shape, axis));

  for (int64_t c = 0; c < channels; ++c) {
    std::vector<double> mine;
    for (size_t i = 0; i < values.size(); ++i)
      if (channelOf(i % size) == c)
        mine.push_back(values[i]);
    double sum = 0, squares = 0;
    for (double value : mine)
      sum += value / mine.size();
    for (double value : mine)
      squares += (value - sum) * (value - sum) / mine.size();
    for (const TensorStatistics *found : {&whole, &merged}) {
      EXPECT_EQ(found->count, int64_t(mine.size()));
      EXPECT_NEAR(found->mean[c], sum, 1e-12 * std::abs(sum) + 1e-12);
      EXPECT_NEAR(found->variance(c), squares, 1e-9 * squares);
      EXPECT_EQ(found->minimum[c], *std::min_element(mine.begin(), mine.end()));
      EXPECT_EQ(found->maximum[c], *std::max_element(mine.begin(), mine.end()));
    }
  }
  expectCountsOf(merged.histogram, values);
  double sum = 0, squares = 0;
  for (double value : values)
    sum += value / values.size();
  for (double value : values)
    squares += (value - sum) * (value - sum) / values.size();
  EXPECT_NEAR(whole.totalMean(), sum, 1e-9 * std::abs(sum));
  EXPECT_NEAR(whole.totalVariance(), squares, 1e-9 * squares);
}

} // namespace

TEST(TensorStatistics, StreamingAgreesWithTwoPasses) {
  for (float mean : {0.5f, 1e4f}) {
    checkTensor({1, 3, 4, 5}, 3, mean);
    checkTensor({2, 3, 4, 5}, 1, mean);
    checkTensor({1, 7}, 1, mean);
    checkTensor({3}, -1, mean);
    checkTensor({}, -1, mean);
  }
}

TEST(TensorStatistics, RefusesWhatIsNotFinite) {
  TensorStatistics tensor("t", "op", {2, 2}, 1);
  std::vector<float> good = {1, 2, 3, 4};
  EXPECT_TRUE(tensor.add(good.data()));
  for (float bad : {NAN, INFINITY, -INFINITY}) {
    std::vector<float> values = {1, 2, 3, bad};
    EXPECT_FALSE(tensor.add(values.data()));
  }
  EXPECT_EQ(tensor.count, 2);
  EXPECT_EQ(tensor.mean, (std::vector<double>{2, 3}));
  expectCountsOf(tensor.histogram, good);
}
