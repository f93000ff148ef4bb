//===- PlanMemory.cpp - Place every value in one arena
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Kernels/KernelKind.h"
#include "Kernels/Support.h"
#include "Layout/EntryFunction.h"
#include "Memory/Liveness.h"
#include "Strategy/CheckNetwork.h"
#include "lw/Analysis/CostModel.h"
#include "lw/Codegen/Passes.h"
#include "lw/Dialect/IR/LwDialect.h"
#include "lw/Support/MemoryPlan.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/Format.h"

namespace mlir::lw {
#define GEN_PASS_DEF_LWPLANMEMORY
#include "lw/Codegen/Passes.h.inc"
} // namespace mlir::lw

using namespace mlir;
using namespace mlir::lw;

namespace {

/// Values that share memory: a root and what lies within it.
struct Allocation : PlannedBuffer {
  SmallVector<std::pair<Operation *, int64_t>> members; // operation, byte delta
  Operation *root = nullptr;
  bool scratch = false; // of one operation's kernel
};

class Planner {
public:
  Planner(func::FuncOp main, const TargetInfo &target)
      : main(main), target(target), liveness(main) {}

  void run();
  void print();
  /// Fails where the arena is larger than `limit` bytes.
  LogicalResult checkLimit(int64_t limit);
  int64_t arenaBytes = 0;
  MemoryPeak peak;

private:
  void collect();
  void placeInConcat(tosa::ConcatOp concat);
  /// The bytes of a member of `a`. What lies within another value has those of
  /// its elements only: what its storage would be rounded up by belongs to its
  /// neighbours.
  static int64_t bytesOf(const Allocation &a, Operation *op) {
    bool whole = a.scratch || a.root == op;
    Layout storage = getStorage(op);
    return whole ? a.bytes : storage.elements() * storage.elementBytes();
  }

  func::FuncOp main;
  const TargetInfo &target;
  const Liveness liveness;
  /// The operation whose memory an operation's result is in, and the distance.
  llvm::DenseMap<Operation *, std::pair<Operation *, int64_t>> parent;
  SmallVector<Allocation> allocations;
};

} // namespace

/// Lets the producers of a concatenation's parts write into the whole, when all
/// of them can: then nothing is left to copy, and the halo is the parts'.
void Planner::placeInConcat(tosa::ConcatOp concat) {
  Layout whole = getLayout(concat.getOutput());
  if (cast<RankedTensorType>(concat.getOutput().getType()).getRank() != 4 ||
      concat.getAxis() != 3 || whole.n != 1)
    return;
  SmallVector<std::pair<Operation *, int64_t>> parts;
  int64_t channel = 0;
  for (Value part : concat.getInput1()) {
    Layout l = getLayout(part);
    Operation *producer = part.getDefiningOp();
    bool aligned = channel % whole.block == 0 && l.block == whole.block &&
                   l.halo == whole.halo;
    // Only the last part may end within a block.
    bool complete = l.c % l.block == 0 || channel + l.c == whole.c;
    bool free = producer && !isCompileTime(producer) &&
                !parent.count(producer) && kindOf(producer).writesInPlace() &&
                llvm::count(concat.getInput1(), part) == 1;
    if (!aligned || !complete || !free)
      return;
    parts.push_back({producer, channel / whole.block * whole.blockStride() *
                                   whole.elementBytes()});
    channel += l.c;
  }
  for (auto [producer, delta] : parts)
    parent[producer] = {concat, delta};
}

void Planner::collect() {
  SmallVector<Operation *> layers;
  for (Operation &op : main.front().without_terminator())
    if (!isCompileTime(&op))
      layers.push_back(&op);

  for (Operation *op : layers)
    if (planOf<AliasAttr>(op))
      // An alias of an argument or a constant has no place in the arena.
      parent[op] = {op->getOperand(0).getDefiningOp(), 0};
  for (Operation *op : llvm::reverse(layers))
    if (auto concat = dyn_cast<tosa::ConcatOp>(op))
      placeInConcat(concat);

  llvm::DenseMap<Operation *, size_t> index_of;
  for (Operation *op : layers) {
    Operation *root = op;
    int64_t delta = 0;
    while (root && parent.count(root)) {
      auto [next, distance] = parent[root];
      delta += distance;
      root = next;
    }
    if (!root || isCompileTime(root))
      continue;
    auto [it, inserted] = index_of.try_emplace(root, allocations.size());
    if (inserted) {
      allocations.emplace_back();
      allocations.back().first = liveness.positionOf(op);
      allocations.back().root = root;
      allocations.back().bytes = getStorage(root).bytes();
    }
    Allocation &a = allocations[it->second];
    a.first = std::min(a.first, liveness.positionOf(op));
    a.last = std::max(a.last, liveness.lastUse(op));
    a.members.push_back({op, delta});
  }

  for (Operation *op : layers)
    if (int64_t bytes = kindOf(op).scratchBytes(op, target)) {
      Allocation &a = allocations.emplace_back();
      a.bytes = bytes;
      a.first = a.last = liveness.positionOf(op);
      a.members.push_back({op, 0});
      a.root = op;
      a.scratch = true;
    }
}

void Planner::run() {
  collect();
  SmallVector<PlannedBuffer *> buffers;
  for (Allocation &a : allocations)
    buffers.push_back(&a);
  arenaBytes = std::max<int64_t>(planMemory(buffers), 0);
  peak = findPeak(buffers);
  for (const Allocation &a : allocations)
    for (auto [op, delta] : a.members)
      op->setAttr(
          a.scratch ? kScratchAttrName : kBufferAttrName,
          BufferAttr::get(op->getContext(), a.offset + delta, bytesOf(a, op)));
}

void Planner::print() {
  llvm::raw_ostream &os = llvm::errs();
  os << "     offset       bytes  lives    operation\n";
  for (const Allocation &a : allocations)
    for (auto [op, delta] : a.members)
      os << llvm::format("%11lld %11lld  %lld-%lld  ",
                         static_cast<long long>(a.offset + delta),
                         static_cast<long long>(bytesOf(a, op)),
                         static_cast<long long>(a.first),
                         static_cast<long long>(a.last))
         << op->getName() << (a.scratch ? " (scratch) " : " ") << op->getLoc()
         << "\n";
  os << "arena " << arenaBytes << " bytes, lower bound " << peak.bytes
     << " bytes\n";
}

LogicalResult Planner::checkLimit(int64_t limit) {
  if (limit < 0 || arenaBytes <= limit)
    return success();
  InFlightDiagnostic error =
      main.emitError() << "needs an arena of " << arenaBytes << " bytes, "
                       << limit << " are allowed; most memory is in use by:";
  SmallVector<Allocation *> live;
  for (Allocation &a : allocations)
    if (a.first <= peak.time && peak.time <= a.last)
      live.push_back(&a);
  llvm::sort(live, [](const Allocation *a, const Allocation *b) {
    return std::pair(-a->bytes, a->first) < std::pair(-b->bytes, b->first);
  });
  for (Allocation *a : live) {
    Operation *op = a->members.front().first;
    std::string name = layerName(op->getLoc());
    error << "\n  " << a->bytes << " bytes for "
          << (a->scratch ? "work on " : "") << op->getName().getStringRef()
          << (name.empty() ? "" : " '" + name + "'");
  }
  return error;
}

namespace {
struct PlanMemory : public lw::impl::LwPlanMemoryBase<PlanMemory> {
  using Base = lw::impl::LwPlanMemoryBase<PlanMemory>;
  using Base::Base;

  void runOnOperation() override {
    auto visit = [&](func::FuncOp main, const TargetInfo &target) {
      return plan(main, target);
    };
    if (failed(forEachStage(getOperation(), visit)))
      signalPassFailure();
  }

  LogicalResult plan(func::FuncOp main, const TargetInfo &target) {
    if (failed(checkSelected(main)))
      return failure();
    Planner planner(main, target);
    planner.run();
    if (Base::print)
      planner.print();
    if (failed(planner.checkLimit(limit)))
      return failure();
    // Stages come one after another.
    arenaBytes.updateMax(planner.arenaBytes);
    lowerBoundBytes.updateMax(planner.peak.bytes);
    return success();
  }
};
} // namespace
