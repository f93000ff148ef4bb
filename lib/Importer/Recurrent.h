//===- Recurrent.h - Recurrent layers while they are imported
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_IMPORTER_RECURRENT_H
#define LW_LIB_IMPORTER_RECURRENT_H

#include "Node.h"
#include "lw/Dialect/IR/LwSequenceOps.h"

namespace mlir::lw::importer {

/// What the attributes of a recurrent node say.
struct RecurrentAttributes {
  lw::RecurrentKind kind;
  lw::RecurrentDirection direction = lw::RecurrentDirection::Forward;
  int64_t hidden = 0;
  bool inputForget = false, linearBeforeReset = false;
  /// Samples before steps.
  bool batchFirst = false;
  std::optional<float> clip;
  SmallVector<lw::RecurrentActivation> activations;

  static FailureOr<RecurrentAttributes> read(Node &node,
                                             lw::RecurrentKind kind);

  int64_t directions() const {
    return direction == lw::RecurrentDirection::Bidirectional ? 2 : 1;
  }
  int64_t gates() const { return lw::gatesOf(kind); }
  int64_t rows() const { return gates() * hidden; }
  bool isReverse(int64_t d) const {
    return d == 1 || direction == lw::RecurrentDirection::Reverse;
  }
};

} // namespace mlir::lw::importer

#endif // LW_LIB_IMPORTER_RECURRENT_H
