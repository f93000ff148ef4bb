//===- FactorsTests.cpp - Cheaper forms of a convolution
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Separable/Factors.h"
#include "gtest/gtest.h"
#include <random>

using namespace mlir::lw;
using Eigen::MatrixXd;
using Eigen::VectorXd;

static MatrixXd randomMatrix(int64_t rows, int64_t columns, unsigned seed) {
  std::mt19937 generator(seed);
  std::normal_distribution<double> normal;
  MatrixXd result(rows, columns);
  for (int64_t i = 0; i < result.size(); ++i)
    result.data()[i] = normal(generator);
  return result;
}

/// Moments of a layer y = W^T u whose patches have the covariance of random
/// mixtures.
static Moments layerMoments(const MatrixXd &filter, unsigned seed) {
  int64_t n = filter.rows();
  MatrixXd mixture = randomMatrix(n, n, seed);
  Moments moments;
  moments.samples = 1;
  moments.covariance = mixture * mixture.transpose() / n;
  moments.cross = moments.covariance * filter;
  moments.inputMean = VectorXd::Zero(n);
  moments.outputMean = VectorXd::Zero(filter.cols());
  moments.outputPower = filter.cwiseProduct(moments.cross).colwise().sum();
  return moments;
}

/// The filter of a form, computed from its two filters by their definition: the
/// second operation applied to the first, tap by tap.
static MatrixXd expandByDefinition(const FilterShape &s, FormChoice choice,
                                   const std::vector<float> &a,
                                   const std::vector<float> &b) {
  MatrixXd w = MatrixXd::Zero(s.taps() * s.inChannels, s.outChannels);
  int64_t in = s.inChannels, out = s.outChannels, r = choice.rank;
  for (int64_t y = 0; y < s.kernelHeight; ++y)
    for (int64_t x = 0; x < s.kernelWidth; ++x)
      for (int64_t c = 0; c < in; ++c)
        for (int64_t o = 0; o < out; ++o) {
          int64_t k = y * s.kernelWidth + x;
          double &sum = w(k * in + c, o);
          for (int64_t t = 0; t < r; ++t)
            switch (choice.form) {
            case ConvForm::Keep:
              break;
            case ConvForm::Depthwise:
              sum += a[(k * in + c) * r + t] * b[(c * r + t) * out + o];
              break;
            case ConvForm::Vertical:
              sum += a[(y * in + c) * r + t] * b[(x * r + t) * out + o];
              break;
            case ConvForm::Horizontal:
              sum += a[(x * in + c) * r + t] * b[(y * r + t) * out + o];
              break;
            case ConvForm::NarrowInput:
              sum += a[c * r + t] * b[(k * r + t) * out + o];
              break;
            case ConvForm::NarrowOutput:
              sum += a[(k * in + c) * r + t] * b[t * out + o];
              break;
            }
        }
  return w;
}

static const ConvForm kForms[] = {ConvForm::Depthwise, ConvForm::Vertical,
                                  ConvForm::Horizontal, ConvForm::NarrowInput,
                                  ConvForm::NarrowOutput};
static const FilterShape kShapes[] = {
    {3, 3, 6, 8}, {1, 5, 4, 7}, {5, 3, 3, 9}, {2, 3, 8, 4}};

static std::vector<float> randomFloats(int64_t count, unsigned seed) {
  MatrixXd values = randomMatrix(count, 1, seed);
  return {values.data(), values.data() + count};
}

TEST(Factors, RecoverPlantedStructure) {
  for (const FilterShape &shape : kShapes)
    for (ConvForm form : kForms) {
      FormChoice choice = {form, 2};
      int64_t in = shape.inChannels, out = shape.outChannels;
      MatrixXd planted = expandByDefinition(
          shape, choice, randomFloats(shape.taps() * in * 2, 1),
          randomFloats(shape.taps() * in * 2 * out, 2));
      Moments moments = layerMoments(planted, 3);
      FitOptions options;
      options.ridge = 1e-12;
      options.rounds = 4;
      auto factors = Factors::create(shape, choice, moments, planted, options);
      factors->fit(moments, options);
      EXPECT_LT((factors->expand() - planted).norm() / planted.norm(), 1e-4)
          << formName(choice, shape);
      EXPECT_LT(moments.relativeError(factors->expand()), 1e-8);
    }
}

TEST(Factors, FiltersAreThoseOfTheOperations) {
  for (const FilterShape &shape : kShapes)
    for (ConvForm form : kForms) {
      FormChoice choice = {form, 2};
      MatrixXd filter =
          randomMatrix(shape.taps() * shape.inChannels, shape.outChannels, 4);
      Moments moments = layerMoments(filter, 5);
      FitOptions options;
      auto factors = Factors::create(shape, choice, moments, filter, options);
      factors->fit(moments, options);
      auto [a, b] = factors->filters();
      EXPECT_LT(
          (expandByDefinition(shape, choice, a, b) - factors->expand()).norm(),
          1e-4 * filter.norm())
          << formName(choice, shape);
    }
}

TEST(Form, NamesAreReadAsTheyAreWritten) {
  for (const FilterShape &shape : kShapes)
    for (ConvForm form : kForms) {
      FormChoice choice = {form, 2};
      std::optional<FormChoice> read =
          parseForm(formName(choice, shape), shape);
      // Of two forms of one name the operations are the same.
      ASSERT_TRUE(read) << formName(choice, shape);
      EXPECT_EQ(formName(*read, shape), formName(choice, shape));
    }
  FilterShape shape = {3, 3, 4, 6};
  EXPECT_EQ(parseForm("keep", shape), FormChoice());
  EXPECT_EQ(parseForm("dw3x3 T=9, 1x1", shape),
            (FormChoice{ConvForm::Depthwise, 9}));
  EXPECT_EQ(parseForm("3x1 to 12, 1x3", shape),
            (FormChoice{ConvForm::Vertical, 12}));
  EXPECT_EQ(parseForm("1x3 to 3, 3x1", shape),
            (FormChoice{ConvForm::Horizontal, 3}));
  EXPECT_EQ(parseForm("1x1 to 1, 3x3", shape),
            (FormChoice{ConvForm::NarrowInput, 1}));
  EXPECT_EQ(parseForm("3x3 to 6, 1x1", shape),
            (FormChoice{ConvForm::NarrowOutput, 6}));
  for (const char *wrong :
       {"", "dw3x3", "dw3x3 T=10, 1x1", "dw3x3 T=0, 1x1", "dw5x5 T=2, 1x1",
        "3x1 to 13, 1x3", "1x1 to 5, 3x3", "3x3 to 7, 1x1", "3x3 to -1, 1x1"})
    EXPECT_FALSE(parseForm(wrong, shape)) << wrong;
}

// With one tap, NarrowOutput is low-rank regression, whose optimum is the
// truncated SVD of L^T W, where cov = L L^T: the sum of the squares of the
// singular values that are left out.
TEST(Factors, WhiteningAgreesWithTheClosedForm) {
  FilterShape shape = {1, 1, 12, 10};
  MatrixXd filter = randomMatrix(12, 10, 6);
  Moments moments = layerMoments(filter, 7);
  MatrixXd lower = moments.covariance.llt().matrixL();
  VectorXd values =
      (lower.transpose() * filter).jacobiSvd().singularValues().cwiseAbs2();
  FitOptions options;
  options.ridge = 0;
  for (int64_t rank = 1; rank < 10; ++rank) {
    auto factors = Factors::create(shape, {ConvForm::NarrowOutput, rank},
                                   moments, filter, options);
    double optimum = values.tail(10 - rank).sum() / values.sum();
    EXPECT_NEAR(moments.relativeError(factors->expand()), optimum, 1e-5);
    // The filter's own SVD takes no account of the inputs.
    Eigen::JacobiSVD<MatrixXd> plain(filter,
                                     Eigen::ComputeThinU | Eigen::ComputeThinV);
    MatrixXd truncated = plain.matrixU().leftCols(rank) *
                         plain.singularValues().head(rank).asDiagonal() *
                         plain.matrixV().leftCols(rank).transpose();
    EXPECT_GT(moments.relativeError(truncated), optimum * 1.01);
  }
}

TEST(Factors, FittingNeverMakesItWorse) {
  for (const FilterShape &shape : kShapes)
    for (ConvForm form : kForms) {
      MatrixXd filter =
          randomMatrix(shape.taps() * shape.inChannels, shape.outChannels, 8);
      Moments moments = layerMoments(filter, 9);
      FitOptions options;
      options.rounds = 1;
      auto factors =
          Factors::create(shape, {form, 2}, moments, filter, options);
      double before = moments.relativeError(factors->expand());
      for (int round = 0; round < 4; ++round) {
        factors->fit(moments, options);
        double after = moments.relativeError(factors->expand());
        EXPECT_LE(after, before + 1e-6);
        before = after;
      }
    }
}

TEST(Factors, MacsOfTheForms) {
  FilterShape shape = {3, 3, 256, 256};
  LayerExtents same = {32, 32, 32, 32};
  EXPECT_EQ(formMacs(shape, {ConvForm::Keep, 0}, same), 603979776);
  EXPECT_EQ(formMacs(shape, {ConvForm::Depthwise, 1}, same), 69468160);
  EXPECT_EQ(formMacs(shape, {ConvForm::Vertical, 256}, same),
            603979776 / 3 * 2);
  EXPECT_EQ(formMacs(shape, {ConvForm::NarrowInput, 256}, same),
            603979776 / 9 * 10);
  // With stride 2 the first operation strides along its own axis only.
  LayerExtents half = {32, 32, 16, 16};
  EXPECT_EQ(formMacs(shape, {ConvForm::Vertical, 1}, half),
            16 * 32 * 3 * 256 + 16 * 16 * 3 * 256);
  EXPECT_EQ(formMacs(shape, {ConvForm::NarrowInput, 1}, half),
            32 * 32 * 256 + 16 * 16 * 9 * 256);
}
