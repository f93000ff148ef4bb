//===- ShortSums.h - Sums of products of bytes that fit 16 bits -*- C++ -*-===//
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// x86 multiplies u8 with s8 and adds neighbouring products in 16 bits, where
// what does not fit saturates. Whether it fits whatever the inputs are, weights
// alone decide: of those with one sign the magnitudes may add up to 128, since
// 255 * 128 < 2^15.
//
//===----------------------------------------------------------------------===//

#ifndef LW_DIALECT_IR_SHORTSUMS_H
#define LW_DIALECT_IR_SHORTSUMS_H

#include "lw/Dialect/IR/ConvGeometry.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLExtras.h"
#include <vector>

namespace mlir::lw {

/// What the magnitudes of weights of one sign may add up to.
inline constexpr int64_t kMostShortSum = 128;

/// Calls `visit(output channel, rows)` for all weights of a filter
/// `[KH, KW, Cin / groups, Cout]` that are added in 16 bits: those at
/// `row + channel`. With `products` 2 they are of input channels 2i and 2i + 1
/// of a tap; with 4 of i, i + 1, i + 4 and i + 5 for even i that are no four
/// more than a multiple of eight: a register of pairs added to the next.
template <typename Visit>
void visitShortSums(const ConvGeometry &g, int64_t products, Visit visit) {
  int64_t ins = g.inChannels / g.groups, outs = g.outChannels / g.groups;
  auto setOf = [&](int64_t channel) {
    return products == 2 ? channel / 2 : channel / 8 * 2 + channel % 4 / 2;
  };
  for (int64_t group = 0; group < g.groups; ++group) {
    int64_t firstSet = setOf(group * ins / 8 * 8);
    std::vector<llvm::SmallVector<int64_t, 4>> sets(
        setOf((group + 1) * ins + 7) + 1 - firstSet);
    for (int64_t i = 0; i < ins; ++i)
      sets[setOf(group * ins + i) - firstSet].push_back(i);
    for (int64_t tap = 0; tap < g.kernelHeight * g.kernelWidth; ++tap)
      for (llvm::ArrayRef<int64_t> set : sets) {
        llvm::SmallVector<int64_t, 4> rows;
        for (int64_t i : set)
          rows.push_back((tap * ins + i) * g.outChannels);
        for (int64_t o = group * outs; o < (group + 1) * outs; ++o)
          visit(o, llvm::ArrayRef<int64_t>(rows));
      }
  }
}

/// Of each output channel the largest sum of magnitudes of one sign of weights
/// that are added together.
template <typename T>
std::vector<double> largestShortSums(llvm::ArrayRef<T> filter,
                                     const ConvGeometry &g, int64_t products) {
  std::vector<double> largest(g.outChannels);
  visitShortSums(g, products, [&](int64_t o, llvm::ArrayRef<int64_t> rows) {
    double sums[2] = {0, 0};
    for (int64_t row : rows) {
      double w = filter[row + o];
      sums[w < 0] += w < 0 ? -w : w;
    }
    largest[o] = std::max({largest[o], sums[0], sums[1]});
  });
  return largest;
}

/// How many products of u8 with these weights can be added in 16 bits: 4, 2, or
/// 0 where two of some do not fit.
template <typename T>
int64_t productsOfShortSums(llvm::ArrayRef<T> filter, const ConvGeometry &g) {
  for (int64_t products : {4, 2})
    if (llvm::all_of(largestShortSums(filter, g, products),
                     [](double sum) { return sum <= kMostShortSum; }))
      return products;
  return 0;
}

} // namespace mlir::lw

#endif // LW_DIALECT_IR_SHORTSUMS_H
