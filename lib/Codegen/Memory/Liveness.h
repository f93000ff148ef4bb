//===- Liveness.h - When values are in memory
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_CODEGEN_MEMORY_LIVENESS_H
#define LW_LIB_CODEGEN_MEMORY_LIVENESS_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace mlir::lw {

/// The order in which the layers of a network are computed.
class Liveness {
public:
  explicit Liveness(func::FuncOp main);

  /// When `op` is computed: strips when their stage ends.
  int64_t positionOf(Operation *op) const { return positions.lookup(op); }
  /// When the result of `op` is read for the last time, not counting what is
  /// read through aliases.
  int64_t lastUse(Operation *op) const;
  const llvm::DenseMap<Operation *, int64_t> &getPositions() const {
    return positions;
  }

private:
  llvm::DenseMap<Operation *, int64_t> positions;
  llvm::DenseMap<Value, int64_t> lastReads;
};

} // namespace mlir::lw

#endif // LW_LIB_CODEGEN_MEMORY_LIVENESS_H
