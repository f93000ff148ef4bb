//===- Decomposition.h - Sums of separable terms from a filter
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A standard filter w[KH, KW, Cin, Cout] is, for each input channel c, a matrix
// W_c of KH*KW x Cout. Its singular value decomposition
//
//   W_c = sum over t of s_t u_t v_t^T
//
// is a sum of separable terms: a depthwise filter u_t of that channel and a row
// v_t of a pointwise filter. With the first T terms of every channel the
// convolution is a depthwise one with multiplier T and a pointwise one, and no
// other choice of T terms is nearer to w in the Frobenius norm (Guo et al.,
// Network Decoupling, 2018; Eckart and Young, 1936).
//
//===----------------------------------------------------------------------===//

#ifndef LW_SEPARABLE_DECOMPOSITION_H
#define LW_SEPARABLE_DECOMPOSITION_H

#include "llvm/ADT/ArrayRef.h"
#include <cstdint>
#include <optional>
#include <vector>

namespace mlir::lw {

/// Extents of a standard filter.
struct FilterShape {
  int64_t kernelHeight, kernelWidth, inChannels, outChannels;

  int64_t taps() const { return kernelHeight * kernelWidth; }
  int64_t size() const { return taps() * inChannels * outChannels; }
};

/// Filters of a separable convolution, row-major.
struct SeparableFilters {
  int64_t terms;
  std::vector<double> depthwise; // [KH, KW, Cin, terms]
  std::vector<double> pointwise; // [1, 1, Cin * terms, Cout]
};

/// The standard filter that separable filters amount to,
/// `w[k, c, o] = sum over t of depthwise[k, c, t] * pointwise[c * T + t, o]`,
/// in f64.
std::vector<double> expandSeparable(const FilterShape &shape,
                                    const SeparableFilters &filters);

/// The singular value decompositions of all input channels of a filter. Which
/// number of terms to keep is the caller's decision.
class SeparableDecomposition {
public:
  /// Errors below this are the rounding of f32 weights: a filter that is a sum
  /// of T separable terms, computed in f32, decomposes with an error of some
  /// 1e-7.
  static constexpr double kExact = 1e-6;
  /// The same of f64 weights.
  static constexpr double kExactF64 = 1e-14;

  /// Decomposes a row-major filter of `shape`; std::nullopt when it holds a
  /// value that is not finite.
  static std::optional<SeparableDecomposition>
  compute(const FilterShape &shape, llvm::ArrayRef<double> filter);

  /// Terms that every filter of this shape can be expressed with:
  /// min(KH * KW, Cout).
  int64_t maxTerms() const { return rank; }

  /// Relative error ||w - w_T|| / ||w|| in the Frobenius norm of keeping
  /// `terms` terms; 0 for a filter of zeros.
  double relativeError(int64_t terms) const;

  /// The fewest terms, at least one, whose relative error is at most `error`.
  int64_t termsForError(double error) const;

  /// The fewest terms that recover a filter of f32 up to rounding.
  int64_t exactTerms() const { return termsForError(kExact); }

  /// Filters of the first `terms` terms of every channel; a singular value is
  /// shared by both factors, its square root to each.
  SeparableFilters truncate(int64_t terms) const;

private:
  SeparableDecomposition(const FilterShape &shape, int64_t rank)
      : shape(shape), rank(rank) {}

  FilterShape shape;
  int64_t rank;
  std::vector<double> left;           // [Cin][rank][taps], scaled
  std::vector<double> right;          // [Cin][rank][Cout], scaled
  std::vector<double> residualSquare; // [rank + 1], by terms kept
};

} // namespace mlir::lw

#endif // LW_SEPARABLE_DECOMPOSITION_H
