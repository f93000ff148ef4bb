//===- MatrixProduct.cpp - Products of matrices at the processor's full width
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Numerics/MatrixProduct.h"
#include "llvm/Support/MathExtras.h"
#include <algorithm>
#include <cassert>
#include <cstring>
#include <vector>

using namespace mlir::lw;
using Eigen::MatrixXd;

namespace {

/// A block of C of `kRows` x `kVectors` vectors stays in registers.
template <typename T, int kBytes, int kRows, int kVectors> struct Tile {
  static constexpr int kLanes = kBytes / sizeof(T);
  static constexpr int kColumns = kLanes * kVectors;
  using Vector = T __attribute__((vector_size(kBytes)));

  [[gnu::always_inline]] static inline Vector load(const T *from) {
    Vector result;
    std::memcpy(&result, from, sizeof(result));
    return result;
  }

  /// C += A B for `rows` x `columns` of C; A and B packed with zeros beyond.
  [[gnu::always_inline]] static inline void run(int64_t k, const T *a,
                                                const T *b, T *c,
                                                int64_t stride, int64_t rows,
                                                int64_t columns) {
    Vector sums[kRows][kVectors] = {};
    for (int64_t p = 0; p < k; ++p, a += kRows, b += kColumns)
      for (int r = 0; r < kRows; ++r)
        for (int v = 0; v < kVectors; ++v)
          sums[r][v] += a[r] * load(b + v * kLanes);
    if (rows == kRows && columns == kColumns) {
      for (int r = 0; r < kRows; ++r)
        for (int v = 0; v < kVectors; ++v) {
          T *to = c + r * stride + v * kLanes;
          Vector sum = load(to) + sums[r][v];
          std::memcpy(to, &sum, sizeof(sum));
        }
      return;
    }
    T spilled[kRows][kColumns];
    std::memcpy(spilled, sums, sizeof(sums));
    for (int64_t r = 0; r < rows; ++r)
      for (int64_t j = 0; j < columns; ++j)
        c[r * stride + j] += spilled[r][j];
  }
};

/// Columns of B in panels of `width`, zeros beyond the last column:
/// dst[panel][p][j] = b(p, panel * width + j).
template <typename T>
void pack(int64_t n, int64_t k, int64_t width, StridedMatrix<T> b,
          std::vector<T> &dst) {
  size_t size = llvm::divideCeil(n, width) * width * k;
  if (dst.size() < size)
    dst.resize(size);
  for (int64_t begin = 0; begin < n; begin += width) {
    int64_t count = std::min(width, n - begin);
    T *panel = dst.data() + begin * k;
    const T *from = b.data + begin * b.columnStride;
    if (count < width)
      std::fill_n(panel, width * k, T(0));
    if (b.columnStride == 1) {
      for (int64_t p = 0; p < k; ++p)
        std::copy_n(from + p * b.rowStride, count, panel + p * width);
      continue;
    }
    // A few rows at a time, so that what is written stays in the first cache.
    constexpr int64_t kRun = 32;
    for (int64_t first = 0; first < k; first += kRun)
      for (int64_t j = 0; j < count; ++j)
        for (int64_t p = first; p < std::min(first + kRun, k); ++p)
          panel[p * width + j] = from[j * b.columnStride + p * b.rowStride];
  }
}

template <typename T, int kBytes, int kRows, int kVectors>
[[gnu::always_inline]] inline void
multiply(int64_t m, int64_t n, int64_t k, StridedMatrix<T> a,
         StridedMatrix<T> b, T *c, int64_t stride) {
  using TileT = Tile<T, kBytes, kRows, kVectors>;
  // Parts of this depth and height stay in the caches of a core.
  constexpr int64_t kDepth = 256, kHeight = 192, kWidth = TileT::kColumns;
  // They stay for the next product: new memory costs as much as a small one.
  thread_local std::vector<T> packedA, packedB;
  for (int64_t p = 0; p < k; p += kDepth) {
    int64_t depth = std::min(kDepth, k - p);
    pack(n, depth, kWidth,
         {b.data + p * b.rowStride, b.rowStride, b.columnStride}, packedB);
    for (int64_t i = 0; i < m; i += kHeight) {
      int64_t height = std::min(kHeight, m - i);
      pack(height, depth, kRows,
           {a.data + i * a.rowStride + p * a.columnStride, a.columnStride,
            a.rowStride},
           packedA);
      for (int64_t j = 0; j < n; j += kWidth)
        for (int64_t r = 0; r < height; r += kRows)
          TileT::run(depth, packedA.data() + r * depth,
                     packedB.data() + j * depth, c + (i + r) * stride + j,
                     stride, std::min<int64_t>(kRows, height - r),
                     std::min(kWidth, n - j));
    }
  }
}

/// Tiles of one, two or three vectors, whichever fit `n` with the least waste.
template <typename T, int kBytes, int kRows>
[[gnu::always_inline]] inline void
multiplyAny(int64_t m, int64_t n, int64_t k, StridedMatrix<T> a,
            StridedMatrix<T> b, T *c, int64_t stride) {
  int64_t vectors = llvm::divideCeil(n, kBytes / sizeof(T));
  if (vectors == 1)
    return multiply<T, kBytes, kRows, 1>(m, n, k, a, b, c, stride);
  if (vectors % 3 != 0 && (vectors % 2 == 0 || vectors % 3 == 1))
    return multiply<T, kBytes, kRows, 2>(m, n, k, a, b, c, stride);
  return multiply<T, kBytes, kRows, 3>(m, n, k, a, b, c, stride);
}

#if defined(__x86_64__)
template <typename T>
__attribute__((target("avx512f"))) void
multiplyAvx512(int64_t m, int64_t n, int64_t k, StridedMatrix<T> a,
               StridedMatrix<T> b, T *c, int64_t stride) {
  multiplyAny<T, 64, 8>(m, n, k, a, b, c, stride);
}
template <typename T>
__attribute__((target("avx2,fma"))) void
multiplyAvx2(int64_t m, int64_t n, int64_t k, StridedMatrix<T> a,
             StridedMatrix<T> b, T *c, int64_t stride) {
  // With 16 registers 12 sums, 2 vectors of B and a value of A: with 3 vectors
  // of B sums are spilled, at half the speed.
  if (n <= int64_t(32 / sizeof(T)))
    return multiply<T, 32, 12, 1>(m, n, k, a, b, c, stride);
  multiply<T, 32, 6, 2>(m, n, k, a, b, c, stride);
}
#endif

template <typename T>
void dispatch(int64_t m, int64_t n, int64_t k, StridedMatrix<T> a,
              StridedMatrix<T> b, T *c, int64_t stride) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f"))
    return multiplyAvx512(m, n, k, a, b, c, stride);
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    return multiplyAvx2(m, n, k, a, b, c, stride);
#endif
  multiplyAny<T, 16, 4>(m, n, k, a, b, c, stride);
}

} // namespace

void mlir::lw::multiplyAdd(int64_t m, int64_t n, int64_t k,
                           StridedMatrix<float> a, StridedMatrix<float> b,
                           float *c, int64_t stride) {
  dispatch(m, n, k, a, b, c, stride);
}

void mlir::lw::multiplyAdd(int64_t m, int64_t n, int64_t k,
                           StridedMatrix<double> a, StridedMatrix<double> b,
                           double *c, int64_t stride) {
  dispatch(m, n, k, a, b, c, stride);
}

MatrixXd mlir::lw::product(const Eigen::Ref<const MatrixXd> &a,
                           const Eigen::Ref<const MatrixXd> &b) {
  assert(a.cols() == b.rows() && "matrices that fit");
  // Columns are consecutive: C^T = B^T A^T.
  MatrixXd c = MatrixXd::Zero(a.rows(), b.cols());
  multiplyAdd(b.cols(), a.rows(), a.cols(), {b.data(), b.outerStride(), 1},
              {a.data(), a.outerStride(), 1}, c.data(), c.rows());
  return c;
}

MatrixXd mlir::lw::transposedProduct(const Eigen::Ref<const MatrixXd> &a,
                                     const Eigen::Ref<const MatrixXd> &b) {
  assert(a.rows() == b.rows() && "matrices that fit");
  MatrixXd c = MatrixXd::Zero(a.cols(), b.cols());
  multiplyAdd(b.cols(), a.cols(), a.rows(), {b.data(), b.outerStride(), 1},
              {a.data(), 1, a.outerStride()}, c.data(), c.rows());
  return c;
}

/// Adds A^T A of the columns from `begin` to `end`: of both halves, and their
/// product below the diagonal.
static void addGram(MatrixXd &c, const MatrixXd &a, int64_t begin,
                    int64_t end) {
  constexpr int64_t kBlock = 48;
  int64_t stride = a.outerStride(), n = c.rows();
  int64_t middle = end;
  if (end - begin > kBlock)
    middle = begin + llvm::alignTo((end - begin) / 2, 24);
  if (middle < end) {
    addGram(c, a, begin, middle);
    addGram(c, a, middle, end);
  }
  // Columns of C are consecutive: rows of its transpose.
  int64_t first = middle < end ? middle : begin;
  multiplyAdd(middle - begin, end - first, a.rows(),
              {a.data() + begin * stride, stride, 1},
              {a.data() + first * stride, 1, stride},
              c.data() + begin * n + first, n);
}

void mlir::lw::addGram(MatrixXd &c, const MatrixXd &a) {
  assert(c.rows() == a.cols() && c.cols() == a.cols() && "a square of columns");
  ::addGram(c, a, 0, a.cols());
}

void mlir::lw::product(SampleView a, SampleView b, Eigen::Ref<SampleMatrix> c) {
  assert(a.cols() == b.rows() && c.rows() == a.rows() && c.cols() == b.cols() &&
         "matrices that fit");
  c.setZero();
  multiplyAdd(a.rows(), b.cols(), a.cols(), {a.data(), a.outerStride(), 1},
              {b.data(), b.outerStride(), 1}, c.data(), c.outerStride());
}
