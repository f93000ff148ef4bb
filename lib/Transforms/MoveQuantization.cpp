//===- MoveQuantization.cpp - Moving bytes in place of reals
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "ConvWeights.h"
#include "QuantizedTables.h"
#include "lw/Dialect/IR/LwImageOps.h"
#include "lw/Dialect/IR/Quantization.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "mlir/IR/IRMapping.h"
#include <cmath>

using namespace mlir;
using namespace mlir::lw;

/// Moves elements and computes nothing.
static bool isPlainInterpolation(Operation *op) {
  auto interpolate = dyn_cast_or_null<InterpolateOp>(op);
  return interpolate && interpolate.getWeights().empty();
}

/// Moves the elements of its first operand, none of them changed.
static bool isMove(Operation *op) {
  return isa_and_nonnull<tosa::ReshapeOp, tosa::TransposeOp, tosa::SliceOp,
                         tosa::ReverseOp, tosa::TileOp, tosa::GatherOp,
                         tosa::PadOp, tosa::ConcatOp, tosa::MaxPool2dOp,
                         ChannelShuffleOp, InterleaveOp>(op) ||
         isPlainInterpolation(op);
}

/// The operands of a move that hold elements.
static MutableArrayRef<OpOperand> movedOperands(Operation *op) {
  MutableArrayRef<OpOperand> operands = op->getOpOperands();
  return isa<tosa::ConcatOp, InterleaveOp>(op) ? operands
                                               : operands.take_front(1);
}

/// tosa compares signed bytes.
static bool comparesSigned(Operation *op) { return isa<tosa::MaxPool2dOp>(op); }

/// A tensor of one byte.
static Value createByte(RewriterBase &rewriter, Location location,
                        int64_t byte) {
  return createIntegers(rewriter, location,
                        RankedTensorType::get({1}, rewriter.getI8Type()),
                        static_cast<int32_t>(byte));
}

/// The move of `bytes`, which hold what its operands hold as `quantization`
/// says; in place of a zero that is padded there stands `fill`.
static Value moveBytes(RewriterBase &rewriter, Operation *op, ValueRange bytes,
                       std::optional<int64_t> fill) {
  IRMapping mapping;
  for (auto [operand, value] : llvm::zip(movedOperands(op), bytes))
    mapping.map(operand.get(), value);
  Operation *clone = rewriter.clone(*op, mapping);
  // One value may be operand twice with different bytes.
  for (auto [operand, value] : llvm::zip(movedOperands(clone), bytes))
    operand.set(value);
  auto type = cast<RankedTensorType>(op->getResult(0).getType());
  clone->getResult(0).setType(type.clone(rewriter.getI8Type()));
  if (auto pad = dyn_cast<tosa::PadOp>(clone)) {
    OpBuilder::InsertionGuard guard(rewriter);
    rewriter.setInsertionPoint(clone);
    pad.getPadConstMutable().assign(createByte(rewriter, op->getLoc(), *fill));
  }
  return clone->getResult(0);
}

/// What a pad fills with, where integers can hold exactly that. The lowest
/// number before a maximum is the lowest that there is.
static std::optional<int64_t> fillOf(tosa::PadOp pad, QuantAttr quantization) {
  std::optional<float> real = readUniform(pad.getPadConst());
  if (!real)
    return std::nullopt;
  bool isMaximum = llvm::all_of(pad->getUsers(), [](Operation *user) {
    return isa<tosa::MaxPool2dOp>(user);
  });
  if (isMaximum && *real <= std::numeric_limits<float>::lowest())
    return quantization.least();
  int64_t fill = quantization.quantize(*real);
  if (quantization.dequantize(fill) != *real)
    return std::nullopt;
  return fill;
}

/// `bytes` with another range.
static Value changeSign(RewriterBase &rewriter, Location location, Value bytes,
                        QuantAttr from, QuantAttr to) {
  if (from == to)
    return bytes;
  return RequantizeOp::create(rewriter, location, bytes.getType(), bytes, from,
                              to);
}

namespace {

/// move(dequantize(x)) is dequantize(move(x)).
struct SinkDequantize : RewritePattern {
  SinkDequantize(MLIRContext *context, RewriteCount count)
      : RewritePattern(MatchAnyOpTypeTag(), /*benefit=*/2, context),
        count(count) {}
  LogicalResult matchAndRewrite(Operation *op,
                                PatternRewriter &rewriter) const override {
    if (!isMove(op))
      return failure();
    QuantAttr quantization;
    SmallVector<Value> bytes;
    for (OpOperand &operand : movedOperands(op)) {
      auto dequantize = operand.get().getDefiningOp<DequantizeOp>();
      if (!dequantize ||
          (quantization && quantization != dequantize.getQuantization()))
        return failure();
      quantization = dequantize.getQuantization();
      bytes.push_back(dequantize.getInput());
    }
    std::optional<int64_t> fill;
    if (auto pad = dyn_cast<tosa::PadOp>(op)) {
      fill = fillOf(pad, quantization);
      if (!fill)
        return failure();
    }
    if (comparesSigned(op)) {
      QuantAttr from = quantization;
      quantization = from.withUnsigned(false);
      for (Value &value : bytes)
        value = changeSign(rewriter, op->getLoc(), value, from, quantization);
    }
    Value moved = moveBytes(rewriter, op, bytes, fill);
    rewriter.replaceOpWithNewOp<DequantizeOp>(op, moved, quantization);
    ++count;
    return success();
  }
  RewriteCount count;
};

/// quantize(move(x)) is move(quantize(x)).
struct HoistQuantize : OpRewritePattern<QuantizeOp> {
  HoistQuantize(MLIRContext *context, RewriteCount count)
      : OpRewritePattern(context), count(count) {}
  LogicalResult matchAndRewrite(QuantizeOp op,
                                PatternRewriter &rewriter) const override {
    Operation *move = op.getInput().getDefiningOp();
    if (!isMove(move) || !move->hasOneUse())
      return failure();
    QuantAttr result = op.getQuantization();
    QuantAttr quantization =
        comparesSigned(move) ? result.withUnsigned(false) : result;
    std::optional<int64_t> fill;
    if (auto pad = dyn_cast<tosa::PadOp>(move)) {
      std::optional<float> real = readUniform(pad.getPadConst());
      if (!real)
        return failure();
      fill = quantization.quantize(*real);
    }
    rewriter.setInsertionPoint(move);
    SmallVector<Value> bytes;
    for (OpOperand &operand : movedOperands(move))
      bytes.push_back(QuantizeOp::create(rewriter, op.getLoc(), operand.get(),
                                         quantization));
    Value moved = moveBytes(rewriter, move, bytes, fill);
    rewriter.replaceOp(
        op, changeSign(rewriter, op.getLoc(), moved, quantization, result));
    ++count;
    return success();
  }
  RewriteCount count;
};

//===----------------------------------------------------------------------===//
// Changes of the range of bytes
//===----------------------------------------------------------------------===//

} // namespace

static StringAttr nameOf(Operation *op, StringRef name) {
  return StringAttr::get(op->getContext(), name);
}

/// The attribute that says what `operand` of its owner holds, null where the
/// owner has none.
static StringAttr inputAttribute(OpOperand &operand) {
  Operation *op = operand.getOwner();
  if (isa<AddOp, MulOp>(op))
    return nameOf(op, operand.getOperandNumber() ? "rhs_quant" : "lhs_quant");
  if (isa<RequantizeOp>(op))
    return nameOf(op, "from");
  if (isa<DequantizeOp>(op))
    return nameOf(op, "quantization");
  return {};
}

/// The same for the result.
static StringAttr outputAttribute(Operation *op) {
  if (isa<AddOp, MulOp>(op))
    return nameOf(op, "output_quant");
  if (isa<RequantizeOp>(op))
    return nameOf(op, "to");
  if (isa<QuantizeOp>(op))
    return nameOf(op, "quantization");
  return {};
}

/// What `held` says of bytes once their range is that of `range`. It may have
/// another scale: bytes that only move are also held as reals of scale 1.
static QuantAttr inRange(QuantAttr held, QuantAttr range) {
  return held ? held.withUnsigned(range.getIsUnsigned()) : held;
}

static ConvQuantAttr withRange(ConvQuantAttr quant, QuantAttr input,
                               QuantAttr output, QuantAttr residual) {
  return ConvQuantAttr::get(quant.getContext(), input, quant.getFilter(),
                            output, residual);
}

namespace {

/// What makes bytes, or takes them, takes up the change of their range.
struct AbsorbSignChange : OpRewritePattern<RequantizeOp> {
  AbsorbSignChange(MLIRContext *context, RewriteCount count)
      : OpRewritePattern(context, /*benefit=*/2), count(count) {}

  LogicalResult matchAndRewrite(RequantizeOp op,
                                PatternRewriter &rewriter) const override {
    if (!changesSignOnly(op.getFrom(), op.getTo()))
      return failure();
    if (succeeded(intoProducer(op, rewriter))) {
      ++count;
      return success();
    }
    bool changed = false;
    for (OpOperand &use : llvm::make_early_inc_range(op->getUses()))
      changed |= succeeded(intoUser(op, use, rewriter));
    if (changed)
      ++count;
    return success(changed);
  }

  static LogicalResult intoProducer(RequantizeOp op,
                                    PatternRewriter &rewriter) {
    Operation *producer = op.getInput().getDefiningOp();
    if (!producer || !producer->hasOneUse())
      return failure();
    if (auto conv = dyn_cast<ConvolutionOpInterface>(producer)) {
      ConvQuantAttr quant = conv.getConvQuantization();
      rewriter.modifyOpInPlace(conv, [&] {
        conv->setAttr("quantization",
                      withRange(quant, quant.getInput(),
                                inRange(quant.getOutput(), op.getTo()),
                                quant.getResidual()));
      });
    } else if (StringAttr name = outputAttribute(producer)) {
      auto held = producer->getAttrOfType<QuantAttr>(name);
      rewriter.modifyOpInPlace(producer, [&] {
        producer->setAttr(name, inRange(held, op.getTo()));
      });
    } else {
      return failure();
    }
    rewriter.replaceOp(op, op.getInput());
    return success();
  }

  static LogicalResult intoUser(RequantizeOp op, OpOperand &use,
                                PatternRewriter &rewriter) {
    Operation *user = use.getOwner();
    if (auto conv = dyn_cast<ConvolutionOpInterface>(user)) {
      ConvQuantAttr quant = conv.getConvQuantization();
      bool isInput = use.getOperandNumber() == 0;
      if (!isInput && use.get() != conv.getConvResidual())
        return failure();
      rewriter.modifyOpInPlace(conv, [&] {
        use.set(op.getInput());
        conv->setAttr(
            "quantization",
            withRange(quant,
                      isInput ? inRange(quant.getInput(), op.getFrom())
                              : quant.getInput(),
                      quant.getOutput(),
                      isInput ? quant.getResidual()
                              : inRange(quant.getResidual(), op.getFrom())));
      });
      return success();
    }
    StringAttr name = inputAttribute(use);
    if (!name)
      return failure();
    auto held = user->getAttrOfType<QuantAttr>(name);
    rewriter.modifyOpInPlace(user, [&] {
      use.set(op.getInput());
      user->setAttr(name, inRange(held, op.getFrom()));
    });
    return success();
  }

  RewriteCount count;
};

} // namespace

void lw::populateMoveQuantizationPatterns(RewritePatternSet &patterns,
                                          RewriteCount moved) {
  patterns.add<SinkDequantize, HoistQuantize, AbsorbSignChange>(
      patterns.getContext(), moved);
}
