//===- Liveness.cpp - When values are in memory
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Memory/Liveness.h"
#include "lw/Codegen/Layout.h"

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
}

int64_t Liveness::lastUse(Operation *op) const {
  int64_t last = positionOf(op);
  for (Operation *user : op->getResult(0).getUsers())
    last = std::max(last, positionOf(user));
  return last;
}
