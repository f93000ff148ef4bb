//===- QuantizationTests.cpp - Ranges, integer weights and rounding
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Dialect/IR/LwDialect.h"
#include "lw/Dialect/IR/ShortSums.h"
#include "lw/Quantization/Quantization.h"
#include "lw/Quantization/Rounding.h"
#include "lw/Quantization/Weights.h"
#include "mlir/IR/MLIRContext.h"
#include "gtest/gtest.h"
#include <random>

using namespace mlir::lw;

namespace {

class QuantizationTest : public ::testing::Test {
protected:
  QuantizationTest() { context.getOrLoadDialect<LwDialect>(); }
  mlir::MLIRContext context;
};

using Ranges = QuantizationTest;
using Options = QuantizationTest;

Histogram histogramOf(const std::vector<float> &values) {
  Histogram histogram;
  histogram.add(values);
  return histogram;
}

/// Many values of a bell curve and one far away.
std::vector<float> bellWithOutlier() {
  std::mt19937 generator(7);
  std::normal_distribution<float> normal;
  std::vector<float> values;
  for (int i = 0; i < 100000; ++i)
    values.push_back(normal(generator));
  values.push_back(100.0f);
  return values;
}

/// The mean squared error by the definition, value by value.
double errorOf(const std::vector<float> &values, QuantAttr quant) {
  double sum = 0;
  for (float x : values) {
    double difference = x - quant.dequantize(quant.quantize(x));
    sum += difference * difference;
  }
  return sum / static_cast<double>(values.size());
}

} // namespace

TEST_F(Ranges, ParametersByHand) {
  // What never is below zero begins at zero: relu is saturation.
  QuantAttr relu = makeQuantization(&context, {0.0f, 510.0f});
  EXPECT_EQ(relu.getScaleValue(), 2.0f);
  EXPECT_EQ(relu.getZeroPoint(), 0);
  // Also where the least value seen is above it.
  EXPECT_EQ(makeQuantization(&context, {3.0f, 51.0f}),
            makeQuantization(&context, {0.0f, 51.0f}));
  QuantAttr both = makeQuantization(&context, {-50.0f, 205.0f});
  EXPECT_EQ(both.getScaleValue(), 1.0f);
  EXPECT_EQ(both.getZeroPoint(), 50);
  QuantAttr negative = makeQuantization(&context, {-25.5f, -3.0f});
  EXPECT_FLOAT_EQ(negative.getScaleValue(), 0.1f);
  EXPECT_EQ(negative.getZeroPoint(), 255);
  // Ranges without extent, or below the normal numbers.
  EXPECT_EQ(makeQuantization(&context, {0.0f, 0.0f}).getScaleValue(), 1.0f);
  EXPECT_EQ(makeQuantization(&context, {0.0f, 1e-44f}).getScaleValue(), 1.0f);
  // A range of all floats.
  EXPECT_TRUE(std::isnormal(
      makeQuantization(&context, {-3e38f, 3e38f}).getScaleValue()));
}

TEST_F(Ranges, MinMaxHoldsAll) {
  RealRange range = chooseRange(histogramOf({-1.5f, 0.25f, 8.0f}),
                                RangeMethod::MinMax, 99.99);
  EXPECT_EQ(range.low, -1.5f);
  EXPECT_EQ(range.high, 8.0f);
}

TEST_F(Ranges, PercentileLeavesOutliersOut) {
  // 1000 values of [0, 1) and ten of 100.
  std::vector<float> values;
  for (int i = 0; i < 1000; ++i)
    values.push_back(static_cast<float>(i) / 1000);
  values.insert(values.end(), 10, 100.0f);
  RealRange range =
      chooseRange(histogramOf(values), RangeMethod::Percentile, 99.0);
  EXPECT_EQ(range.low, 0.0f);
  // To one bin of 1/8 or less.
  EXPECT_NEAR(range.high, 1.0f, 0.125f);
  // All of them is min-max.
  range = chooseRange(histogramOf(values), RangeMethod::Percentile, 100.0);
  EXPECT_EQ(range.high, 100.0f);
}

TEST_F(Ranges, ErrorMethodBeatsOthersByTheDefinition) {
  std::vector<float> values = bellWithOutlier();
  Histogram histogram = histogramOf(values);
  auto errorBy = [&](RangeMethod method) {
    return errorOf(values, makeQuantization(
                               &context, chooseRange(histogram, method, 99.9)));
  };
  double best = errorBy(RangeMethod::Error);
  EXPECT_LE(best, errorBy(RangeMethod::MinMax) * 1.001);
  EXPECT_LE(best, errorBy(RangeMethod::Percentile) * 1.001);
  EXPECT_LE(best, errorBy(RangeMethod::Entropy) * 1.001);
  // Nor is any other range much better.
  for (float low : {-1.0f, -2.0f, -3.0f, -4.0f, -5.0f})
    for (float high : {2.0f, 4.0f, 8.0f, 16.0f, 32.0f, 64.0f, 100.0f})
      EXPECT_LE(best, errorOf(values, makeQuantization(&context, {low, high})) *
                          1.02);
}

TEST_F(Ranges, ErrorOfHistogramIsThatOfValues) {
  std::vector<float> values = bellWithOutlier();
  values.pop_back();
  for (float high : {1.0f, 3.0f, 5.0f}) {
    QuantAttr quant = makeQuantization(&context, {-high, high});
    double exact = errorOf(values, quant);
    EXPECT_NEAR(quantizationError(histogramOf(values), quant), exact,
                0.05 * exact);
  }
}

TEST_F(Ranges, EntropyCutsAnOutlier) {
  RealRange range =
      chooseRange(histogramOf(bellWithOutlier()), RangeMethod::Entropy, 99.99);
  EXPECT_LT(range.high, 50.0f);
  EXPECT_GT(range.high, 2.0f);
}

TEST(Weights, ScalesByHand) {
  // Channels: largest 127, largest 0.5 below zero, zeros, zeros with a bias.
  std::vector<float> filter = {127.0f, -0.5f, 0.0f, 0.0f,
                               -1.0f,  0.25f, 0.0f, 0.0f};
  std::vector<float> bias = {1.0f, 0.0f, 0.0f, 3.0f};
  std::vector<float> scales = chooseFilterScales(filter, bias, 4, 0.5f);
  EXPECT_EQ(scales[0], 1.0f);
  EXPECT_FLOAT_EQ(scales[1], 0.5f / 127);
  EXPECT_EQ(scales[2], 1.0f);
  EXPECT_EQ(roundFilter(filter, scales),
            (std::vector<int32_t>{127, -127, 0, 0, -1, 64, 0, 0}));
  std::vector<int32_t> integers = roundBias(bias, scales, 0.5f);
  EXPECT_EQ(integers[0], 2);
  EXPECT_EQ(integers[1], 0);
  EXPECT_EQ(integers[2], 0);
  EXPECT_NEAR(integers[3] * 0.5f * scales[3], 3.0f, 1e-5f);
  EXPECT_EQ(chooseFilterScales(filter, bias, 4, 0.5f, /*perTensor=*/true),
            std::vector<float>(4, 1.0f));
}

/// Whether the magnitudes of one sign of every four weights that are added
/// together are at most 128: of a filter of `taps` taps, one loop an index.
bool fitShortSums(const std::vector<int32_t> &filter, int taps, int channels,
                  int outputs) {
  for (int tap = 0; tap < taps; ++tap)
    for (int o = 0; o < outputs; ++o)
      for (int first = 0; first < channels; first += 8)
        for (int pair : {0, 2}) {
          int above = 0, below = 0;
          for (int i : {pair, pair + 1, pair + 4, pair + 5})
            if (first + i < channels) {
              int w = filter[(tap * channels + first + i) * outputs + o];
              (w > 0 ? above : below) += std::abs(w);
            }
          if (above > 128 || below > 128)
            return false;
        }
  return true;
}

TEST(Weights, LargestShortSumsByHand) {
  // Of one output: 1 + 2 and 5 + 6 above zero, 3 + 4 and 7 + 8 below.
  std::vector<int32_t> filter = {1, 2, -3, -4, 5, 6, -7, -8, 100, -1};
  ConvGeometry g;
  g.inChannels = 10;
  g.outChannels = 1;
  llvm::ArrayRef<int32_t> weights(filter);
  EXPECT_EQ(largestShortSums(weights, g, 2), std::vector<double>{100});
  g.inChannels = 8;
  weights = weights.drop_back(2);
  EXPECT_EQ(largestShortSums(weights, g, 2), std::vector<double>{15});
  EXPECT_EQ(largestShortSums(weights, g, 4), std::vector<double>{22});
}

TEST(Weights, ProductsThatCanBeAddedIn16Bits) {
  ConvGeometry g;
  g.inChannels = 8;
  g.outChannels = 1;
  auto products = [&](std::vector<int32_t> filter) {
    return productsOfShortSums(llvm::ArrayRef(filter), g);
  };
  EXPECT_EQ(products({32, 32, 0, 0, 32, 32, 0, 0}), 4);
  EXPECT_EQ(products({-32, -32, 127, -127, -32, -32, 1, -1}), 4);
  EXPECT_EQ(products({32, 32, 0, 0, 32, 33, 0, 0}), 2);
  EXPECT_EQ(products({64, 64, -64, -64, 64, 64, 0, 0}), 2);
  EXPECT_EQ(products({64, 65, 0, 0, 0, 0, 0, 0}), 0);
  EXPECT_EQ(products({0, 0, -2, -127, 0, 0, 0, 0}), 0);
  // The first of the second group is the other half of a pair.
  g.inChannels = 6;
  g.outChannels = 2;
  g.groups = 2;
  EXPECT_EQ(products({127, 127, 0, 127, 127, 0}), 4);
  EXPECT_EQ(products({127, 127, 127, 0, 0, 0}), 0);
}

TEST(Weights, ScalesForShortSums) {
  std::mt19937 generator(3);
  for (int round = 0; round < 200; ++round) {
    auto draw = [&](int low, int high) {
      return std::uniform_int_distribution<int>(low, high)(generator);
    };
    int taps = draw(1, 2), channels = draw(1, 40), outputs = draw(1, 5);
    std::normal_distribution<float> normal(0, draw(1, 3));
    std::vector<float> filter(taps * channels * outputs);
    for (float &w : filter)
      w = round % 4 ? normal(generator) : static_cast<float>(draw(-1, 1));
    ConvGeometry g;
    g.kernelWidth = taps;
    g.inChannels = channels;
    g.outChannels = outputs;
    std::vector<float> least = chooseFilterScales(filter, {}, outputs, 1.0f);
    std::vector<float> scales = least;
    std::vector<int32_t> integers = roundForShortSums(filter, g, scales);
    EXPECT_TRUE(fitShortSums(integers, taps, channels, outputs));
    // At most what four equal weights need, and no worse than that.
    std::vector<double> errors(outputs), bounds(outputs);
    for (size_t i = 0; i < filter.size(); ++i) {
      int o = i % outputs;
      float wide = least[o] * 127 * 4 / 126 * 1.0001f;
      EXPECT_LE(scales[o], wide);
      EXPECT_GE(scales[o], least[o]);
      double error = integers[i] * scales[o] - filter[i];
      errors[o] += error * error;
      bounds[o] += wide * wide / 4;
    }
    for (int o = 0; o < outputs; ++o)
      EXPECT_LE(errors[o], bounds[o]);
  }
}

TEST(Weights, SumsThatFitKeepTheirScales) {
  std::vector<float> filter = {127.0f, -64.25f, 1.0f, -127.0f};
  ConvGeometry g;
  g.inChannels = 4;
  g.outChannels = 1;
  std::vector<float> scales = {1.0f};
  EXPECT_EQ(roundForShortSums(filter, g, scales),
            (std::vector<int32_t>{127, -64, 1, -127}));
  EXPECT_EQ(scales[0], 1.0f);
}

TEST(Weights, BiasesFitTheirIntegers) {
  // 1e6 / (1e-3 * 1e-9) would be 1e18.
  std::vector<float> filter = {127e-9f}, bias = {-1e6f};
  std::vector<float> scales = chooseFilterScales(filter, bias, 1, 1e-3f);
  int64_t integer = roundBias(bias, scales, 1e-3f)[0];
  EXPECT_GE(integer, -(int64_t(1) << 30));
  EXPECT_NEAR(integer * 1e-3 * scales[0], -1e6, 1.0);
}

TEST(Weights, TinyWeightsHaveNormalScales) {
  for (float scale : chooseFilterScales({1e-44f, 1e-30f}, {}, 2, 1.0f))
    EXPECT_TRUE(std::isnormal(scale * 1e-10f));
}

TEST(Weights, TinyWeightsVanish) {
  EXPECT_TRUE(vanish({1e-44f, 0, -1e-30f}));
  EXPECT_TRUE(vanish({1e-19f}));
  EXPECT_FALSE(vanish({0, 0}));
  // One channel of dead weights is no matter.
  EXPECT_FALSE(vanish({1e-30f, -1e-2f}));
}

/// Squared change of the outputs, E |(W - Q)^T u|^2.
static double outputError(const Eigen::MatrixXd &covariance,
                          const Eigen::MatrixXd &filter,
                          const std::vector<int32_t> &integers, float scale) {
  Eigen::MatrixXd difference = filter;
  for (int64_t i = 0; i < filter.rows(); ++i)
    for (int64_t o = 0; o < filter.cols(); ++o)
      difference(i, o) -= integers[i * filter.cols() + o] * scale;
  return (difference.transpose() * covariance * difference).trace();
}

TEST(Rounding, BetterThanNearestForCorrelatedInputs) {
  std::mt19937 generator(3);
  std::normal_distribution<double> normal;
  int64_t n = 24, m = 40;
  Eigen::MatrixXd mix(n, n), filter(n, m);
  for (int64_t i = 0; i < n; ++i) {
    for (int64_t j = 0; j < n; ++j)
      mix(i, j) = normal(generator) + (j < 3 ? 4 : 0);
    for (int64_t o = 0; o < m; ++o)
      filter(i, o) = normal(generator);
  }
  Eigen::MatrixXd covariance = mix * mix.transpose();
  float scale = 0.5f;
  std::vector<float> scales(m, scale);
  std::vector<int32_t> nearest;
  for (int64_t i = 0; i < n; ++i)
    for (int64_t o = 0; o < m; ++o)
      nearest.push_back(
          static_cast<int32_t>(std::nearbyint(filter(i, o) / scale)));
  std::vector<int32_t> rounded = roundInTurn(covariance, filter, scales);
  EXPECT_LT(outputError(covariance, filter, rounded, scale),
            0.5 * outputError(covariance, filter, nearest, scale));
}

TEST(Rounding, TwoInputsByHand) {
  // Equal inputs: only the sum of their weights counts. 0.4 becomes 0, so the
  // other takes 0.3 + 0.4 and becomes 1.
  Eigen::MatrixXd covariance(2, 2), filter(2, 1);
  covariance << 1.0, 1.0, 1.0, 1.0;
  filter << 0.4, 0.3;
  EXPECT_EQ(roundInTurn(covariance, filter, {1.0f}),
            (std::vector<int32_t>{0, 1}));
  // Uncorrelated: each to its nearest.
  covariance << 1.0, 0.0, 0.0, 1.0;
  EXPECT_EQ(roundInTurn(covariance, filter, {1.0f}),
            (std::vector<int32_t>{0, 0}));
}

TEST(Rounding, InputsThatNeverVaryAndLimits) {
  Eigen::MatrixXd covariance = Eigen::MatrixXd::Zero(2, 2), filter(2, 1);
  filter << 1.6, -300.0;
  EXPECT_EQ(roundInTurn(covariance, filter, {1.0f}),
            (std::vector<int32_t>{2, -127}));
}

TEST_F(Options, Parsed) {
  auto options =
      parseQuantizationOptions("int8,method=entropy,weights=tensor,fit=none,"
                               "max-drop=0.5,sums=32,skip=a,b/c,skip=d");
  ASSERT_TRUE(static_cast<bool>(options));
  EXPECT_EQ(options->method, RangeMethod::Entropy);
  EXPECT_TRUE(options->perTensorWeights);
  EXPECT_EQ(options->maxDrop, 0.5);
  EXPECT_FALSE(options->shortSums);
  EXPECT_FALSE(options->maxError);
  EXPECT_EQ(options->fit, WeightFit::None);
  EXPECT_EQ(options->skip, (std::vector<std::string>{"a", "b/c", "d"}));
  for (const char *wrong :
       {"", "int4", "int8,", "int8,a", "int8,method=best", "int8,percentile=0",
        "int8,percentile=nan", "int8,fit=all", "int8,sums=8",
        "int8,weights=", "int8,max-error=-1", "int8,max-drop=few"}) {
    auto result = parseQuantizationOptions(wrong);
    EXPECT_FALSE(static_cast<bool>(result)) << wrong;
    llvm::consumeError(result.takeError());
  }
}
