//===- OutlineLoops.cpp - A function for every outermost loop
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Lowering/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/ViewLikeInterface.h"
#include "mlir/Transforms/RegionUtils.h"
#include "llvm/Support/DebugLog.h"

#define DEBUG_TYPE "lw-outline-loops"

namespace mlir::lw {
#define GEN_PASS_DEF_LWOUTLINELOOPS
#include "lw/Lowering/Passes.h.inc"
} // namespace mlir::lw

using namespace mlir;

/// Whether to repeat the definition of `value` inside the new function.
static bool isRepeated(Value value) {
  Operation *op = value.getDefiningOp();
  if (!op)
    return false;
  if (op->hasTrait<OpTrait::ConstantLike>() || isa<memref::GetGlobalOp>(op))
    return true;
  // A bare pointer cannot carry a layout. memref.view has none, and its offset
  // into an arena would hide which arguments are disjoint.
  return isa<memref::SubViewOp, memref::CollapseShapeOp, memref::ExpandShapeOp,
             memref::ReinterpretCastOp, memref::CastOp>(op);
}

namespace {

/// A range of bytes of a buffer that is reached in no other way.
struct Extent {
  Value root;
  int64_t begin = 0, end = 0;
  bool isKnown = false;

  bool isDisjoint(const Extent &other) const {
    if (!isKnown || !other.isKnown)
      return false;
    return root != other.root || end <= other.begin || other.end <= begin;
  }
};

} // namespace

static Extent extentOf(Value value) {
  auto type = dyn_cast<MemRefType>(value.getType());
  if (!type || !type.hasStaticShape() || !type.getElementType().isIntOrFloat())
    return {};
  int64_t bytes = type.getNumElements() *
                  llvm::divideCeil(type.getElementTypeBitWidth(), 8);
  Extent extent{value, 0, bytes, false};
  if (auto view = value.getDefiningOp<memref::ViewOp>()) {
    APInt shift;
    if (!matchPattern(view.getByteShift(), m_ConstantInt(&shift)))
      return {};
    extent.root = view.getSource();
    extent.begin = shift.getSExtValue();
    extent.end = extent.begin + bytes;
  }
  if (extent.root.getDefiningOp<memref::AllocOp>()) {
    extent.isKnown = true;
  } else if (auto argument = dyn_cast<BlockArgument>(extent.root)) {
    auto function = dyn_cast<func::FuncOp>(argument.getOwner()->getParentOp());
    extent.isKnown = function && function.getArgAttr(
                                     argument.getArgNumber(),
                                     LLVM::LLVMDialect::getNoAliasAttrName());
  }
  return extent;
}

/// The values from outside that `loop` uses: first those to repeat, operands
/// before users, then the others.
static void collectUses(scf::ForOp loop, SetVector<Operation *> &repeated,
                        SetVector<Value> &arguments) {
  std::function<void(Value)> visit = [&](Value value) {
    if (!isRepeated(value)) {
      arguments.insert(value);
      return;
    }
    Operation *op = value.getDefiningOp();
    if (repeated.contains(op))
      return;
    for (Value operand : op->getOperands())
      visit(operand);
    repeated.insert(op);
  };
  for (Value operand : loop->getOperands())
    visit(operand);
  SetVector<Value> captured;
  getUsedValuesDefinedAbove(loop.getRegion(), captured);
  for (Value value : captured)
    visit(value);
}

namespace {

struct OutlineLoopsPass : lw::impl::LwOutlineLoopsBase<OutlineLoopsPass> {
  void runOnOperation() override {
    SymbolTable symbols(getOperation());
    SmallVector<func::FuncOp> functions(getOperation().getOps<func::FuncOp>());
    for (func::FuncOp function : functions) {
      if (function.isExternal())
        continue;
      for (scf::ForOp loop :
           llvm::make_early_inc_range(function.front().getOps<scf::ForOp>()))
        if (loop.getNumResults() == 0)
          outline(loop, function, symbols);
    }
  }

  void outline(scf::ForOp loop, func::FuncOp parent, SymbolTable &symbols) {
    SetVector<Operation *> repeated;
    SetVector<Value> arguments;
    collectUses(loop, repeated, arguments);

    OpBuilder builder(&getContext());
    Location loc = loop.getLoc();
    auto type = builder.getFunctionType(
        llvm::to_vector(llvm::map_range(
            arguments, [](Value value) { return value.getType(); })),
        {});
    auto function =
        func::FuncOp::create(loc, (parent.getName() + "_loop").str(), type);
    function.setPrivate();
    function->setAttr("passthrough", builder.getStrArrayAttr({"noinline"}));
    symbols.insert(function);
    LDBG() << loc << ": outlined as @" << function.getName() << " with "
           << arguments.size() << " arguments";
    markDisjoint(function, arguments.getArrayRef());

    IRMapping mapping;
    Block *block = function.addEntryBlock();
    mapping.map(arguments.getArrayRef(), block->getArguments());
    builder.setInsertionPointToStart(block);
    for (Operation *op : repeated)
      builder.clone(*op, mapping);
    builder.clone(*loop, mapping);
    func::ReturnOp::create(builder, loc);

    builder.setInsertionPoint(loop);
    func::CallOp::create(builder, loc, function, arguments.getArrayRef());
    loop.erase();
  }

  void markDisjoint(func::FuncOp function, ArrayRef<Value> arguments) {
    SmallVector<Extent> extents =
        llvm::to_vector(llvm::map_range(arguments, extentOf));
    for (auto [i, extent] : llvm::enumerate(extents)) {
      bool disjoint = extent.isKnown;
      for (auto [j, other] : llvm::enumerate(extents))
        disjoint &= i == j || !isa<MemRefType>(arguments[j].getType()) ||
                    extent.isDisjoint(other);
      if (disjoint)
        function.setArgAttr(i, LLVM::LLVMDialect::getNoAliasAttrName(),
                            UnitAttr::get(&getContext()));
    }
  }
};

} // namespace
