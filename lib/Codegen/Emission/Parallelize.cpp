//===- Parallelize.cpp - Run the outer loops of kernels on several threads
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Builder/KernelBuilder.h"
#include "lw/Codegen/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace mlir::lw {
#define GEN_PASS_DEF_LWPARALLELIZE
#include "lw/Codegen/Passes.h.inc"
} // namespace mlir::lw

using namespace mlir;
using namespace mlir::lw;

namespace {
struct Parallelize : public lw::impl::LwParallelizeBase<Parallelize> {
  void runOnOperation() override {
    SmallVector<scf::ForOp> loops;
    getOperation().walk<WalkOrder::PreOrder>([&](scf::ForOp loop) {
      if (!loop->hasAttr(kParallelAttrName))
        return WalkResult::advance();
      loops.push_back(loop);
      return WalkResult::skip(); // what is inside runs on one thread
    });
    for (scf::ForOp loop : loops) {
      OpBuilder b(loop);
      auto parallel = scf::ParallelOp::create(
          b, loop.getLoc(), ValueRange{loop.getLowerBound()},
          ValueRange{loop.getUpperBound()}, ValueRange{loop.getStep()});
      Block *body = parallel.getBody();
      loop.getInductionVar().replaceAllUsesWith(body->getArgument(0));
      Block *from = loop.getBody();
      from->getTerminator()->erase();
      body->getOperations().splice(body->begin(), from->getOperations());
      loop.erase();
    }
  }
};
} // namespace
