//===- RandomNetwork.cpp - Small networks for comparing passes
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "RandomNetwork.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"

using llvm::formatv;

int64_t RandomNetwork::pick(int64_t low, int64_t high) {
  return low + static_cast<int64_t>(generator() % (high - low + 1));
}

float RandomNetwork::uniform(float low, float high) {
  return std::uniform_real_distribution<float>(low, high)(generator);
}

std::string RandomNetwork::fresh() { return "%v" + std::to_string(count++); }

std::string RandomNetwork::type(const std::vector<int64_t> &shape) {
  std::string text = "tensor<";
  for (int64_t extent : shape)
    text += std::to_string(extent) + "x";
  return text + "f32>";
}

std::string RandomNetwork::list(const std::vector<int64_t> &values) {
  return llvm::join(
      llvm::map_range(values, [](int64_t v) { return std::to_string(v); }),
      ", ");
}

RandomNetwork::Tensor RandomNetwork::emit(const std::string &text,
                                          std::vector<int64_t> shape) {
  Tensor result = {fresh(), std::move(shape)};
  body += "  " + result.name + " = " + text + "\n";
  return result;
}

std::string RandomNetwork::constant(const std::vector<int64_t> &shape,
                                    float low, float high) {
  int64_t size = 1;
  for (int64_t extent : shape)
    size *= extent;
  std::vector<float> elements(size);
  for (float &element : elements)
    element = uniform(low, high);
  // One element in hexadecimal would be read as a splat: the same.
  llvm::StringRef bytes(reinterpret_cast<const char *>(elements.data()),
                        elements.size() * sizeof(float));
  return emit(formatv("\"tosa.const\"() {{values = dense<\"0x{0}\"> : {1}} : "
                      "() -> {1}",
                      llvm::toHex(bytes), type(shape)),
              shape)
      .name;
}

std::string RandomNetwork::uniformConstant(size_t rank, float value) {
  std::vector<int64_t> shape(rank, 1);
  return emit(formatv("\"tosa.const\"() {{values = dense<{0:e}> : {1}} : () -> "
                      "{1}",
                      value, type(shape)),
              shape)
      .name;
}

std::string RandomNetwork::shapeConstant(const std::vector<int64_t> &values) {
  std::string name = fresh();
  body += formatv("  {0} = tosa.const_shape {{values = dense<[{1}]> : "
                  "tensor<{2}xindex>} : () -> !tosa.shape<{2}>\n",
                  name, list(values), values.size());
  return name;
}

std::string RandomNetwork::mulShift() {
  std::string name = fresh();
  body += "  " + name +
          " = \"tosa.const\"() {values = dense<0> : tensor<1xi8>} : () -> "
          "tensor<1xi8>\n";
  return name;
}

RandomNetwork::Tensor RandomNetwork::unary(const std::string &op,
                                           const Tensor &x) {
  return emit(formatv("tosa.{0} {1} : ({2}) -> {2}", op, x.name, type(x.shape)),
              x.shape);
}

RandomNetwork::Tensor
RandomNetwork::binary(const std::string &op, const Tensor &x,
                      const std::string &y,
                      const std::vector<int64_t> &yShape) {
  return binary(op, x, y, yShape, x.shape);
}

RandomNetwork::Tensor RandomNetwork::binary(const std::string &op,
                                            const Tensor &x,
                                            const std::string &y,
                                            const std::vector<int64_t> &yShape,
                                            const std::vector<int64_t> &shape) {
  std::string shift = op == "mul" ? mulShift() : "";
  return emit(formatv("tosa.{0} {1}, {2}{3} : ({4}, {5}{6}) -> {7}", op, x.name,
                      y, shift.empty() ? "" : ", " + shift, type(x.shape),
                      type(yShape), shift.empty() ? "" : ", tensor<1xi8>",
                      type(shape)),
              shape);
}

RandomNetwork::Tensor RandomNetwork::clamp(const Tensor &x, float low,
                                           float high) {
  return emit(formatv("tosa.clamp {0} {{min_val = {1:e} : f32, max_val = "
                      "{2:e} : f32} : ({3}) -> {3}",
                      x.name, low, high, type(x.shape)),
              x.shape);
}

RandomNetwork::Tensor
RandomNetwork::transpose(const Tensor &x,
                         const std::vector<int64_t> &permutation) {
  std::vector<int64_t> shape;
  std::string perms;
  for (int64_t p : permutation) {
    shape.push_back(x.shape[p]);
    perms += (perms.empty() ? "" : ", ") + std::to_string(p);
  }
  return emit(formatv("tosa.transpose {0} {{perms = array<i32: {1}>} : ({2}) "
                      "-> {3}",
                      x.name, perms, type(x.shape), type(shape)),
              shape);
}

RandomNetwork::Tensor RandomNetwork::convolution(const Tensor &x) {
  int64_t n = x.shape[0], h = x.shape[1], w = x.shape[2], c = x.shape[3];
  int64_t k = pick(0, 2) ? 3 : 1, pad = pick(0, 3) ? k / 2 : 0;
  if (h + 2 * pad < k || w + 2 * pad < k)
    pad = k / 2;
  std::vector<int64_t> y = {n, h + 2 * pad - k + 1, w + 2 * pad - k + 1,
                            2 * pick(1, 4)};
  std::string name, filters, types,
      attributes = formatv("{{padding = array<i64: {0}, {0}, {0}, {0}>}", pad);
  auto addFilter = [&](const std::vector<int64_t> &shape) {
    filters += ", " + constant(shape, -0.5f, 0.5f);
    types += ", " + type(shape);
  };
  switch (pick(0, 4)) {
  case 0: // grouped
    name = "conv_2d";
    addFilter({k, k, c / 2, y[3]});
    attributes.back() = ',';
    attributes += " groups = 2 : i64}";
    break;
  case 1: {
    name = "depthwise_conv_2d";
    int64_t multiplier = c <= 8 ? pick(1, 2) : 1;
    addFilter({k, k, c, multiplier});
    y[3] = c * multiplier;
    break;
  }
  case 2:
    name = "pointwise_conv_2d";
    addFilter({1, 1, c, y[3]});
    y[1] = h;
    y[2] = w;
    attributes = "{}";
    break;
  case 3:
    name = "separable_conv_2d";
    addFilter({k, k, c, 2});
    addFilter({1, 1, 2 * c, y[3]});
    break;
  default:
    name = "conv_2d";
    addFilter({k, k, c, y[3]});
  }
  std::string bias;
  if (pick(0, 1)) {
    bias = " bias " + constant({y[3]}, -1, 1);
    types += ", " + type({y[3]});
  }
  return emit(formatv("lw.{0} {1}{2}{3} {4} : ({5}{6}) -> {7}", name, x.name,
                      filters, bias, attributes, type(x.shape), types, type(y)),
              y);
}

RandomNetwork::Tensor RandomNetwork::batchNorm(const Tensor &x) {
  int64_t c = x.shape.back();
  std::string scale = constant({c}, 0.5f, 1.5f), offset = constant({c}, -1, 1),
              mean = constant({c}, -1, 1), variance = constant({c}, 0.1f, 2);
  return emit(formatv("lw.batch_norm {0}, {1}, {2}, {3}, {4} {{epsilon = "
                      "1.0e-3 : f32} : {5}, {6}",
                      x.name, scale, offset, mean, variance, type(x.shape),
                      type({c})),
              x.shape);
}

RandomNetwork::Tensor RandomNetwork::perChannel(const Tensor &x) {
  std::vector<int64_t> shape(x.shape.size(), 1);
  shape.back() = x.shape.back();
  const char *op = pick(0, 2) == 0 ? "mul" : pick(0, 1) ? "add" : "sub";
  return binary(op, x, constant(shape, 0.5f, 1.5f), shape);
}

RandomNetwork::Tensor RandomNetwork::activation(const Tensor &x) {
  size_t rank = x.shape.size();
  std::vector<int64_t> one(rank, 1);
  auto withConstant = [&](const char *op, const Tensor &t, float value) {
    return binary(op, t, uniformConstant(rank, value), one);
  };
  switch (pick(0, 8)) {
  case 0:
    return clamp(x, 0, 3.40282347e38f);
  case 1:
    return clamp(x, 0, 6);
  case 2:
    return binary("maximum", x, withConstant("mul", x, 0.1f).name, x.shape);
  case 3: {
    Tensor negative = withConstant("minimum", x, 0);
    Tensor positive = withConstant("maximum", x, 0);
    return binary("add", positive, withConstant("mul", negative, 0.25f).name,
                  x.shape);
  }
  case 4:
    return unary(pick(0, 1) ? "sigmoid" : "tanh", x);
  case 5:
    return binary("mul", x, unary("sigmoid", x).name, x.shape);
  case 6: {
    Tensor gate = clamp(withConstant("add", x, 3), 0, 6);
    return withConstant("mul", binary("mul", x, gate.name, x.shape), 1.0f / 6);
  }
  default: {
    bool swish = pick(0, 1);
    Tensor inner = withConstant(
        "add", withConstant("mul", x, swish ? 1.0f / 6 : 0.2f), 0.5f);
    Tensor gate = clamp(inner, 0, 1);
    return swish ? binary("mul", x, gate.name, x.shape) : gate;
  }
  }
}

RandomNetwork::Tensor RandomNetwork::sum(const Tensor &x) {
  // With any value of the same shape, else with a convolution of its own.
  for (int attempt = 0; attempt < 4; ++attempt) {
    const Tensor &other = values[pick(0, values.size() - 1)];
    if (other.shape == x.shape && other.name != x.name)
      return binary("add", x, other.name, x.shape);
  }
  int64_t c = x.shape.back();
  Tensor other =
      emit(formatv("lw.pointwise_conv_2d {0}, {1} : ({2}, {3}) -> {2}", x.name,
                   constant({1, 1, c, c}, -0.5f, 0.5f), type(x.shape),
                   type({1, 1, c, c})),
           x.shape);
  return binary("add", other, x.name, x.shape);
}

RandomNetwork::Tensor RandomNetwork::pad(const Tensor &x) {
  std::vector<int64_t> shape = x.shape, amounts(8, 0);
  for (int side = 0; side < 4; ++side) {
    amounts[2 + side] = pick(0, 1);
    shape[1 + side / 2] += amounts[2 + side];
  }
  if (shape[1] > 9 || shape[2] > 9)
    return x;
  std::string by = shapeConstant(amounts),
              value = uniformConstant(1, pick(0, 3) ? 0.0f : 0.5f);
  return emit(formatv("tosa.pad {0}, {1}, {2} : ({3}, !tosa.shape<8>, "
                      "tensor<1xf32>) -> {4}",
                      x.name, by, value, type(x.shape), type(shape)),
              shape);
}

/// Something in NCHW, and back.
RandomNetwork::Tensor RandomNetwork::otherLayout(const Tensor &x) {
  Tensor y = transpose(x, {0, 3, 1, 2});
  for (int64_t i = pick(0, 2); i > 0; --i) {
    std::vector<int64_t> shape = {1, y.shape[1], 1, 1};
    y = pick(0, 1) ? activation(y)
                   : binary("add", y, constant(shape, -1, 1), shape);
  }
  return transpose(y, {0, 2, 3, 1});
}

RandomNetwork::Tensor RandomNetwork::identity(const Tensor &x) {
  std::vector<int64_t> one(x.shape.size(), 1);
  switch (pick(0, 2)) {
  case 0:
    return unary("identity", x);
  case 1:
    return binary("mul", x, uniformConstant(one.size(), 1), one);
  default:
    return binary("add", x, uniformConstant(one.size(), 0), one);
  }
}

/// The image as one vector through two layers.
RandomNetwork::Tensor RandomNetwork::fullyConnected(const Tensor &x) {
  int64_t n = x.shape[0], inputs = x.shape[1] * x.shape[2] * x.shape[3];
  auto reshape = [&](const Tensor &t, std::vector<int64_t> shape) {
    std::string to = shapeConstant(shape);
    return emit(formatv("tosa.reshape {0}, {1} : ({2}, !tosa.shape<{3}>) -> "
                        "{4}",
                        t.name, to, type(t.shape), shape.size(), type(shape)),
                shape);
  };
  Tensor y = reshape(x, {n, inputs});
  for (int64_t outputs : {6, 4}) {
    int64_t in = y.shape[1];
    y = reshape(y, {n, 1, 1, in});
    std::string filter = constant({1, 1, in, outputs}, -0.3f, 0.3f);
    y = emit(formatv("lw.pointwise_conv_2d {0}, {1} : ({2}, {3}) -> {4}",
                     y.name, filter, type(y.shape), type({1, 1, in, outputs}),
                     type({n, 1, 1, outputs})),
             {n, 1, 1, outputs});
    y = reshape(y, {n, outputs});
    if (pick(0, 1))
      y = binary("add", y, constant({1, outputs}, -1, 1), {1, outputs});
    y = activation(y);
  }
  return y;
}

std::string RandomNetwork::write(int steps) {
  Tensor x = {"%x", {pick(1, 2), pick(4, 7), pick(4, 7), 2 * pick(1, 3)}};
  std::string header =
      formatv("func.func @main(%x: {0} {{lw.name = \"x\"})", type(x.shape));
  values = {x};
  for (int step = 0; step < steps; ++step) {
    // Mostly a chain, sometimes a branch.
    if (pick(0, 5) == 0)
      x = values[pick(0, values.size() - 1)];
    switch (pick(0, 13)) {
    case 0:
    case 1:
    case 2:
    case 3:
      x = convolution(x);
      break;
    case 4:
    case 5:
      x = batchNorm(x);
      break;
    case 6:
      x = perChannel(x);
      break;
    case 7:
    case 8:
    case 9:
      x = activation(x);
      break;
    case 10:
      x = sum(x);
      break;
    case 11:
      x = pad(x);
      break;
    case 12:
      x = otherLayout(x);
      break;
    default:
      x = identity(x);
    }
    values.push_back(x);
  }
  if (pick(0, 2) == 0)
    x = fullyConnected(x);
  return formatv("{0} -> ({1} {{lw.name = \"y\"}) {{\n{2}  return {3} : {1}\n}"
                 "\n",
                 header, type(x.shape), body, x.name);
}
