//===- MomentsTests.cpp - Streaming moments and ridge regression
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Numerics/Moments.h"
#include "gtest/gtest.h"
#include <limits>
#include <random>

using namespace mlir::lw;
using Eigen::MatrixXd;
using Eigen::VectorXd;

static SampleMatrix randomSamples(int64_t rows, int64_t columns, double mean,
                                  unsigned seed) {
  std::mt19937 generator(seed);
  std::normal_distribution<float> normal(mean, 1.0f);
  SampleMatrix result(rows, columns);
  for (int64_t i = 0; i < result.size(); ++i)
    result.data()[i] = normal(generator);
  return result;
}

/// Moments over blocks of uneven sizes.
static Moments stream(const SampleMatrix &u, const SampleMatrix &y) {
  MomentAccumulator accumulator(u.cols(), y.cols());
  for (int64_t begin = 0, size = 1; begin < u.rows(); begin += size, ++size) {
    int64_t count = std::min<int64_t>(size, u.rows() - begin);
    accumulator.add(u.middleRows(begin, count), y.middleRows(begin, count));
  }
  return accumulator.finish();
}

TEST(Moments, StreamingAgreesWithTwoPasses) {
  // A mean a thousand times the deviation: sums of squares would cancel.
  for (double mean : {0.0, 1000.0}) {
    SampleMatrix u = randomSamples(333, 7, mean, 1);
    SampleMatrix y = randomSamples(333, 4, -mean, 2);
    Moments moments = stream(u, y);
    MatrixXd ud = u.cast<double>(), yd = y.cast<double>();
    VectorXd um = ud.colwise().mean(), ym = yd.colwise().mean();
    ud.rowwise() -= um.transpose();
    yd.rowwise() -= ym.transpose();
    EXPECT_EQ(moments.samples, 333);
    EXPECT_LT((moments.inputMean - um).norm(), 1e-9);
    EXPECT_LT((moments.outputMean - ym).norm(), 1e-9);
    EXPECT_LT((moments.covariance - ud.transpose() * ud / 333).norm(), 1e-9);
    EXPECT_LT((moments.cross - ud.transpose() * yd / 333).norm(), 1e-9);
    EXPECT_LT(
        (moments.outputPower - yd.colwise().squaredNorm().transpose() / 333)
            .norm(),
        1e-9);
  }
}

TEST(Moments, PartsAndOtherOutputsAgreeWithTheWhole) {
  SampleMatrix u = randomSamples(300, 5, 10.0, 1);
  SampleMatrix y = randomSamples(300, 3, -4.0, 2);
  // A part with quite another mean.
  u.bottomRows(100).array() += 50;
  y.bottomRows(100).array() -= 20;
  Moments whole = stream(u, y);
  MomentAccumulator first(5, 3), second(5, 3), empty(5, 3);
  first.add(u.topRows(180), y.topRows(180));
  second.add(u.bottomRows(120), y.bottomRows(120));
  empty.merge(first);
  empty.merge(second);
  empty.merge(MomentAccumulator(5, 3));
  for (int part = 0; part < 2; ++part) {
    Moments found =
        part ? stream(u, randomSamples(300, 3, 0, 3)) : empty.finish();
    if (part)
      found.replaceOutputs(u, y);
    EXPECT_EQ(found.samples, 300);
    EXPECT_LT((found.inputMean - whole.inputMean).norm(), 1e-9);
    EXPECT_LT((found.outputMean - whole.outputMean).norm(), 1e-9);
    EXPECT_LT((found.covariance - whole.covariance).norm(), 1e-8);
    // Other outputs are summed up in f32.
    double enough = part ? 1e-6 : 1e-11;
    EXPECT_LT((found.cross - whole.cross).norm(), enough * whole.cross.norm());
    EXPECT_LT((found.outputPower - whole.outputPower).norm(),
              enough * whole.outputPower.norm());
  }
}

TEST(Moments, RidgeAgreesWithLeastSquares) {
  SampleMatrix u = randomSamples(200, 6, 0.5, 3);
  SampleMatrix y = randomSamples(200, 3, 2.0, 4);
  Moments moments = stream(u, y);
  // With a column of ones, by QR on the samples themselves.
  MatrixXd extended(200, 7);
  extended << u.cast<double>(), VectorXd::Ones(200);
  MatrixXd exact =
      extended.colPivHouseholderQr().solve(y.cast<double>().eval());
  MatrixXd found = ridgeRegression(moments, 0, MatrixXd::Zero(6, 3));
  EXPECT_LT((found - exact.topRows(6)).norm(), 1e-8);
  EXPECT_LT((moments.bias(found) - exact.row(6).transpose()).norm(), 1e-8);

  // And with a ridge towards a prior, as rows of sqrt(n lambda) more.
  double lambda = 0.3 * moments.covariance.diagonal().mean();
  MatrixXd prior = MatrixXd::Constant(6, 3, 0.7);
  MatrixXd rows(206, 7), targets(206, 3);
  rows << extended, std::sqrt(200 * lambda) * MatrixXd::Identity(6, 7);
  targets << y.cast<double>(), std::sqrt(200 * lambda) * prior;
  exact = rows.colPivHouseholderQr().solve(targets);
  found = ridgeRegression(moments, 0.3, prior);
  EXPECT_LT((found - exact.topRows(6)).norm(), 1e-8);
}

TEST(Moments, ErrorIsThatOfTheSamples) {
  SampleMatrix u = randomSamples(150, 5, 1.0, 5);
  SampleMatrix y = randomSamples(150, 2, 3.0, 6);
  Moments moments = stream(u, y);
  MatrixXd filter = randomSamples(5, 2, 0.0, 7).cast<double>();
  MatrixXd yd = y.cast<double>();
  MatrixXd residual = (yd - u.cast<double>() * filter).rowwise() -
                      moments.bias(filter).transpose();
  double whole = (yd.rowwise() - yd.colwise().mean()).squaredNorm();
  EXPECT_NEAR(moments.relativeError(filter), residual.squaredNorm() / whole,
              1e-10);
}

TEST(Moments, InputsThatAreNeverActive) {
  SampleMatrix u = SampleMatrix::Zero(20, 3), y = randomSamples(20, 2, 0, 8);
  Moments moments = stream(u, y);
  MatrixXd found = ridgeRegression(moments, 1e-6, MatrixXd::Zero(3, 2));
  EXPECT_EQ(found.norm(), 0);
  EXPECT_NEAR(moments.relativeError(found), 1, 1e-12);
}

TEST(Moments, SeesWhatIsNotFinite) {
  for (float bad : {std::numeric_limits<float>::quiet_NaN(),
                    std::numeric_limits<float>::infinity()}) {
    SampleMatrix u = randomSamples(20, 3, 0, 9), y = randomSamples(20, 2, 0, 8);
    MomentAccumulator accumulator(3, 2);
    accumulator.add(u, y);
    EXPECT_TRUE(accumulator.isFinite());
    u(7, 1) = bad;
    accumulator.add(u, y);
    EXPECT_FALSE(accumulator.isFinite());
  }
}

TEST(Moments, APriorDrawsAsRidgeRegressionDoes) {
  SampleMatrix u = randomSamples(50, 6, 1.0, 7), y = randomSamples(50, 2, 0, 8);
  MomentAccumulator accumulator(6, 2);
  accumulator.add(u, y);
  Moments moments = accumulator.finish();
  MatrixXd prior = MatrixXd::Random(6, 2);
  MatrixXd expected = ridgeRegression(moments, 0.3, prior);
  Moments drawn = moments.withPrior(0.3, prior);
  EXPECT_LT((solveRidge(drawn.covariance, drawn.cross, 0) - expected).norm(),
            1e-9);
}
