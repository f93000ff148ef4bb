//===- Stacking.h - Tensors along an axis, one by one
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_IMPORTER_STACKING_H
#define LW_LIB_IMPORTER_STACKING_H

#include "Node.h"

namespace mlir::lw::importer {

/// `count` indices from `first` on along an axis.
TensorRef takeRange(GraphBuilder &build, const TensorRef &tensor, int64_t axis,
                    int64_t first, int64_t count);
/// One index along an axis, without the axis.
TensorRef takeIndex(GraphBuilder &build, const TensorRef &tensor, int64_t axis,
                    int64_t index);

/// Tensors one after another along an axis.
FailureOr<TensorRef> join(Node &node, ArrayRef<TensorRef> parts, int64_t axis);
/// Tensors of one shape along a new axis.
FailureOr<TensorRef> stack(Node &node, ArrayRef<TensorRef> parts, int64_t axis);

} // namespace mlir::lw::importer

#endif // LW_LIB_IMPORTER_STACKING_H
