//===- InlineStackScopes.cpp - Remove scopes that nothing needs
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Codegen/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/PatternMatch.h"

namespace mlir::lw {
#define GEN_PASS_DEF_LWINLINESTACKSCOPES
#include "lw/Codegen/Passes.h.inc"
} // namespace mlir::lw

using namespace mlir;

namespace {
struct InlineStackScopes
    : public lw::impl::LwInlineStackScopesBase<InlineStackScopes> {
  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    getOperation().walk([&](memref::AllocaScopeOp scope) {
      bool allocates =
          scope.walk([](memref::AllocaOp) { return WalkResult::interrupt(); })
              .wasInterrupted();
      if (allocates || scope.getNumResults() ||
          !llvm::hasSingleElement(scope.getBodyRegion()))
        return;
      Block *body = &scope.getBodyRegion().front();
      rewriter.eraseOp(body->getTerminator());
      rewriter.inlineBlockBefore(body, scope);
      rewriter.eraseOp(scope);
    });
  }
};
} // namespace
