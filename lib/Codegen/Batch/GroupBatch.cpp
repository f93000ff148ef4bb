//===- GroupBatch.cpp - A batch as groups of images, one after another
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Batch/CutNetwork.h"
#include "Layout/EntryFunction.h"
#include "lw/Codegen/Passes.h"
#include "lw/Dialect/IR/LwDialect.h"
#include "lw/Target/TargetInfo.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "mlir/IR/Builders.h"
#include "llvm/Support/DebugLog.h"

#define DEBUG_TYPE "lw-group-batch"

namespace mlir::lw {
#define GEN_PASS_DEF_LWGROUPBATCH
#include "lw/Codegen/Passes.h.inc"
} // namespace mlir::lw

using namespace mlir;
using namespace mlir::lw;

namespace {
struct GroupBatch : public lw::impl::LwGroupBatchBase<GroupBatch> {
  using LwGroupBatchBase::LwGroupBatchBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    FailureOr<TargetInfo> target = TargetInfo::get(module);
    func::FuncOp main = succeeded(target) ? findMain(module) : func::FuncOp();
    if (!main)
      return signalPassFailure();
    auto entry = module->getAttrOfType<DictionaryAttr>(kEntryAttr);
    if (!entry)
      return;
    Images batch(main);
    int64_t count = batch.count();
    LDBG() << count << " images";
    if (count < 2)
      return;
    GroupModel model(main, batch, *target);
    SmallVector<Stretch> stretches = images.empty()
                                         ? model.chooseStretches(threads)
                                         : wantedStretches(model, count);
    bool isWhole = stretches.size() == 1 && stretches.front().group == count;
    if (stretches.empty() || isWhole)
      return;
    auto plan = BatchPlan::get(module);
    SmallVector<func::FuncOp> functions = {main};
    if (stretches.size() > 1)
      functions = cutNetwork(main, batch, model.getLayers(), stretches, plan);
    for (auto [function, stage, stretch] :
         llvm::zip(functions, plan.stages, stretches)) {
      if (stretch.group == count)
        continue;
      Images(function).resize(stretch.group);
      stage.runs = count / stretch.group;
      stage.parts = std::min<int64_t>(threads, stage.runs);
    }
    module->setAttr(kEntryAttr, plan.addTo(entry));
  }

  /// As the options say; none where they do not suit the network.
  SmallVector<Stretch> wantedStretches(const GroupModel &model, int64_t count) {
    SmallVector<Stretch> stretches;
    for (auto [i, group] : llvm::enumerate(images)) {
      int64_t begin = i == 0 ? 0 : stretches.back().end;
      int64_t end = i < cuts.size() ? cuts[i] : model.getLayers().size();
      if (group < 1 || count % group || end <= begin ||
          (i < cuts.size() && !model.canCut(end)))
        return {};
      stretches.push_back({begin, end, group});
    }
    return images.size() == cuts.size() + 1 ? stretches
                                            : SmallVector<Stretch>();
  }
};
} // namespace
