//===- PrintQuantization.cpp - The pass --lw-print-quantization
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Analysis/IntegerUse.h"
#include "lw/Transforms/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/Support/raw_ostream.h"

namespace mlir::lw {
#define GEN_PASS_DEF_LWPRINTQUANTIZATION
#include "lw/Transforms/Passes.h.inc"
} // namespace mlir::lw

using namespace mlir;
using namespace mlir::lw;

namespace {

struct PrintQuantizationPass
    : lw::impl::LwPrintQuantizationBase<PrintQuantizationPass> {
  void runOnOperation() override {
    markAllAnalysesPreserved();
    printIntegerUse(llvm::errs(), findIntegerUse(getOperation()));
  }
};

} // namespace
