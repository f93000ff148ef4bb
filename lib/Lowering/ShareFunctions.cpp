//===- ShareFunctions.cpp - One function for all that differ in integers
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Lowering/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/SymbolTable.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/Support/DebugLog.h"
#include <map>

#define DEBUG_TYPE "lw-share-functions"

namespace mlir::lw {
#define GEN_PASS_DEF_LWSHAREFUNCTIONS
#include "lw/Lowering/Passes.h.inc"
} // namespace mlir::lw

using namespace mlir;

/// Whether an operation on a memref is the same whatever its extent.
static bool ignoresExtent(Operation *op) {
  return isa<memref::LoadOp, memref::StoreOp, memref::PrefetchOp,
             memref::ReinterpretCastOp, vector::LoadOp, vector::StoreOp,
             vector::MaskedLoadOp, vector::MaskedStoreOp, func::CallOp>(op);
}

/// The type of an argument without what a bare pointer does not carry.
static Type typeOf(BlockArgument argument) {
  auto type = dyn_cast<MemRefType>(argument.getType());
  if (!type || type.getRank() != 1 || !type.hasStaticShape() ||
      !type.getLayout().isIdentity() ||
      !llvm::all_of(argument.getUsers(), ignoresExtent))
    return argument.getType();
  return MemRefType::get({1}, type.getElementType(),
                         MemRefLayoutAttrInterface(), type.getMemorySpace());
}

static bool isIntegerConstant(Operation *op) {
  if (!isa<arith::ConstantOp>(op))
    return false;
  Type type = op->getResult(0).getType();
  return type.isIndex() ||
         (type.isInteger() && type.getIntOrFloatBitWidth() <= 64);
}

namespace {

/// A function as what it must have in common with those that it becomes one
/// with, and its integer constants.
struct Candidate {
  explicit Candidate(func::FuncOp function);

  func::FuncOp function;
  SmallVector<func::CallOp> calls;
  /// Operations, types, attributes and numbers of values in the order of the
  /// function.
  std::vector<uintptr_t> structure;
  /// The operands that are integer constants, and their values.
  SmallVector<OpOperand *> operands;
  std::vector<int64_t> constants;
  int64_t operations = 0;

private:
  void add(const void *part) {
    structure.push_back(reinterpret_cast<uintptr_t>(part));
  }
  void add(Type type) { add(type.getAsOpaquePointer()); }
  void add(Region &region);
  void add(Operation &op);
  void addOperand(OpOperand &operand);

  llvm::DenseMap<Value, size_t> values;
  llvm::DenseMap<Block *, size_t> blocks;
};

/// Functions of one structure that become one: constants that differ in any
/// two of them, and in equal ways, are one argument.
struct Shared {
  std::vector<Candidate *> members;
  /// Indices of constants by their values in all members, and their type.
  using Columns = std::map<std::pair<std::vector<int64_t>, const void *>,
                           std::vector<size_t>>;
  Columns getColumns() const;
};

} // namespace

Candidate::Candidate(func::FuncOp function) : function(function) {
  // Attributes but for the name and the type, which the arguments repeat.
  NamedAttrList attributes(function->getAttrDictionary());
  attributes.erase(SymbolTable::getSymbolAttrName());
  attributes.erase(function.getFunctionTypeAttrName());
  add(attributes.getDictionary(function.getContext()).getAsOpaquePointer());
  for (Type type : function.getResultTypes())
    add(type);
  for (BlockArgument argument : function.getArguments())
    add(typeOf(argument));
  add(function.getBody());
}

void Candidate::add(Region &region) {
  structure.push_back(region.getBlocks().size());
  // First, as branches and dominance go forward and back.
  for (Block &block : region) {
    blocks.try_emplace(&block, blocks.size());
    structure.push_back(block.getNumArguments());
    for (BlockArgument argument : block.getArguments()) {
      values.try_emplace(argument, values.size());
      if (!isa<func::FuncOp>(block.getParentOp()) || !block.isEntryBlock())
        add(argument.getType());
    }
    for (Operation &op : block)
      if (!isIntegerConstant(&op))
        for (Value result : op.getResults())
          values.try_emplace(result, values.size());
  }
  for (Block &block : region) {
    for (Operation &op : block)
      if (!isIntegerConstant(&op))
        add(op);
    add(nullptr);
  }
}

void Candidate::add(Operation &op) {
  ++operations;
  add(op.getName().getAsOpaquePointer());
  add(op.getAttrDictionary().getAsOpaquePointer());
  structure.push_back(op.getNumOperands());
  for (OpOperand &operand : op.getOpOperands())
    addOperand(operand);
  for (Type type : op.getResultTypes())
    add(type);
  for (Block *successor : op.getSuccessors())
    structure.push_back(blocks.lookup(successor));
  for (Region &region : op.getRegions())
    add(region);
}

void Candidate::addOperand(OpOperand &operand) {
  Operation *op = operand.get().getDefiningOp();
  if (!op || !isIntegerConstant(op)) {
    structure.push_back(values.lookup(operand.get()));
    return;
  }
  APInt value;
  matchPattern(operand.get(), m_ConstantInt(&value));
  // Another number than that of any value.
  structure.push_back(std::numeric_limits<uintptr_t>::max());
  add(operand.get().getType());
  operands.push_back(&operand);
  constants.push_back(value.getSExtValue());
}

Shared::Columns Shared::getColumns() const {
  Columns columns;
  std::vector<int64_t> column(members.size());
  for (size_t i = 0; i < members.front()->constants.size(); ++i) {
    for (auto [value, member] : llvm::zip_equal(column, members))
      value = member->constants[i];
    if (llvm::all_equal(column))
      continue;
    Type type = members.front()->operands[i]->get().getType();
    columns[{column, type.getAsOpaquePointer()}].push_back(i);
  }
  return columns;
}

/// Makes one function of the members, the first. `changed` get the functions
/// whose calls are others then.
static void share(Shared &shared, llvm::DenseSet<Operation *> &changed) {
  func::FuncOp function = shared.members.front()->function;
  size_t arguments = function.getNumArguments();
  Shared::Columns columns = shared.getColumns();
  // Arguments in the order in which they are read, whatever orders the map.
  SmallVector<const Shared::Columns::value_type *> ordered;
  for (const auto &column : columns)
    ordered.push_back(&column);
  llvm::sort(ordered, [](const auto *a, const auto *b) {
    return a->second.front() < b->second.front();
  });
  for (const auto *column : ordered) {
    SmallVector<OpOperand *> operands;
    for (size_t index : column->second)
      operands.push_back(shared.members.front()->operands[index]);
    unsigned position = function.getNumArguments();
    (void)function.insertArgument(position, operands.front()->get().getType(),
                                  {}, function.getLoc());
    for (OpOperand *operand : operands)
      operand->set(function.getArgument(position));
  }
  for (auto [i, member] : llvm::enumerate(shared.members)) {
    for (func::CallOp call : member->calls) {
      OpBuilder b(call);
      SmallVector<Value> operands;
      for (auto [operand, type] :
           llvm::zip(call.getOperands(),
                     function.getArgumentTypes().take_front(arguments))) {
        Value value = operand;
        if (value.getType() != type) {
          auto memref = cast<MemRefType>(type);
          value = memref::ReinterpretCastOp::create(
              b, call.getLoc(), memref, value, /*offset=*/0, memref.getShape(),
              /*strides=*/ArrayRef<int64_t>{1});
        }
        operands.push_back(value);
      }
      for (const auto *column : ordered) {
        Type type = function.getArgumentTypes()[operands.size()];
        operands.push_back(arith::ConstantOp::create(
            b, call.getLoc(), b.getIntegerAttr(type, column->first.first[i])));
      }
      auto made = func::CallOp::create(b, call.getLoc(), function, operands);
      changed.insert(call->getParentOfType<func::FuncOp>());
      call.replaceAllUsesWith(made.getResults());
      call.erase();
    }
  }
  if (ordered.empty())
    return;
  Builder b(function.getContext());
  SmallVector<Attribute> passed;
  if (auto present = function->getAttrOfType<ArrayAttr>("passthrough"))
    llvm::append_range(passed, present);
  passed.push_back(b.getStringAttr("noduplicate"));
  function->setAttr("passthrough", b.getArrayAttr(passed));
}

namespace {

struct ShareFunctionsPass : lw::impl::LwShareFunctionsBase<ShareFunctionsPass> {
  using LwShareFunctionsBase::LwShareFunctionsBase;

  using Functions = llvm::DenseSet<Operation *>;

  void runOnOperation() override {
    // What calls functions that have become one may be equal then.
    Functions changed = shareAmong(nullptr);
    while (!changed.empty())
      changed = shareAmong(&changed);
  }

  /// The private functions that are reached by calls alone, of `among`.
  std::vector<Candidate> collect(const Functions *among);
  /// Shares what is equal, of `among` or all; those whose calls have changed.
  Functions shareAmong(const Functions *among);
};

} // namespace

std::vector<Candidate> ShareFunctionsPass::collect(const Functions *among) {
  llvm::MapVector<StringAttr, SmallVector<func::CallOp>> calls;
  llvm::DenseSet<StringAttr> others;
  if (auto uses = SymbolTable::getSymbolUses(&getOperation().getRegion()))
    for (const SymbolTable::SymbolUse &use : *uses) {
      StringAttr name = use.getSymbolRef().getRootReference();
      if (auto call = dyn_cast<func::CallOp>(use.getUser()))
        calls[name].push_back(call);
      else
        others.insert(name);
    }
  std::vector<Candidate> candidates;
  for (auto function : getOperation().getOps<func::FuncOp>()) {
    StringAttr name = function.getSymNameAttr();
    auto found = calls.find(name);
    if (!function.isPrivate() || function.isExternal() ||
        found == calls.end() || others.contains(name) ||
        (among && !among->contains(function)))
      continue;
    Candidate &candidate = candidates.emplace_back(function);
    candidate.calls = found->second;
  }
  return candidates;
}

ShareFunctionsPass::Functions
ShareFunctionsPass::shareAmong(const Functions *among) {
  std::vector<Candidate> candidates = collect(among);
  std::map<std::vector<uintptr_t>, std::vector<size_t>> byStructure;
  std::vector<Shared> all;
  for (Candidate &candidate : candidates) {
    std::vector<size_t> &alike = byStructure[candidate.structure];
    auto fits = [&](size_t index) {
      Shared joined = all[index];
      joined.members.push_back(&candidate);
      int64_t most = candidate.operations < leastOperations ? 0 : parameters;
      return static_cast<int64_t>(joined.getColumns().size()) <= most;
    };
    auto found = llvm::find_if(alike, fits);
    if (found == alike.end()) {
      alike.push_back(all.size());
      all.push_back({{&candidate}});
    } else {
      all[*found].members.push_back(&candidate);
    }
  }
  Functions changed;
  SmallVector<func::FuncOp> replaced;
  for (Shared &shared : all) {
    if (shared.members.size() == 1)
      continue;
    // Those whose calls have changed are looked at anew.
    if (llvm::any_of(shared.members, [&](Candidate *member) {
          return changed.contains(member->function);
        })) {
      for (Candidate *member : shared.members)
        changed.insert(member->function);
      continue;
    }
    LDBG() << shared.members.size() << " functions share @"
           << shared.members.front()->function.getName();
    share(shared, changed);
    for (Candidate *member : llvm::drop_begin(shared.members))
      replaced.push_back(member->function);
  }
  // Last: others may be called in them.
  for (func::FuncOp function : replaced) {
    changed.erase(function);
    function.erase();
  }
  return changed;
}
