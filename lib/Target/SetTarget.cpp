//===- SetTarget.cpp - Say which processor a module is compiled for
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Dialect/IR/LwDialect.h"
#include "lw/Target/Passes.h"
#include "lw/Target/Target.h"
#include "mlir/IR/BuiltinOps.h"

namespace mlir::lw {
#define GEN_PASS_DEF_LWSETTARGET
#include "lw/Target/Passes.h.inc"
} // namespace mlir::lw

using namespace mlir;

namespace {
struct SetTarget : lw::impl::LwSetTargetBase<SetTarget> {
  using LwSetTargetBase::LwSetTargetBase;

  void runOnOperation() override {
    llvm::Expected<lw::TargetAttr> target =
        lw::resolveTarget(&getContext(), {triple, cpu, features});
    if (!target) {
      getOperation().emitError(llvm::toString(target.takeError()));
      return signalPassFailure();
    }
    getOperation()->setAttr(lw::kTargetAttrName, *target);
    markAllAnalysesPreserved();
  }
};
} // namespace
