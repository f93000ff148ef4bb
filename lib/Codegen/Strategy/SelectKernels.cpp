//===- SelectKernels.cpp - Choose kernel and memory layout of every layer
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Kernels/KernelKind.h"
#include "Kernels/SharedWeights.h"
#include "Kernels/Support.h"
#include "Layout/EntryFunction.h"
#include "Strategy/CheckNetwork.h"
#include "lw/Codegen/Passes.h"
#include "lw/Dialect/IR/LwOps.h"
#include "lw/Lowering/BatchPlan.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "mlir/IR/Builders.h"
#include "llvm/Support/Debug.h"

#define DEBUG_TYPE "lw-select-kernels"

namespace mlir::lw {
#define GEN_PASS_DEF_LWSELECTKERNELS
#include "lw/Codegen/Passes.h.inc"
} // namespace mlir::lw

using namespace mlir;
using namespace mlir::lw;

namespace {

class Selector {
public:
  Selector(func::FuncOp main, const Selection &selection)
      : main(main), selection(selection) {}

  void run();
  unsigned conversions = 0, reference = 0;

private:
  /// What is decided of an operation before the layouts are known.
  struct Candidate {
    const KernelKind *kind = nullptr;
    KernelAttrInterface plan; // as it has been proposed, or null
  };

  Candidate chooseKind(Operation *op);
  void chooseLayout(Operation *op);
  bool isReadByScalarsOnly(Value value);
  bool isReadRowMajor(Value value);
  bool staysRowMajor(Operation *op);
  Halo haloFor(Value value);
  void shareHalosOfConcats();
  void convertOperands(Operation *op);
  void chooseKernel(Operation *op);

  func::FuncOp main;
  const Selection &selection;
  llvm::DenseMap<Operation *, Candidate> candidates;
  llvm::DenseMap<Value, bool> readRowMajor; // what isReadRowMajor has found
  llvm::DenseSet<Operation *> rowMajor;     // what staysRowMajor has
};

} // namespace

/// The kind that computes `op` in the fewest cycles.
Selector::Candidate Selector::chooseKind(Operation *op) {
  SmallVector<const KernelKind *> able;
  for (const KernelKind *kind : kernelKinds().drop_back())
    if (kind->canCompute(op) && kind->runsOn(selection.target, op))
      able.push_back(kind);
  if (able.size() < 2)
    return {able.empty() ? kernelKinds().back() : able.front(), {}};
  Candidate best{able.front(), {}};
  double cycles = std::numeric_limits<double>::infinity();
  for (const KernelKind *kind : able) {
    std::optional<Proposal> proposal = kind->propose(op, selection);
    if (!proposal)
      continue;
    LLVM_DEBUG(llvm::dbgs() << op->getName() << " " << op->getLoc() << ": "
                            << kind->getName() << " takes " << proposal->cycles
                            << " cycles\n");
    if (proposal->cycles >= cycles)
      continue;
    best = {kind, proposal->plan};
    cycles = proposal->cycles;
  }
  return best;
}

/// The halo that the operations which read `value` want around it.
Halo Selector::haloFor(Value value) {
  Halo halo = {0, 0, 0, 0};
  for (OpOperand &use : value.getUses()) {
    auto it = candidates.find(use.getOwner());
    if (use.getOperandNumber() != 0 || it == candidates.end())
      continue;
    Halo wanted = it->second.kind->inputHalo(use.getOwner(), it->second.plan);
    for (int i = 0; i < 4; ++i)
      halo[i] = std::max(halo[i], wanted[i]);
  }
  return halo;
}

bool Selector::isReadByScalarsOnly(Value value) {
  return !value.use_empty() &&
         llvm::all_of(value.getUses(), [&](OpOperand &use) {
           auto it = candidates.find(use.getOwner());
           return it != candidates.end() && it->second.kind->readsScalars(use);
         });
}

/// True when all that reads `value` reads it row-major, some of it behind
/// operations that leave the order as it is: blocks would be made and undone.
bool Selector::isReadRowMajor(Value value) {
  auto [known, isNew] = readRowMajor.try_emplace(value, false);
  if (!isNew)
    return known->second;
  bool result =
      !value.use_empty() && llvm::all_of(value.getUses(), [&](OpOperand &use) {
        Operation *user = use.getOwner();
        if (isa<func::ReturnOp>(user))
          return true;
        auto it = candidates.find(user);
        if (it == candidates.end())
          return false;
        switch (it->second.kind->orderOf(use)) {
        case KernelKind::Order::Own:
          return false;
        case KernelKind::Order::RowMajor:
          return true;
        case KernelKind::Order::OfResult:
          return isReadRowMajor(user->getResult(0));
        }
        llvm_unreachable("unknown order");
      });
  return readRowMajor[value] = result;
}

/// Whether the result of `op` is row-major: it is returned and read by nothing
/// else, or both what it comes from and what reads it are.
bool Selector::staysRowMajor(Operation *op) {
  Value result = op->getResult(0);
  if (result.hasOneUse() && isa<func::ReturnOp>(*result.user_begin()))
    return true;
  const KernelKind *kind = candidates.lookup(op).kind;
  bool stays =
      isReadRowMajor(result) &&
      llvm::all_of(op->getOpOperands(), [&](OpOperand &operand) {
        Operation *maker = operand.get().getDefiningOp();
        if (!isRank4(operand.get()) || (maker && isCompileTime(maker)))
          return true;
        return kind->orderOf(operand) != KernelKind::Order::Own && maker &&
               (rowMajor.contains(maker) || !maker->hasAttr(kLayoutAttrName));
      });
  if (stays)
    rowMajor.insert(op);
  return stays;
}

void Selector::chooseLayout(Operation *op) {
  Value result = op->getResult(0);
  op->removeAttr(kLayoutAttrName);
  if (!isRank4(result))
    return;
  RankedTensorType type = tensorTypeOf(result);
  ResultUse use{type.getDimSize(3),
                selection.target.blockOf(type.getElementType()),
                type.getDimSize(1) * type.getDimSize(2) == 1,
                // No kernel reads accumulators.
                staysRowMajor(op) || type.getElementType().isInteger(32),
                isReadByScalarsOnly(result)};
  if (int64_t block = candidates.lookup(op).kind->resultBlock(op, use))
    op->setAttr(
        kLayoutAttrName,
        Layout::get(type, block, haloFor(result)).toAttr(op->getContext()));
}

/// Parts of a concatenation get the halo of the whole, so that they can be
/// computed in place.
void Selector::shareHalosOfConcats() {
  SmallVector<tosa::ConcatOp> concats(main.getOps<tosa::ConcatOp>());
  for (tosa::ConcatOp concat : llvm::reverse(concats)) {
    auto whole = concat->getAttrOfType<LayoutAttr>(kLayoutAttrName);
    if (!whole)
      continue;
    for (Value part : concat.getInput1()) {
      Operation *producer = part.getDefiningOp();
      auto attr = producer
                      ? producer->getAttrOfType<LayoutAttr>(kLayoutAttrName)
                      : nullptr;
      if (!attr || attr.getBlock() != whole.getBlock())
        continue;
      SmallVector<int64_t> halo;
      for (auto [a, b] : llvm::zip(attr.getHalo(), whole.getHalo()))
        halo.push_back(std::max(a, b));
      producer->setAttr(
          kLayoutAttrName,
          LayoutAttr::get(concat.getContext(), attr.getBlock(), halo));
    }
  }
}

/// Inserts a conversion of what `op` reads in another layout than it is in.
void Selector::convertOperands(Operation *op) {
  // What is no layer of its own, but repeated inside one, takes memory as it
  // comes: row-major.
  auto it = candidates.find(op);
  Candidate candidate =
      it == candidates.end() ? Candidate{kernelKinds().back(), {}} : it->second;
  auto convert = [&](OpOperand &operand) {
    if (!tensorTypeOf(operand.get()))
      return; // a shape
    RankedTensorType type = tensorTypeOf(operand.get());
    std::optional<Layout> wanted = candidate.kind->wantedLayout(
        operand, candidate.plan,
        selection.target.blockOf(type.getElementType()));
    // A border has the zero point of one reader.
    auto conv = dyn_cast<ConvolutionOpInterface>(op);
    if (!wanted && conv && operand.getOperandNumber() == 0 &&
        conv.getConvGeometry().hasPadding() &&
        zerosAround(operand.get()).size() > 1)
      wanted = getLayout(operand.get());
    if (!wanted)
      return;
    OpBuilder builder(op);
    auto converted = ConvertLayoutOp::create(
        builder, op->getLoc(), operand.get().getType(), operand.get());
    converted->setAttr(kLayoutAttrName, wanted->toAttr(builder.getContext()));
    candidates[converted] = chooseKind(converted);
    operand.set(converted);
    ++conversions;
  };
  // Regions read from outside too.
  op->walk([&](Operation *reader) {
    for (OpOperand &operand : reader->getOpOperands())
      if (operand.get().getParentBlock() == &main.front())
        convert(operand);
  });
}

void Selector::chooseKernel(Operation *op) {
  Candidate candidate = candidates.lookup(op);
  op->removeAttr(kKernelAttrName);
  KernelAttrInterface plan =
      candidate.kind->choose(op, candidate.plan, selection);
  op->setAttr(kKernelAttrName, plan);
  reference += isa<ReferenceAttr>(plan);
}

void Selector::run() {
  auto layers = [&] {
    SmallVector<Operation *> ops;
    for (Operation &op : main.front().without_terminator())
      if (!isCompileTime(&op))
        ops.push_back(&op);
    return ops;
  };
  for (Operation *op : layers())
    candidates[op] = chooseKind(op);
  for (Operation *op : layers())
    chooseLayout(op);
  shareHalosOfConcats();
  for (Operation &op :
       llvm::make_early_inc_range(main.front().without_terminator()))
    convertOperands(&op);
  for (Operation *op : layers())
    chooseKernel(op);
}

namespace {
struct SelectKernels : public lw::impl::LwSelectKernelsBase<SelectKernels> {
  using LwSelectKernelsBase::LwSelectKernelsBase;

  void runOnOperation() override {
    if (threads < 1) {
      getOperation()->emitError("threads: expected at least 1");
      return signalPassFailure();
    }
    FailureOr<TargetInfo> target = TargetInfo::get(getOperation());
    if (failed(target))
      return signalPassFailure();
    if (weightPanel && weightPanel % target->lanes()) {
      getOperation()->emitError("weight-panel: expected a multiple of the ")
          << target->lanes() << " lanes of " << target->cpu << ", found "
          << weightPanel.getValue();
      return signalPassFailure();
    }
    if (bytePanel && bytePanel != TargetInfo::kByteBlock) {
      getOperation()->emitError("byte-panel: expected ")
          << TargetInfo::kByteBlock << ", found " << bytePanel.getValue();
      return signalPassFailure();
    }
    SmallVector<func::FuncOp> functions = findStages(getOperation());
    if (functions.empty())
      return signalPassFailure();
    for (func::FuncOp main : functions)
      if (failed(select(main, *target)))
        return signalPassFailure();
  }

  LogicalResult select(func::FuncOp main, const TargetInfo &target) {
    if (failed(checkNetwork(main)))
      return failure();
    Builder b(&getContext());
    // Threads share the runs of a batch, or the layers of one.
    if (threads > 1 &&
        !BatchPlan::get(getOperation()).sharesRuns(main.getName()))
      main->setAttr(kThreadsAttrName,
                    b.getDenseI64ArrayAttr({threads, leastWork}));
    auto setPanel = [&](StringRef name, int64_t panel) {
      main->removeAttr(name);
      if (panel)
        main->setAttr(name, b.getI64IntegerAttr(panel));
    };
    setPanel(kWeightPanelAttrName, weightPanel);
    setPanel(kBytePanelAttrName, bytePanel);
    Selection selection{target, winograd, threads, leastWork};
    Selector selector(main, selection);
    selector.run();
    numConversions += selector.conversions;
    numReference += selector.reference;
    return success();
  }
};
} // namespace
