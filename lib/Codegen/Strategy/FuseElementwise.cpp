//===- FuseElementwise.cpp - Compute chains of arithmetic in registers
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Kernels/Elementwise/ElementwiseKind.h"
#include "Kernels/Support.h"
#include "Layout/EntryFunction.h"
#include "lw/Codegen/Passes.h"
#include "lw/Dialect/IR/LwFusedOps.h"
#include "lw/Dialect/IR/Reads.h"
#include "mlir/IR/IRMapping.h"

namespace mlir::lw {
#define GEN_PASS_DEF_LWFUSEELEMENTWISE
#include "lw/Codegen/Passes.h.inc"
} // namespace mlir::lw

using namespace mlir;
using namespace mlir::lw;

namespace {

/// Operations that end in one, `root`, each read by others of them only.
class Cluster {
public:
  explicit Cluster(Operation *root) : root(root) { grow(); }

  bool isWorthIt() const { return members.size() > 1 && readsVectors; }
  void fuse(OpBuilder &builder);

private:
  void grow();
  bool canJoin(Operation *op) const;

  /// Beyond them values would have to leave the registers again.
  static constexpr size_t kMostMembers = 48, kMostInputs = 8;

  Operation *root;
  llvm::SetVector<Operation *> members;
  llvm::SetVector<Value> inputs;
  /// All inputs are of types that kernels load.
  bool readsVectors = true;
};

} // namespace

bool Cluster::canJoin(Operation *op) const {
  auto type = cast<RankedTensorType>(root->getResult(0).getType());
  return op && op->getBlock() == root->getBlock() && !members.contains(op) &&
         isFusible(op, type) &&
         llvm::all_of(op->getUsers(),
                      [&](Operation *user) { return members.contains(user); });
}

void Cluster::grow() {
  members.insert(root);
  bool grows = true;
  while (grows && members.size() < kMostMembers) {
    grows = false;
    for (Operation *member : SmallVector<Operation *>(members.getArrayRef()))
      for (Value operand : kernelOperands(member))
        if (Operation *producer = operand.getDefiningOp(); canJoin(producer)) {
          members.insert(producer);
          grows = true;
        }
  }
  for (Operation *member : members)
    for (Value operand : kernelOperands(member))
      if (!members.contains(operand.getDefiningOp())) {
        inputs.insert(operand);
        readsVectors &= isStaticF32(operand) || isStaticWords(operand);
      }
  readsVectors &= inputs.size() <= kMostInputs;
}

void Cluster::fuse(OpBuilder &builder) {
  builder.setInsertionPoint(root);
  auto fused =
      ElementwiseOp::create(builder, root->getLoc(),
                            root->getResult(0).getType(), inputs.getArrayRef());
  Block &body = fused.getBody().emplaceBlock();
  IRMapping mapping;
  for (Value input : inputs)
    mapping.map(input, body.addArgument(input.getType(), input.getLoc()));
  builder.setInsertionPointToStart(&body);
  SmallVector<Operation *> order(members.getArrayRef());
  llvm::sort(order,
             [](Operation *a, Operation *b) { return a->isBeforeInBlock(b); });
  for (Operation *member : order) {
    cloneCompileTime(builder, member, mapping);
    builder.clone(*member, mapping);
  }
  YieldOp::create(builder, root->getLoc(), mapping.lookup(root->getResult(0)));
  root->getResult(0).replaceAllUsesWith(fused.getOutput());
  for (Operation *member : llvm::reverse(order))
    member->erase();
}

namespace {
struct FuseElementwise : lw::impl::LwFuseElementwiseBase<FuseElementwise> {
  void runOnOperation() override {
    SmallVector<func::FuncOp> functions = findStages(getOperation());
    if (functions.empty())
      return signalPassFailure();
    for (func::FuncOp main : functions)
      fuse(main);
  }

  void fuse(func::FuncOp main) {
    OpBuilder builder(main.getContext());
    // From the end on, so that each cluster is as large as it can be.
    Operation *next = nullptr;
    for (Operation *op = main.front().getTerminator(); op; op = next) {
      next = op->getPrevNode();
      if (op->getNumResults() != 1 || !isStaticF32(op->getResult(0)) ||
          isa<ElementwiseOp>(op) ||
          !isFusible(op, tensorTypeOf(op->getResult(0))))
        continue;
      Cluster cluster(op);
      if (!cluster.isWorthIt())
        continue;
      Operation *after = op->getNextNode();
      cluster.fuse(builder);
      ++numFused;
      next = after->getPrevNode()->getPrevNode();
    }
  }
};
} // namespace
