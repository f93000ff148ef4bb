//===- Interpolate.h - Elements chosen and weighted along a dimension
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_IMPORTER_INTERPOLATE_H
#define LW_LIB_IMPORTER_INTERPOLATE_H

#include "Node.h"

namespace mlir::lw::importer {

/// Along dimension `axis` of a value, `extent` sums of as many elements each,
/// or the elements themselves without weights.
Value interpolate(GraphBuilder &build, Value value, int64_t axis,
                  int64_t extent, ArrayRef<int32_t> indices,
                  ArrayRef<float> weights = {});

/// Finishes a Pad of mode reflect, edge or wrap of the part of its input that
/// has `size` elements from `start` on.
LogicalResult finishPad(Node &node, StringRef mode, ArrayRef<int64_t> before,
                        ArrayRef<int64_t> after, ArrayRef<int64_t> start,
                        ArrayRef<int64_t> size);

} // namespace mlir::lw::importer

#endif // LW_LIB_IMPORTER_INTERPOLATE_H
