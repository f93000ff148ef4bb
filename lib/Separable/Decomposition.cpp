//===- Decomposition.cpp - Sums of separable terms from a filter
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Separable/Decomposition.h"
#include <Eigen/Dense>
#include <algorithm>
#include <cassert>
#include <cmath>

using namespace mlir::lw;

std::vector<double> mlir::lw::expandSeparable(const FilterShape &shape,
                                              const SeparableFilters &filters) {
  int64_t terms = filters.terms, in = shape.inChannels, out = shape.outChannels;
  std::vector<double> filter(shape.size(), 0.0);
  for (int64_t k = 0; k < shape.taps(); ++k)
    for (int64_t c = 0; c < in; ++c)
      for (int64_t t = 0; t < terms; ++t) {
        double depthwise = filters.depthwise[(k * in + c) * terms + t];
        for (int64_t o = 0; o < out; ++o)
          filter[(k * in + c) * out + o] +=
              depthwise * filters.pointwise[(c * terms + t) * out + o];
      }
  return filter;
}

std::optional<SeparableDecomposition>
SeparableDecomposition::compute(const FilterShape &shape,
                                llvm::ArrayRef<double> filter) {
  assert(static_cast<int64_t>(filter.size()) == shape.size() &&
         "one value per element");
  if (!std::all_of(filter.begin(), filter.end(),
                   [](double w) { return std::isfinite(w); }))
    return std::nullopt;
  int64_t taps = shape.taps(), in = shape.inChannels, out = shape.outChannels;
  int64_t rank = std::min(taps, out);
  SeparableDecomposition result(shape, rank);
  result.left.resize(in * rank * taps);
  result.right.resize(in * rank * out);
  result.residualSquare.assign(rank + 1, 0.0);

  Eigen::MatrixXd matrix(taps, out);
  for (int64_t c = 0; c < in; ++c) {
    for (int64_t k = 0; k < taps; ++k)
      for (int64_t o = 0; o < out; ++o)
        matrix(k, o) = filter[(k * in + c) * out + o];
    Eigen::JacobiSVD<Eigen::MatrixXd> svd(matrix, Eigen::ComputeThinU |
                                                      Eigen::ComputeThinV);
    const Eigen::VectorXd &values = svd.singularValues();
    for (int64_t t = 0; t < rank; ++t) {
      double root = std::sqrt(values(t));
      for (int64_t k = 0; k < taps; ++k)
        result.left[(c * rank + t) * taps + k] = svd.matrixU()(k, t) * root;
      for (int64_t o = 0; o < out; ++o)
        result.right[(c * rank + t) * out + o] = svd.matrixV()(o, t) * root;
      // Dropped whenever t terms or fewer are kept.
      for (int64_t kept = 0; kept <= t; ++kept)
        result.residualSquare[kept] += values(t) * values(t);
    }
  }
  return result;
}

double SeparableDecomposition::relativeError(int64_t terms) const {
  double whole = residualSquare.front();
  return whole == 0 ? 0
                    : std::sqrt(residualSquare[std::min(terms, rank)] / whole);
}

int64_t SeparableDecomposition::termsForError(double error) const {
  int64_t terms = 1;
  while (terms < rank && relativeError(terms) > error)
    ++terms;
  return terms;
}

SeparableFilters SeparableDecomposition::truncate(int64_t terms) const {
  assert(terms >= 1 && terms <= rank && "as many terms as there are");
  int64_t taps = shape.taps(), in = shape.inChannels, out = shape.outChannels;
  SeparableFilters filters;
  filters.terms = terms;
  filters.depthwise.resize(taps * in * terms);
  filters.pointwise.resize(in * terms * out);
  for (int64_t c = 0; c < in; ++c)
    for (int64_t t = 0; t < terms; ++t) {
      const double *u = &left[(c * rank + t) * taps];
      const double *v = &right[(c * rank + t) * out];
      for (int64_t k = 0; k < taps; ++k)
        filters.depthwise[(k * in + c) * terms + t] = u[k];
      for (int64_t o = 0; o < out; ++o)
        filters.pointwise[(c * terms + t) * out + o] = v[o];
    }
  return filters;
}
