//===- CleanInterleaves.cpp - Interleaving sinks through arithmetic
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
// A transposed convolution is interleaved convolutions. The batch norm, bias
// and activation after it belong to them.
//
//===----------------------------------------------------------------------===//

#include "CleanInterleaves.h"
#include "ConvWeights.h"
#include "Elementwise.h"
#include "lw/Dialect/IR/Constants.h"
#include "lw/Dialect/IR/LwImageOps.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"

using namespace mlir;
using namespace mlir::lw;

namespace {

/// f(interleave(a, b), constant) to interleave(f(a, constant), f(b, constant))
/// when the constant has one value or one per channel; f may be a batch norm.
struct SinkInterleave : RewritePattern {
  SinkInterleave(MLIRContext *context, RewriteCount count)
      : RewritePattern(MatchAnyOpTypeTag(), /*benefit=*/1, context),
        count(count) {}

  LogicalResult matchAndRewrite(Operation *op,
                                PatternRewriter &rewriter) const override {
    bool norm = isa<BatchNormOp>(op);
    if (!norm && !isElementwise(op))
      return failure();
    MutableArrayRef<OpOperand> operands =
        norm ? op->getOpOperands() : elementwiseOperands(op);
    Type resultType = op->getResult(0).getType();
    InterleaveOp interleave;
    for (OpOperand &operand : operands)
      if (auto producer = operand.get().getDefiningOp<InterleaveOp>()) {
        if (interleave || !producer->hasOneUse() ||
            producer.getType() != resultType)
          return failure();
        interleave = producer;
      }
    if (!interleave)
      return failure();
    int64_t channels = interleave.getType().getDimSize(3);
    SmallVector<std::vector<float>> constants;
    for (OpOperand &operand : operands) {
      constants.emplace_back();
      if (operand.get() == interleave.getResult())
        continue;
      std::optional<std::vector<float>> values = readChannels(operand.get());
      if (!values || (static_cast<int64_t>(values->size()) != channels &&
                      values->size() != 1))
        return failure();
      constants.back() = std::move(*values);
    }

    SmallVector<Value> parts;
    for (Value input : interleave.getInputs()) {
      auto type = cast<RankedTensorType>(input.getType());
      int64_t repeats = type.getDimSize(3) / channels;
      SmallVector<Value> all;
      for (auto [operand, values] : llvm::zip(operands, constants)) {
        if (values.empty()) {
          all.push_back(input);
          continue;
        }
        auto old = cast<RankedTensorType>(operand.get().getType());
        std::vector<float> repeated;
        for (int64_t i = 0; i < repeats; ++i)
          repeated.insert(repeated.end(), values.begin(), values.end());
        if (values.size() == 1 && !norm)
          repeated.resize(1);
        SmallVector<int64_t> shape(old.getRank(), 1);
        shape.back() = repeated.size();
        all.push_back(createConstant(
            rewriter, operand.get().getLoc(),
            RankedTensorType::get(shape, old.getElementType()), repeated));
      }
      if (norm) {
        Operation *clone = rewriter.clone(*op);
        clone->setOperands(all);
        clone->getResult(0).setType(type);
        parts.push_back(clone->getResult(0));
      } else {
        parts.push_back(cloneElementwise(rewriter, op, all, type));
      }
    }
    rewriter.replaceOpWithNewOp<InterleaveOp>(
        op, resultType, parts, interleave.getStrides(), interleave.getOrder());
    ++count;
    return success();
  }

private:
  /// The elements of a constant that broadcasts one value, or one per channel.
  static std::optional<std::vector<float>> readChannels(Value value) {
    auto type = dyn_cast<RankedTensorType>(value.getType());
    std::optional<std::vector<float>> values = readConstant(value);
    if (!type || !values || values->empty() || type.getElementType().isF64() ||
        type.getRank() == 0 || type.getNumElements() != type.getShape().back())
      return std::nullopt;
    return values;
  }

  RewriteCount count;
};

} // namespace

void lw::populateSinkInterleavePatterns(RewritePatternSet &patterns,
                                        RewriteCount moved) {
  patterns.add<SinkInterleave>(patterns.getContext(), moved);
}
