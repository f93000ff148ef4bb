//===- Evaluate.cpp - Layers by plain loops
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Written from the formulas in LwOps.td and LwAttributes.td and independent of
// all code under test: nothing but loops over arrays, in double precision.
//
//===----------------------------------------------------------------------===//

#include "LayerCase.h"
#include <cmath>

using namespace mlir::lw;
using namespace lwtest;

namespace {

/// A NaN stays one.
double clamp(double x, double low, double high) {
  return x < low ? low : x > high ? high : x;
}

} // namespace

double lwtest::activate(const Activation &activation, double x) {
  double alpha = activation.alpha, beta = activation.beta;
  switch (activation.kind) {
  case ActivationKind::Relu:
    return x < 0 ? 0 : x;
  case ActivationKind::Clamp:
    return clamp(x, alpha, beta);
  case ActivationKind::LeakyRelu:
    return x >= 0 ? x : alpha * x;
  case ActivationKind::Sigmoid:
    return 1 / (1 + std::exp(-x));
  case ActivationKind::Tanh:
    return std::tanh(x);
  case ActivationKind::HardSigmoid:
    return clamp(alpha * x + beta, 0, 1);
  case ActivationKind::HardSwish:
    return x * clamp(x / 6 + 0.5, 0, 1);
  case ActivationKind::Silu:
    return std::isinf(x) && x < 0 ? 0 : x / (1 + std::exp(-x));
  case ActivationKind::Gelu:
    return std::isinf(x) && x < 0 ? 0 : x / 2 * std::erfc(-x / std::sqrt(2.0));
  case ActivationKind::GeluTanh: {
    double inner = std::sqrt(2 / std::acos(-1.0)) * (x + 0.044715 * x * x * x);
    return std::isinf(x) && x < 0 ? 0 : x / (1 + std::exp(-2 * inner));
  }
  }
  return x;
}

namespace {

/// A sum and the sum of the magnitudes of its terms.
struct Sum {
  double value = 0, magnitude = 0;
  void add(double term, double termMagnitude) {
    value += term;
    magnitude += termMagnitude;
  }
  void add(double term) { add(term, std::fabs(term)); }
};

/// One window of the convolution at output pixel (n, oy, ox): calls
/// `tap(ky, kx, pixel)` for each tap inside the image, `pixel` being the index
/// of the first channel of the input pixel.
template <typename Function>
void forEachTap(const ConvGeometry &g, int64_t n, int64_t oy, int64_t ox,
                Function tap) {
  for (int64_t ky = 0; ky < g.kernelHeight; ++ky)
    for (int64_t kx = 0; kx < g.kernelWidth; ++kx) {
      int64_t y = oy * g.strides[0] + ky * g.dilations[0] - g.padding[0];
      int64_t x = ox * g.strides[1] + kx * g.dilations[1] - g.padding[2];
      if (y >= 0 && y < g.inHeight && x >= 0 && x < g.inWidth)
        tap(ky, kx, ((n * g.inHeight + y) * g.inWidth + x) * g.inChannels);
    }
}

Sum depthwiseSum(const LayerCase &layer, int64_t n, int64_t oy, int64_t ox,
                 int64_t channel, int64_t m) {
  const ConvGeometry &g = layer.g;
  Sum sum;
  forEachTap(g, n, oy, ox, [&](int64_t ky, int64_t kx, int64_t pixel) {
    int64_t weight =
        ((ky * g.kernelWidth + kx) * g.inChannels + channel) * g.multiplier + m;
    sum.add(double(layer.input[pixel + channel]) * layer.parameters[0][weight]);
  });
  return sum;
}

Sum standardSum(const LayerCase &layer, int64_t n, int64_t oy, int64_t ox,
                int64_t o) {
  const ConvGeometry &g = layer.g;
  int64_t ci = g.inChannels / g.groups, group = o / (g.outChannels / g.groups);
  Sum sum;
  forEachTap(g, n, oy, ox, [&](int64_t ky, int64_t kx, int64_t pixel) {
    for (int64_t i = 0; i < ci; ++i) {
      int64_t weight = ((ky * g.kernelWidth + kx) * ci + i) * g.outChannels + o;
      sum.add(double(layer.input[pixel + group * ci + i]) *
              layer.parameters[0][weight]);
    }
  });
  return sum;
}

Sum convolutionSum(const LayerCase &layer, int64_t n, int64_t oy, int64_t ox,
                   int64_t o) {
  const ConvGeometry &g = layer.g;
  if (layer.variant == Variant::Depthwise)
    return depthwiseSum(layer, n, oy, ox, o / g.multiplier, o % g.multiplier);
  if (layer.variant != Variant::Separable)
    return standardSum(layer, n, oy, ox, o);
  Sum sum;
  for (int64_t c = 0; c < g.inChannels; ++c)
    for (int64_t m = 0; m < g.multiplier; ++m) {
      Sum term = depthwiseSum(layer, n, oy, ox, c, m);
      double weight =
          layer.parameters[1][(c * g.multiplier + m) * g.outChannels + o];
      sum.add(term.value * weight, term.magnitude * std::fabs(weight));
    }
  return sum;
}

Expected evaluateConvolution(const LayerCase &layer) {
  const ConvGeometry &g = layer.g;
  Expected expected;
  for (int64_t n = 0; n < g.batch; ++n)
    for (int64_t oy = 0; oy < g.outHeight; ++oy)
      for (int64_t ox = 0; ox < g.outWidth; ++ox)
        for (int64_t o = 0; o < g.outChannels; ++o) {
          Sum sum = convolutionSum(layer, n, oy, ox, o);
          if (!layer.bias.empty())
            sum.add(layer.bias[o]);
          if (!layer.residual.empty())
            sum.add(layer.residual[expected.values.size()]);
          expected.values.push_back(layer.activation
                                        ? activate(*layer.activation, sum.value)
                                        : sum.value);
          expected.magnitudes.push_back(sum.magnitude);
        }
  return expected;
}

Expected evaluateBatchNorm(const LayerCase &layer) {
  Expected expected;
  int64_t channels = layer.g.inChannels;
  for (size_t i = 0; i < layer.input.size(); ++i) {
    int64_t c = i % channels;
    double factor = layer.parameters[0][c] /
                    std::sqrt(double(layer.parameters[3][c]) + layer.epsilon);
    Sum sum;
    sum.add(factor * layer.input[i]);
    sum.add(-factor * layer.parameters[2][c]);
    sum.add(layer.parameters[1][c]);
    expected.values.push_back(sum.value);
    expected.magnitudes.push_back(sum.magnitude);
  }
  return expected;
}

Expected evaluateShuffle(const LayerCase &layer) {
  int64_t channels = layer.g.inChannels, groups = layer.g.groups;
  Expected expected;
  expected.values.resize(layer.input.size());
  expected.magnitudes.resize(layer.input.size());
  for (size_t pixel = 0; pixel < layer.input.size(); pixel += channels)
    for (int64_t group = 0; group < groups; ++group)
      for (int64_t j = 0; j < channels / groups; ++j)
        expected.values[pixel + j * groups + group] =
            layer.input[pixel + group * (channels / groups) + j];
  return expected;
}

} // namespace

Expected lwtest::evaluate(const LayerCase &layer) {
  if (layer.variant == Variant::BatchNorm)
    return evaluateBatchNorm(layer);
  if (layer.variant == Variant::ChannelShuffle)
    return evaluateShuffle(layer);
  return evaluateConvolution(layer);
}
