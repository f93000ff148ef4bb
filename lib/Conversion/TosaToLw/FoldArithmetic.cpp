//===- FoldArithmetic.cpp - Arithmetic on constants
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Exporters write 1 / sqrt(variance + epsilon) of a batch norm out, on weights.
//
//===----------------------------------------------------------------------===//

#include "../ReshapeConstant.h"
#include "../TensorUtils.h"
#include "TosaToLw.h"
#include "lw/Dialect/IR/Constants.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "mlir/IR/PatternMatch.h"
#include "llvm/ADT/TypeSwitch.h"
#include <cmath>

using namespace mlir;
using namespace mlir::lw;

/// More elements than this cost more to compute than they are worth.
static constexpr int64_t kMostElements = 1 << 20;

using Function = double (*)(double, double);

static Function functionOf(Operation *op) {
  return llvm::TypeSwitch<Operation *, Function>(op)
      .Case(
          [](tosa::AddOp) { return [](double a, double b) { return a + b; }; })
      .Case(
          [](tosa::SubOp) { return [](double a, double b) { return a - b; }; })
      .Case(
          [](tosa::MulOp) { return [](double a, double b) { return a * b; }; })
      .Case([](tosa::PowOp) {
        return [](double a, double b) { return std::pow(a, b); };
      })
      .Case([](tosa::NegateOp) { return [](double a, double) { return -a; }; })
      .Case([](tosa::RsqrtOp) {
        return [](double a, double) { return 1 / std::sqrt(a); };
      })
      .Case([](tosa::ReciprocalOp) {
        return [](double a, double) { return 1 / a; };
      })
      .Case([](tosa::ExpOp) {
        return [](double a, double) { return std::exp(a); };
      })
      .Case([](tosa::CastOp) { return [](double a, double) { return a; }; })
      .Default([](Operation *) { return Function(nullptr); });
}

namespace {

struct FoldArithmetic : RewritePattern {
  FoldArithmetic(MLIRContext *context)
      : RewritePattern(MatchAnyOpTypeTag(), /*benefit=*/1, context) {}
  LogicalResult matchAndRewrite(Operation *op,
                                PatternRewriter &rewriter) const override {
    Function function = functionOf(op);
    auto type = function
                    ? dyn_cast<RankedTensorType>(op->getResult(0).getType())
                    : RankedTensorType();
    if (!type || !type.hasStaticShape() ||
        !isa<Float16Type, BFloat16Type, Float32Type, Float64Type>(
            type.getElementType()) ||
        type.getNumElements() > kMostElements)
      return failure();
    bool binary = isa<tosa::AddOp, tosa::SubOp, tosa::MulOp, tosa::PowOp>(op);
    SmallVector<std::vector<double>> inputs;
    for (Value operand : op->getOperands().take_front(binary ? 2 : 1)) {
      auto from = dyn_cast<RankedTensorType>(operand.getType());
      if (!from || from.getRank() != type.getRank())
        return failure();
      std::optional<std::vector<double>> values = readConstantF64(operand);
      if (!values)
        return failure();
      inputs.push_back(std::move(*values));
    }
    // Step in an operand along every dimension; zero where it is repeated.
    SmallVector<SmallVector<int64_t>> steps;
    for (size_t i = 0; i < inputs.size(); ++i) {
      ArrayRef<int64_t> shape = tensorTypeOf(op->getOperand(i)).getShape();
      SmallVector<int64_t> step(shape.size(), 0);
      int64_t stride = 1;
      for (int64_t d = shape.size() - 1; d >= 0; --d) {
        step[d] = shape[d] == 1 ? 0 : stride;
        stride *= shape[d];
      }
      steps.push_back(std::move(step));
    }
    std::vector<double> result(type.getNumElements());
    SmallVector<int64_t> point(type.getRank(), 0);
    for (double &value : result) {
      double operands[2] = {0, 0};
      for (auto [operand, input, step] : llvm::zip(operands, inputs, steps)) {
        int64_t at = 0;
        for (auto [index, along] : llvm::zip(point, step))
          at += index * along;
        operand = input[at];
      }
      value = function(operands[0], operands[1]);
      for (int64_t d = type.getRank() - 1; d >= 0; --d) {
        if (++point[d] < type.getDimSize(d))
          break;
        point[d] = 0;
      }
    }
    rewriter.replaceOp(op, createConstant(rewriter, op->getLoc(), type,
                                          ArrayRef<double>(result)));
    return success();
  }
};

/// Weights are turned and reshaped before a product.
struct FoldReshape : OpRewritePattern<tosa::ReshapeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(tosa::ReshapeOp op,
                                PatternRewriter &rewriter) const override {
    auto type = dyn_cast<RankedTensorType>(op.getType());
    Value constant = type && type.hasStaticShape()
                         ? reshapeConstant(rewriter, op.getLoc(),
                                           op.getInput1(), type.getShape())
                         : Value();
    if (!constant)
      return failure();
    rewriter.replaceOp(op, constant);
    return success();
  }
};

struct FoldTranspose : OpRewritePattern<tosa::TransposeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(tosa::TransposeOp op,
                                PatternRewriter &rewriter) const override {
    auto type = dyn_cast<RankedTensorType>(op.getType());
    SmallVector<int64_t> permutation(op.getPerms());
    Value constant = type && type.hasStaticShape()
                         ? transposeConstant(rewriter, op.getLoc(),
                                             op.getInput1(), permutation, type)
                         : Value();
    if (!constant)
      return failure();
    rewriter.replaceOp(op, constant);
    return success();
  }
};

} // namespace

void lw::populateFoldArithmeticPatterns(RewritePatternSet &patterns) {
  patterns.add<FoldArithmetic, FoldReshape, FoldTranspose>(
      patterns.getContext());
}
