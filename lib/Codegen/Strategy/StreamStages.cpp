//===- StreamStages.cpp - Compute wide stages in strips
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Kernels/Stage/StageOps.h"
#include "Layout/EntryFunction.h"
#include "lw/Codegen/Passes.h"
#include "lw/Target/TargetInfo.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/Debug.h"

#define DEBUG_TYPE "lw-stream-stages"

namespace mlir::lw {
#define GEN_PASS_DEF_LWSTREAMSTAGES
#include "lw/Codegen/Passes.h.inc"
} // namespace mlir::lw

using namespace mlir;
using namespace mlir::lw;

/// Output rows of a strip whose values take a quarter of the second-level cache
/// at most; 0 when the stage is better computed layer by layer.
static int64_t chooseRows(StageOps ops, const TargetInfo &target,
                          int64_t leastBytes) {
  int64_t between = 0;
  if (ops.expand)
    between += getLayout(ops.expand->getResult(0)).bytes();
  if (ops.project)
    between += getLayout(ops.depthwise.getResult()).bytes();
  // Of two values between, one is near while the other is written.
  bool whole = ops.expand && ops.project;
  int64_t enough = whole ? target.l2Bytes : target.l2Bytes / 2;
  // Every thread has a cache of its own for its rows.
  enough *= getThreads(ops.depthwise);
  if (between < (leastBytes < 0 ? enough : leastBytes))
    return 0;
  int64_t height = ops.depthwise.getConvGeometry().outHeight, most = 0;
  // Weights that do not stay near are read again by each strip, which has to be
  // less than the values between, written and read.
  auto pays = [&](const StageSpec &spec) {
    int64_t weights = 0;
    for (const std::optional<GemmSpec> &s : {spec.expand, spec.project})
      weights += s ? s->packedBytes(s->outVectors()) : 0;
    return weights <= target.l2Bytes / 2 ||
           (spec.strips() - 1) * weights <= 2 * between;
  };
  for (int64_t rows = height / 2; rows >= 2; --rows) {
    StageSpec spec = stageSpec(ops, rows, target);
    int64_t strips = (ops.expand ? spec.expand->out.bytes() : 0) +
                     (ops.project ? spec.depthwise.out.bytes() : 0);
    if (strips > target.l2Bytes / 4 || !spec.isPossible() || !pays(spec))
      continue;
    // A shorter last strip is code of its own: rather somewhat smaller strips,
    // all alike.
    if (most == 0)
      most = rows;
    if (height % (rows * spec.threads) == 0 && 2 * rows >= most)
      return rows;
  }
  return most;
}

namespace {
struct StreamStages : public lw::impl::LwStreamStagesBase<StreamStages> {
  using LwStreamStagesBase::LwStreamStagesBase;

  void runOnOperation() override {
    auto visit = [&](func::FuncOp main, const TargetInfo &target) {
      markStages(main, target);
      return success();
    };
    if (failed(forEachStage(getOperation(), visit)))
      signalPassFailure();
  }

  void markStages(func::FuncOp main, const TargetInfo &target) {
    // Whole stages first, then what is left of them in halves.
    for (bool whole : {true, false})
      for (Operation &op : main.front()) {
        std::optional<StageOps> stage = findStage(&op);
        if (!stage || isStrip(&op) || isStrip(stage->depthwise) ||
            (stage->expand && isStrip(stage->expand)))
          continue;
        // What ends a stage begins no other: its own value would be a strip.
        if (stage->expand &&
            isStrip(stage->expand.getConvInput().getDefiningOp()))
          stage->expand = {};
        if (whole == (stage->expand && stage->project))
          mark(*stage, target);
      }
  }

  void mark(StageOps stage, const TargetInfo &target) {
    if (!stage.expand && !stage.project)
      return;
    int64_t rows = chooseRows(stage, target, leastBytes);
    if (rows == 0)
      return;
    Builder b(&getContext());
    StageSpec spec = stageSpec(stage, rows, target);
    if (stage.expand)
      stage.expand->setAttr(kStripAttrName,
                            b.getI64IntegerAttr(spec.expandedRows(rows)));
    if (stage.project)
      stage.depthwise->setAttr(kStripAttrName, b.getI64IntegerAttr(rows));
    LLVM_DEBUG(llvm::dbgs() << "strips of " << rows
                            << " rows: " << stage.depthwise.getLoc() << "\n");
    ++numStages;
  }
};
} // namespace
