//===- Quantized.cpp - Operations on quantized tensors to linalg
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// The formulas of the dialect's description, element by element. No operation
// has a fast-math flag: products and sums of f32 are rounded one by one.
//
//===----------------------------------------------------------------------===//

#include "../TensorUtils.h"
#include "LwToLinalg.h"
#include "lw/Conversion/Activation.h"
#include "lw/Dialect/IR/Quantization.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace mlir::lw;

//===----------------------------------------------------------------------===//
// Arithmetic of single elements
//===----------------------------------------------------------------------===//

namespace {
struct Arithmetic {
  Arithmetic(OpBuilder &builder, Location location) : b(location, builder) {}

  Value constant(float value) {
    return arith::ConstantOp::create(b, b.getF32FloatAttr(value));
  }
  Value constant(int64_t value) {
    return arith::ConstantOp::create(b, b.getI32IntegerAttr(value));
  }
  Value add(Value x, Value y) { return arith::AddFOp::create(b, x, y); }
  Value mul(Value x, Value y) { return arith::MulFOp::create(b, x, y); }
  Value div(Value x, Value y) { return arith::DivFOp::create(b, x, y); }
  Value mulInteger(Value x, Value y) { return arith::MulIOp::create(b, x, y); }
  Value toFloat(Value x) {
    return arith::SIToFPOp::create(b, b.getF32Type(), x);
  }

  /// x - zero point, of i8 as i32.
  Value center(Value x, QuantAttr quant) {
    Value wide = quant.getIsUnsigned()
                     ? arith::ExtUIOp::create(b, b.getI32Type(), x).getResult()
                     : arith::ExtSIOp::create(b, b.getI32Type(), x).getResult();
    return arith::SubIOp::create(b, wide, constant(quant.getZeroPoint()));
  }

  /// rint(x) + zero within the bounds, as i8; NaN becomes `zero`.
  Value round(Value x, int64_t zero, int64_t low, int64_t high);

  Value round(Value x, QuantAttr quant) {
    return round(x, quant.getZeroPoint(), quant.least(), quant.greatest());
  }

private:
  ImplicitLocOpBuilder b;
};
} // namespace

Value Arithmetic::round(Value x, int64_t zero, int64_t low, int64_t high) {
  Value isNumber = arith::CmpFOp::create(b, arith::CmpFPredicate::ORD, x, x);
  x = arith::SelectOp::create(b, isNumber, x, constant(0.0f));
  // Far outside of every range, and near enough to be an i32.
  x = arith::MaximumFOp::create(b, x, constant(-1024.0f));
  x = arith::MinimumFOp::create(b, x, constant(1024.0f));
  // From 2^23 on, f32 has only whole numbers: the sum is rounded to one, half
  // to even. An intrinsic calls the C library where there is no instruction.
  Value shift = constant(0x1.8p23f);
  x = arith::SubFOp::create(b, add(x, shift), shift);
  Value y = arith::FPToSIOp::create(b, b.getI32Type(), x);
  y = arith::AddIOp::create(b, y, constant(zero));
  y = arith::MaxSIOp::create(b, y, constant(low));
  y = arith::MinSIOp::create(b, y, constant(high));
  return arith::TruncIOp::create(b, b.getI8Type(), y);
}

//===----------------------------------------------------------------------===//
// Convolutions
//===----------------------------------------------------------------------===//

Value lw::subtractZeroPoint(ImplicitLocOpBuilder &b, Value input,
                            QuantAttr quant) {
  return mapElements(
      b, input, tensor::getMixedSizes(b, b.getLoc(), input), b.getI32Type(),
      [&](OpBuilder &nested, Location location, ValueRange values) {
        return Arithmetic(nested, location).center(values[0], quant);
      });
}

Value lw::requantize(ImplicitLocOpBuilder &b, ConvolutionOpInterface conv,
                     Value sum) {
  Type elementType = tensorTypeOf(conv->getResult(0)).getElementType();
  if (elementType.isInteger(32))
    return sum;
  Requantization r = getRequantization(conv);
  auto type = RankedTensorType::get(
      {static_cast<int64_t>(r.multipliers.size())}, b.getF32Type());
  Value multipliers = arith::ConstantOp::create(
      b, DenseElementsAttr::get(type, ArrayRef<float>(r.multipliers)));
  QuantAttr residual = conv.getConvQuantization().getResidual();
  return mapElements(
      b, {sum, multipliers}, tensor::getMixedSizes(b, b.getLoc(), sum),
      elementType,
      [&](OpBuilder &nested, Location location, ValueRange values) {
        Arithmetic a(nested, location);
        Value x = a.mul(a.toFloat(values[0]), values[1]);
        if (elementType.isF32()) {
          if (values.size() > 2)
            x = a.add(x, values[2]);
          return buildActivation(nested, location, conv.getConvActivation(), x);
        }
        if (values.size() > 2)
          x = a.add(x, a.mul(a.toFloat(a.center(values[2], residual)),
                             a.constant(r.residualMultiplier)));
        return a.round(x, r.outputZero, r.low, r.high);
      },
      conv.getConvResidual());
}

//===----------------------------------------------------------------------===//
// Element-wise operations
//===----------------------------------------------------------------------===//

namespace {
/// Lowers an operation whose operands broadcast to its result, by `compute`.
template <typename Op> struct LowerElementwise : OpRewritePattern<Op> {
  using OpRewritePattern<Op>::OpRewritePattern;

  static Value compute(Op op, Arithmetic &a, ValueRange values);

  /// Extents of the result; those that its type does not know are those of the
  /// first operand whose type does not know them either.
  static SmallVector<OpFoldResult> sizes(ImplicitLocOpBuilder &b, Op op) {
    SmallVector<OpFoldResult> result;
    RankedTensorType type = tensorTypeOf(op->getResult(0));
    for (int64_t i = 0; i < type.getRank(); ++i) {
      if (!type.isDynamicDim(i)) {
        result.push_back(b.getIndexAttr(type.getDimSize(i)));
        continue;
      }
      auto operand = llvm::find_if(op->getOperands(), [&](Value operand) {
        return tensorTypeOf(operand).isDynamicDim(i);
      });
      if (operand == op->getOperands().end())
        operand = op->getOperands().begin();
      result.push_back(tensor::getMixedSize(b, b.getLoc(), *operand, i));
    }
    return result;
  }

  LogicalResult matchAndRewrite(Op op,
                                PatternRewriter &rewriter) const override {
    if (!llvm::all_of(op->getOperandTypes(), llvm::IsaPred<RankedTensorType>))
      return rewriter.notifyMatchFailure(op, "expects ranked operands");
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    RankedTensorType type = tensorTypeOf(op->getResult(0));
    Value result = mapElements(
        b, op->getOperands(), sizes(b, op), type.getElementType(),
        [&](OpBuilder &nested, Location location, ValueRange values) {
          Arithmetic a(nested, location);
          return compute(op, a, values);
        });
    if (result.getType() != type)
      result = tensor::CastOp::create(b, type, result);
    rewriter.replaceOp(op, result);
    return success();
  }
};

template <>
Value LowerElementwise<QuantizeOp>::compute(QuantizeOp op, Arithmetic &a,
                                            ValueRange values) {
  QuantAttr quant = op.getQuantization();
  return a.round(a.div(values[0], a.constant(quant.getScaleValue())), quant);
}

template <>
Value LowerElementwise<DequantizeOp>::compute(DequantizeOp op, Arithmetic &a,
                                              ValueRange values) {
  QuantAttr quant = op.getQuantization();
  return a.mul(a.toFloat(a.center(values[0], quant)),
               a.constant(quant.getScaleValue()));
}

template <>
Value LowerElementwise<RequantizeOp>::compute(RequantizeOp op, Arithmetic &a,
                                              ValueRange values) {
  QuantAttr from = op.getFrom(), to = op.getTo();
  float ratio = scaleRatio(from.getScaleValue(), to.getScaleValue());
  return a.round(a.mul(a.toFloat(a.center(values[0], from)), a.constant(ratio)),
                 to);
}

template <>
Value LowerElementwise<AddOp>::compute(AddOp op, Arithmetic &a,
                                       ValueRange values) {
  QuantAttr to = op.getOutputQuant();
  auto term = [&](Value value, QuantAttr from) {
    float ratio = scaleRatio(from.getScaleValue(), to.getScaleValue());
    return a.mul(a.toFloat(a.center(value, from)), a.constant(ratio));
  };
  Value lhs = term(values[0], op.getLhsQuant());
  return a.round(a.add(lhs, term(values[1], op.getRhsQuant())), to);
}

template <>
Value LowerElementwise<MulOp>::compute(MulOp op, Arithmetic &a,
                                       ValueRange values) {
  QuantAttr lhs = op.getLhsQuant(), rhs = op.getRhsQuant(),
            to = op.getOutputQuant();
  float ratio =
      scaleRatio(lhs.getScaleValue(), rhs.getScaleValue(), to.getScaleValue());
  Value product =
      a.mulInteger(a.center(values[0], lhs), a.center(values[1], rhs));
  return a.round(a.mul(a.toFloat(product), a.constant(ratio)), to);
}

struct LowerLookup : OpRewritePattern<LookupOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(LookupOp op,
                                PatternRewriter &rewriter) const override {
    if (!isa<RankedTensorType>(op.getType()))
      return rewriter.notifyMatchFailure(op, "expects a ranked operand");
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    Value table = arith::ConstantOp::create(b, op.getTable());
    rewriter.replaceOp(
        op,
        mapElements(
            b, op.getInput(),
            tensor::getMixedSizes(b, b.getLoc(), op.getInput()), b.getI8Type(),
            [&](OpBuilder &nested, Location location, ValueRange values) {
              Value index = arith::IndexCastUIOp::create(
                  nested, location, nested.getIndexType(), values[0]);
              return tensor::ExtractOp::create(nested, location, table, index)
                  .getResult();
            }));
    return success();
  }
};
} // namespace

void lw::populateQuantizedPatterns(RewritePatternSet &patterns) {
  patterns.add<LowerElementwise<QuantizeOp>, LowerElementwise<DequantizeOp>,
               LowerElementwise<RequantizeOp>, LowerElementwise<AddOp>,
               LowerElementwise<MulOp>, LowerLookup>(patterns.getContext());
}
