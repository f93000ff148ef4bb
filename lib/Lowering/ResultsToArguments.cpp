//===- ResultsToArguments.cpp - Results of functions become arguments
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// On tensors, before bufferization, a result is any value: an argument, a
// constant, the same value as another result. Once it is told where to be,
// bufferization finds out what has to be copied.
//
//===----------------------------------------------------------------------===//

#include "lw/Lowering/Passes.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/DebugLog.h"

#define DEBUG_TYPE "lw-results-to-arguments"

namespace mlir::lw {
#define GEN_PASS_DEF_LWRESULTSTOARGUMENTS
#include "lw/Lowering/Passes.h.inc"
} // namespace mlir::lw

using namespace mlir;
using bufferization::BufferizationDialect;
using bufferization::MaterializeInDestinationOp;

namespace {

struct ResultsToArgumentsPass
    : lw::impl::LwResultsToArgumentsBase<ResultsToArgumentsPass> {
  void runOnOperation() override {
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (!function.isExternal() && failed(convert(function)))
        return signalPassFailure();
  }

  LogicalResult convert(func::FuncOp function) {
    Builder builder(&getContext());
    if (auto uses = function.getSymbolUses(getOperation());
        uses && !uses->empty())
      return function.emitError("expects no function to be called by another; "
                                "run --inline first");
    // Whoever calls has other uses for what it hands over.
    unsigned inputs = function.getNumArguments();
    for (unsigned i = 0; i < inputs; ++i)
      if (isa<TensorType>(function.getArgumentTypes()[i]))
        function.setArgAttr(i, BufferizationDialect::kWritableAttrName,
                            builder.getBoolAttr(false));
    for (unsigned i = 0; i < function.getNumResults(); ++i) {
      Type result = function.getResultTypes()[i];
      auto type = dyn_cast<RankedTensorType>(result);
      if (!type || !type.hasStaticShape())
        return function.emitError("expects result ")
               << i << " to be a tensor of static shape, found " << result;
      auto memref = MemRefType::get(type.getShape(), type.getElementType());
      if (failed(function.insertArgument(inputs + i, memref,
                                         function.getResultAttrDict(i),
                                         function.getLoc())))
        return failure();
    }
    LDBG() << "@" << function.getName() << ": " << function.getNumResults()
           << " results behind " << inputs << " inputs";
    function.walk([&](func::ReturnOp end) {
      OpBuilder b(end);
      for (auto [i, value] : llvm::enumerate(end.getOperands()))
        MaterializeInDestinationOp::create(b, end.getLoc(), TypeRange(), value,
                                           function.getArgument(inputs + i),
                                           /*restrict=*/true,
                                           /*writable=*/true);
      end->setOperands({});
    });
    return function.eraseResults(
        llvm::BitVector(function.getNumResults(), true));
  }
};

} // namespace
