//===- ExpandCopy.cpp - Strided copies to linalg
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Lowering/Passes.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Utils/Utils.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/BuiltinOps.h"
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

namespace {

struct ExpandCopyPass : lw::impl::LwExpandCopyBase<ExpandCopyPass> {
  void runOnOperation() override {
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
