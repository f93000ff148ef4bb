//===- QuantizedNetwork.cpp - Random networks of integers
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Each operation reads the last value, and an earlier one where shapes allow:
// blocked layouts, borders that hold zero points, places that are shared.
//
//===----------------------------------------------------------------------===//

#include "QuantizedDraw.h"
#include "llvm/Support/FormatVariadic.h"
#include <cmath>

using namespace lwtest;

std::string QuantizedNetwork::text(bool elided) const {
  std::string body;
  for (const Constant &constant : constants)
    body += constantText(constant.name, constant.type, constant.data, elided);
  return "func.func @main(" + arguments + ") -> (" + types + ") {\n" + body +
         operations + "  return " + results + " : " + types + "\n}\n";
}

namespace {

struct Value {
  std::string name;
  Shape shape;
  Quant quant;
};

class NetworkDraw : QuantizedDraw {
public:
  using QuantizedDraw::QuantizedDraw;
  QuantizedNetwork draw();

private:
  static std::string type(const Value &value) {
    return tensorText(value.shape, "i8");
  }
  int64_t channels() {
    return oneIn(2) ? between(1, 80) : 16 * between(1, 5) + between(-1, 1);
  }
  std::string constant(const Shape &shape, llvm::StringRef element,
                       Bytes data) {
    std::string name = "%c" + std::to_string(network.constants.size());
    network.constants.push_back(
        {name, tensorText(shape, element), std::move(data)});
    return name;
  }
  Value emit(const Shape &shape, const Quant &quant, const std::string &text) {
    Value value{"%v" + std::to_string(values.size()), shape, quant};
    values.push_back(value);
    network.operations += "  " + value.name + " = " + text + "\n";
    return value;
  }
  /// An earlier value that fits; the last where none does.
  Value earlier(llvm::function_ref<bool(const Value &)> fits) {
    std::vector<Value> found;
    for (const Value &value : values)
      if (fits(value))
        found.push_back(value);
    return found.empty() ? values.back() : found[between(0, found.size() - 1)];
  }
  Value requantize(const Value &x, const Quant &to) {
    return emit(x.shape, to,
                "lw.requantize " + x.name + " from " + x.quant.text() + " to " +
                    to.text() + " : " + type(x));
  }

  void convolution(Value x);
  void maxPool(Value x);
  void binary(const Value &x);
  void concat(Value x);
  void other(const Value &x);

  QuantizedNetwork network;
  std::vector<Value> values;
};

void NetworkDraw::convolution(Value x) {
  const int64_t kernels[] = {1, 1, 3, 3, 5};
  int64_t kernel = kernels[between(0, 4)], stride = oneIn(4) ? 2 : 1;
  int64_t pads[4], extents[2];
  for (int64_t &pad : pads)
    pad = oneIn(3) ? between(0, kernel / 2) : kernel / 2;
  for (int axis = 0; axis < 2; ++axis)
    extents[axis] =
        (x.shape[axis + 1] + pads[2 * axis] + pads[2 * axis + 1] - kernel) /
            stride +
        1;
  if (extents[0] < 1 || extents[1] < 1 ||
      x.shape[1] + pads[0] + pads[1] < kernel ||
      x.shape[2] + pads[2] + pads[3] < kernel)
    return;
  int64_t in = x.shape[3], groups = 1, out = channels();
  bool depthwise = kernel > 1 && oneIn(2);
  if (depthwise) {
    groups = in;
    out = in * (oneIn(4) && in < 40 ? 2 : 1);
  } else if (in % 2 == 0 && oneIn(4)) {
    groups = 2;
    out += out % 2;
  }
  Shape shape = {x.shape[0], extents[0], extents[1], out};
  Shape filter = {kernel, kernel, depthwise ? in : in / groups,
                  depthwise ? out / in : out};
  int64_t terms = kernel * kernel * in / groups;

  std::string scales;
  float scale = std::ldexp(1.0f, between(-9, -5));
  for (int64_t o = 0; o < out; ++o)
    scales += llvm::formatv("{0}{1:E9}", o ? ", " : "", scale * factor());
  Quant to = quant(x.quant.scale * scale * 100 *
                   std::sqrt(static_cast<float>(terms)) * factor());
  std::string operands =
      x.name + ", " + constant(filter, "i8", weights(countElements(filter)));
  std::string types = type(x) + ", " + tensorText(filter, "i8");
  if (!oneIn(3)) {
    std::vector<int32_t> bias(out);
    for (int32_t &b : bias)
      b = static_cast<int32_t>(between(-terms * 2048, terms * 2048));
    operands += " bias " + constant({out}, "i32", toBytes(bias));
    types += ", " + tensorText({out}, "i32");
  }
  std::string added;
  if (oneIn(2)) {
    Value residual =
        earlier([&](const Value &value) { return value.shape == shape; });
    if (residual.shape == shape) {
      operands += " residual " + residual.name;
      types += ", " + type(residual);
      added = ", residual = " + residual.quant.text();
    }
  }
  std::string activation;
  if (oneIn(3))
    activation = "activation = #lw.act<relu>, ";
  else if (oneIn(3))
    activation = llvm::formatv("activation = #lw.act<clamp, {0:E9}, {1:E9}>, ",
                               -20 * to.scale, 90 * to.scale);
  const char *name = depthwise ? "depthwise_conv_2d" : "conv_2d";
  std::string grouping =
      depthwise ? "" : "groups = " + std::to_string(groups) + " : i64, ";
  emit(shape, to,
       llvm::formatv("lw.{0} {1} {{strides = array<i64: {2}, {2}>, padding = "
                     "array<i64: {3}, {4}, {5}, {6}>, {7}{8}quantization = "
                     "#lw.conv_quant<input = {9}, filter = [{10}], output = "
                     "{11}{12}>} : ({13}) -> {14}",
                     name, operands, stride, pads[0], pads[1], pads[2], pads[3],
                     grouping, activation, x.quant.text(), scales, to.text(),
                     added, types, tensorText(shape, "i8")));
}

/// Maxima are of signed integers.
void NetworkDraw::maxPool(Value x) {
  if (x.shape[1] < 3 || x.shape[2] < 3)
    return;
  if (x.quant.isUnsigned) {
    Quant to = x.quant;
    to.isUnsigned = false;
    to.zero -= 128;
    x = requantize(x, to);
  }
  // What the window leaves over is padding.
  Shape shape = x.shape;
  int64_t pads[2];
  for (int axis = 0; axis < 2; ++axis) {
    pads[axis] = (x.shape[axis + 1] + 1) % 2;
    shape[axis + 1] = (x.shape[axis + 1] + pads[axis] - 3) / 2 + 1;
  }
  emit(shape, x.quant,
       llvm::formatv("tosa.max_pool2d {0} {{kernel = array<i64: 3, 3>, stride "
                     "= array<i64: 2, 2>, pad = array<i64: 0, {1}, 0, {2}>} : "
                     "({3}) -> {4}",
                     x.name, pads[0], pads[1], type(x),
                     tensorText(shape, "i8")));
}

void NetworkDraw::binary(const Value &x) {
  // Another value, or one channel's worth of constants.
  Value y = earlier([&](const Value &value) { return value.shape == x.shape; });
  if (oneIn(3)) {
    y.shape = {1, 1, 1, x.shape[3]};
    y.quant = quant(x.quant.scale * factor());
    y.name = constant(y.shape, "i8", bytes(x.shape[3]));
  }
  if (y.shape != x.shape && y.shape[3] != x.shape[3])
    return;
  bool isSum = oneIn(2);
  Quant to = quant(
      (isSum ? x.quant.scale : x.quant.scale * y.quant.scale * 64) * factor());
  emit(x.shape, to,
       llvm::formatv("lw.{0} {1} from {2}, {3} from {4} to {5} : {6}, {7} -> "
                     "{6}",
                     isSum ? "add" : "mul", x.name, x.quant.text(), y.name,
                     y.quant.text(), to.text(), type(x), type(y)));
}

void NetworkDraw::concat(Value x) {
  Value y = earlier([&](const Value &value) {
    return std::equal(x.shape.begin(), x.shape.end() - 1, value.shape.begin());
  });
  Shape shape = x.shape;
  shape[3] += y.shape[3];
  if (!std::equal(x.shape.begin(), x.shape.end() - 1, y.shape.begin()) ||
      shape[3] > 150)
    return;
  if (y.quant.text() != x.quant.text())
    y = requantize(y, x.quant);
  emit(shape, x.quant,
       llvm::formatv("tosa.concat {0}, {1} {{axis = 3 : i32} : ({2}, {3}) -> "
                     "{4}",
                     x.name, y.name, type(x), type(y),
                     tensorText(shape, "i8")));
}

void NetworkDraw::other(const Value &x) {
  if (oneIn(2)) {
    requantize(x, quant(x.quant.scale * factor()));
    return;
  }
  std::string table;
  for (char byte : bytes(256))
    table += (table.empty() ? "" : ", ") +
             std::to_string(static_cast<int>(static_cast<signed char>(byte)));
  emit(x.shape, quant(x.quant.scale),
       "lw.lookup " + x.name + " in dense<[" + table +
           "]> : tensor<256xi8> : " + type(x));
}

QuantizedNetwork NetworkDraw::draw() {
  Value input{"%x",
              {between(1, 2), between(1, 17), between(1, 17), channels()},
              quant(0.05f)};
  values.push_back(input);
  network.inputs.push_back(bytes(countElements(input.shape)));
  network.arguments = "%x: " + type(input);
  size_t length = between(3, 9);
  while (values.size() < length) {
    Value x =
        oneIn(5) ? earlier([](const Value &) { return true; }) : values.back();
    switch (between(0, 9)) {
    case 0:
      maxPool(x);
      break;
    case 1:
      concat(x);
      break;
    case 2:
    case 3:
      binary(x);
      break;
    case 4:
      other(x);
      break;
    default:
      convolution(x);
    }
  }
  // The last value as it is, another one as reals.
  const Value &last = values.back(),
              &real = values[between(1, values.size() - 1)];
  std::string realType = tensorText(real.shape, "f32");
  network.operations += "  %real = lw.dequantize " + real.name + " from " +
                        real.quant.text() + " : " + type(real) + " -> " +
                        realType + "\n";
  network.results = last.name + ", %real";
  network.types = type(last) + ", " + realType;
  return network;
}

} // namespace

QuantizedNetwork lwtest::drawQuantizedNetwork(std::mt19937 &random) {
  return NetworkDraw(random).draw();
}
