//===- Moments.h - Streaming second moments of inputs and outputs
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A layer that is linear in its patches, y = W^T u + b, is fitted to samples
// (u, y) through the second moments of u and y alone. They have a fixed size
// whatever the number of samples, so that samples can be streamed.
//
// Needs Eigen.
//
//===----------------------------------------------------------------------===//

#ifndef LW_NUMERICS_MOMENTS_H
#define LW_NUMERICS_MOMENTS_H

#include <Eigen/Dense>
#include <cstdint>

namespace mlir::lw {

/// Rows of samples, one a row, as the patches of a layer lie in memory.
using SampleMatrix =
    Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using SampleView = Eigen::Ref<const SampleMatrix>;

/// Centred second moments of inputs u (n values) and outputs y (m values).
struct Moments {
  int64_t samples = 0;
  Eigen::VectorXd inputMean;   // E u
  Eigen::VectorXd outputMean;  // E y
  Eigen::MatrixXd covariance;  // cov(u, u), n x n
  Eigen::MatrixXd cross;       // cov(u, y), n x m
  Eigen::VectorXd outputPower; // var(y)

  /// The share of the outputs' variance that `filter` (n x m) with the best
  /// bias leaves unexplained: E |y - W^T u - b|^2 / E |y - E y|^2; 0 for
  /// outputs that are constant.
  double relativeError(const Eigen::MatrixXd &filter) const;

  /// The bias that goes with `filter`, E y - W^T E u.
  Eigen::VectorXd bias(const Eigen::MatrixXd &filter) const;

  /// Moments whose fits minimize lambda |W - prior|^2 beside the error, with
  /// lambda = `strength` times the mean diagonal of the covariance.
  Moments withPrior(double strength, const Eigen::MatrixXd &prior) const;

  /// The moments of the same inputs, given again, with other outputs.
  void replaceOutputs(SampleView inputs, SampleView outputs);
};

/// Accumulates moments block by block. Sums are in f64 and relative to the
/// means of the first block, so that large means do not cancel.
class MomentAccumulator {
public:
  MomentAccumulator(int64_t inputs, int64_t outputs);

  /// Adds rows of inputs (k x n) with their outputs (k x m).
  void add(SampleView inputs, SampleView outputs);

  /// Adds the samples that `other` has seen.
  void merge(const MomentAccumulator &other);

  /// False when a sum is not finite: a sample held a NaN or an infinity.
  bool isFinite() const;

  /// The moments of all samples added; at least one.
  Moments finish() const;

private:
  int64_t samples = 0;
  Eigen::VectorXd inputShift, outputShift, inputSum, outputSum, outputSquare;
  Eigen::MatrixXd square; // lower triangle only
  Eigen::MatrixXd product;
};

/// Ridge regression towards a start `prior` (n x m): the filter W that
/// minimizes E |y - W^T u - b|^2 + lambda |W - prior|^2 with lambda = `ridge`
/// times the mean diagonal of cov(u, u).
Eigen::MatrixXd ridgeRegression(const Moments &moments, double ridge,
                                const Eigen::MatrixXd &prior);

/// Solves (A + lambda I) X = B for a symmetric positive semidefinite A, lambda
/// as above.
Eigen::MatrixXd solveRidge(Eigen::MatrixXd a, const Eigen::MatrixXd &b,
                           double ridge);

} // namespace mlir::lw

#endif // LW_NUMERICS_MOMENTS_H
