//===- Determinant.cpp - Determinants of small matrices
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Composition.h"
#include "Families.h"
#include "Stacking.h"

using namespace mlir;
using namespace mlir::lw::importer;

/// Expanding by rows takes n * 2^(n - 1) products.
static constexpr int64_t kMostRows = 6;

static LogicalResult importDet(Node &node) {
  const TensorRef &x = node.inputs[0];
  int64_t rank = x->rank();
  if (rank < 2 || x->shape[rank - 1] != x->shape[rank - 2] ||
      x->shape[rank - 1] > kMostRows)
    return node.error("expects square matrices of at most " + Twine(kMostRows) +
                      " rows, found shape " + formatShape(x->shape));
  int64_t n = x->shape[rank - 1];
  Composition c(node);
  auto element = [&](int64_t row, int64_t column) {
    TensorRef values = takeIndex(node.build, x, rank - 2, row);
    return takeIndex(node.build, values, rank - 2, column);
  };
  // Of the rows from the last one on, by the set of their columns.
  std::vector<TensorRef> minors(int64_t(1) << n);
  for (int64_t count = 1; count <= n; ++count) {
    std::vector<TensorRef> larger(minors.size());
    for (size_t columns = 1; columns < minors.size(); ++columns) {
      if (llvm::popcount(columns) != count)
        continue;
      bool isNegative = false;
      for (int64_t column = 0; column < n; ++column) {
        size_t bit = size_t(1) << column;
        if (!(columns & bit))
          continue;
        TensorRef term = element(n - count, column), &sum = larger[columns];
        if (count > 1)
          term = c.mul(term, minors[columns & ~bit]);
        sum = !sum ? term : c.op(isNegative ? "Sub" : "Add", {sum, term});
        isNegative = !isNegative;
      }
    }
    minors = std::move(larger);
  }
  return c.finish(minors.back());
}

ArrayRef<OpEntry> mlir::lw::importer::determinantOps() {
  static const OpEntry entries[] = {
      {"Det", 11, 1, importDet, "products of elements; up to 6 x 6"},
  };
  return entries;
}
