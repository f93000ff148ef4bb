//===- Factors.cpp - Cheaper forms of a convolution, fitted to its data
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Separable/Factors.h"
#include "lw/Numerics/MatrixProduct.h"

using namespace mlir::lw;
using Eigen::MatrixXd;

Factors::~Factors() = default;

void Factors::solveH(const Moments &moments, double ridge) {
  MatrixXd half = features(moments.covariance); // C A
  MatrixXd gram = features(half.transpose());   // (C A)^T A
  MatrixXd cross = features(moments.cross.transpose());
  h = solveRidge(std::move(gram), cross.transpose(), ridge);
}

void Factors::solveV(const Moments &moments, const FitOptions &options) {
  const MatrixXd &c = moments.covariance;
  double lambda =
      options.ridge * c.diagonal().mean() * h.squaredNorm() / h.size();
  auto apply = [&](const MatrixXd &x) -> MatrixXd {
    return adjoint(product(c, expand(x))) + lambda * x;
  };
  MatrixXd preconditioner =
      (adjointSquared(c.diagonal().replicate(1, shape.outChannels)).array() +
       (lambda + 1e-30))
          .inverse();
  MatrixXd residual = adjoint(moments.cross) - apply(v);
  MatrixXd scaled = preconditioner.cwiseProduct(residual);
  MatrixXd direction = scaled;
  double norm = residual.cwiseProduct(scaled).sum();
  double enough = norm * 1e-16;
  for (int step = 0; step < options.steps && norm > enough; ++step) {
    MatrixXd image = apply(direction);
    double curvature = direction.cwiseProduct(image).sum();
    if (!(curvature > 0))
      break;
    double length = norm / curvature;
    v += length * direction;
    residual -= length * image;
    scaled = preconditioner.cwiseProduct(residual);
    double next = residual.cwiseProduct(scaled).sum();
    direction = scaled + (next / norm) * direction;
    norm = next;
  }
}

void Factors::fit(const Moments &moments, const FitOptions &options) {
  for (int round = 0; round < options.rounds; ++round) {
    solveV(moments, options);
    normalize();
    solveH(moments, options.ridge);
  }
}

/// A lower triangular L with L L^T = `covariance`, made positive definite.
static MatrixXd choleskyFactor(MatrixXd covariance) {
  covariance.diagonal().array() += 1e-6 * covariance.diagonal().mean() + 1e-12;
  return covariance.llt().matrixL();
}

/// The `rank` columns V for which V V' times `filter` is nearest to `filter` in
/// the metric C = L L^T: L^-T times the first left singular vectors of
/// L^T filter, up to the length of each.
static MatrixXd whitenedBasis(const MatrixXd &covariance,
                              const MatrixXd &filter, int64_t rank) {
  // Eigenvectors of the smaller of both Gram matrices suffice: the basis is
  // refined afterwards. With the right singular vectors R the left ones are
  // L^T filter R, so that L^-T takes L^T away again.
  if (filter.cols() <= filter.rows() && rank <= filter.cols()) {
    Eigen::SelfAdjointEigenSolver<MatrixXd> solver(
        transposedProduct(filter, product(covariance, filter)));
    return product(filter, solver.eigenvectors().rightCols(rank))
        .rowwise()
        .reverse();
  }
  MatrixXd factor = choleskyFactor(covariance);
  MatrixXd whitened = transposedProduct(factor, filter);
  MatrixXd transposed = whitened.transpose();
  Eigen::SelfAdjointEigenSolver<MatrixXd> solver(
      transposedProduct(transposed, transposed));
  MatrixXd basis = solver.eigenvectors().rightCols(rank).rowwise().reverse();
  factor.transpose().triangularView<Eigen::Upper>().solveInPlace(basis);
  return basis;
}

namespace {

/// The form of the layer as it is.
class KeptFactors final : public Factors {
public:
  KeptFactors(const FilterShape &shape, const MatrixXd &filter)
      : Factors(shape) {
    v = filter;
  }
  void fit(const Moments &moments, const FitOptions &options) override {
    v = ridgeRegression(moments, options.ridge, v);
  }
  std::pair<std::vector<float>, std::vector<float>> filters() const override {
    SampleMatrix rows = v.cast<float>();
    return {std::vector<float>(rows.data(), rows.data() + rows.size()), {}};
  }

protected:
  MatrixXd expand(const MatrixXd &x) const override { return x; }
  MatrixXd adjoint(const MatrixXd &w) const override { return w; }
  MatrixXd adjointSquared(const MatrixXd &w) const override { return w; }
  MatrixXd features(const MatrixXd &m) const override { return m; }
  void normalize() override {}
};

/// V has a row for each (tap, input channel) and a column for each term, H a
/// row for each (input channel, term): W[(k, c), o] = sum_t V[(k, c), t] *
/// H[(c, t), o].
class DepthwiseFactors final : public Factors {
public:
  DepthwiseFactors(const FilterShape &shape, int64_t terms,
                   const Moments &moments, const MatrixXd &filter)
      : Factors(shape), terms(terms) {
    int64_t taps = shape.taps(), in = shape.inChannels;
    v.resize(taps * in, terms);
    MatrixXd covariance(taps, taps), channel(taps, shape.outChannels);
    for (int64_t c = 0; c < in; ++c) {
      for (int64_t k = 0; k < taps; ++k) {
        for (int64_t l = 0; l < taps; ++l)
          covariance(k, l) = moments.covariance(k * in + c, l * in + c);
        channel.row(k) = filter.row(k * in + c);
      }
      MatrixXd basis = whitenedBasis(covariance, channel, terms);
      for (int64_t k = 0; k < taps; ++k)
        v.row(k * in + c) = basis.row(k);
    }
    normalize();
  }
  std::pair<std::vector<float>, std::vector<float>> filters() const override {
    SampleMatrix depthwise = v.cast<float>(), pointwise = h.cast<float>();
    return {std::vector<float>(depthwise.data(),
                               depthwise.data() + depthwise.size()),
            std::vector<float>(pointwise.data(),
                               pointwise.data() + pointwise.size())};
  }

protected:
  MatrixXd expand(const MatrixXd &x) const override {
    MatrixXd w(v.rows(), shape.outChannels);
    for (int64_t row = 0; row < w.rows(); ++row)
      w.row(row) = x.row(row) * channelRows(h, row);
    return w;
  }
  MatrixXd adjoint(const MatrixXd &w) const override {
    MatrixXd result(v.rows(), terms);
    for (int64_t row = 0; row < w.rows(); ++row)
      result.row(row) = w.row(row) * channelRows(h, row).transpose();
    return result;
  }
  MatrixXd adjointSquared(const MatrixXd &w) const override {
    MatrixXd squares = h.cwiseAbs2(), result(v.rows(), terms);
    for (int64_t row = 0; row < w.rows(); ++row)
      result.row(row) = w.row(row) * channelRows(squares, row).transpose();
    return result;
  }
  MatrixXd features(const MatrixXd &m) const override {
    MatrixXd result = MatrixXd::Zero(m.rows(), shape.inChannels * terms);
    for (int64_t row = 0; row < v.rows(); ++row)
      for (int64_t t = 0; t < terms; ++t)
        result.col(row % shape.inChannels * terms + t) +=
            v(row, t) * m.col(row);
    return result;
  }
  void normalize() override {
    int64_t in = shape.inChannels;
    for (int64_t c = 0; c < in; ++c)
      for (int64_t t = 0; t < terms; ++t) {
        double square = 0;
        for (int64_t k = 0; k < shape.taps(); ++k)
          square += v(k * in + c, t) * v(k * in + c, t);
        double scale = square > 0 ? 1 / std::sqrt(square) : 1;
        for (int64_t k = 0; k < shape.taps(); ++k)
          v(k * in + c, t) *= scale;
      }
  }

private:
  Eigen::Block<const MatrixXd> channelRows(const MatrixXd &m,
                                           int64_t row) const {
    return m.block(row % shape.inChannels * terms, 0, terms, m.cols());
  }
  int64_t terms;
};

/// The taps are a grid of `first` x `second` positions, W[tap(i, j)] = V_i H_j:
/// V has a row for each (i, input channel) and a column for each of `rank`
/// middle channels, H a row for each (j, middle channel). 3 x 3 taps as a grid
/// of 3 x 3 give the spatial forms, as 1 x 9 NarrowInput and as 9 x 1
/// NarrowOutput.
class GridFactors final : public Factors {
public:
  GridFactors(const FilterShape &shape, ConvForm form, int64_t rank,
              const Moments &moments, const MatrixXd &filter)
      : Factors(shape), form(form), rank(rank) {
    first = form == ConvForm::Vertical       ? shape.kernelHeight
            : form == ConvForm::Horizontal   ? shape.kernelWidth
            : form == ConvForm::NarrowOutput ? shape.taps()
                                             : 1;
    second = shape.taps() / first;
    int64_t in = shape.inChannels, out = shape.outChannels;
    // The covariance of the rows of V, averaged over the positions of H.
    MatrixXd covariance = MatrixXd::Zero(first * in, first * in);
    MatrixXd grid(first * in, second * out);
    for (int64_t i = 0; i < first; ++i)
      for (int64_t j = 0; j < second; ++j) {
        grid.block(i * in, j * out, in, out) =
            filter.middleRows(tap(i, j) * in, in);
        for (int64_t l = 0; l < first; ++l)
          covariance.block(i * in, l * in, in, in) +=
              moments.covariance.block(tap(i, j) * in, tap(l, j) * in, in, in) /
              second;
      }
    v = whitenedBasis(covariance, grid, rank);
    normalize();
  }
  std::pair<std::vector<float>, std::vector<float>> filters() const override {
    SampleMatrix a = v.cast<float>(), b = h.cast<float>();
    return {std::vector<float>(a.data(), a.data() + a.size()),
            std::vector<float>(b.data(), b.data() + b.size())};
  }

protected:
  MatrixXd expand(const MatrixXd &x) const override {
    int64_t in = shape.inChannels;
    MatrixXd w(shape.taps() * in, shape.outChannels);
    for (int64_t i = 0; i < first; ++i)
      for (int64_t j = 0; j < second; ++j)
        w.middleRows(tap(i, j) * in, in).noalias() =
            x.middleRows(i * in, in) * h.middleRows(j * rank, rank);
    return w;
  }
  MatrixXd adjoint(const MatrixXd &w) const override { return pull(w, h); }
  MatrixXd adjointSquared(const MatrixXd &w) const override {
    return pull(w, h.cwiseAbs2());
  }
  MatrixXd features(const MatrixXd &m) const override {
    int64_t in = shape.inChannels;
    MatrixXd result = MatrixXd::Zero(m.rows(), second * rank);
    for (int64_t i = 0; i < first; ++i)
      for (int64_t j = 0; j < second; ++j)
        result.middleCols(j * rank, rank).noalias() +=
            m.middleCols(tap(i, j) * in, in) * v.middleRows(i * in, in);
    return result;
  }
  void normalize() override {
    for (int64_t r = 0; r < rank; ++r)
      if (double norm = v.col(r).norm(); norm > 0)
        v.col(r) /= norm;
  }

private:
  int64_t tap(int64_t i, int64_t j) const {
    return form == ConvForm::Horizontal ? j * shape.kernelWidth + i
                                        : i * second + j;
  }
  MatrixXd pull(const MatrixXd &w, const MatrixXd &factor) const {
    int64_t in = shape.inChannels;
    MatrixXd result = MatrixXd::Zero(first * in, rank);
    for (int64_t i = 0; i < first; ++i)
      for (int64_t j = 0; j < second; ++j)
        result.middleRows(i * in, in).noalias() +=
            w.middleRows(tap(i, j) * in, in) *
            factor.middleRows(j * rank, rank).transpose();
    return result;
  }
  ConvForm form;
  int64_t rank, first, second;
};

} // namespace

std::unique_ptr<Factors> Factors::create(const FilterShape &shape,
                                         FormChoice choice,
                                         const Moments &moments,
                                         const MatrixXd &filter,
                                         const FitOptions &options) {
  std::unique_ptr<Factors> result;
  if (choice.form == ConvForm::Keep)
    return std::make_unique<KeptFactors>(shape, filter);
  if (choice.form == ConvForm::Depthwise)
    result =
        std::make_unique<DepthwiseFactors>(shape, choice.rank, moments, filter);
  else
    result = std::make_unique<GridFactors>(shape, choice.form, choice.rank,
                                           moments, filter);
  result->solveH(moments, options.ridge);
  return result;
}
