//===- MakeSeparable.cpp - Standard convolutions to separable form
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Analysis/CostModel.h"
#include "lw/Dialect/IR/Constants.h"
#include "lw/Separable/Plan.h"
#include "lw/Support/OutputFile.h"
#include "lw/Transforms/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "mlir/IR/PatternMatch.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/DebugLog.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"
#include <cmath>

#define DEBUG_TYPE "lw-make-separable"

namespace mlir::lw {
#define GEN_PASS_DEF_LWMAKESEPARABLE
#include "lw/Transforms/Passes.h.inc"
} // namespace mlir::lw

using namespace mlir;
using namespace mlir::lw;

namespace {

struct MakeSeparablePass : lw::impl::LwMakeSeparableBase<MakeSeparablePass> {
  explicit MakeSeparablePass(llvm::raw_ostream *os) : os(os) {}

  void runOnOperation() override {
    if (failed(checkOptions()))
      return signalPassFailure();
    SmallVector<Conv2DOp> candidates;
    int unnamed = 0;
    std::vector<std::string> names;
    getOperation().walk([&](Conv2DOp conv) {
      ConvGeometry g = conv.getConvGeometry();
      if (g.groups != 1 || g.kernelHeight * g.kernelWidth == 1)
        return;
      candidates.push_back(conv);
      std::string name = layerName(conv.getLoc());
      names.push_back(name.empty() ? "lw.conv_2d#" + std::to_string(unnamed++)
                                   : name);
    });
    selected = joinCutNames(ArrayRef<std::string>(layers), names);
    skipped = joinCutNames(ArrayRef<std::string>(skip), names);
    for (const std::string &name :
         llvm::concat<const std::string>(selected, skipped))
      if (!llvm::is_contained(names, name)) {
        emitError(getOperation().getLoc(),
                  "the function has no standard convolution named '")
            << name << "' to select; the standard convolutions are "
            << llvm::join(names, ", ");
        return signalPassFailure();
      }

    SeparableLimits limits;
    if (terms > 0)
      limits.terms = terms;
    if (weightError >= 0)
      limits.weightError = weightError;
    limits.minGain = minGain;
    std::vector<SeparablePlan> plans;
    IRRewriter rewriter(&getContext());
    for (auto [conv, name] : llvm::zip(candidates, names)) {
      FailureOr<SeparablePlan> plan = rewrite(rewriter, conv, name, limits);
      if (failed(plan))
        return signalPassFailure();
      ++(plan->isSeparable() ? numSeparable : numKept);
      plans.push_back(*plan);
    }
    if (failed(writeReport(plans)))
      signalPassFailure();
  }

private:
  llvm::raw_ostream *os;
  std::vector<std::string> selected, skipped;

  LogicalResult checkOptions() {
    Location location = getOperation().getLoc();
    if (!llvm::is_contained({"table", "remarks", "none"}, report))
      return emitError(location, "unknown report '")
             << report << "'; expected table, remarks or none";
    if (terms < 0)
      return emitError(location, "expects terms to be zero or more, found ")
             << terms.getValue();
    if (!std::isfinite(weightError) || !std::isfinite(minGain) || minGain < 0)
      return emitError(location,
                       "expects weight-error to be finite and min-gain "
                       "to be zero or more");
    return success();
  }

  LogicalResult writeReport(ArrayRef<SeparablePlan> plans) {
    if (plans.empty())
      return success();
    if (report == "table") {
      std::string table;
      llvm::raw_string_ostream stream(table);
      printPlans(os ? *os : stream, plans);
      if (!os)
        emitRemark(getOperation().getLoc(), "separable form by the weights\n")
            << table;
    }
    if (json.empty())
      return success();
    llvm::Error error = writeFile(
        json, llvm::formatv("{0:2}\n", llvm::json::Value(toJson(plans))).str());
    if (!error)
      return success();
    return emitError(getOperation().getLoc())
           << llvm::toString(std::move(error));
  }

  /// Decides on one layer and rewrites it; fails on weights that are no
  /// numbers.
  FailureOr<SeparablePlan> rewrite(RewriterBase &rewriter, Conv2DOp conv,
                                   const std::string &name,
                                   const SeparableLimits &limits) {
    SeparablePlan plan;
    plan.layer = name;
    ConvGeometry g = conv.getConvGeometry();
    if (!conv.getInput().getType().hasStaticShape()) {
      plan.note = "kept: its shape is not static";
      return plan;
    }
    plan.macsBefore = plan.macsAfter = conv.getMacs();
    if ((!selected.empty() && !llvm::is_contained(selected, name)) ||
        llvm::is_contained(skipped, name)) {
      plan.note = "kept: not selected";
      return plan;
    }
    std::optional<std::vector<double>> filter =
        readConstantF64(conv.getFilter());
    if (!filter) {
      plan.note = "kept: its filter is not constant";
      return plan;
    }
    auto decomposition = SeparableDecomposition::compute(
        {g.kernelHeight, g.kernelWidth, g.inChannels, g.outChannels}, *filter);
    if (!decomposition) {
      conv.emitError("layer '")
          << name << "' has a weight that is not finite (NaN or infinite)";
      return failure();
    }
    plan = planSeparable(conv, *decomposition, limits);
    plan.layer = name;
    LDBG() << name << ": " << describe(plan);
    if (report == "remarks")
      emitRemark(conv.getLoc()) << describe(plan);
    if (plan.isSeparable())
      replaceWithSeparable(rewriter, conv, decomposition->truncate(plan.terms));
    return plan;
  }

  static std::string describe(const SeparablePlan &plan) {
    return llvm::formatv("{0}; terms {1}, error {2:e2}, MACs {3} to {4}",
                         plan.note, plan.terms, plan.error, plan.macsBefore,
                         plan.macsAfter);
  }
};

} // namespace

std::unique_ptr<Pass> lw::createLwMakeSeparable(llvm::raw_ostream *os) {
  return std::make_unique<MakeSeparablePass>(os);
}
