//===- QuantizedLayers.cpp - Random quantized convolutions
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Written from the formula in the dialect's description, independent of all
// code under test: plain loops over integers that wrap, then one element after
// the other.
//
//===----------------------------------------------------------------------===//

#include "QuantizedDraw.h"
#include "llvm/Support/FormatVariadic.h"
#include <cmath>
#include <limits>

using namespace mlir::lw;
using namespace lwtest;

namespace {

enum class Result { Bytes, Real, Accumulator };

struct QuantizedLayer {
  Variant variant;
  ConvGeometry g;
  Result result = Result::Bytes;
  std::optional<Activation> activation;
  Quant inputQuant, outputQuant, residualQuant;
  std::vector<float> filterScales;
  Bytes input, filter, residual;
  std::vector<int32_t> bias;
  std::vector<float> realResidual;

  int64_t terms() const {
    int64_t taps = g.kernelHeight * g.kernelWidth;
    return variant == Variant::Depthwise ? taps
                                         : taps * g.inChannels / g.groups;
  }
};

/// The sum of output channel `o` at output pixel (n, oy, ox), in i32.
uint32_t sumAt(const QuantizedLayer &layer, int64_t n, int64_t oy, int64_t ox,
               int64_t o) {
  const ConvGeometry &g = layer.g;
  bool depthwise = layer.variant == Variant::Depthwise;
  // Input channels of one output, and the first of them.
  int64_t ci = depthwise ? 1 : g.inChannels / g.groups;
  int64_t first =
      depthwise ? o / g.multiplier : o / (g.outChannels / g.groups) * ci;
  uint32_t sum = layer.bias.empty() ? 0 : static_cast<uint32_t>(layer.bias[o]);
  for (int64_t ky = 0; ky < g.kernelHeight; ++ky)
    for (int64_t kx = 0; kx < g.kernelWidth; ++kx) {
      int64_t y = oy * g.strides[0] + ky * g.dilations[0] - g.padding[0];
      int64_t x = ox * g.strides[1] + kx * g.dilations[1] - g.padding[2];
      if (y < 0 || y >= g.inHeight || x < 0 || x >= g.inWidth)
        continue;
      int64_t pixel = (n * g.inHeight + y) * g.inWidth + x;
      int64_t tap = ky * g.kernelWidth + kx;
      for (int64_t i = 0; i < ci; ++i) {
        int64_t value = layer.inputQuant.read(
            layer.input[pixel * g.inChannels + first + i]);
        // Depthwise filters are KH x KW x C x M: o = c * M + m.
        int64_t weight = static_cast<signed char>(
            layer.filter[(tap * ci + i) * g.outChannels + o]);
        sum += static_cast<uint32_t>(value * weight);
      }
    }
  return sum;
}

float ratio(double a, double b, double c) {
  return static_cast<float>(a * b / c);
}

/// The product of two f32, rounded to f32: exact in f64 before.
float product(double a, double b) { return static_cast<float>(a * b); }

float activateReal(const QuantizedLayer &layer, float x) {
  return layer.activation ? static_cast<float>(activate(*layer.activation, x))
                          : x;
}

int8_t roundResult(const QuantizedLayer &layer, float x) {
  const Quant &quant = layer.outputQuant;
  int64_t low = quant.least(), high = quant.greatest();
  if (layer.activation && layer.activation->kind == ActivationKind::Relu)
    low = quant.zero;
  if (layer.activation && layer.activation->kind == ActivationKind::Clamp) {
    low = quant.quantize(layer.activation->alpha);
    high = quant.quantize(layer.activation->beta);
  }
  return static_cast<int8_t>(quant.round(x, low, high));
}

Bytes evaluateLayer(const QuantizedLayer &layer) {
  const ConvGeometry &g = layer.g;
  std::vector<int8_t> bytes;
  std::vector<int32_t> sums;
  std::vector<float> reals;
  for (int64_t pixel = 0; pixel < g.outPixels(); ++pixel)
    for (int64_t o = 0; o < g.outChannels; ++o) {
      int64_t at = pixel * g.outChannels + o;
      int64_t row = pixel / g.outWidth;
      int32_t sum = static_cast<int32_t>(sumAt(
          layer, row / g.outHeight, row % g.outHeight, pixel % g.outWidth, o));
      sums.push_back(sum);
      if (layer.result == Result::Accumulator)
        continue;
      float out = layer.result == Result::Bytes ? layer.outputQuant.scale : 1;
      float x =
          product(static_cast<float>(sum),
                  ratio(layer.inputQuant.scale, layer.filterScales[o], out));
      float added = 0;
      if (!layer.realResidual.empty())
        added = layer.realResidual[at];
      if (!layer.residual.empty())
        added = product(layer.residualQuant.read(layer.residual[at]),
                        ratio(layer.residualQuant.scale, 1, out));
      // Without a residual, this changes a sum of -0 only, and there is none.
      x = static_cast<float>(static_cast<double>(x) + added);
      if (layer.result == Result::Real)
        reals.push_back(activateReal(layer, x));
      else
        bytes.push_back(roundResult(layer, x));
    }
  return layer.result == Result::Bytes  ? toBytes(bytes)
         : layer.result == Result::Real ? toBytes(reals)
                                        : toBytes(sums);
}

void drawData(QuantizedLayer &layer, const LayerCase &shape,
              QuantizedDraw &draw) {
  layer.input = draw.bytes(countElements(shape.inputShape()));
  layer.filter = draw.weights(countElements(shape.parameterShapes()[0]));
  layer.bias.resize(shape.bias.size());
  // About what a sum may be, or any integer: then sums wrap.
  int64_t bound = draw.oneIn(6) ? std::numeric_limits<int32_t>::max()
                                : layer.terms() * 4096;
  for (int32_t &bias : layer.bias)
    bias = static_cast<int32_t>(draw.between(-bound, bound));
  int64_t count = countElements(shape.outputShape());
  if (shape.residual.empty() || layer.result == Result::Accumulator)
    return;
  if (layer.result == Result::Bytes) {
    layer.residual = draw.bytes(count);
    return;
  }
  layer.realResidual = shape.residual;
  const float special[] = {std::numeric_limits<float>::quiet_NaN(),
                           std::numeric_limits<float>::infinity(),
                           -std::numeric_limits<float>::infinity()};
  if (draw.oneIn(3))
    for (float value : special)
      layer.realResidual[draw.between(0, count - 1)] = value;
}

/// Scales with which results fill their range, leave it, or stay near zero.
void drawScales(QuantizedLayer &layer, QuantizedDraw &draw) {
  layer.inputQuant = draw.quant(std::ldexp(draw.factor(), -5));
  float filter = std::ldexp(1.0f, draw.between(-9, -5));
  for (int64_t o = 0; o < layer.g.outChannels; ++o)
    layer.filterScales.push_back(filter * draw.factor());
  float spread = 90 * 74 * std::sqrt(static_cast<float>(layer.terms()));
  float scale = layer.inputQuant.scale * filter * spread / 64;
  if (draw.oneIn(3))
    scale = std::ldexp(1.0f, std::ilogb(scale));
  // Beyond an i32 on the one side, nothing but the zero point on the other.
  int64_t extreme = draw.between(1, 20);
  if (extreme <= 2)
    scale = std::ldexp(scale, extreme == 1 ? -60 : 40);
  layer.outputQuant = draw.quant(scale);
  layer.residualQuant = draw.quant(scale * draw.factor());
}

std::string floatText(float value) { return llvm::formatv("{0:E9}", value); }

std::string activationText(const Activation &activation) {
  std::string kind = stringifyActivationKind(activation.kind).str();
  if (activation.kind == ActivationKind::LeakyRelu)
    return "#lw.act<" + kind + ", " + floatText(activation.alpha) + ">";
  if (activation.kind == ActivationKind::Clamp ||
      activation.kind == ActivationKind::HardSigmoid)
    return "#lw.act<" + kind + ", " + floatText(activation.alpha) + ", " +
           floatText(activation.beta) + ">";
  return "#lw.act<" + kind + ">";
}

std::string arrayText(llvm::StringRef name, llvm::ArrayRef<int64_t> values) {
  return llvm::formatv("{0} = array<i64: {1}>, ", name,
                       llvm::make_range(values.begin(), values.end()));
}

/// The operation as MLIR; its operands are filled in later.
QuantizedCase toCase(const QuantizedLayer &layer, const LayerCase &shape) {
  const ConvGeometry &g = layer.g;
  QuantizedCase result;
  result.element = layer.result == Result::Bytes  ? "i8"
                   : layer.result == Result::Real ? "f32"
                                                  : "i32";
  result.resultType = tensorText(shape.outputShape(), result.element);
  result.arguments.push_back(
      {tensorText(shape.inputShape(), "i8"), layer.input});
  std::string residual;
  if (!layer.residual.empty() || !layer.realResidual.empty()) {
    residual = " residual {1}";
    result.arguments.push_back(
        {result.resultType, layer.residual.empty() ? toBytes(layer.realResidual)
                                                   : layer.residual});
  }
  auto next = [&] { return result.arguments.size() + result.constants.size(); };
  std::string name = layer.variant == Variant::Depthwise   ? "depthwise_conv_2d"
                     : layer.variant == Variant::Pointwise ? "pointwise_conv_2d"
                                                           : "conv_2d";
  std::string text = "lw." + name + " {0}, {" + std::to_string(next()) + "}";
  std::string types = result.arguments[0].type;
  auto addConstant = [&](const Shape &shape, llvm::StringRef element,
                         Bytes data) {
    result.constants.push_back({tensorText(shape, element), std::move(data)});
    types += ", " + result.constants.back().type;
  };
  addConstant(shape.parameterShapes()[0], "i8", layer.filter);
  if (!layer.bias.empty()) {
    text += " bias {" + std::to_string(next()) + "}";
    addConstant({g.outChannels}, "i32", toBytes(layer.bias));
  }
  text += residual + " {";
  if (!residual.empty())
    types += ", " + result.resultType;
  text += arrayText("strides", g.strides);
  if (layer.variant != Variant::Pointwise)
    text +=
        arrayText("padding", g.padding) + arrayText("dilations", g.dilations);
  if (name == "conv_2d")
    text += "groups = " + std::to_string(g.groups) + " : i64, ";
  if (layer.activation)
    text += "activation = " + activationText(*layer.activation) + ", ";
  text += "quantization = #lw.conv_quant<input = " + layer.inputQuant.text();
  if (layer.result != Result::Accumulator) {
    text += ", filter = [";
    for (int64_t o = 0; o < g.outChannels; ++o)
      text += (o ? ", " : "") + floatText(layer.filterScales[o]);
    text += "]";
  }
  if (layer.result == Result::Bytes)
    text += ", output = " + layer.outputQuant.text();
  if (!layer.residual.empty())
    text += ", residual = " + layer.residualQuant.text();
  result.operation = text + ">} : (" + types + ") -> " + result.resultType;
  return result;
}

} // namespace

QuantizedCase lwtest::drawQuantizedLayer(Variant variant,
                                         std::mt19937 &random) {
  QuantizedDraw draw(random);
  DrawLimits limits;
  // More channels than one panel has, now and then.
  if (draw.oneIn(8))
    limits = {24, 300, 4'000'000};
  LayerCase shape = drawCase(variant, random, limits);
  QuantizedLayer layer;
  layer.variant = variant;
  layer.g = shape.g;
  layer.result = draw.oneIn(5)   ? Result::Accumulator
                 : draw.oneIn(4) ? Result::Real
                                 : Result::Bytes;
  if (layer.result == Result::Real)
    layer.activation = shape.activation;
  else if (layer.result == Result::Bytes && shape.activation)
    layer.activation = draw.oneIn(2) ? Activation{ActivationKind::Relu}
                                     : Activation{ActivationKind::Clamp,
                                                  draw.oneIn(2) ? 0.0f : -0.5f,
                                                  draw.factor() * 4};
  drawScales(layer, draw);
  drawData(layer, shape, draw);
  QuantizedCase result = toCase(layer, shape);
  result.expected = evaluateLayer(layer);
  if (layer.activation && layer.activation->kind != ActivationKind::Relu &&
      layer.activation->kind != ActivationKind::Clamp &&
      layer.activation->kind != ActivationKind::LeakyRelu)
    result.tolerance = 1e-6;
  return result;
}
