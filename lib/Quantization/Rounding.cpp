//===- Rounding.cpp - Weights rounded for the least error of outputs
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Quantization/Rounding.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/Parallel.h"
#include <cmath>
#include <numeric>

using namespace mlir::lw;
using Eigen::MatrixXd;

/// What is added to the variances, relative to their mean: inputs that were
/// never seen to vary must not take up errors of any size.
static constexpr double kDamping = 0.01;

/// Output channels that are rounded together.
static constexpr int64_t kColumns = 32;

std::vector<int32_t> mlir::lw::roundInTurn(const MatrixXd &covariance,
                                           const MatrixXd &filter,
                                           llvm::ArrayRef<float> scales) {
  int64_t n = filter.rows(), m = filter.cols();
  std::vector<int64_t> order(n);
  std::iota(order.begin(), order.end(), 0);
  llvm::sort(order, [&](int64_t a, int64_t b) {
    return std::pair(-covariance(a, a), a) < std::pair(-covariance(b, b), b);
  });
  MatrixXd damped(n, n);
  for (int64_t j = 0; j < n; ++j)
    for (int64_t i = 0; i < n; ++i)
      damped(i, j) = covariance(order[i], order[j]);
  damped.diagonal().array() += kDamping * damped.diagonal().mean() + 1e-30;
  // Row i of the upper triangle says how the inputs after i make up for it.
  MatrixXd inverse = damped.llt().solve(MatrixXd::Identity(n, n));
  MatrixXd lower = inverse.llt().matrixL();

  std::vector<int32_t> result(n * m);
  llvm::parallelFor(0, llvm::divideCeil(m, kColumns), [&](size_t block) {
    int64_t first = block * kColumns, count = std::min(kColumns, m - first);
    Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> w(
        n, count);
    for (int64_t i = 0; i < n; ++i)
      w.row(i) = filter.row(order[i]).segment(first, count);
    Eigen::RowVectorXd error(count);
    for (int64_t i = 0; i < n; ++i) {
      for (int64_t c = 0; c < count; ++c) {
        double scale = scales[first + c];
        double q = std::clamp(std::nearbyint(w(i, c) / scale), -127.0, 127.0);
        result[order[i] * m + first + c] = static_cast<int32_t>(q);
        error[c] = (w(i, c) - q * scale) / lower(i, i);
      }
      for (int64_t j = i + 1; j < n; ++j)
        w.row(j) -= lower(j, i) * error;
    }
  });
  return result;
}
