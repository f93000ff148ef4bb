//===- Factors.h - Cheaper forms of a convolution, fitted to its data
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Every form is a filter that is bilinear in two sets of factors, W = W(V, H),
// and is fitted to the moments of a layer by minimizing
//
//   E |y - W(V, H)^T u - b|^2
//
// - Start: the truncated SVD of the filter whitened by the covariance of the
//   patches (Zhang et al., Accelerating Very Deep Convolutional Networks, 2016,
//   section 3.1), instead of the filter alone.
// - Then alternating least squares: H by ridge regression on the features that
// V
//   makes, V by preconditioned conjugate gradients on the same quadratic form.
//
//===----------------------------------------------------------------------===//

#ifndef LW_SEPARABLE_FACTORS_H
#define LW_SEPARABLE_FACTORS_H

#include "lw/Numerics/Moments.h"
#include "lw/Separable/Form.h"
#include <memory>

namespace mlir::lw {

/// The factors of one form of one layer. Matrices of filters have a row for
/// each (tap, input channel), as a filter [KH, KW, Cin, Cout] lies in memory,
/// and a column for each output channel.
class Factors {
public:
  virtual ~Factors();

  /// Factors of `filter` in the metric of `moments`, H fitted to the outputs.
  static std::unique_ptr<Factors>
  create(const FilterShape &shape, FormChoice choice, const Moments &moments,
         const Eigen::MatrixXd &filter, const FitOptions &options);

  /// Alternates V and H; continues from where the factors are.
  virtual void fit(const Moments &moments, const FitOptions &options);

  /// The standard filter that the factors amount to.
  virtual Eigen::MatrixXd expand() const { return expand(v); }

  /// The two filters, row-major: those of the first operation and, except for
  /// Keep, of the second, in the layouts of the dialect.
  virtual std::pair<std::vector<float>, std::vector<float>> filters() const = 0;

protected:
  explicit Factors(const FilterShape &shape) : shape(shape) {}

  virtual Eigen::MatrixXd expand(const Eigen::MatrixXd &v) const = 0;
  /// The adjoint of `expand` as a function of V.
  virtual Eigen::MatrixXd adjoint(const Eigen::MatrixXd &w) const = 0;
  /// The same with the squares of H: the diagonal of the normal equations when
  /// `w` repeats the diagonal of the covariance.
  virtual Eigen::MatrixXd adjointSquared(const Eigen::MatrixXd &w) const = 0;
  /// `m` times the matrix that makes features (the inputs of H) from patches.
  virtual Eigen::MatrixXd features(const Eigen::MatrixXd &m) const = 0;
  /// Scales the columns of V to length one; H is solved for next.
  virtual void normalize() = 0;

  void solveH(const Moments &moments, double ridge);
  void solveV(const Moments &moments, const FitOptions &options);

  FilterShape shape;
  Eigen::MatrixXd v, h;
};

} // namespace mlir::lw

#endif // LW_SEPARABLE_FACTORS_H
