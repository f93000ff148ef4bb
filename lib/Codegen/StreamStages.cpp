//===- StreamStages.cpp - Compute wide stages in strips
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Strategy.h"
#include "lw/Codegen/Passes.h"
#include "lw/Target/TargetInfo.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"

namespace mlir::lw {
#define GEN_PASS_DEF_LWSTREAMSTAGES
#include "lw/Codegen/Passes.h.inc"
} // namespace mlir::lw

using namespace mlir;
using namespace mlir::lw;

/// Output rows of a strip whose two values take a quarter of the second-level
/// cache at most; 0 when the stage is better computed layer by layer.
static int64_t chooseRows(StageOps ops, int64_t vector,
                          const TargetInfo &target, int64_t leastBytes) {
  int64_t between = getLayout(ops.expand->getResult(0)).bytes() +
                    getLayout(ops.depthwise.getResult()).bytes();
  if (between < (leastBytes < 0 ? target.l2Bytes : leastBytes))
    return 0;
  int64_t height = ops.depthwise.getConvGeometry().outHeight;
  for (int64_t rows = height / 2; rows >= 2; --rows) {
    StageSpec spec = stageSpec(ops, rows, vector);
    int64_t strips = spec.expand.out.bytes() + spec.depthwise.out.bytes();
    if (strips <= target.l2Bytes / 4 && spec.isPossible())
      return rows;
  }
  return 0;
}

namespace {
struct StreamStages : public lw::impl::LwStreamStagesBase<StreamStages> {
  using LwStreamStagesBase::LwStreamStagesBase;

  void runOnOperation() override {
    std::optional<TargetInfo> target =
        findTarget(getOperation(), cpu, features);
    func::FuncOp main = target ? findMain(getOperation()) : func::FuncOp();
    if (!main)
      return signalPassFailure();
    Builder b(&getContext());
    for (Operation &op : main.front()) {
      std::optional<StageOps> stage = findStage(&op);
      // What ends a stage begins no other: its own value would be a strip.
      if (!stage || isStrip(stage->expand.getConvInput().getDefiningOp()))
        continue;
      int64_t vector =
          op.getAttrOfType<KernelAttr>(kKernelAttrName).getVector();
      int64_t rows = chooseRows(*stage, vector, *target, leastBytes);
      if (rows == 0)
        continue;
      StageSpec spec = stageSpec(*stage, rows, vector);
      stage->expand->setAttr(kStripAttrName,
                             b.getI64IntegerAttr(spec.expandedRows(rows)));
      stage->depthwise->setAttr(kStripAttrName, b.getI64IntegerAttr(rows));
      ++numStages;
    }
  }
};
} // namespace
