//===- GroupModel.cpp - What groups of images cost
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Batch/GroupModel.h"
#include "lw/Dialect/IR/LwOps.h"
#include "llvm/Support/DebugLog.h"

#define DEBUG_TYPE "lw-group-batch"

using namespace mlir;
using namespace mlir::lw;

static int64_t bytesOf(Value value) {
  auto type = cast<RankedTensorType>(value.getType());
  return llvm::divideCeil(type.getNumElements() * type.getElementTypeBitWidth(),
                          8);
}

/// Whether a buffer of the whole batch can hold `value`, a row an image.
static bool canBeBetween(Value value, int64_t images) {
  auto type = cast<RankedTensorType>(value.getType());
  return type.getDimSize(0) == images && type.getElementTypeBitWidth() % 8 == 0;
}

GroupModel::GroupModel(func::FuncOp main, const Images &images,
                       const TargetInfo &target)
    : target(target), count(images.count()) {
  for (int64_t divisor = 1; divisor <= count; ++divisor)
    if (count % divisor == 0)
      divisors.push_back(divisor);
  llvm::DenseMap<Operation *, int64_t> indices;
  for (Operation &op : main.front().without_terminator())
    if (op.getNumResults() == 1 && images.holds(op.getResult(0))) {
      indices[&op] = layers.size();
      layers.push_back(&op);
    }
  int64_t end = layers.size();
  indices[main.front().getTerminator()] = end;
  traffic.resize(end);
  crossing.resize(end, 0);
  cuttable.resize(end, true);
  for (auto [i, op] : llvm::enumerate(layers)) {
    Value result = op->getResult(0);
    double bytes = double(bytesOf(result)) / count;
    bool between = canBeBetween(result, count);
    int64_t first = i, last = i;
    for (Operation *user : result.getUsers())
      last = std::max(last, indices.lookup(user));
    for (int64_t layer = first; layer <= std::min(last, end - 1); ++layer) {
      traffic[layer].live += bytes;
      if (layer == first)
        continue;
      crossing[layer] += bytes;
      cuttable[layer] = cuttable[layer] && between;
    }
    traffic[i].moved += 2 * bytes;
    auto conv = dyn_cast<ConvolutionOpInterface>(op);
    if (!conv)
      continue;
    arithmetic +=
        double(conv.getMacs()) / count / (target.lanes() * target.dotsPerCycle);
    // A panel of the weights of layers of few pixels stays near; without, they
    // are read while the core computes, though not for nothing.
    constexpr int64_t kFewPixels = 64;
    constexpr double kExposed = 0.15;
    ConvGeometry g = conv.getConvGeometry();
    int64_t pixels = g.outHeight * g.outWidth;
    for (Value filter : conv.getConvFilters())
      if (pixels == 1 || bytesOf(filter) <= target.l2Bytes / 2)
        traffic[i].shared += bytesOf(filter);
      else if (pixels <= kFewPixels)
        traffic[i].shared += kExposed * bytesOf(filter);
    allShared += traffic[i].shared;
  }
  // Each output is written where it is computed.
  for (Value value : main.front().getTerminator()->getOperands())
    if (!value.getDefiningOp())
      llvm::fill(cuttable, false);
}

void GroupModel::Traffic::add(const Traffic &layer) {
  live = std::max(live, layer.live);
  moved += layer.moved;
  shared += layer.shared;
}

bool GroupModel::canCut(int64_t layer) const {
  return layer > 0 && layer < int64_t(layers.size()) && cuttable[layer];
}

double GroupModel::byteCycles(double bytes, double near) const {
  // What a core may hope for of a third-level cache that others share; of more
  // bytes a part is there, of twice as many none.
  constexpr double kLine = 64, kShare = 8 << 20;
  if (bytes <= target.l2Bytes / 2)
    return near / kLine;
  double far = std::clamp((bytes - kShare) / kShare, 0.0, 1.0);
  return (target.l3LineCycles +
          far * (target.memoryLineCycles - target.l3LineCycles)) /
         kLine;
}

double GroupModel::cycles(const Traffic &traffic, int64_t group) const {
  // Where all images are one group, other weights come in between.
  double weights = group == count ? allShared : traffic.shared;
  return traffic.shared * byteCycles(weights, target.l2LineCycles) / group +
         traffic.moved * byteCycles(group * traffic.live, 0);
}

std::pair<int64_t, double> GroupModel::chooseGroup(const Traffic &traffic,
                                                   int64_t threads) const {
  // Threads share images rather than layers, unless each would read all of
  // the weights for few of them: enough bytes have to move, and more than are
  // shared.
  bool movesMore =
      count * traffic.moved > std::max(traffic.shared, double(1 << 20));
  int64_t most =
      threads > 1 && movesMore ? std::max<int64_t>(count / threads, 1) : count;
  int64_t best = 0;
  double least = 0;
  for (int64_t group : llvm::reverse(divisors)) {
    if (group > most)
      continue;
    double found = cycles(traffic, group);
    if (best && found >= least)
      continue;
    best = group;
    least = found;
  }
  return {best, least};
}

double GroupModel::cutCycles(int64_t layer) const {
  // Written by the layer and copied to its place, then read and laid out anew.
  // A cut also hides from each other what might be computed together, so that
  // it has to save a part of the arithmetic.
  constexpr double kTimes = 4, kLeastPart = 0.02;
  return kTimes * crossing[layer] *
             byteCycles(count * crossing[layer], target.l2LineCycles) +
         kLeastPart * arithmetic;
}

SmallVector<Stretch> GroupModel::chooseStretches(int64_t threads) const {
  // The cheapest stretches that end before each layer.
  int64_t end = layers.size();
  SmallVector<double> least(end + 1, std::numeric_limits<double>::infinity());
  SmallVector<Stretch> last(end + 1);
  least[0] = 0;
  for (int64_t begin = 0; begin < end; ++begin) {
    if (begin > 0 && !canCut(begin))
      continue;
    double before = least[begin] + (begin > 0 ? cutCycles(begin) : 0);
    Traffic sum;
    for (int64_t layer = begin; layer < end; ++layer) {
      sum.add(traffic[layer]);
      if (layer + 1 < end && !canCut(layer + 1))
        continue;
      auto [group, cycles] = chooseGroup(sum, threads);
      if (before + cycles >= least[layer + 1])
        continue;
      least[layer + 1] = before + cycles;
      last[layer + 1] = {begin, layer + 1, group};
    }
  }
  SmallVector<Stretch> stretches;
  for (int64_t layer = end; layer > 0; layer = stretches.back().begin)
    stretches.push_back(last[layer]);
  std::reverse(stretches.begin(), stretches.end());
  for (const Stretch &stretch : stretches)
    LDBG() << "layers " << stretch.begin << " to " << stretch.end - 1
           << " in groups of " << stretch.group;
  return stretches;
}
