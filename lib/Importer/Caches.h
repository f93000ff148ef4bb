//===- Caches.h - Rows that are kept from call to call
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_IMPORTER_CACHES_H
#define LW_LIB_IMPORTER_CACHES_H

#include "Composition.h"

namespace mlir::lw::importer {

/// How many keys before and behind its own place a query sees; -1 is all.
struct KeyWindow {
  int64_t left = -1, right = -1;
  bool isOpen() const { return left < 0 && right < 0; }
};

/// 0 to `count` - 1.
std::vector<int64_t> countUpTo(int64_t count);

/// Which of `keys` keys the queries see whose own places are given, [...,
/// queries, 1].
TensorRef findSeenKeys(Composition &c, int64_t keys, const TensorRef &places,
                       const KeyWindow &window);

/// The cache with `rows` along the axis, each sample's from place `first` of it
/// on, [N], or from the beginning where that is null; those behind the end go
/// to the beginning where it `wraps`.
TensorRef writeRows(Composition &c, const TensorRef &cache,
                    const TensorRef &rows, const TensorRef &first, int64_t axis,
                    bool wraps);

} // namespace mlir::lw::importer

#endif // LW_LIB_IMPORTER_CACHES_H
