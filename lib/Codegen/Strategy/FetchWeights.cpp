//===- FetchWeights.cpp - Fetch weights that a layer would wait for
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Kernels/Gemm/GemmFetch.h"
#include "Kernels/Gemm/GemmKind.h"
#include "Layout/EntryFunction.h"
#include "lw/Codegen/Passes.h"
#include "lw/Target/WeightFetching.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"

namespace mlir::lw {
#define GEN_PASS_DEF_LWFETCHWEIGHTS
#include "lw/Codegen/Passes.h.inc"
} // namespace mlir::lw

using namespace mlir;
using namespace mlir::lw;

namespace {
struct FetchWeights : public lw::impl::LwFetchWeightsBase<FetchWeights> {
  using LwFetchWeightsBase::LwFetchWeightsBase;

  void runOnOperation() override {
    auto visit = [&](func::FuncOp main, const TargetInfo &target) {
      if (int64_t each = multiplyAddsPerFetchedByte(target))
        for (Operation &op : main.front())
          if (int64_t bytes = bytesWaitedFor(&op, target))
            shareOut(&op, bytes, each, target);
      return success();
    };
    if (failed(forEachStage(getOperation(), visit)))
      signalPassFailure();
  }

  /// Gives the weights of `last`, from their beginning on, to the layers before
  /// it, the nearest first.
  void shareOut(Operation *last, int64_t bytes, int64_t each,
                const TargetInfo &target) {
    auto threadsOf = [&](Operation *op) {
      return gemmSpec(cast<ConvolutionOpInterface>(op), target).threads;
    };
    // What is fetched long before leaves the caches again.
    constexpr int64_t kLeastShare = 256 << 10, kFarthest = 8;
    int64_t first = 0, layers = 0;
    for (Operation *op = last->getPrevNode();
         op && first < bytes && layers < kFarthest; op = op->getPrevNode()) {
      if (bytesWaitedFor(op, target) || op->hasAttr(kFetchAttrName))
        return;
      if (!planOf(op))
        continue;
      ++layers;
      if (!canFetch(op, target) || threadsOf(op) != threadsOf(last))
        continue;
      auto conv = cast<ConvolutionOpInterface>(op);
      auto share = static_cast<int64_t>(gemmSpec(conv, target).macs()) / each;
      share = std::min(share / 4096 * 4096, bytes - first);
      if (share < std::min(kLeastShare, bytes - first))
        continue;
      op->setAttr(kFetchAttrName,
                  Builder(&getContext()).getDenseI64ArrayAttr({first, share}));
      first += share;
      ++numLayers;
    }
  }
};
} // namespace
