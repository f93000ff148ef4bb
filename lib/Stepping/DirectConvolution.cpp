//===- DirectConvolution.cpp - Convolutions as products of matrices
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Dialect/IR/Constants.h"
#include "lw/Numerics/MatrixProduct.h"
#include "lw/Stepping/Patches.h"
#include "lw/Stepping/StepCode.h"
#include <limits>

using namespace mlir;
using namespace mlir::lw;

std::optional<DirectConvolution>
DirectConvolution::create(ConvolutionOpInterface conv, size_t input,
                          size_t residual) {
  if (!isa<Conv2DOp, PointwiseConv2DOp, DepthwiseConv2DOp>(conv))
    return std::nullopt;
  DirectConvolution result;
  result.g = conv.getConvGeometry();
  result.activation = conv.getConvActivation();
  result.inputPlace = input;
  if (conv.getConvResidual())
    result.residualPlace = residual;
  auto filter = readConstant(conv.getConvFilters().front());
  if (!filter)
    return std::nullopt;
  result.filter = std::move(*filter);
  if (Value bias = conv.getConvBias()) {
    auto values = readConstant(bias);
    if (!values)
      return std::nullopt;
    result.bias = std::move(*values);
  }
  return result;
}

DirectConvolution
DirectConvolution::withConstants(std::vector<float> newFilter,
                                 std::vector<float> newBias) const {
  DirectConvolution result = *this;
  result.filter = std::move(newFilter);
  result.bias = std::move(newBias);
  return result;
}

bool DirectConvolution::isSlow(int64_t runs) const {
  constexpr int64_t kProducts = int64_t(3) << 30;
  // Few groups at a time use few lanes.
  int64_t macs = static_cast<int64_t>(filter.size()) * g.outPixels() *
                 (g.groups == 1 ? 1 : 8);
  return runs > kProducts / std::max<int64_t>(macs, 1);
}

/// `sums` are those of `pixels` outputs from `firstPixel` on.
void DirectConvolution::multiply(const float *input, float *sums,
                                 int64_t firstPixel, int64_t pixels) const {
  int64_t inputs = g.kernelHeight * g.kernelWidth * g.inChannels;
  auto multiplyBy = [&](const float *patches) {
    multiplyAdd(pixels, g.outChannels, inputs, {patches, inputs, 1},
                {filter.data(), g.outChannels, 1}, sums, g.outChannels);
  };
  bool isPointwise =
      inputs == g.inChannels && !g.hasStride() && !g.hasPadding();
  if (isPointwise)
    return multiplyBy(input + firstPixel * inputs);
  std::vector<float> patches(pixels * inputs);
  for (int64_t i = 0; i < pixels; ++i)
    readPatch(g, input, firstPixel + i, &patches[i * inputs]);
  multiplyBy(patches.data());
}

/// The same of several groups: output `o` of a group reads its inputs alone.
void DirectConvolution::multiplyGroups(const float *input, float *sums,
                                       int64_t firstPixel,
                                       int64_t pixels) const {
  int64_t taps = g.kernelHeight * g.kernelWidth, out = g.outChannels;
  int64_t groupIn = g.inChannels / g.groups, groupOut = out / g.groups;
  std::vector<float> patch(taps * g.inChannels);
  for (int64_t i = 0; i < pixels; ++i, sums += out) {
    readPatch(g, input, firstPixel + i, patch.data());
    for (int64_t tap = 0; tap < taps; ++tap) {
      const float *values = &patch[tap * g.inChannels];
      const float *weights = &filter[tap * groupIn * out];
      if (groupIn == 1 && groupOut == 1) {
        for (int64_t c = 0; c < out; ++c)
          sums[c] += values[c] * weights[c];
        continue;
      }
      for (int64_t c = 0; c < groupIn; ++c)
        for (int64_t group = 0; group < g.groups; ++group) {
          float value = values[group * groupIn + c];
          for (int64_t o = group * groupOut; o < (group + 1) * groupOut; ++o)
            sums[o] += value * weights[c * out + o];
        }
    }
  }
}

void DirectConvolution::run(ArrayRef<const void *> inputs,
                            float *output) const {
  auto input = static_cast<const float *>(inputs[inputPlace]);
  const float *residual =
      residualPlace ? static_cast<const float *>(inputs[*residualPlace])
                    : nullptr;
  bool isRelu = activation && activation.getKind() == ActivationKind::Relu;
  bool isClamp = activation && activation.getKind() == ActivationKind::Clamp;
  float low = isClamp ? activation.getAlphaValue() : 0;
  float high = isClamp ? activation.getBetaValue()
                       : std::numeric_limits<float>::infinity();
  int64_t out = g.outChannels;
  // Patches of so many pixels stay in the caches of a core.
  constexpr int64_t kPixels = 192;
  for (int64_t first = 0; first < g.outPixels(); first += kPixels) {
    int64_t pixels = std::min(kPixels, g.outPixels() - first);
    MutableArrayRef<float> sums(output + first * out, pixels * out);
    if (bias.empty())
      llvm::fill(sums, 0.0f);
    for (int64_t i = 0; i < pixels && !bias.empty(); ++i)
      llvm::copy(bias, sums.begin() + i * out);
    if (g.groups == 1)
      multiply(input, sums.data(), first, pixels);
    else
      multiplyGroups(input, sums.data(), first, pixels);
    if (residual)
      for (auto [sum, added] :
           llvm::zip_equal(sums, ArrayRef(residual + first * out, sums.size())))
        sum += added;
    if (isRelu || isClamp)
      for (float &sum : sums)
        sum = std::min(std::max(sum, low), high);
    else if (activation)
      for (float &sum : sums)
        sum = activation.apply(sum);
  }
}
