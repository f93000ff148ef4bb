//===- MatrixProductTests.cpp - Products against Eigen's own
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Numerics/MatrixProduct.h"
#include "gtest/gtest.h"

using namespace mlir::lw;
using Eigen::MatrixXd;

/// Sizes below, at and beyond those of tiles, panels and strips.
static const int64_t kSizes[] = {1, 7, 8, 24, 25, 97, 193, 300};

TEST(MatrixProduct, AgreesWithEigen) {
  srand(1);
  for (int64_t m : kSizes)
    for (int64_t n : kSizes)
      for (int64_t k : {1, 5, 256, 270}) {
        MatrixXd a = MatrixXd::Random(m, k), b = MatrixXd::Random(k, n);
        MatrixXd expected = a * b;
        EXPECT_LT((product(a, b) - expected).cwiseAbs().maxCoeff(), 1e-12)
            << m << " " << n << " " << k;
        MatrixXd transposed = a.transpose();
        EXPECT_LT(
            (transposedProduct(transposed, b) - expected).cwiseAbs().maxCoeff(),
            1e-12)
            << m << " " << n << " " << k;
        SampleMatrix af = a.cast<float>(), bf = b.cast<float>();
        SampleMatrix cf = SampleMatrix::Ones(m, n);
        product(af, bf, cf);
        EXPECT_LT((cf.cast<double>() - expected).cwiseAbs().maxCoeff(), 1e-4)
            << m << " " << n << " " << k;
      }
}

TEST(MatrixProduct, OfPartsOfMatrices) {
  MatrixXd a = MatrixXd::Random(40, 50), b = MatrixXd::Random(60, 70);
  MatrixXd expected = a.block(3, 4, 20, 30) * b.block(5, 6, 30, 40);
  EXPECT_LT((product(a.block(3, 4, 20, 30), b.block(5, 6, 30, 40)) - expected)
                .cwiseAbs()
                .maxCoeff(),
            1e-12);
}

TEST(MatrixProduct, GramBelowTheDiagonal) {
  for (int64_t n : kSizes) {
    MatrixXd a = MatrixXd::Random(77, n), c = MatrixXd::Random(n, n);
    MatrixXd expected = c + a.transpose() * a;
    addGram(c, a);
    MatrixXd difference = (c - expected).triangularView<Eigen::Lower>();
    EXPECT_LT(difference.cwiseAbs().maxCoeff(), 1e-12) << n;
  }
}
