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
#include "lw/Codegen/Passes.h"
#include "lw/Dialect/IR/LwDialect.h"
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
struct Allocation {
  int64_t bytes = 0, first = 0, last = 0, offset = -1;
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
  int64_t arenaBytes = 0, lowerBound = 0;

private:
  void collect();
  void placeInConcat(tosa::ConcatOp concat);
  void assignOffsets();
  /// The bytes of a member of `a`. What lies within another value has those of
  /// its elements only: what its storage would be rounded up by belongs to its
  /// neighbours.
  static int64_t bytesOf(const Allocation &a, Operation *op) {
    bool whole = a.scratch || a.root == op;
    return whole ? a.bytes : getStorage(op).elements() * sizeof(float);
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
    if (int64_t bytes = kindOf(op).scratchBytes(op, target))
      allocations.push_back({bytes,
                             liveness.positionOf(op),
                             liveness.positionOf(op),
                             -1,
                             {{op, 0}},
                             op,
                             /*scratch=*/true});
}

void Planner::assignOffsets() {
  SmallVector<Allocation *> order;
  for (Allocation &a : allocations)
    order.push_back(&a);
  llvm::sort(order, [](const Allocation *a, const Allocation *b) {
    return std::pair(-a->bytes, a->first) < std::pair(-b->bytes, b->first);
  });
  SmallVector<Allocation *> placed; // by offset
  for (Allocation *a : order) {
    int64_t offset = 0;
    for (Allocation *other : placed) {
      if (other->last < a->first || a->last < other->first)
        continue;
      if (offset + a->bytes <= other->offset)
        break;
      offset = std::max(offset, other->offset + other->bytes);
    }
    a->offset = offset;
    placed.insert(
        llvm::upper_bound(placed, a,
                          [](const Allocation *x, const Allocation *y) {
                            return x->offset < y->offset;
                          }),
        a);
    arenaBytes = std::max(arenaBytes, offset + a->bytes);
  }
  for (const auto &entry : liveness.getPositions()) {
    int64_t live = 0;
    for (const Allocation &a : allocations)
      if (a.first <= entry.second && entry.second <= a.last)
        live += a.bytes;
    lowerBound = std::max(lowerBound, live);
  }
}

void Planner::run() {
  collect();
  assignOffsets();
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
  os << "arena " << arenaBytes << " bytes, lower bound " << lowerBound
     << " bytes\n";
}

namespace {
struct PlanMemory : public lw::impl::LwPlanMemoryBase<PlanMemory> {
  using Base = lw::impl::LwPlanMemoryBase<PlanMemory>;
  using Base::Base;

  void runOnOperation() override {
    FailureOr<TargetInfo> target = TargetInfo::get(getOperation());
    func::FuncOp main =
        succeeded(target) ? findMain(getOperation()) : func::FuncOp();
    if (!main || failed(checkSelected(main)))
      return signalPassFailure();
    Planner planner(main, *target);
    planner.run();
    if (Base::print)
      planner.print();
    arenaBytes = planner.arenaBytes;
    lowerBoundBytes = planner.lowerBound;
  }
};
} // namespace
