//===- PlaceAllocations.cpp - Allocations to places in an arena
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Lowering/EntryPoint.h"
#include "lw/Lowering/Passes.h"
#include "lw/Support/MemoryPlan.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Interfaces/DataLayoutInterfaces.h"
#include "llvm/Support/MathExtras.h"

namespace mlir::lw {
#define GEN_PASS_DEF_LWPLACEALLOCATIONS
#include "lw/Lowering/Passes.h.inc"
} // namespace mlir::lw

using namespace mlir;

namespace {

/// An allocation, in use between two operations of the entry block.
struct Allocation : lw::PlannedBuffer {
  memref::AllocOp op;
};

struct PlaceAllocationsPass
    : lw::impl::LwPlaceAllocationsBase<PlaceAllocationsPass> {
  void runOnOperation() override {
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (!function.isExternal() && function.getBody().hasOneBlock())
        place(function);
  }

  void place(func::FuncOp function) {
    Block &entry = function.front();
    llvm::DenseMap<Operation *, int64_t> positions;
    for (auto [i, op] : llvm::enumerate(entry))
      positions[&op] = i;
    std::vector<Allocation> allocations;
    function.walk([&](memref::AllocOp op) {
      Allocation allocation;
      allocation.op = op;
      if (measure(allocation, entry, positions))
        allocations.push_back(allocation);
    });
    SmallVector<lw::PlannedBuffer *> buffers;
    for (Allocation &allocation : allocations)
      buffers.push_back(&allocation);
    int64_t bytes = lw::planMemory(buffers);
    if (bytes <= 0)
      return;
    Value arena = addArena(function, bytes);
    for (Allocation &allocation : allocations) {
      OpBuilder b(allocation.op);
      Location loc = allocation.op.getLoc();
      Value offset = arith::ConstantIndexOp::create(b, loc, allocation.offset);
      Value view = memref::ViewOp::create(b, loc, allocation.op.getType(),
                                          arena, offset, ValueRange());
      allocation.op.replaceAllUsesWith(view);
      allocation.op.erase();
    }
  }

  /// Fills in size and lifetime; false where `allocation` cannot be placed.
  bool measure(Allocation &allocation, Block &entry,
               const llvm::DenseMap<Operation *, int64_t> &positions) {
    MemRefType type = allocation.op.getType();
    if (!type.hasStaticShape() || !type.getLayout().isIdentity() ||
        type.getMemorySpace())
      return false;
    DataLayout layout = DataLayout::closest(allocation.op);
    // Elements of odd widths, as the sums of TOSA's 16-bit networks, lie as far
    // from each other as they are aligned.
    Type element = type.getElementType();
    int64_t bytes = llvm::alignTo(layout.getTypeSize(element).getFixedValue(),
                                  layout.getTypeABIAlignment(element));
    allocation.bytes =
        llvm::alignTo(type.getNumElements() * bytes, lw::kArenaAlignment);
    auto positionOf = [&](Operation *op) {
      return positions.lookup(entry.findAncestorOpInBlock(*op));
    };
    allocation.first = allocation.last = positionOf(allocation.op);
    SmallVector<Value> names = {allocation.op.getResult()};
    llvm::DenseSet<Value> seen;
    while (!names.empty()) {
      Value name = names.pop_back_val();
      if (!seen.insert(name).second)
        continue;
      for (Operation *user : name.getUsers()) {
        // It lives on in the next iteration, or in the caller.
        if (user->hasTrait<OpTrait::IsTerminator>() ||
            isa<memref::DeallocOp>(user))
          return false;
        allocation.last = std::max(allocation.last, positionOf(user));
        for (Value result : user->getResults())
          if (isa<BaseMemRefType>(result.getType()))
            names.push_back(result);
        for (Region &region : user->getRegions())
          for (BlockArgument argument : region.getArguments())
            if (isa<BaseMemRefType>(argument.getType()))
              names.push_back(argument);
      }
    }
    return true;
  }

  static Value addArena(func::FuncOp function, int64_t bytes) {
    Builder b(function.getContext());
    unsigned index = function.getNumArguments();
    // Nobody else has the arena while the function runs.
    auto attributes = b.getDictionaryAttr(
        {b.getNamedAttr(lw::kArenaAttr, b.getUnitAttr()),
         b.getNamedAttr(LLVM::LLVMDialect::getNoAliasAttrName(),
                        b.getUnitAttr())});
    auto type = MemRefType::get({bytes}, b.getI8Type());
    LogicalResult added =
        function.insertArgument(index, type, attributes, function.getLoc());
    (void)added; // A func.func takes any argument.
    return function.getArgument(index);
  }
};

} // namespace
