//===- Heads.h - Operators on channels of several heads
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_IMPORTER_HEADS_H
#define LW_LIB_IMPORTER_HEADS_H

#include "Node.h"

namespace mlir::lw::importer {

/// [N, L, heads * D] as [N, heads, L, D]; what has rank 4 is that already.
/// `attribute` is what gives `heads`, for errors.
FailureOr<TensorRef> splitHeads(Node &node, const TensorRef &tensor,
                                int64_t heads, StringRef attribute);

/// Queries meet keys; the values of those keys are weighted by a softmax.
LogicalResult importAttention(Node &node);

/// Pairs of channels are turned by an angle each.
LogicalResult importRotaryEmbedding(Node &node);

} // namespace mlir::lw::importer

#endif // LW_LIB_IMPORTER_HEADS_H
