//===- SplitTowers.cpp - What depends on one group of inputs alone
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Transforms/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Transforms/RegionUtils.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringExtras.h"

namespace mlir::lw {
#define GEN_PASS_DEF_LWSPLITTOWERS
#include "lw/Transforms/Passes.h.inc"
} // namespace mlir::lw

using namespace mlir;
using namespace mlir::lw;

namespace {

/// The groups of inputs that a value depends on, one bit each. What depends on
/// none can be computed anywhere.
enum Side : unsigned { Nothing = 0, User = 1, Item = 2, Both = 3 };

/// A function that is cut out.
struct Piece {
  StringRef name;
  unsigned side;
  SmallVector<Value> inputs, results;
  func::FuncOp function;
};

class Splitter {
public:
  explicit Splitter(func::FuncOp main) : main(main) {}

  LogicalResult assign(ArrayRef<std::string> user, ArrayRef<std::string> item);
  LogicalResult split();
  void callPieces();
  void keepOnly(StringRef part);

private:
  StringRef nameOf(BlockArgument argument) {
    auto name =
        main.getArgAttrOfType<StringAttr>(argument.getArgNumber(), "lw.name");
    return name ? name.getValue() : StringRef();
  }
  /// Operands, and what regions read from outside.
  static llvm::SetVector<Value> reads(Operation *op) {
    llvm::SetVector<Value> values(op->operand_begin(), op->operand_end());
    getUsedValuesDefinedAbove(op->getRegions(), values);
    return values;
  }
  unsigned sideOf(Operation *op) {
    if (op->hasTrait<OpTrait::IsTerminator>())
      return Both;
    unsigned side = Nothing;
    for (Value value : reads(op))
      side |= sides.lookup(value);
    return side;
  }
  LogicalResult find(Piece &tower);
  void create(Piece &piece);
  void clone(OpBuilder &builder, Operation *op, IRMapping &mapping);
  DictionaryAttr describe(Value value);

  func::FuncOp main;
  llvm::DenseMap<Value, unsigned> sides;
  llvm::DenseMap<Value, std::string> names; // of the towers' results
  Piece user{"user", User, {}, {}, {}}, item{"item", Item, {}, {}, {}};
  Piece score{"score", Both, {}, {}, {}};
};

} // namespace

LogicalResult Splitter::assign(ArrayRef<std::string> userNames,
                               ArrayRef<std::string> itemNames) {
  SmallVector<std::string> known;
  for (BlockArgument argument : main.getArguments()) {
    known.push_back("'" + nameOf(argument).str() + "'");
    sides[argument] = Both;
  }
  for (auto [given, side] :
       {std::pair(userNames, User), std::pair(itemNames, Item)}) {
    if (given.empty())
      return main.emitError(
                 "expects names of inputs for 'user' and 'item', of ")
             << llvm::join(known, ", ");
    for (const std::string &name : given) {
      auto *found = llvm::find_if(main.getArguments(), [&](BlockArgument x) {
        return nameOf(x) == name;
      });
      if (found == main.getArguments().end())
        return main.emitError("has no input '")
               << name << "'; its inputs are " << llvm::join(known, ", ");
      if (sides[*found] != Both)
        return main.emitError("input '") << name << "' is named twice";
      sides[*found] = side;
    }
  }
  return success();
}

/// What of a tower the rest needs.
LogicalResult Splitter::find(Piece &tower) {
  for (BlockArgument argument : main.getArguments())
    if (sides[argument] == tower.side)
      tower.inputs.push_back(argument);
  for (Operation &op : main.front().without_terminator())
    for (Value value : op.getResults())
      if (sides[value] == tower.side &&
          llvm::any_of(value.getUsers(), [&](Operation *user) {
            return sideOf(main.front().findAncestorOpInBlock(*user)) !=
                   tower.side;
          })) {
        names[value] = (tower.name + "_" + Twine(tower.results.size())).str();
        tower.results.push_back(value);
      }
  if (!tower.results.empty())
    return success();
  return main.emitError("has nothing to split off: nothing depends on the "
                        "inputs of '")
         << tower.name << "' alone";
}

LogicalResult Splitter::split() {
  for (Operation &op : main.front().without_terminator()) {
    unsigned side = sideOf(&op);
    for (Value value : op.getResults())
      sides[value] = side;
  }
  if (failed(find(user)) || failed(find(item)))
    return failure();
  llvm::SetVector<Value> needed;
  for (Operation &op : main.front())
    if (sideOf(&op) == Both)
      for (Value value : reads(&op))
        if (isa<BlockArgument>(value) || names.contains(value))
          needed.insert(value);
  // Embeddings first, in an order that does not depend on the network's.
  for (unsigned side : {User, Item, Both})
    for (Value value : needed)
      if ((isa<BlockArgument>(value) ? unsigned(Both) : sides[value]) == side)
        score.inputs.push_back(value);
  score.results.assign(main.front().getTerminator()->operand_begin(),
                       main.front().getTerminator()->operand_end());
  for (Piece *piece : {&user, &item, &score})
    create(*piece);
  return success();
}

DictionaryAttr Splitter::describe(Value value) {
  if (auto argument = dyn_cast<BlockArgument>(value)) {
    DictionaryAttr known = main.getArgAttrDict(argument.getArgNumber());
    return known ? known : DictionaryAttr::get(main.getContext());
  }
  Builder b(main.getContext());
  return b.getDictionaryAttr(
      b.getNamedAttr("lw.name", b.getStringAttr(names[value])));
}

/// Clones `op` and what it reads that depends on no input.
void Splitter::clone(OpBuilder &builder, Operation *op, IRMapping &mapping) {
  for (Value value : reads(op)) {
    Operation *maker = value.getDefiningOp();
    if (maker && !mapping.contains(value) && sides[value] == Nothing)
      clone(builder, maker, mapping);
  }
  builder.clone(*op, mapping);
}

void Splitter::create(Piece &piece) {
  OpBuilder builder(main);
  SmallVector<DictionaryAttr> inputs, results;
  for (Value value : piece.inputs)
    inputs.push_back(describe(value));
  for (auto [i, value] : llvm::enumerate(piece.results)) {
    DictionaryAttr given = main.getResultAttrDict(i);
    if (piece.side != Both)
      results.push_back(describe(value));
    else
      results.push_back(given ? given : builder.getDictionaryAttr({}));
  }
  piece.function = func::FuncOp::create(
      builder, main.getLoc(), piece.name,
      builder.getFunctionType(ValueRange(piece.inputs).getTypes(),
                              ValueRange(piece.results).getTypes()));
  piece.function.setAllArgAttrs(inputs);
  piece.function.setAllResultAttrs(results);
  builder.setInsertionPointToEnd(piece.function.addEntryBlock());
  IRMapping mapping;
  mapping.map(piece.inputs, piece.function.getArguments());
  for (Operation &op : main.front())
    if (sideOf(&op) == piece.side && !op.hasTrait<OpTrait::IsTerminator>())
      clone(builder, &op, mapping);
  SmallVector<Value> values;
  for (Value value : piece.results) {
    // A result may depend on nothing.
    if (!mapping.contains(value))
      clone(builder, value.getDefiningOp(), mapping);
    values.push_back(mapping.lookup(value));
  }
  func::ReturnOp::create(builder, main.getLoc(), values);
}

/// Makes of `main` the calls of the three functions.
void Splitter::callPieces() {
  Operation *end = main.front().getTerminator();
  OpBuilder builder(end);
  IRMapping made;
  for (Piece *piece : {&user, &item, &score}) {
    SmallVector<Value> operands;
    for (Value value : piece->inputs)
      operands.push_back(made.lookupOrDefault(value));
    auto call =
        func::CallOp::create(builder, main.getLoc(), piece->function, operands);
    // Nobody else calls it.
    piece->function.setPrivate();
    if (piece == &score)
      end->setOperands(call.getResults());
    else
      made.map(piece->results, call.getResults());
  }
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(main.front())))
    if (!isa<func::CallOp, func::ReturnOp>(op))
      op.erase();
}

void Splitter::keepOnly(StringRef part) {
  StringAttr name = main.getSymNameAttr();
  main.erase();
  for (Piece *piece : {&user, &item, &score}) {
    if (piece->name != part)
      piece->function.erase();
    else
      piece->function.setSymNameAttr(name);
  }
}

namespace {
struct SplitTowers : lw::impl::LwSplitTowersBase<SplitTowers> {
  using LwSplitTowersBase::LwSplitTowersBase;

  void runOnOperation() override {
    auto main = getOperation().lookupSymbol<func::FuncOp>("main");
    if (!main || main.isExternal() || !main.getBody().hasOneBlock()) {
      getOperation().emitError("expects a function @main of one block");
      return signalPassFailure();
    }
    StringRef kept = part.getValue();
    if (!llvm::is_contained({"", "user", "item", "score"}, kept)) {
      main.emitError("expects 'part' to be user, item or score, found '")
          << kept << "'";
      return signalPassFailure();
    }
    for (StringRef name : {"user", "item", "score"})
      if (getOperation().lookupSymbol(name)) {
        getOperation().emitError("has a function @") << name << " already";
        return signalPassFailure();
      }
    Splitter splitter(main);
    if (failed(splitter.assign(llvm::to_vector(user), llvm::to_vector(item))) ||
        failed(splitter.split()))
      return signalPassFailure();
    if (kept.empty())
      splitter.callPieces();
    else
      splitter.keepOnly(kept);
  }
};
} // namespace
