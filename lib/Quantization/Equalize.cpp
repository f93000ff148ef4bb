//===- Equalize.cpp - Channels of equal range
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Equalize.h"
#include "Sensitivity.h"
#include "lw/Dialect/IR/Constants.h"
#include "lw/Quantization/Quantization.h"
#include "lw/Statistics/NetworkStatistics.h"
#include "mlir/IR/Builders.h"
#include "llvm/ADT/EquivalenceClasses.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"
#include <cmath>

using namespace mlir;
using namespace mlir::lw;

/// Whether a convolution's output channels can be scaled.
static bool canScale(ConvolutionOpInterface conv) {
  ActivationAttr activation = conv.getConvActivation();
  return conv.getConvFilters().size() == 1 &&
         isConstantFloat(conv.getConvFilters().front()) &&
         (!conv.getConvBias() || isConstantFloat(conv.getConvBias())) &&
         (!activation || activation.getKind() == ActivationKind::Relu) &&
         conv.getConvGeometry().outChannels != ShapedType::kDynamic;
}

/// Whether `user` reads the channels of `value` as a convolution's input or
/// residual, with weights that can make up for a scale.
static bool canFollow(Operation *user) {
  auto conv = dyn_cast<ConvolutionOpInterface>(user);
  return conv && conv.getConvFilters().size() == 1 &&
         isConstantFloat(conv.getConvFilters().front());
}

/// The index of the input channel of a weight.
static int64_t inputChannel(const ConvGeometry &g, int64_t index) {
  int64_t co = g.outChannels / g.groups, ci = g.inChannels / g.groups;
  int64_t output = index % g.outChannels;
  return output / co * ci + index / g.outChannels % ci;
}

/// The filter of `conv`, each weight times what `factor` gives.
static void scaleFilter(ConvolutionOpInterface conv,
                        llvm::function_ref<double(int64_t)> factor) {
  Value filter = conv.getConvFilters().front();
  std::vector<float> weights = *readConstant(filter);
  for (size_t i = 0; i < weights.size(); ++i)
    weights[i] = static_cast<float>(weights[i] * factor(i));
  OpBuilder builder(conv);
  conv->replaceUsesOfWith(
      filter, createConstant(builder, conv.getLoc(),
                             cast<RankedTensorType>(filter.getType()),
                             ArrayRef<float>(weights)));
}

/// Says on `conv` that its result was divided by `scale`.
static void recordScales(ConvolutionOpInterface conv, ArrayRef<double> scale) {
  SmallVector<float> all(scale);
  conv->setAttr(kChannelScalesAttrName,
                DenseF32ArrayAttr::get(conv->getContext(), all));
}

/// `magnitudes` are those of the channels of a value.
static void
scaleChannels(func::FuncOp main,
              llvm::function_ref<std::vector<float>(Value)> magnitudes) {
  // A sum has the scales of its parts.
  llvm::EquivalenceClasses<void *> groups;
  llvm::MapVector<Value, bool> values;
  main.walk([&](ConvolutionOpInterface conv) {
    Value result = conv->getResult(0);
    bool allowed = canScale(conv) && !result.use_empty() &&
                   llvm::all_of(result.getUsers(), canFollow);
    values[result] = allowed;
    groups.insert(result.getAsOpaquePointer());
    if (Value residual = conv.getConvResidual()) {
      if (!residual.getDefiningOp<ConvolutionOpInterface>())
        values[result] = false;
      groups.unionSets(result.getAsOpaquePointer(),
                       residual.getAsOpaquePointer());
    }
  });
  llvm::MapVector<void *, SmallVector<Value>> members;
  llvm::DenseSet<void *> fixed;
  for (auto [value, allowed] : values) {
    void *leader = groups.getLeaderValue(value.getAsOpaquePointer());
    members[leader].push_back(value);
    if (!allowed)
      fixed.insert(leader);
  }
  for (auto &[leader, group] : members) {
    if (fixed.contains(leader))
      continue;
    int64_t channels =
        cast<RankedTensorType>(group.front().getType()).getDimSize(3);
    std::vector<double> seen(channels), weight(channels), scale(channels);
    llvm::SetVector<Operation *> readers;
    for (Value value : group) {
      for (auto [c, magnitude] : llvm::enumerate(magnitudes(value)))
        seen[c] = std::max<double>(seen[c], magnitude);
      for (Operation *user : value.getUsers())
        if (cast<ConvolutionOpInterface>(user).getConvInput() == value)
          readers.insert(user);
    }
    for (Operation *reader : readers) {
      auto conv = cast<ConvolutionOpInterface>(reader);
      ConvGeometry g = conv.getConvGeometry();
      std::vector<float> weights = *readConstant(conv.getConvFilters().front());
      for (size_t i = 0; i < weights.size(); ++i) {
        double &largest = weight[inputChannel(g, i)];
        largest = std::max<double>(largest, std::abs(weights[i]));
      }
    }
    // A channel that is never used keeps its scale. Within the others, at most
    // a factor of 2^6 either way: beyond it weights lose their bits.
    double mean = 0;
    int64_t used = 0;
    for (int64_t c = 0; c < channels; ++c)
      if (seen[c] > 0 && weight[c] > 0) {
        scale[c] = 0.5 * std::log2(seen[c] / weight[c]);
        mean += scale[c];
        ++used;
      }
    if (!used)
      continue;
    mean /= static_cast<double>(used);
    for (int64_t c = 0; c < channels; ++c)
      scale[c] = seen[c] > 0 && weight[c] > 0
                     ? std::exp2(std::clamp(scale[c] - mean, -6.0, 6.0))
                     : 1;
    for (Value value : group) {
      auto conv = value.getDefiningOp<ConvolutionOpInterface>();
      scaleFilter(conv, [&](int64_t i) { return 1 / scale[i % channels]; });
      recordScales(conv, scale);
      if (!conv.getConvBias())
        continue;
      std::vector<float> bias = *readConstant(conv.getConvBias());
      for (int64_t c = 0; c < channels; ++c)
        bias[c] = static_cast<float>(bias[c] / scale[c]);
      OpBuilder builder(conv);
      conv.setConvBias(
          createConstant(builder, conv.getLoc(), {channels}, bias));
    }
    for (Operation *reader : readers) {
      auto conv = cast<ConvolutionOpInterface>(reader);
      ConvGeometry g = conv.getConvGeometry();
      scaleFilter(conv, [&](int64_t i) { return scale[inputChannel(g, i)]; });
    }
  }
}

llvm::Error lw::equalizeChannels(func::FuncOp main,
                                 const CalibrationSamples &samples,
                                 const CompileFunction &compile) {
  constexpr int64_t kSamples = 16;
  StatisticsOptions gather;
  gather.maxMoments = 0;
  auto seen =
      gatherStatistics(main, spreadSamples(samples, kSamples), compile, gather);
  if (!seen)
    return seen.takeError();
  llvm::DenseMap<Value, const TensorStatistics *> tensors;
  for (auto [value, tensor] : llvm::zip_equal(listTensors(main), seen->tensors))
    tensors[value] = &tensor;
  scaleChannels(main, [&](Value value) {
    const TensorStatistics &tensor = *tensors.lookup(value);
    std::vector<float> result(tensor.maximum);
    for (auto [largest, least] : llvm::zip_equal(result, tensor.minimum))
      largest = std::max(std::abs(largest), std::abs(least));
    return result;
  });
  return llvm::Error::success();
}
