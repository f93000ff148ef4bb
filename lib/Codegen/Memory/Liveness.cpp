//===- Liveness.cpp - When values are in memory
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Memory/Liveness.h"
#include "lw/Codegen/Layout.h"
#include "lw/Dialect/IR/Reads.h"

using namespace mlir;
using namespace mlir::lw;

Liveness::Liveness(func::FuncOp main) {
  int64_t index = 0;
  for (Operation &op : main.front())
    positions[&op] = index++;
  // Strips are computed where the stage ends.
  for (Operation &op : llvm::reverse(main.front()))
    if (isStrip(&op))
      positions[&op] = positions.lookup(*op.getResult(0).user_begin());
  for (Operation &op : main.front()) {
    if (isCompileTime(&op))
      continue;
    llvm::SetVector<Value> reads;
    collectReads(&op, reads);
    for (Value value : reads)
      lastReads[value] = std::max(lastReads[value], positions.lookup(&op));
  }
}

int64_t Liveness::lastUse(Operation *op) const {
  return std::max(positionOf(op), lastReads.lookup(op->getResult(0)));
}
