//===- RandomGraphLayers.cpp - Layers of random networks
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "RandomGraph.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include <algorithm>
#include <cmath>
#include <numeric>

using llvm::formatv;
using Tensor = RandomNetwork::Tensor;

/// Any number, or one at or beside a multiple of a vector's length.
int64_t RandomGraph::channels() {
  return oneIn(2) ? pick(1, 40) : 4 * (int64_t(1) << pick(0, 3)) + pick(-1, 1);
}

/// `x` as an image, whatever its rank.
Tensor RandomGraph::image(const Tensor &x) {
  size_t rank = x.shape.size();
  if (rank == 4)
    return x;
  Shape shape(4, 1);
  for (size_t i = 0; i < rank; ++i)
    shape[std::min<size_t>(i, 3)] *= x.shape[i];
  if (rank < 4 && oneIn(2))
    std::rotate(shape.begin(), shape.begin() + rank, shape.end());
  return reshape(x, shape);
}

std::string RandomGraph::weights(const Shape &shape, float low, float high) {
  std::string &name = shared[shape];
  if (name.empty() || !oneIn(3))
    name = constant(shape, low, high);
  return name;
}

/// Weights for sums of `terms` products that are about as large as the inputs.
std::string RandomGraph::filter(const Shape &shape, int64_t terms) {
  float bound = std::sqrt(3.0f / terms);
  return weights(shape, -bound, bound);
}

/// An attribute for the activation of a layer, or nothing.
std::string RandomGraph::act() {
  static const char *const kinds[] = {"relu",
                                      "clamp, 0.0, 6.0",
                                      "clamp, -0.5, 0.25",
                                      "leaky_relu, 0.125",
                                      "sigmoid",
                                      "tanh",
                                      "hard_sigmoid, 0.2, 0.5",
                                      "hard_swish",
                                      "silu",
                                      "gelu",
                                      "gelu_tanh"};
  if (oneIn(2))
    return "";
  return formatv("activation = #lw.act<{0}>",
                 kinds[pick(0, std::size(kinds) - 1)]);
}

Tensor RandomGraph::conv(const Tensor &x, const std::string &variant) {
  int64_t c = x.shape[3], f = channels();
  Shape kernel = {1, 1}, stride = {1, 1}, dilation = {1, 1}, padding(4, 0),
        y = x.shape;
  bool pointwise = variant == "pointwise_conv_2d";
  if (!pointwise)
    kernel = oneIn(3) ? Shape{pick(1, 5), pick(1, 5)} : Shape{3, 3};
  if (oneIn(3)) // as many as there are, so that a residual fits
    f = c;
  else if (oneIn(3)) // as many as a filter that may be shared has
    for (const auto &[shape, name] : shared)
      if (shape.size() == 4 && shape[0] == kernel[0] && shape[1] == kernel[1] &&
          shape[2] == c)
        f = shape[3];
  for (int axis = 0; axis < 2; ++axis) {
    if (oneIn(4))
      stride[axis] = pick(2, 3);
    if (oneIn(5) && !pointwise)
      dilation[axis] = 2;
    int64_t reach = dilation[axis] * (kernel[axis] - 1);
    int64_t &before = padding[2 * axis], &after = padding[2 * axis + 1];
    before = after = reach / 2;
    if (oneIn(3) && !pointwise) {
      before = pick(0, reach);
      after = pick(0, reach);
    }
    if (x.shape[1 + axis] + before + after <= reach)
      before = after = (reach + 1) / 2;
    y[1 + axis] =
        (x.shape[1 + axis] + before + after - reach - 1) / stride[axis] + 1;
  }
  int64_t taps = kernel[0] * kernel[1];
  std::string attributes = formatv("strides = array<i64: {0}>", list(stride));
  if (!pointwise)
    attributes += formatv(", padding = array<i64: {0}>, dilations = "
                          "array<i64: {1}>",
                          list(padding), list(dilation));
  std::vector<std::pair<std::string, Shape>> operands;
  auto addFilter = [&](const Shape &shape, int64_t terms) {
    operands.push_back({", " + filter(shape, terms), shape});
  };
  if (variant == "depthwise_conv_2d") {
    int64_t multiplier = c <= 20 && oneIn(3) ? pick(2, 3) : 1;
    addFilter({kernel[0], kernel[1], c, multiplier}, taps);
    f = c * multiplier;
  } else if (variant == "separable_conv_2d") {
    int64_t terms = pick(1, 3);
    addFilter({kernel[0], kernel[1], c, terms}, taps);
    addFilter({1, 1, c * terms, f}, c * terms);
  } else if (pointwise) {
    addFilter({1, 1, c, f}, c);
  } else {
    int64_t groups = 1;
    if (variant == "grouped") {
      groups = pick(2, 8);
      while (c % groups)
        --groups;
      f = groups * pick(1, 40 / groups);
      attributes += formatv(", groups = {0} : i64", groups);
    }
    addFilter({kernel[0], kernel[1], c / groups, f}, taps * c / groups);
  }
  y[3] = f;
  if (!oneIn(3))
    operands.push_back({" bias " + weights({f}, -1, 1), {f}});
  if (oneIn(3))
    for (const Tensor &other : values)
      if (other.shape == y &&
          operands.back().first.find("residual") == std::string::npos)
        operands.push_back({" residual " + other.name, y});
  if (std::string activation = act(); !activation.empty())
    attributes += ", " + activation;
  std::string names, types;
  for (const auto &[name, shape] : operands) {
    names += name;
    types += ", " + type(shape);
  }
  return emit(formatv("lw.{0} {1}{2} {{{3}} : ({4}{5}) -> {6}",
                      variant == "grouped" ? "conv_2d" : variant, x.name, names,
                      attributes, type(x.shape), types, type(y)),
              y);
}

Tensor RandomGraph::anyConv(const Tensor &x) {
  static const char *const variants[] = {
      "conv_2d",           "conv_2d",           "grouped",
      "depthwise_conv_2d", "pointwise_conv_2d", "separable_conv_2d"};
  return conv(image(x), variants[pick(0, std::size(variants) - 1)]);
}

/// Expansion, depthwise layer, projection, and with luck the sum with the
/// input.
Tensor RandomGraph::stage(const Tensor &x) {
  Tensor y = conv(image(x), "pointwise_conv_2d");
  y = conv(y, "depthwise_conv_2d");
  y = conv(y, "pointwise_conv_2d");
  return y.shape == x.shape ? binary("add", y, x.name, x.shape) : y;
}

/// Squeeze and excite.
Tensor RandomGraph::gate(const Tensor &any) {
  Tensor x = image(any), y = x;
  int64_t n = x.shape[0], c = x.shape[3], f = pick(1, 12);
  if (oneIn(2)) {
    y = poolBy(x, /*average=*/true, {x.shape[1], x.shape[2]}, {1, 1}, {0, 0},
               {0, 0});
  } else {
    y = reduce(reduce(x, "sum", 1), "sum", 2);
    y = scale(y, 1.0f / (x.shape[1] * x.shape[2]));
  }
  for (int64_t outputs : {f, c}) {
    Shape w = {1, 1, y.shape[3], outputs}, out = {n, 1, 1, outputs};
    y = emit(formatv("lw.pointwise_conv_2d {0}, {1} {{{2}} : ({3}, {4}) -> {5}",
                     y.name, filter(w, y.shape[3]), act(), type(y.shape),
                     type(w), type(out)),
             out);
  }
  return broadcastValues(x, unary("sigmoid", y));
}

/// Along any dimensions, with any broadcast of scale and bias. The epsilon
/// keeps rows of nearly equal elements from telling one rounding from another.
Tensor RandomGraph::normalize(const Tensor &x) {
  static const char *const kinds[] = {"deviation", "rms", "l1", "l2"};
  int64_t rank = x.shape.size();
  std::vector<int64_t> axes;
  for (int64_t axis = 0; axis < rank; ++axis)
    if (oneIn(2))
      axes.push_back(axis);
  if (axes.empty() || oneIn(3))
    axes = {rank - 1};
  std::string names, types;
  for (const char *parameter : {"scale", "bias"}) {
    if (oneIn(3))
      continue;
    Shape shape = x.shape;
    for (int64_t &extent : shape)
      if (oneIn(3))
        extent = 1;
    names += formatv(" {0} {1}", parameter, weights(shape, -1, 1));
    types += ", " + type(shape);
  }
  return emit(formatv("lw.normalize {0}{1} {{axes = array<i64: {2}>, epsilon = "
                      "0.1 : f32, kind = {3} : i32} : ({4}{5}) -> {4}",
                      x.name, names, list(axes), pick(0, std::size(kinds) - 1),
                      type(x.shape), types),
              x.shape);
}
