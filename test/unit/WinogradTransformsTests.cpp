//===- WinogradTransformsTests.cpp - Winograd's filtering, exactly
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// The transforms in rational arithmetic, against Cook's and Toom's construction
// from the points; and in f32, with the rounding that they are chosen for.
//
//===----------------------------------------------------------------------===//

#include "../../lib/Codegen/Kernels/Winograd/WinogradTransforms.h"
#include "gtest/gtest.h"
#include <array>
#include <cmath>
#include <numeric>
#include <random>
#include <vector>

using namespace mlir::lw;

namespace {

/// A rational number in lowest terms with a positive denominator.
struct Rational {
  __int128 n = 0, d = 1;
  Rational(__int128 n = 0, __int128 d = 1) : n(n), d(d) {
    __int128 a = n < 0 ? -n : n, b = d < 0 ? -d : d;
    while (b != 0)
      std::swap(a %= b, b);
    if (d < 0)
      a = -a;
    this->n /= a;
    this->d /= a;
  }
  Rational operator+(Rational r) const { return {n * r.d + r.n * d, d * r.d}; }
  Rational operator-(Rational r) const { return {n * r.d - r.n * d, d * r.d}; }
  Rational operator*(Rational r) const { return {n * r.n, d * r.d}; }
  Rational operator/(Rational r) const { return {n * r.d, d * r.n}; }
  bool operator==(Rational r) const { return n == r.n && d == r.d; }
};

/// Exact arithmetic that counts its operations.
struct ExactArithmetic {
  using Number = Rational;
  int operations = 0;

  static Rational of(Ratio c) { return {c.numerator, c.denominator}; }
  Rational add(Rational a, Rational b) { return ++operations, a + b; }
  Rational sub(Rational a, Rational b) { return ++operations, a - b; }
  Rational scale(Rational a, Ratio c) { return ++operations, a * of(c); }
  Rational fma(Rational a, Ratio c, Rational b) {
    return ++operations, a * of(c) + b;
  }
  Rational mirror(Rational a, Rational middle) {
    return ++operations, middle + middle - a;
  }
};

using Exact = WinogradTransforms<ExactArithmetic>;
using Matrix = std::vector<std::vector<Rational>>;

/// The matrix of a transform of rows of `columns` numbers: its values at the
/// unit vectors.
Matrix matrixOf(int64_t outputs, int64_t columns,
                Exact::Row (Exact::*transform)(llvm::ArrayRef<Rational>)) {
  Matrix result;
  for (int64_t j = 0; j < columns; ++j) {
    std::vector<Rational> unit(columns);
    unit[j] = 1;
    ExactArithmetic exact;
    Exact transforms(exact, outputs);
    Exact::Row column = (transforms.*transform)(unit);
    result.resize(column.size());
    for (size_t i = 0; i < column.size(); ++i)
      result[i].push_back(column[i]);
  }
  return result;
}

struct Matrices {
  Matrix filter, input, output; // G, B', A'
};

Matrices implemented(int64_t m) {
  return {matrixOf(m, 3, &Exact::filterRow),
          matrixOf(m, m + 2, &Exact::inputRow),
          matrixOf(m, m + 2, &Exact::outputRow)};
}

/// Cook's and Toom's F(m, 3) from m + 1 points and infinity: filters and
/// outputs are evaluated at the points, inputs multiplied by Lagrange's basis.
Matrices constructed(int64_t m, const std::vector<Rational> &points) {
  auto times = [](const std::vector<Rational> &p, Rational root) {
    std::vector<Rational> result(p.size() + 1);
    for (size_t i = 0; i < p.size(); ++i) {
      result[i + 1] = result[i + 1] + p[i];
      result[i] = result[i] - p[i] * root;
    }
    return result;
  };
  Matrices result;
  result.output.resize(m);
  std::vector<Rational> all = {1};
  for (Rational point : points) {
    std::vector<Rational> basis = {1};
    Rational norm = 1;
    for (Rational other : points)
      if (!(other == point)) {
        basis = times(basis, other);
        norm = norm * (point - other);
      }
    basis.resize(m + 2);
    result.input.push_back(basis);
    result.filter.push_back(
        {Rational(1) / norm, point / norm, point * point / norm});
    Rational power = 1;
    for (int64_t i = 0; i < m; ++i, power = power * point)
      result.output[i].push_back(power);
    all = times(all, point);
  }
  result.input.push_back(all);
  result.filter.push_back({0, 0, 1});
  for (int64_t i = 0; i < m; ++i)
    result.output[i].push_back(i == m - 1 ? 1 : 0);
  return result;
}

/// The factor between two vectors that differ by one.
Rational factor(const std::vector<Rational> &a,
                const std::vector<Rational> &b) {
  Rational result;
  for (size_t i = 0; i < a.size(); ++i)
    if (!(b[i] == Rational()))
      result = a[i] / b[i];
  for (size_t i = 0; i < a.size(); ++i)
    EXPECT_TRUE(a[i] == result * b[i]) << "element " << i;
  return result;
}

std::vector<Rational> pointsOf(int64_t m) {
  if (m == 2)
    return {0, 1, -1};
  return {0, {2, 3}, {-2, 3}, {3, 2}, {-3, 2}};
}

std::vector<Rational> columnOf(const Matrix &matrix, size_t column) {
  std::vector<Rational> result;
  for (const std::vector<Rational> &row : matrix)
    result.push_back(row[column]);
  return result;
}

class Winograd : public testing::TestWithParam<int64_t> {};

} // namespace

/// sum over points A[i][p] G[p][k] B[p][j] is 1 where j = i + k and else 0:
/// what the transforms compute is the convolution, for all inputs and filters.
TEST_P(Winograd, IsTheConvolution) {
  int64_t m = GetParam();
  Matrices matrices = implemented(m);
  for (int64_t i = 0; i < m; ++i)
    for (int64_t k = 0; k < 3; ++k)
      for (int64_t j = 0; j < m + 2; ++j) {
        Rational sum;
        for (int64_t p = 0; p < m + 2; ++p)
          sum = sum + matrices.output[i][p] * matrices.filter[p][k] *
                          matrices.input[p][j];
        EXPECT_TRUE(sum == Rational(j == i + k ? 1 : 0))
            << "output " << i << ", tap " << k << ", input " << j;
      }
}

/// The points are those that are written beside the transforms, each scaled by
/// factors whose product is 1.
TEST_P(Winograd, HasItsPoints) {
  int64_t m = GetParam();
  Matrices found = implemented(m), expected = constructed(m, pointsOf(m));
  for (int64_t p = 0; p < m + 2; ++p) {
    SCOPED_TRACE(p);
    Rational product =
        factor(found.filter[p], expected.filter[p]) *
        factor(found.input[p], expected.input[p]) *
        factor(columnOf(found.output, p), columnOf(expected.output, p));
    EXPECT_TRUE(product == Rational(1));
  }
}

/// No more than the integer points 0, +-1, +-2 take: 9, 12 and 10.
TEST_P(Winograd, TakesFewOperations) {
  int64_t m = GetParam();
  auto count = [&](size_t columns, auto transform) {
    ExactArithmetic exact;
    Exact transforms(exact, m);
    (transforms.*transform)(std::vector<Rational>(columns, Rational(1)));
    return exact.operations;
  };
  EXPECT_LE(count(3, &Exact::filterRow), m == 2 ? 4 : 8);
  EXPECT_LE(count(m + 2, &Exact::inputRow), m == 2 ? 4 : 12);
  EXPECT_LE(count(m + 2, &Exact::outputRow), m == 2 ? 4 : 10);
}

INSTANTIATE_TEST_SUITE_P(Outputs, Winograd, testing::Values(2, 4));

namespace {

struct FloatArithmetic {
  using Number = float;
  static float of(Ratio c) {
    return static_cast<double>(c.numerator) / c.denominator;
  }
  float add(float a, float b) { return a + b; }
  float sub(float a, float b) { return a - b; }
  float scale(float a, Ratio c) { return a * of(c); }
  float fma(float a, Ratio c, float b) { return std::fma(a, of(c), b); }
  float mirror(float a, float middle) { return std::fma(middle, 2.0f, -a); }
};

using Float = WinogradTransforms<FloatArithmetic>;

/// T X T'.
std::vector<float> twice(Float &transforms, const std::vector<float> &x,
                         size_t extent,
                         Float::Row (Float::*t)(llvm::ArrayRef<float>)) {
  std::vector<Float::Row> columns;
  for (size_t c = 0; c < extent; ++c) {
    std::vector<float> column;
    for (size_t r = 0; r < extent; ++r)
      column.push_back(x[r * extent + c]);
    columns.push_back((transforms.*t)(column));
  }
  std::vector<float> result;
  for (size_t r = 0; r < columns[0].size(); ++r) {
    std::vector<float> row;
    for (const Float::Row &column : columns)
      row.push_back(column[r]);
    Float::Row values = (transforms.*t)(row);
    result.insert(result.end(), values.begin(), values.end());
  }
  return result;
}

} // namespace

/// Root of the mean square error of 4x4 outputs over 352 channels, relative to
/// that of the outputs: 1.3e-6. Points 0, +-1, +-2 and infinity give 3.2e-6.
TEST(WinogradRounding, IsThatOfGoodPoints) {
  constexpr int kChannels = 352, kTiles = 200;
  FloatArithmetic arithmetic;
  Float transforms(arithmetic, 4);
  std::mt19937 random(7);
  std::normal_distribution<float> normal;
  double errors = 0, squares = 0;
  for (int tile = 0; tile < kTiles; ++tile) {
    std::vector<float> products(36, 0.0f);
    std::vector<double> expected(16, 0.0);
    for (int channel = 0; channel < kChannels; ++channel) {
      std::vector<float> input(36), filter(9);
      for (float &x : input)
        x = std::max(0.0f, normal(random));
      for (float &x : filter)
        x = normal(random);
      std::vector<float> d = twice(transforms, input, 6, &Float::inputRow);
      std::vector<float> g = twice(transforms, filter, 3, &Float::filterRow);
      for (int point = 0; point < 36; ++point)
        products[point] = std::fma(d[point], g[point], products[point]);
      for (int y = 0; y < 4; ++y)
        for (int x = 0; x < 4; ++x)
          for (int tap = 0; tap < 9; ++tap)
            expected[y * 4 + x] +=
                double(filter[tap]) * input[(y + tap / 3) * 6 + x + tap % 3];
    }
    std::vector<float> found =
        twice(transforms, products, 6, &Float::outputRow);
    for (int i = 0; i < 16; ++i) {
      errors += (found[i] - expected[i]) * (found[i] - expected[i]);
      squares += expected[i] * expected[i];
    }
  }
  EXPECT_LT(std::sqrt(errors / squares), 2e-6);
}
