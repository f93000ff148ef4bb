//===- MatrixProduct.h - Products of matrices at the processor's full width
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Eigen chooses its vectors when it is compiled, for a build that runs on any
// x86 those of SSE2. Fitting spends half of its time in products, so they
// choose at run time here: AVX-512, AVX2 or what the build is for.
//
//===----------------------------------------------------------------------===//

#ifndef LW_NUMERICS_MATRIXPRODUCT_H
#define LW_NUMERICS_MATRIXPRODUCT_H

#include "lw/Numerics/Moments.h"

namespace mlir::lw {

/// Elements (i, j) of a matrix at `data[i * rowStride + j * columnStride]`.
template <typename T> struct StridedMatrix {
  const T *data;
  int64_t rowStride, columnStride;
};

/// C += A B for A of m x k, B of k x n and C of m x n, row-major with `stride`
/// elements a row.
void multiplyAdd(int64_t m, int64_t n, int64_t k, StridedMatrix<float> a,
                 StridedMatrix<float> b, float *c, int64_t stride);
void multiplyAdd(int64_t m, int64_t n, int64_t k, StridedMatrix<double> a,
                 StridedMatrix<double> b, double *c, int64_t stride);

/// A B.
Eigen::MatrixXd product(const Eigen::Ref<const Eigen::MatrixXd> &a,
                        const Eigen::Ref<const Eigen::MatrixXd> &b);
/// A^T B.
Eigen::MatrixXd transposedProduct(const Eigen::Ref<const Eigen::MatrixXd> &a,
                                  const Eigen::Ref<const Eigen::MatrixXd> &b);
/// Adds A^T A to the lower triangle of `c`; what it does above is unspecified.
void addGram(Eigen::MatrixXd &c, const Eigen::MatrixXd &a);

/// A B into `c`, whose rows are consecutive in memory.
void product(SampleView a, SampleView b, Eigen::Ref<SampleMatrix> c);

} // namespace mlir::lw

#endif // LW_NUMERICS_MATRIXPRODUCT_H
