//===- ExpandCopy.cpp - Copies in order, strided ones to linalg
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Lowering/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Utils/Utils.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Interfaces/ViewLikeInterface.h"
#include "llvm/Support/DebugLog.h"

#define DEBUG_TYPE "lw-expand-copy"

namespace mlir::lw {
#define GEN_PASS_DEF_LWEXPANDCOPY
#include "lw/Lowering/Passes.h.inc"
} // namespace mlir::lw

using namespace mlir;

/// Whether finalize-memref-to-llvm makes a memcpy of a copy from or to `type`.
static bool isContiguous(BaseMemRefType type) {
  auto memref = dyn_cast<MemRefType>(type);
  return memref && memref.hasStaticShape() && memref.getLayout().isIdentity();
}

/// The buffer that a view is a part of.
static Value baseOf(Value value) {
  while (auto view = value.getDefiningOp<ViewLikeOpInterface>())
    value = view.getViewSource();
  return value;
}

/// A result that was computed in the argument of another is read before that
/// argument gets its own; bufferization, to which arguments are memory and not
/// tensors, does not see it. Puts the copies to arguments at the end of a block
/// in an order in which none reads what one before has written; where they go
/// round, a buffer of its own helps. What is copied to a part of an argument is
/// how a result is computed, and stays before them.
static void orderCopies(Block &block) {
  SmallVector<memref::CopyOp> pending;
  for (Operation *op = block.getTerminator()->getPrevNode(); op;
       op = op->getPrevNode()) {
    auto copy = dyn_cast<memref::CopyOp>(op);
    if (copy && isa<BlockArgument>(copy.getTarget()))
      pending.push_back(copy);
    else if (!isMemoryEffectFree(op))
      break;
  }
  std::reverse(pending.begin(), pending.end());
  Operation *end = block.getTerminator();
  while (!pending.empty()) {
    auto *ready = llvm::find_if(pending, [&](memref::CopyOp copy) {
      Value target = copy.getTarget();
      return llvm::none_of(pending, [&](memref::CopyOp other) {
        return other != copy && baseOf(other.getSource()) == target;
      });
    });
    if (ready == pending.end()) {
      // Everybody's target is still to be read: set one source aside.
      ready = pending.begin();
      auto type = cast<MemRefType>(ready->getSource().getType());
      OpBuilder builder(end);
      Value aside = memref::AllocOp::create(
          builder, ready->getLoc(),
          MemRefType::get(type.getShape(), type.getElementType()));
      memref::CopyOp::create(builder, ready->getLoc(), ready->getSource(),
                             aside);
      ready->getSourceMutable().assign(aside);
      LDBG() << ready->getLoc() << ": sets a result aside";
      continue;
    }
    (*ready)->moveBefore(end);
    pending.erase(ready);
  }
}

namespace {

struct ExpandCopyPass : lw::impl::LwExpandCopyBase<ExpandCopyPass> {
  void runOnOperation() override {
    getOperation()->walk(
        [](func::ReturnOp end) { orderCopies(*end->getBlock()); });
    getOperation()->walk([](memref::CopyOp copy) {
      if (isContiguous(copy.getSource().getType()) &&
          isContiguous(copy.getTarget().getType()))
        return;
      // A generic op needs the rank; unranked copies are left as they are.
      if (!isa<MemRefType>(copy.getSource().getType()) ||
          !isa<MemRefType>(copy.getTarget().getType())) {
        LDBG() << copy.getLoc() << ": left alone, its rank is not known";
        return;
      }
      LDBG() << copy.getLoc() << ": loops copy " << copy.getSource().getType()
             << " to " << copy.getTarget().getType();
      OpBuilder builder(copy);
      linalg::makeMemRefCopyOp(builder, copy.getLoc(), copy.getSource(),
                               copy.getTarget());
      copy.erase();
    });
  }
};

} // namespace
