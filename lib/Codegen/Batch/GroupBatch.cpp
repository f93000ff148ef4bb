//===- GroupBatch.cpp - A batch as groups of images, one after another
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Batch/Images.h"
#include "Layout/EntryFunction.h"
#include "Memory/Liveness.h"
#include "lw/Codegen/Passes.h"
#include "lw/Dialect/IR/LwOps.h"
#include "lw/Lowering/EntryPoint.h"
#include "lw/Target/TargetInfo.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/DebugLog.h"

#define DEBUG_TYPE "lw-group-batch"

namespace mlir::lw {
#define GEN_PASS_DEF_LWGROUPBATCH
#include "lw/Codegen/Passes.h.inc"
} // namespace mlir::lw

using namespace mlir;
using namespace mlir::lw;

static int64_t bytesOf(Value value) {
  auto type = cast<RankedTensorType>(value.getType());
  return llvm::divideCeil(type.getNumElements() * type.getElementTypeBitWidth(),
                          8);
}

namespace {

/// What an image costs as one of a group that goes through the network
/// together.
class GroupModel {
public:
  GroupModel(func::FuncOp main, const Images &images, const TargetInfo &target);

  /// Cycles of an image beside its arithmetic, in a group of so many.
  double cycles(int64_t group) const;
  /// Whether so many images move more bytes than they share of weights, enough
  /// to be shared by threads.
  bool movesMore(int64_t count) const {
    return count * moved > std::max(shared, double(1 << 20));
  }

private:
  /// Of reading a byte where so many are in use.
  double byteCycles(double bytes, double near) const;

  const TargetInfo &target;
  /// Of an image: at most there at once, and read and written in all.
  double live = 0, moved = 0;
  /// Weights that a group reads once: of fully connected layers, whose rows
  /// are its images, and those that stay near from image to image.
  double shared = 0;
};

} // namespace

GroupModel::GroupModel(func::FuncOp main, const Images &images,
                       const TargetInfo &target)
    : target(target) {
  Liveness liveness(main);
  std::vector<double> changes(liveness.getPositions().size() + 2, 0);
  for (Operation &op : main.front().without_terminator()) {
    if (op.getNumResults() != 1 || !images.holds(op.getResult(0)))
      continue;
    double bytes = double(bytesOf(op.getResult(0))) / images.count();
    int64_t last = static_cast<int64_t>(changes.size()) - 2;
    changes[std::clamp<int64_t>(liveness.positionOf(&op), 0, last)] += bytes;
    changes[std::clamp<int64_t>(liveness.lastUse(&op), 0, last) + 1] -= bytes;
    moved += 2 * bytes;
    auto conv = dyn_cast<ConvolutionOpInterface>(&op);
    if (!conv)
      continue;
    bool connected =
        conv.getConvGeometry().outHeight * conv.getConvGeometry().outWidth == 1;
    for (Value filter : conv.getConvFilters())
      if (connected || bytesOf(filter) <= target.l2Bytes / 2)
        shared += bytesOf(filter);
  }
  double now = 0;
  for (double change : changes)
    live = std::max(live, now += change);
}

double GroupModel::byteCycles(double bytes, double near) const {
  constexpr double kLine = 64, kFar = 16 << 20;
  return (bytes <= target.l2Bytes / 2 ? near
          : bytes <= kFar             ? target.l3LineCycles
                                      : target.memoryLineCycles) /
         kLine;
}

double GroupModel::cycles(int64_t group) const {
  return shared * byteCycles(shared, target.l2LineCycles) / group +
         moved * byteCycles(group * live, 0);
}

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
    int64_t best = imagesOfGroup(count, model);
    if (best == count)
      return;
    batch.resize(best);
    Builder b(&getContext());
    NamedAttrList attributes(entry);
    attributes.set(kRunsName, b.getI64IntegerAttr(count / best));
    if (threads > 1)
      attributes.set(kPartsName, b.getI64IntegerAttr(
                                     std::min<int64_t>(threads, count / best)));
    module->setAttr(kEntryAttr, attributes.getDictionary(&getContext()));
  }

  /// The most images of a group that divides the batch among the cheapest.
  int64_t imagesOfGroup(int64_t count, const GroupModel &model) {
    if (images)
      return count % images == 0 ? images.getValue() : count;
    // Threads share images rather than layers, unless each would read all of
    // the weights for few of them.
    int64_t most = threads > 1 && model.movesMore(count)
                       ? std::max<int64_t>(count / threads, 1)
                       : count;
    int64_t best = 0;
    double least = 0;
    for (int64_t group = most; group >= 1; --group) {
      if (count % group)
        continue;
      double cycles = model.cycles(group);
      if (best && cycles >= least)
        continue;
      best = group;
      least = cycles;
    }
    return best;
  }
};
} // namespace
