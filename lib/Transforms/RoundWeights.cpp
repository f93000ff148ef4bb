//===- RoundWeights.cpp - Weights that are stored as bfloat16
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Transforms/RoundWeights.h"
#include "lw/Analysis/CostModel.h"
#include "lw/Dialect/IR/BFloat16.h"
#include "lw/Dialect/IR/Constants.h"
#include "lw/Dialect/IR/LwSequenceOps.h"
#include "lw/Transforms/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"

namespace mlir::lw {
#define GEN_PASS_DEF_LWROUNDWEIGHTS
#include "lw/Transforms/Passes.h.inc"
} // namespace mlir::lw

using namespace mlir;
using namespace mlir::lw;

/// From where on rounding pays. Up to so many uses memory, and not the
/// processor, decides how long a layer takes; smaller weights are near.
/// Measured with AVX-512 and AVX2.
static constexpr int64_t kMostUses = 9, kLeastBytes = 256 << 10;

namespace {

/// Weights that a layer reads, and how often it uses each after it has read it.
struct LayerWeights {
  OpOperand *operand;
  int64_t uses;
  /// Layers whose weights are used more often than that gain nothing.
  int64_t mostUses;
};

} // namespace

/// Those of a convolution or recurrent layer; std::nullopt for others, and
/// for depthwise filters.
static std::optional<LayerWeights> weightsOf(Operation *op, int64_t mostUses) {
  if (auto layer = dyn_cast<RecurrentOp>(op))
    return LayerWeights{&layer.getWeightsMutable(), layer.getBatch(), 1};
  auto conv = dyn_cast<ConvolutionOpInterface>(op);
  if (!conv || isa<DepthwiseConv2DOp>(op) || conv.getConvQuantization() ||
      !conv.getConvInput().getType().hasStaticShape())
    return std::nullopt;
  ConvGeometry g = conv.getConvGeometry();
  // Filters that are transformed first, once.
  bool transformed = isa<Conv2DOp>(op) && g.kernelHeight == 3 &&
                     g.kernelWidth == 3 && !g.hasStride() && !g.hasDilation() &&
                     g.groups == 1;
  // The last filter, behind the input and, in separable form, the first.
  return LayerWeights{
      &op->getOpOperand(conv.getConvFilters().size()), g.batch * g.outPixels(),
      transformed ? std::numeric_limits<int64_t>::max() : mostUses};
}

/// The weights as bfloat16; null where one is not finite.
static Value round(Value value) {
  std::optional<std::vector<float>> weights = readConstant(value);
  if (!weights)
    return {};
  std::vector<uint16_t> bits;
  bits.reserve(weights->size());
  for (float weight : *weights) {
    bits.push_back(toBFloat16(weight));
    if (!std::isfinite(fromBFloat16(bits.back())))
      return {};
  }
  OpBuilder builder(value.getDefiningOp());
  return createBFloat16(builder, value.getLoc(),
                        cast<ShapedType>(value.getType()).getShape(), bits);
}

std::vector<StoredWeights>
mlir::lw::roundWeights(func::FuncOp function, const RoundingOptions &options) {
  int64_t mostUses = options.mostUses < 0 ? kMostUses : options.mostUses;
  int64_t leastBytes =
      options.leastBytes < 0 ? kLeastBytes : options.leastBytes;
  std::vector<StoredWeights> stored;
  // Layers that share weights share them afterwards.
  llvm::DenseMap<Value, Value> rounded;
  function.walk([&](Operation *op) {
    std::optional<LayerWeights> weights = weightsOf(op, mostUses);
    if (!weights || !isConstantFloat(weights->operand->get()))
      return;
    Value value = weights->operand->get();
    auto type = cast<RankedTensorType>(value.getType());
    if (!type.getElementType().isF32())
      return;
    int64_t bytes = 4 * type.getNumElements();
    std::string name = layerName(op->getLoc());
    if (name.empty())
      name = op->getName().getStringRef().str();
    auto say = [&](bool isRounded, const Twine &reason) {
      stored.push_back({name, bytes, weights->uses, isRounded, reason.str()});
    };
    if (!options.all) {
      if (bytes < leastBytes)
        return say(false, "they stay in a near cache");
      if (weights->uses > weights->mostUses)
        return say(false, "each is used " + Twine(weights->uses) +
                              " times after it is read");
    }
    auto [known, isNew] = rounded.try_emplace(value);
    if (isNew)
      known->second = round(value);
    if (!known->second)
      return say(false, "they are not finite in bfloat16");
    weights->operand->set(known->second);
    say(true, options.all ? "all do" : "reading them takes the time");
  });
  for (auto [old, made] : rounded)
    if (made && old.use_empty())
      old.getDefiningOp()->erase();
  return stored;
}

namespace {
struct RoundWeights : lw::impl::LwRoundWeightsBase<RoundWeights> {
  using LwRoundWeightsBase::LwRoundWeightsBase;

  void runOnOperation() override {
    std::vector<StoredWeights> stored =
        roundWeights(getOperation(), {mostUses, leastBytes, all});
    for (const StoredWeights &weights : stored) {
      numRounded += weights.rounded;
      if (remarks)
        getOperation()->emitRemark(weights.layer)
            << ": " << weights.bytes << " bytes of weights "
            << (weights.rounded ? "become bfloat16: " : "stay f32: ")
            << weights.reason;
    }
  }
};
} // namespace
