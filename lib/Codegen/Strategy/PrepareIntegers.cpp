//===- PrepareIntegers.cpp - Integers as the processor multiplies them
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Kernels/Support.h"
#include "Layout/EntryFunction.h"
#include "lw/Codegen/Passes.h"
#include "lw/Dialect/IR/LwImageOps.h"
#include "lw/Dialect/IR/Quantization.h"
#include "lw/Target/TargetInfo.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/EquivalenceClasses.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/TypeSwitch.h"

namespace mlir::lw {
#define GEN_PASS_DEF_LWPREPAREINTEGERS
#include "lw/Codegen/Passes.h.inc"
} // namespace mlir::lw

using namespace mlir;
using namespace mlir::lw;

namespace {

/// What one operand or result of an operation stands for.
struct Meaning {
  Value value;
  QuantAttr quant;
  std::function<void(QuantAttr)> set;
};

/// Turns the integers of a network to u8 or s8.
class Turner {
public:
  Turner(func::FuncOp main, bool toUnsigned)
      : main(main), toUnsigned(toUnsigned) {}
  void run();

private:
  struct Group {
    SmallVector<Value> values;
    SmallVector<Meaning> meanings;
    bool fixed = false;
  };
  void collect();
  void turn(Group &group);
  void turnEdges(Group &group, QuantAttr quant);
  void turnInputs();

  func::FuncOp main;
  bool toUnsigned;
  llvm::EquivalenceClasses<Value> classes;
  llvm::MapVector<Value, Group> groups;
};

} // namespace

static bool isBytes(Value value) {
  return getElementTypeOrSelf(value.getType()).isInteger(8);
}

static SmallVector<Meaning> meaningsOf(Operation *op) {
  SmallVector<Meaning> result;
  if (auto conv = dyn_cast<ConvolutionOpInterface>(op)) {
    ConvQuantAttr quant = conv.getConvQuantization();
    if (!quant)
      return result;
    auto set = [op](QuantAttr input, QuantAttr output, QuantAttr residual) {
      auto old = cast<ConvolutionOpInterface>(op).getConvQuantization();
      auto next =
          ConvQuantAttr::get(op->getContext(), input ? input : old.getInput(),
                             old.getFilter(), output ? output : old.getOutput(),
                             residual ? residual : old.getResidual());
      TypeSwitch<Operation *>(op)
          .Case<Conv2DOp, DepthwiseConv2DOp, PointwiseConv2DOp,
                SeparableConv2DOp>(
              [&](auto conv) { conv.setQuantizationAttr(next); });
    };
    result.push_back({conv.getConvInput(), quant.getInput(),
                      [set](QuantAttr q) { set(q, {}, {}); }});
    if (quant.getOutput())
      result.push_back({op->getResult(0), quant.getOutput(),
                        [set](QuantAttr q) { set({}, q, {}); }});
    if (quant.getResidual())
      result.push_back({conv.getConvResidual(), quant.getResidual(),
                        [set](QuantAttr q) { set({}, {}, q); }});
    return result;
  }
  TypeSwitch<Operation *>(op)
      .Case([&](QuantizeOp op) {
        result.push_back(
            {op.getOutput(), op.getQuantization(),
             [op](QuantAttr q) mutable { op.setQuantizationAttr(q); }});
      })
      .Case([&](DequantizeOp op) {
        result.push_back(
            {op.getInput(), op.getQuantization(),
             [op](QuantAttr q) mutable { op.setQuantizationAttr(q); }});
      })
      .Case([&](RequantizeOp op) {
        result.push_back({op.getInput(), op.getFrom(),
                          [op](QuantAttr q) mutable { op.setFromAttr(q); }});
        result.push_back({op.getOutput(), op.getTo(),
                          [op](QuantAttr q) mutable { op.setToAttr(q); }});
      })
      .Case<AddOp, MulOp>([&](auto op) {
        result.push_back(
            {op.getLhs(), op.getLhsQuant(),
             [op](QuantAttr q) mutable { op.setLhsQuantAttr(q); }});
        result.push_back(
            {op.getRhs(), op.getRhsQuant(),
             [op](QuantAttr q) mutable { op.setRhsQuantAttr(q); }});
        result.push_back(
            {op.getOutput(), op.getOutputQuant(),
             [op](QuantAttr q) mutable { op.setOutputQuantAttr(q); }});
      });
  return result;
}

/// True for what moves bytes and does not look at them.
static bool movesBytes(Operation *op) {
  return isa<tosa::TransposeOp, tosa::ConcatOp, tosa::SliceOp, tosa::PadOp,
             tosa::ReshapeOp, tosa::IdentityOp, tosa::ReverseOp, tosa::TileOp,
             tosa::GatherOp, ChannelShuffleOp, ConvertLayoutOp,
             tosa::MaxPool2dOp, InterleaveOp, InterpolateOp>(op);
}

void Turner::collect() {
  // A table is turned on either side by itself.
  auto knows = [](Operation *op) {
    return !meaningsOf(op).empty() || isa<LookupOp>(op);
  };
  main.front().walk([&](Operation *op) {
    if (op->getBlock() != &main.front() || isCompileTime(op))
      return;
    for (Value result : op->getResults())
      if (isBytes(result))
        classes.insert(result);
    SmallVector<Value> bytes(
        llvm::make_filter_range(op->getOperands(), [](Value v) {
          return isBytes(v) && !isConstantInteger(v);
        }));
    if (!movesBytes(op))
      return;
    for (Value value : bytes)
      classes.unionSets(op->getResult(0), value);
  });
  auto groupOf = [&](Value value) -> Group & {
    return groups[classes.getOrInsertLeaderValue(value)];
  };
  for (BlockArgument argument : main.getArguments())
    if (isBytes(argument))
      classes.insert(argument);
  for (Operation &op : main.front()) {
    SmallVector<Meaning> meanings = meaningsOf(&op);
    for (Meaning &meaning : meanings)
      groupOf(meaning.value).meanings.push_back(meaning);
    if (knows(&op) || movesBytes(&op) || op.hasTrait<OpTrait::IsTerminator>())
      continue;
    for (Value value : op.getOperands())
      if (isBytes(value))
        groupOf(value).fixed = true;
    for (Value value : op.getResults())
      if (isBytes(value) && !isCompileTime(&op))
        groupOf(value).fixed = true;
  }
  for (const auto &entry : classes)
    groupOf(entry->getData()).values.push_back(entry->getData());
}

static Value turnConstant(OpBuilder &b, Value constant) {
  std::vector<int32_t> bytes = *readIntegers(constant);
  for (int32_t &byte : bytes)
    byte = static_cast<int8_t>(byte ^ 0x80);
  return createIntegers(b, constant.getLoc(),
                        cast<RankedTensorType>(constant.getType()), bytes);
}

static DenseElementsAttr turnTable(DenseElementsAttr table, bool input,
                                   bool output) {
  SmallVector<int8_t> bytes(table.getValues<int8_t>());
  SmallVector<int8_t> turned(bytes);
  for (int i = 0; i < 256; ++i)
    turned[i] = bytes[input ? i ^ 0x80 : i] ^ (output ? 0x80 : 0);
  return DenseElementsAttr::get(table.getType(), ArrayRef<int8_t>(turned));
}

/// Arguments and results of the network stay as they are.
void Turner::turnEdges(Group &group, QuantAttr quant) {
  QuantAttr turned = quant.withUnsigned(toUnsigned);
  for (Value value : group.values) {
    if (isa<BlockArgument>(value)) {
      OpBuilder b = OpBuilder::atBlockBegin(&main.front());
      auto inside = RequantizeOp::create(b, main.getLoc(), value.getType(),
                                         value, quant, turned);
      value.replaceAllUsesExcept(inside, inside);
      value = inside;
    }
    for (OpOperand &use : llvm::make_early_inc_range(value.getUses())) {
      if (!use.getOwner()->hasTrait<OpTrait::IsTerminator>())
        continue;
      OpBuilder b(use.getOwner());
      use.set(RequantizeOp::create(b, value.getLoc(), value.getType(), value,
                                   turned, quant));
    }
  }
}

void Turner::turn(Group &group) {
  // What is computed from constants is no constant yet.
  bool computed = llvm::any_of(group.values, [](Value value) {
    Operation *op = value.getDefiningOp();
    return op && isCompileTime(op) && !isConstantInteger(value);
  });
  if (group.fixed || group.meanings.empty() || computed)
    return;
  QuantAttr quant = group.meanings.front().quant;
  if (quant.getIsUnsigned() == toUnsigned ||
      llvm::any_of(group.meanings, [&](const Meaning &m) {
        return m.quant.getIsUnsigned() == toUnsigned;
      }))
    return;
  llvm::SetVector<Operation *> movers;
  for (Value value : group.values)
    for (Operation *user : value.getUsers())
      if (movesBytes(user))
        movers.insert(user);
  for (Operation *mover : movers)
    for (OpOperand &operand : mover->getOpOperands())
      if (isBytes(operand.get()) && isConstantInteger(operand.get())) {
        OpBuilder b(mover);
        operand.set(turnConstant(b, operand.get()));
      }
  for (Value value : group.values) {
    // A constant that is no part of a move is a group of its own.
    if (isConstantInteger(value)) {
      OpBuilder b(value.getDefiningOp());
      Value turned = turnConstant(b, value);
      value.replaceUsesWithIf(turned, [](OpOperand &use) {
        auto conv = dyn_cast<ConvolutionOpInterface>(use.getOwner());
        bool isFilter =
            conv && llvm::is_contained(conv.getConvFilters(), use.get());
        return !isFilter && !meaningsOf(use.getOwner()).empty();
      });
    }
    if (auto table = value.getDefiningOp<LookupOp>())
      table.setTableAttr(turnTable(table.getTable(), false, true));
    for (Operation *user : value.getUsers())
      if (auto table = dyn_cast<LookupOp>(user))
        table.setTableAttr(turnTable(table.getTable(), true, false));
    Operation *op = value.getDefiningOp();
    if (op && isa<tosa::MaxPool2dOp>(op) && toUnsigned)
      op->setAttr(kUnsignedAttrName, UnitAttr::get(op->getContext()));
  }
  for (Meaning &meaning : group.meanings)
    meaning.set(meaning.quant.withUnsigned(toUnsigned));
  turnEdges(group, quant);
}

/// What others know as it is stays so; convolutions read a turned copy of it.
void Turner::turnInputs() {
  DenseMap<std::pair<Value, QuantAttr>, Value> copies;
  for (auto conv : main.getOps<ConvolutionOpInterface>()) {
    ConvQuantAttr quant = conv.getConvQuantization();
    if (!quant || quant.getInput().getIsUnsigned() == toUnsigned)
      continue;
    QuantAttr from = quant.getInput(), to = from.withUnsigned(toUnsigned);
    Value input = conv.getConvInput();
    Value &copy = copies[{input, from}];
    if (!copy) {
      OpBuilder b(conv);
      b.setInsertionPointAfterValue(input);
      copy = RequantizeOp::create(b, input.getLoc(), input.getType(), input,
                                  from, to);
    }
    conv->setOperand(0, copy);
    meaningsOf(conv).front().set(to);
  }
}

void Turner::run() {
  collect();
  for (auto &[leader, group] : groups)
    turn(group);
  turnInputs();
}

/// An image is transposed before it is quantized: that costs nothing where
/// planes are read.
static void quantizeAfterTransposing(func::FuncOp main) {
  for (auto quantize : llvm::make_early_inc_range(main.getOps<QuantizeOp>())) {
    if (!isa<BlockArgument>(quantize.getInput()) || !quantize->hasOneUse())
      continue;
    auto transpose = dyn_cast<tosa::TransposeOp>(*quantize->getUsers().begin());
    if (!transpose)
      continue;
    OpBuilder b(transpose);
    auto type = cast<RankedTensorType>(transpose.getType());
    Value moved = tosa::TransposeOp::create(
        b, transpose.getLoc(), type.clone(b.getF32Type()), quantize.getInput(),
        transpose.getPerms());
    transpose.replaceAllUsesWith(QuantizeOp::create(b, quantize.getLoc(), moved,
                                                    quantize.getQuantization())
                                     .getResult());
    transpose.erase();
    quantize.erase();
  }
}

namespace {
struct PrepareIntegers
    : public lw::impl::LwPrepareIntegersBase<PrepareIntegers> {
  void runOnOperation() override {
    auto visit = [](func::FuncOp main, const TargetInfo &target) {
      quantizeAfterTransposing(main);
      Turner(main, target.byteDot->unsignedInputs).run();
      return success();
    };
    if (failed(forEachStage(getOperation(), visit)))
      signalPassFailure();
  }
};
} // namespace
