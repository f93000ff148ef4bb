//===- DrawCase.cpp - Random layers
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "LayerCase.h"

using namespace mlir;
using namespace mlir::lw;
using namespace lwtest;

const char *lwtest::nameOf(Variant variant) {
  switch (variant) {
  case Variant::Standard:
    return "Standard";
  case Variant::Grouped:
    return "Grouped";
  case Variant::Depthwise:
    return "Depthwise";
  case Variant::Pointwise:
    return "Pointwise";
  case Variant::Separable:
    return "Separable";
  case Variant::BatchNorm:
    return "BatchNorm";
  case Variant::ChannelShuffle:
    return "ChannelShuffle";
  case Variant::Winograd:
    return "Winograd";
  }
  return "";
}

std::vector<int64_t> LayerCase::inputShape() const {
  return {g.batch, g.inHeight, g.inWidth, g.inChannels};
}

std::vector<int64_t> LayerCase::outputShape() const {
  return {g.batch, g.outHeight, g.outWidth, g.outChannels};
}

std::vector<std::vector<int64_t>> LayerCase::parameterShapes() const {
  switch (variant) {
  case Variant::Standard:
  case Variant::Grouped:
  case Variant::Pointwise:
  case Variant::Winograd:
    return {{g.kernelHeight, g.kernelWidth, g.inChannels / g.groups,
             g.outChannels}};
  case Variant::Depthwise:
    return {{g.kernelHeight, g.kernelWidth, g.inChannels, g.multiplier}};
  case Variant::Separable:
    return {{g.kernelHeight, g.kernelWidth, g.inChannels, g.multiplier},
            {1, 1, g.inChannels * g.multiplier, g.outChannels}};
  case Variant::BatchNorm:
    return std::vector<std::vector<int64_t>>(4, {g.inChannels});
  case Variant::ChannelShuffle:
    return {};
  }
  return {};
}

namespace {

class Draw {
public:
  Draw(std::mt19937 &random, const DrawLimits &limits)
      : random(random), limits(limits) {}

  // The standard distributions differ between libraries; a seed should not.
  int64_t between(int64_t low, int64_t high) {
    return low + static_cast<int64_t>(random() % (high - low + 1));
  }
  bool oneIn(int64_t n) { return between(1, n) == 1; }
  float value() {
    return static_cast<float>(random() % 20001) / 10000.0f - 1.0f;
  }

  std::vector<float> values(llvm::ArrayRef<int64_t> shape) {
    int64_t count = 1;
    for (int64_t extent : shape)
      count *= extent;
    std::vector<float> result(count);
    for (float &element : result)
      element = value();
    return result;
  }

  /// Any count, or one at or beside a multiple of a vector's length.
  int64_t channels() {
    if (oneIn(2))
      return between(1, limits.channels);
    const int64_t vector = int64_t(4) << between(0, 2);
    int64_t count = vector * between(1, 4) + between(-1, 1);
    return std::min(count, limits.channels);
  }

  ConvGeometry geometry(Variant variant);
  std::optional<Activation> activation();

private:
  void window(ConvGeometry &g);
  static bool setOutput(ConvGeometry &g);
  int64_t macs(Variant variant, const ConvGeometry &g) const;

  std::mt19937 &random;
  const DrawLimits &limits;
};

/// Counts the window positions by sliding; false when there is none.
bool Draw::setOutput(ConvGeometry &g) {
  auto slide = [&](int64_t in, int64_t kernel, int axis) {
    int64_t count = 0, reach = g.dilations[axis] * (kernel - 1);
    int64_t before = g.padding[2 * axis], after = g.padding[2 * axis + 1];
    for (int64_t at = -before; at + reach < in + after; at += g.strides[axis])
      ++count;
    return count;
  };
  g.outHeight = slide(g.inHeight, g.kernelHeight, 0);
  g.outWidth = slide(g.inWidth, g.kernelWidth, 1);
  return g.outHeight > 0 && g.outWidth > 0;
}

void Draw::window(ConvGeometry &g) {
  // Mostly 3x3 as in networks, else anything up to 7 with unequal sides.
  g.kernelHeight = g.kernelWidth = 3;
  if (oneIn(2)) {
    g.kernelHeight = between(1, 7);
    g.kernelWidth = between(1, 7);
  }
  for (int axis = 0; axis < 2; ++axis) {
    int64_t kernel = axis == 0 ? g.kernelHeight : g.kernelWidth;
    g.dilations[axis] = oneIn(4) ? between(2, 3) : 1;
    int64_t reach = g.dilations[axis] * (kernel - 1);
    g.padding[2 * axis] = g.padding[2 * axis + 1] = reach / 2;
    if (oneIn(2))
      for (int side = 0; side < 2; ++side)
        g.padding[2 * axis + side] = between(0, reach + 1);
  }
}

int64_t Draw::macs(Variant variant, const ConvGeometry &g) const {
  int64_t taps = g.kernelHeight * g.kernelWidth;
  int64_t perPixel = g.outChannels;
  if (variant == Variant::Separable)
    perPixel = g.inChannels * g.multiplier * (taps + g.outChannels);
  else if (variant == Variant::Depthwise)
    perPixel = g.outChannels * taps;
  else if (variant != Variant::BatchNorm && variant != Variant::ChannelShuffle)
    perPixel = taps * g.inChannels / g.groups * g.outChannels;
  return g.outPixels() * perPixel;
}

ConvGeometry Draw::geometry(Variant variant) {
  for (;;) {
    ConvGeometry g;
    g.batch = oneIn(3) ? between(2, 3) : 1;
    g.inHeight = between(1, limits.extent);
    g.inWidth = between(1, limits.extent);
    g.inChannels = channels();
    g.outChannels = channels();
    bool convolution =
        variant != Variant::BatchNorm && variant != Variant::ChannelShuffle;
    if (convolution && variant != Variant::Pointwise)
      window(g);
    if (convolution && oneIn(2))
      g.strides = {between(1, 3), between(1, 3)};
    switch (variant) {
    case Variant::Standard:
      // Of few channels, several pixels make a vector.
      if (oneIn(3))
        g.outChannels = between(1, 8);
      break;
    case Variant::Grouped:
      g.groups = between(2, 8);
      g.inChannels = g.groups * between(1, 20);
      g.outChannels = g.groups * between(1, 20);
      break;
    case Variant::Depthwise:
    case Variant::Separable:
      g.groups = g.inChannels;
      g.multiplier = oneIn(2) ? between(2, 5) : 1;
      if (variant == Variant::Depthwise)
        g.outChannels = g.inChannels * g.multiplier;
      break;
    case Variant::ChannelShuffle:
      g.groups = between(1, 8);
      g.inChannels = g.outChannels = g.groups * between(1, 20);
      break;
    case Variant::BatchNorm:
      g.outChannels = g.inChannels;
      break;
    case Variant::Winograd:
      g.kernelHeight = g.kernelWidth = 3;
      g.strides = g.dilations = {1, 1};
      for (int64_t &padding : g.padding)
        padding = between(0, 3);
      break;
    default:
      break;
    }
    if (setOutput(g) && macs(variant, g) <= limits.macs)
      return g;
  }
}

std::optional<Activation> Draw::activation() {
  if (oneIn(3))
    return std::nullopt;
  auto kind =
      static_cast<ActivationKind>(between(0, getMaxEnumValForActivationKind()));
  switch (kind) {
  case ActivationKind::Clamp:
    return oneIn(2) ? Activation{kind, 0, 6} : Activation{kind, -0.5, 0.25};
  case ActivationKind::LeakyRelu:
    return Activation{kind, 0.125f};
  case ActivationKind::HardSigmoid:
    return Activation{kind, 0.2f, 0.5f};
  default:
    return Activation{kind};
  }
}

} // namespace

LayerCase lwtest::drawCase(Variant variant, std::mt19937 &random,
                           const DrawLimits &limits) {
  Draw draw(random, limits);
  LayerCase layer;
  layer.variant = variant;
  layer.g = draw.geometry(variant);
  layer.input = draw.values(layer.inputShape());
  for (const std::vector<int64_t> &shape : layer.parameterShapes())
    layer.parameters.push_back(draw.values(shape));
  if (variant == Variant::BatchNorm) {
    layer.epsilon = draw.oneIn(2) ? 1e-5f : 0.5f;
    for (float &variance : layer.parameters[3])
      variance = std::abs(variance) + 0.01f;
  } else if (variant != Variant::ChannelShuffle) {
    layer.activation = draw.activation();
    if (!draw.oneIn(3))
      layer.bias = draw.values({layer.g.outChannels});
    if (draw.oneIn(3))
      layer.residual = draw.values(layer.outputShape());
  }
  return layer;
}
