//===- Plan.cpp - Which layers become separable, and with how many terms
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Separable/Plan.h"
#include "lw/Dialect/IR/Constants.h"
#include "lw/Support/Table.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace mlir::lw;

int64_t lw::separableMacs(Conv2DOp conv, int64_t terms) {
  ConvGeometry g = conv.getConvGeometry();
  return g.outPixels() * g.inChannels * terms *
         (g.kernelHeight * g.kernelWidth + g.outChannels);
}

SeparablePlan lw::planSeparable(Conv2DOp conv,
                                const SeparableDecomposition &decomposition,
                                const SeparableLimits &limits) {
  double exact = getElementTypeOrSelf(conv.getFilter()).isF64()
                     ? SeparableDecomposition::kExactF64
                     : SeparableDecomposition::kExact;
  double target = std::max(exact, limits.weightError.value_or(0));
  int64_t terms = decomposition.termsForError(target);
  bool tooMany = limits.terms && terms > *limits.terms;
  // With a number of terms alone it is exact if it can be, truncated if not.
  if (tooMany)
    terms = *limits.terms;

  SeparablePlan plan;
  plan.error = decomposition.relativeError(terms);
  plan.macsBefore = plan.macsAfter = conv.getMacs();
  int64_t after = separableMacs(conv, terms);
  double gain = static_cast<double>(plan.macsBefore) / after;
  auto describe = [&](const char *what) {
    return llvm::formatv("{0} {1} term{2}", what, terms, terms == 1 ? "" : "s")
        .str();
  };
  if (tooMany && limits.weightError) {
    plan.note = llvm::formatv("{0}: error above {1:g}", describe("kept, at"),
                              *limits.weightError);
    return plan;
  }
  if (gain < limits.minGain || (limits.minGain >= 1 && gain <= 1)) {
    plan.note = llvm::formatv("{0}: MACs / {1:f2}, wanted / {2:f2}",
                              describe("kept, needs"), gain, limits.minGain);
    return plan;
  }
  plan.terms = terms;
  plan.macsAfter = after;
  plan.note = plan.error <= exact ? "exact" : "truncated";
  return plan;
}

SeparableConv2DOp lw::replaceWithSeparable(RewriterBase &rewriter,
                                           Conv2DOp conv,
                                           const SeparableFilters &filters) {
  OpBuilder::InsertionGuard guard(rewriter);
  rewriter.setInsertionPoint(conv);
  ConvGeometry g = conv.getConvGeometry();
  Type element = cast<ShapedType>(conv.getFilter().getType()).getElementType();
  Location location = conv.getFilter().getLoc();
  Value depthwise =
      createConstant(rewriter, location,
                     RankedTensorType::get({g.kernelHeight, g.kernelWidth,
                                            g.inChannels, filters.terms},
                                           element),
                     ArrayRef<double>(filters.depthwise));
  Value pointwise = createConstant(
      rewriter, location,
      RankedTensorType::get({1, 1, g.inChannels * filters.terms, g.outChannels},
                            element),
      ArrayRef<double>(filters.pointwise));
  return rewriter.replaceOpWithNewOp<SeparableConv2DOp>(
      conv, conv.getType(), conv.getInput(), depthwise, pointwise,
      conv.getBias(), conv.getResidual(), conv.getStrides(), conv.getPadding(),
      conv.getDilations(), conv.getActivationAttr(), ConvQuantAttr());
}

void lw::printPlans(llvm::raw_ostream &os,
                    llvm::ArrayRef<SeparablePlan> plans) {
  Table table({{"layer", Table::Left},
               {"terms", Table::Right},
               {"error", Table::Right},
               {"MACs before", Table::Right},
               {"MACs after", Table::Right},
               {"gain", Table::Right},
               {"note", Table::Left}});
  int64_t before = 0, after = 0;
  auto gain = [](int64_t before, int64_t after) {
    return llvm::formatv("{0:f2}",
                         after ? static_cast<double>(before) / after : 1.0)
        .str();
  };
  for (const SeparablePlan &plan : plans) {
    before += plan.macsBefore;
    after += plan.macsAfter;
    table.add({plan.layer,
               plan.isSeparable() ? std::to_string(plan.terms) : "-",
               llvm::formatv("{0:e2}", plan.error),
               groupDigits(plan.macsBefore), groupDigits(plan.macsAfter),
               gain(plan.macsBefore, plan.macsAfter), plan.note});
  }
  table.add({"total", "", "", groupDigits(before), groupDigits(after),
             gain(before, after), ""});
  table.print(os);
}

llvm::json::Array lw::toJson(llvm::ArrayRef<SeparablePlan> plans) {
  llvm::json::Array result;
  for (const SeparablePlan &plan : plans)
    result.push_back(llvm::json::Object{{"layer", plan.layer},
                                        {"terms", plan.terms},
                                        {"error", plan.error},
                                        {"macs_before", plan.macsBefore},
                                        {"macs_after", plan.macsAfter},
                                        {"note", plan.note}});
  return result;
}
