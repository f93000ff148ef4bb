//===- PrintCost.cpp - Print MACs, parameters and bytes of every layer
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Analysis/CostModel.h"
#include "lw/Support/OutputFile.h"
#include "lw/Transforms/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/raw_ostream.h"

namespace mlir::lw {
#define GEN_PASS_DEF_LWPRINTCOST
#include "lw/Transforms/Passes.h.inc"
} // namespace mlir::lw

using namespace mlir;
using namespace mlir::lw;

namespace {

struct PrintCostPass : lw::impl::LwPrintCostBase<PrintCostPass> {
  explicit PrintCostPass(llvm::raw_ostream &os) : os(os) {}

  void runOnOperation() override {
    markAllAnalysesPreserved();
    if (format != "table" && format != "json" && format != "none") {
      emitError(getOperation()->getLoc(), "unknown format '")
          << format << "'; expected table, json or none";
      return signalPassFailure();
    }
    llvm::json::Array functions;
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      FailureOr<NetworkCost> cost = computeCost(function);
      if (failed(cost))
        return signalPassFailure();
      if (format == "table")
        printCost(os, *cost);
      functions.push_back(toJson(*cost));
    }
    llvm::json::Value report =
        llvm::json::Object{{"functions", std::move(functions)}};
    if (format == "json")
      os << llvm::formatv("{0:2}", report) << "\n";
    if (!json.empty() && failed(writeReport(report)))
      signalPassFailure();
  }

  LogicalResult writeReport(const llvm::json::Value &report) {
    llvm::Error error = writeFile(json, llvm::formatv("{0:2}\n", report).str());
    if (!error)
      return success();
    return emitError(getOperation()->getLoc())
           << llvm::toString(std::move(error));
  }

  llvm::raw_ostream &os;
};

} // namespace

std::unique_ptr<Pass> lw::createLwPrintCost(llvm::raw_ostream &os) {
  return std::make_unique<PrintCostPass>(os);
}
