//===- UseBFloat16.cpp - Convolutions that multiply bfloat16
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Codegen/UseBFloat16.h"
#include "Kernels/ConvCalls.h"
#include "Kernels/Support.h"
#include "Layout/EntryFunction.h"
#include "lw/Analysis/CostModel.h"
#include "lw/Codegen/Estimate.h"
#include "lw/Codegen/Passes.h"
#include "lw/Dialect/IR/Constants.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "mlir/IR/Builders.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"

namespace mlir::lw {
#define GEN_PASS_DEF_LWUSEBFLOAT16
#include "lw/Codegen/Passes.h.inc"
} // namespace mlir::lw

using namespace mlir;
using namespace mlir::lw;

namespace {

class Rounder {
public:
  Rounder(func::FuncOp function, const TargetInfo &target,
          const BFloat16Options &options)
      : function(function), target(target), rated(target), options(options) {
    if (!target.dot->intrinsics[1].empty())
      rated.dotsPerCycle /= 2;
  }
  std::vector<LayerArithmetic> run();

private:
  struct Layer {
    ConvolutionOpInterface conv;
    double gain = 0; // cycles
    bool chosen = false;
    std::string reason = {};
  };

  Layer judge(ConvolutionOpInterface conv);
  bool isChosen(Operation *op) const;
  bool comesRounded(Value value) const;
  double roundingCycles(Value value) const;
  void dropWhatRoundingCosts();
  Value roundFilter(Value filter);
  void rewrite();

  func::FuncOp function;
  const TargetInfo &target;
  /// A processor of half vectors starts half as many steps a cycle. Among
  /// kernels of one kind that makes no difference; beside the transforms of
  /// Winograd's filtering, which are no products, it does.
  TargetInfo rated;
  const BFloat16Options &options;
  llvm::MapVector<Operation *, Layer> layers;
  llvm::DenseMap<Value, Value> filters;
};

} // namespace

/// Less is within what the model is wrong by.
static constexpr double kLeastGain = 0.05;

Rounder::Layer Rounder::judge(ConvolutionOpInterface conv) {
  Layer layer{conv};
  auto stays = [&](const Twine &reason) {
    layer.reason = reason.str();
    return layer;
  };
  if (isa<DepthwiseConv2DOp>(conv))
    return stays("a depthwise one moves more than it multiplies");
  if (!isConvolution(conv))
    return stays("its filter is no constant, or it is in separable form");
  SmallVector<Value> values = {conv.getConvInput(), conv.getConvResidual(),
                               conv.getConvFilters().front(),
                               conv->getResult(0)};
  for (Value value : values)
    if (value && !isStaticF32(value))
      return stays("it is not of f32");
  if (!roundFilter(conv.getConvFilters().front()))
    return stays("its weights are not finite in bfloat16");
  std::optional<double> floats = estimateCycles(conv, rated, options.threads);
  std::optional<double> rounded =
      estimateBFloat16(conv, rated, options.threads);
  if (!rounded)
    return stays("its groups or its number of input channels do not suit the "
                 "unit");
  if (floats)
    layer.gain = *floats - *rounded;
  layer.chosen = options.all || (floats && layer.gain > kLeastGain * *floats);
  if (!layer.chosen)
    return stays("f32 is predicted to be as fast");
  return layer;
}

bool Rounder::isChosen(Operation *op) const {
  auto *it = layers.find(op);
  return it != layers.end() && it->second.chosen;
}

/// Whether what makes `value` can make bf16 of it: all that reads it reads that
/// too.
bool Rounder::comesRounded(Value value) const {
  // Other kernels make blocks of a vector of f32.
  bool anyMakes =
      target.blockOf(BFloat16Type::get(value.getContext())) == target.lanes();
  auto canTake = [&](Operation *op) {
    return isChosen(op) || (anyMakes && isConvolution(op));
  };
  Operation *maker = value.getDefiningOp();
  return maker && canTake(maker) &&
         llvm::all_of(value.getUses(), [&](OpOperand &use) {
           Operation *user = use.getOwner();
           if (use.getOperandNumber() == 0)
             return isChosen(user);
           return canTake(user) &&
                  cast<ConvolutionOpInterface>(user).getConvResidual() == value;
         });
}

/// Those of a layer that reads f32 and writes bf16.
double Rounder::roundingCycles(Value value) const {
  constexpr double kPerVector = 3;
  return kPerVector * tensorTypeOf(value).getNumElements() / target.lanes();
}

/// Layers whose input has to be rounded by a layer of its own, which takes
/// longer than they gain, stay as they are; until all others gain.
void Rounder::dropWhatRoundingCosts() {
  bool changes = true;
  while (changes) {
    changes = false;
    llvm::MapVector<Value, SmallVector<Layer *>> readers;
    for (auto &[op, layer] : layers)
      if (layer.chosen)
        readers[layer.conv.getConvInput()].push_back(&layer);
    for (auto &[value, reading] : readers) {
      double gain = 0;
      for (Layer *layer : reading)
        gain += layer->gain;
      if (comesRounded(value) || gain > roundingCycles(value))
        continue;
      for (Layer *layer : reading) {
        layer->chosen = false;
        layer->reason = "rounding its input takes what it gains";
      }
      changes = true;
    }
  }
}

/// The same as bf16; null where a weight is not finite.
Value Rounder::roundFilter(Value filter) {
  auto [known, isNew] = filters.try_emplace(filter);
  if (!isNew)
    return known->second;
  std::vector<float> weights = *readConstant(filter);
  std::vector<uint16_t> bits;
  bits.reserve(weights.size());
  for (float weight : weights) {
    bits.push_back(toBFloat16(weight));
    if (!std::isfinite(fromBFloat16(bits.back())))
      return {};
  }
  OpBuilder builder(filter.getDefiningOp());
  return known->second = createBFloat16(
             builder, filter.getLoc(),
             cast<ShapedType>(filter.getType()).getShape(), bits);
}

void Rounder::rewrite() {
  llvm::SetVector<Value> inputs;
  for (auto &[op, layer] : layers) {
    if (!layer.chosen)
      continue;
    inputs.insert(layer.conv.getConvInput());
    op->setOperand(1, filters.lookup(layer.conv.getConvFilters().front()));
  }
  Type bf16 = BFloat16Type::get(function.getContext());
  // Before any of them changes what is read.
  SmallVector<Value> toMake, toRound;
  for (Value value : inputs)
    (comesRounded(value) ? toMake : toRound).push_back(value);
  for (Value value : toMake)
    value.setType(tensorTypeOf(value).clone(bf16));
  for (Value value : toRound) {
    OpBuilder builder(function.getContext());
    builder.setInsertionPointAfterValue(value);
    Value rounded = tosa::CastOp::create(
        builder, value.getLoc(), tensorTypeOf(value).clone(bf16), value);
    value.replaceUsesWithIf(rounded, [&](OpOperand &use) {
      return use.getOperandNumber() == 0 && isChosen(use.getOwner());
    });
  }
  for (auto [old, made] : filters)
    for (Value filter : {old, made})
      if (filter && filter.use_empty())
        filter.getDefiningOp()->erase();
}

std::vector<LayerArithmetic> Rounder::run() {
  for (Operation &op : function.front())
    if (auto conv = dyn_cast<ConvolutionOpInterface>(op);
        conv && !conv.getConvQuantization())
      layers.insert({&op, judge(conv)});
  if (!options.all)
    dropWhatRoundingCosts();
  rewrite();
  std::vector<LayerArithmetic> result;
  for (auto &[op, layer] : layers) {
    std::string name = layerName(op->getLoc());
    if (name.empty())
      name = op->getName().getStringRef().str();
    result.push_back(
        {name, layer.chosen,
         layer.chosen ? "it is predicted to be faster" : layer.reason});
  }
  return result;
}

std::vector<LayerArithmetic>
mlir::lw::useBFloat16(func::FuncOp function, const TargetInfo &target,
                      const BFloat16Options &options) {
  return Rounder(function, target, options).run();
}

namespace {
struct UseBFloat16 : lw::impl::LwUseBFloat16Base<UseBFloat16> {
  using LwUseBFloat16Base::LwUseBFloat16Base;

  void runOnOperation() override {
    FailureOr<TargetInfo> target = TargetInfo::get(getOperation());
    func::FuncOp main =
        succeeded(target) ? findMain(getOperation()) : func::FuncOp();
    if (!main)
      return signalPassFailure();
    if (!target->bfloatDot) {
      main.emitRemark() << target->cpu << " has no unit for bfloat16";
      return;
    }
    for (const LayerArithmetic &layer :
         useBFloat16(main, *target, {threads, all})) {
      numRounded += layer.isBFloat16;
      if (remarks)
        main.emitRemark(layer.layer)
            << (layer.isBFloat16 ? ": bfloat16: " : ": f32: ") << layer.reason;
    }
  }
};
} // namespace
