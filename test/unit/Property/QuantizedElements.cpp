//===- QuantizedElements.cpp - Random element-wise operations on integers
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "QuantizedDraw.h"
#include <cmath>
#include <limits>

using namespace lwtest;

namespace {

float ratio(double a, double b, double c) {
  return static_cast<float>(a * b / c);
}
float product(double a, double b) { return static_cast<float>(a * b); }

/// Where the element `index` of a result of `shape` finds that of an operand,
/// whose extents are the same or 1.
int64_t readIndex(int64_t index, const Shape &shape, const Shape &operand) {
  int64_t result = 0, stride = 1;
  for (int64_t i = shape.size() - 1; i >= 0; --i) {
    if (operand[i] != 1)
      result += index % shape[i] * stride;
    stride *= operand[i];
    index /= shape[i];
  }
  return result;
}

/// Numbers at and beside what rounds, and such that are none.
std::vector<float> drawReals(QuantizedDraw &draw, int64_t count, float scale) {
  const float special[] = {std::numeric_limits<float>::quiet_NaN(),
                           std::numeric_limits<float>::infinity(),
                           -std::numeric_limits<float>::infinity(),
                           std::numeric_limits<float>::max(),
                           std::numeric_limits<float>::lowest(),
                           std::numeric_limits<float>::denorm_min(),
                           -0.0f,
                           3e9f * scale,
                           -3e9f * scale};
  std::vector<float> result(count);
  for (float &value : result) {
    value = static_cast<float>(draw.between(-600, 600)) * 0.5f * scale;
    if (draw.oneIn(3))
      value = std::nextafter(value, draw.oneIn(2) ? 1e9f : -1e9f);
    else if (draw.oneIn(2))
      value = static_cast<float>(draw.between(-300000, 300000)) * 1e-3f * scale;
    else if (draw.oneIn(8))
      value = special[draw.between(0, 8)];
  }
  return result;
}

Shape drawShape(QuantizedDraw &draw) {
  if (draw.oneIn(2))
    return {draw.between(1, 6), draw.between(1, 150)};
  return {draw.between(1, 2), draw.between(1, 9), draw.between(1, 9),
          draw.between(1, 70)};
}

float drawScale(QuantizedDraw &draw) {
  return std::ldexp(draw.factor(), draw.between(-7, -4));
}

/// lw.add and lw.mul.
QuantizedCase drawBinary(bool isSum, QuantizedDraw &draw) {
  Shape shape = drawShape(draw);
  Shape shapes[2] = {shape, shape};
  // One pixel, one channel, or anything once.
  Shape &narrow = shapes[draw.between(0, 1)];
  int64_t kind = draw.between(0, 4);
  for (size_t i = 0; i < shape.size(); ++i) {
    bool isChannel = i + 1 == shape.size();
    if (kind == 0   ? !isChannel
        : kind == 1 ? isChannel
        : kind == 2 ? draw.oneIn(2)
                    : false)
      narrow[i] = 1;
  }
  Quant from[2] = {draw.quant(drawScale(draw)), draw.quant(drawScale(draw))};
  float scale = isSum ? from[0].scale : from[0].scale * from[1].scale * 64;
  scale *= draw.factor();
  if (draw.oneIn(3))
    scale = std::ldexp(1.0f, std::ilogb(scale));
  if (draw.oneIn(16))
    scale = std::ldexp(scale, draw.oneIn(2) ? -60 : 40);
  Quant to = draw.quant(scale);

  QuantizedCase result;
  result.element = "i8";
  result.resultType = tensorText(shape, "i8");
  for (const Shape &operand : shapes)
    result.arguments.push_back(
        {tensorText(operand, "i8"), draw.bytes(countElements(operand))});
  result.operation = std::string(isSum ? "lw.add" : "lw.mul") + " {0} from " +
                     from[0].text() + ", {1} from " + from[1].text() + " to " +
                     to.text() + " : " + result.arguments[0].type + ", " +
                     result.arguments[1].type + " -> " + result.resultType;
  for (int64_t i = 0, end = countElements(shape); i < end; ++i) {
    int64_t x[2];
    for (int side = 0; side < 2; ++side)
      x[side] = from[side].read(
          result.arguments[side].data[readIndex(i, shape, shapes[side])]);
    float value;
    if (isSum) {
      double l = product(x[0], ratio(from[0].scale, 1, to.scale));
      double r = product(x[1], ratio(from[1].scale, 1, to.scale));
      value = static_cast<float>(l + r);
    } else {
      value =
          product(x[0] * x[1], ratio(from[0].scale, from[1].scale, to.scale));
    }
    result.expected.push_back(static_cast<char>(to.round(value)));
  }
  return result;
}

} // namespace

QuantizedCase lwtest::drawElementwise(llvm::StringRef name,
                                      std::mt19937 &random) {
  QuantizedDraw draw(random);
  if (name == "add" || name == "mul")
    return drawBinary(name == "add", draw);
  Shape shape = drawShape(draw);
  int64_t count = countElements(shape);
  QuantizedCase result;
  std::string real = tensorText(shape, "f32"),
              integer = tensorText(shape, "i8");
  Quant from = draw.quant(drawScale(draw));
  if (name == "quantize") {
    std::vector<float> input = drawReals(draw, count, from.scale);
    result.arguments.push_back({real, toBytes(input)});
    result.operation =
        "lw.quantize {0} to " + from.text() + " : " + real + " -> " + integer;
    for (float value : input)
      result.expected.push_back(static_cast<char>(from.quantize(value)));
    result.element = "i8";
    result.resultType = integer;
    return result;
  }

  Bytes input = draw.bytes(count);
  result.arguments.push_back({integer, input});
  if (name == "dequantize") {
    std::vector<float> expected;
    for (char byte : input)
      expected.push_back(product(from.read(byte), from.scale));
    result.operation = "lw.dequantize {0} from " + from.text() + " : " +
                       integer + " -> " + real;
    result.element = "f32";
    result.resultType = real;
    result.expected = toBytes(expected);
    return result;
  }
  result.element = "i8";
  result.resultType = integer;
  if (name == "requantize") {
    Quant to = draw.quant(from.scale * draw.factor());
    // The same reals in the other range, which loses nothing.
    if (draw.oneIn(4)) {
      to = from;
      to.isUnsigned = !from.isUnsigned;
      to.zero += to.isUnsigned ? 128 : -128;
    }
    result.operation = "lw.requantize {0} from " + from.text() + " to " +
                       to.text() + " : " + integer;
    float factor = ratio(from.scale, 1, to.scale);
    for (char byte : input)
      result.expected.push_back(
          static_cast<char>(to.round(product(from.read(byte), factor))));
    return result;
  }
  Bytes table = draw.bytes(256);
  result.operation = "lw.lookup {0} in dense<[";
  for (int i = 0; i < 256; ++i)
    result.operation +=
        (i ? ", " : "") +
        std::to_string(static_cast<int>(static_cast<signed char>(table[i])));
  result.operation += "]> : tensor<256xi8> : " + integer;
  for (char byte : input)
    result.expected.push_back(table[static_cast<unsigned char>(byte)]);
  return result;
}
