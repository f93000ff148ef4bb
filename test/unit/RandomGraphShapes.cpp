//===- RandomGraphShapes.cpp - What random networks move, pool and reduce
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
#include <limits>
#include <numeric>

using llvm::formatv;
using Tensor = RandomNetwork::Tensor;

//===----------------------------------------------------------------------===//
// Moves
//===----------------------------------------------------------------------===//

/// Up to four parts, `x` among them, some of which are concatenations
/// themselves; a part that does not fit is cut from `x`.
Tensor RandomGraph::concat(const Tensor &x) {
  int64_t axis = oneIn(2) ? x.shape.size() - 1 : pick(0, x.shape.size() - 1);
  auto fits = [&](const Tensor &other) {
    if (other.shape.size() != x.shape.size())
      return false;
    Shape shape = other.shape;
    shape[axis] = x.shape[axis];
    return shape == x.shape;
  };
  std::vector<Tensor> parts = {x};
  for (int64_t i = pick(1, 3); i > 0; --i) {
    Tensor other = any();
    if (!fits(other) && oneIn(2)) {
      Shape start(x.shape.size(), 0), size = x.shape;
      size[axis] = pick(1, x.shape[axis]);
      start[axis] = pick(0, x.shape[axis] - size[axis]);
      other = size == x.shape ? x : slice(x, start, size);
    }
    if (fits(other))
      parts.insert(parts.begin() + pick(0, parts.size()), other);
  }
  if (parts.size() == 1)
    parts.push_back(activation(x));
  Shape shape = x.shape;
  shape[axis] = 0;
  std::vector<std::string> names, types;
  for (const Tensor &part : parts) {
    shape[axis] += part.shape[axis];
    names.push_back(part.name);
    types.push_back(type(part.shape));
  }
  if (!isSmall(shape))
    return x;
  return emit(formatv("tosa.concat {0} {{axis = {1} : i32} : ({2}) -> {3}",
                      llvm::join(names, ", "), axis, llvm::join(types, ", "),
                      type(shape)),
              shape);
}

Tensor RandomGraph::slice(const Tensor &x, const Shape &start,
                          const Shape &size) {
  std::string from = shapeConstant(start), extents = shapeConstant(size);
  return emit(formatv("tosa.slice {0}, {1}, {2} : ({3}, !tosa.shape<{4}>, "
                      "!tosa.shape<{4}>) -> {5}",
                      x.name, from, extents, type(x.shape), size.size(),
                      type(size)),
              size);
}

Tensor RandomGraph::slice(const Tensor &x) {
  Shape start, size;
  for (int64_t extent : x.shape) {
    size.push_back(oneIn(2) ? extent : pick(1, extent));
    start.push_back(pick(0, extent - size.back()));
  }
  return slice(x, start, size);
}

/// Parts along one axis, of which each goes its way until they are summed or
/// put together again, in another order.
Tensor RandomGraph::split(const Tensor &x) {
  int64_t axis = oneIn(3) ? pick(0, x.shape.size() - 1) : x.shape.size() - 1;
  int64_t parts = pick(2, 3), extent = x.shape[axis];
  if (extent < parts)
    return slice(x);
  Shape size = x.shape, start(x.shape.size(), 0);
  Tensor last = x;
  for (int64_t i = 0; i < parts; ++i) {
    start[axis] = i * (extent / parts);
    size[axis] = i + 1 < parts ? extent / parts : extent - start[axis];
    last = slice(x, start, size);
    if (oneIn(3))
      last = activation(last);
    values.push_back(last);
  }
  return oneIn(2) ? concat(last) : broadcast(last);
}

Tensor RandomGraph::padBy(const Tensor &x, const Shape &amounts,
                          const std::string &value) {
  Shape shape = x.shape;
  for (size_t i = 0; i < shape.size(); ++i)
    shape[i] += amounts[2 * i] + amounts[2 * i + 1];
  if (!isSmall(shape))
    return x;
  std::string by = shapeConstant(amounts);
  return emit(formatv("tosa.pad {0}, {1}, {2} : ({3}, !tosa.shape<{4}>, "
                      "tensor<1xf32>) -> {5}",
                      x.name, by, value, type(x.shape), amounts.size(),
                      type(shape)),
              shape);
}

Tensor RandomGraph::padAny(const Tensor &x) {
  Shape amounts(2 * x.shape.size(), 0);
  for (int64_t &amount : amounts)
    if (oneIn(2))
      amount = pick(0, 2);
  return padBy(x, amounts,
               uniformConstant(1, oneIn(2) ? 0.0f : uniform(-2, 2)));
}

//===----------------------------------------------------------------------===//
// Windows
//===----------------------------------------------------------------------===//

/// As imported: what the last window does not reach is cut off.
Tensor RandomGraph::poolBy(const Tensor &image, bool average,
                           const Shape &kernel, const Shape &stride,
                           Shape before, Shape after) {
  Tensor x = image;
  Shape size = x.shape, y = x.shape;
  for (int axis = 0; axis < 2; ++axis) {
    int64_t slack =
                x.shape[1 + axis] + before[axis] + after[axis] - kernel[axis],
            unused = slack % stride[axis];
    y[1 + axis] = slack / stride[axis] + 1;
    int64_t fromPadding = std::min(unused, after[axis]);
    after[axis] -= fromPadding;
    size[1 + axis] -= unused - fromPadding;
  }
  if (size != x.shape)
    x = slice(x, Shape(4, 0), size);
  Shape padding = {before[0], after[0], before[1], after[1]};
  std::string window =
      formatv("kernel = array<i64: {0}>, stride = array<i64: {1}>, pad = "
              "array<i64: {2}>",
              list(kernel), list(stride), list(padding));
  if (!average)
    return emit(formatv("tosa.max_pool2d {0} {{{1}{2}} : ({3}) -> {4}", x.name,
                        window, oneIn(2) ? ", nan_mode = IGNORE" : "",
                        type(x.shape), type(y)),
                y);
  std::string zero = uniformConstant(1, 0);
  return emit(formatv("tosa.avg_pool2d {0}, {1}, {1} {{{2}, acc_type = f32} : "
                      "({3}, tensor<1xf32>, tensor<1xf32>) -> {4}",
                      x.name, zero, window, type(x.shape), type(y)),
              y);
}

Tensor RandomGraph::pool(const Tensor &any) {
  Tensor x = image(any);
  bool average = oneIn(2);
  Shape kernel, stride, before, after;
  int64_t mode = pick(0, 3); // padded, SAME, ceil_mode, padded by an operation
  for (int axis = 0; axis < 2; ++axis) {
    int64_t extent = x.shape[1 + axis],
            k = pick(1, std::min<int64_t>(4, extent)), s = pick(1, 3),
            low = pick(0, k - 1), high = pick(0, k - 1);
    if (mode == 1) {
      int64_t out = (extent + s - 1) / s,
              total = std::max<int64_t>((out - 1) * s + k - extent, 0);
      low = oneIn(2) ? total / 2 : total - total / 2;
      high = total - low;
    } else if (mode == 2) {
      int64_t over = (extent + low + high - k) % s;
      if (over && high + s - over < k)
        high += s - over;
    }
    kernel.push_back(k);
    stride.push_back(s);
    before.push_back(low);
    after.push_back(high);
  }
  if (mode != 3)
    return poolBy(x, average, kernel, stride, before, after);
  std::string value =
      average || oneIn(3)
          ? uniformConstant(1, oneIn(2) ? 0.0f : uniform(-10, 10))
          : emit("\"tosa.const\"() {values = dense<0xFF800000> : "
                 "tensor<1xf32>} : () -> tensor<1xf32>",
                 {1})
                .name;
  x = padBy(x, {0, 0, before[0], after[0], before[1], after[1], 0, 0}, value);
  return poolBy(x, average, kernel, stride, {0, 0}, {0, 0});
}

//===----------------------------------------------------------------------===//
// Other orders and shapes
//===----------------------------------------------------------------------===//

Tensor RandomGraph::shuffle(const Tensor &x) {
  std::vector<int64_t> divisors;
  for (int64_t groups = 2; groups < x.shape.back(); ++groups)
    if (x.shape.back() % groups == 0)
      divisors.push_back(groups);
  if (divisors.empty())
    return concat(x);
  return emit(formatv("lw.channel_shuffle {0} {{groups = {1} : i64} : {2}",
                      x.name, divisors[pick(0, divisors.size() - 1)],
                      type(x.shape)),
              x.shape);
}

/// One axis resized: nearest, or between two neighbours, as imported.
Tensor RandomGraph::gather(const Tensor &any) {
  Tensor x = image(any);
  int64_t axis = pick(1, 2), in = x.shape[axis], out = pick(1, 2 * in);
  int64_t outer = axis == 1 ? x.shape[0] : x.shape[0] * x.shape[1];
  int64_t inner = count(x.shape) / outer / in;
  Shape shape = x.shape;
  shape[axis] = out;
  if (!isSmall(shape))
    return x;
  Tensor flat = reshape(x, {outer, in, inner});
  auto take = [&](int64_t offset) {
    std::vector<int64_t> indices;
    for (int64_t n = 0; n < outer; ++n)
      for (int64_t i = 0; i < out; ++i)
        indices.push_back(std::min(i * in / out + offset, in - 1));
    std::string at = fresh(),
                indexType = formatv("tensor<{0}x{1}xi32>", outer, out);
    std::string rows;
    for (int64_t n = 0; n < outer; ++n)
      rows +=
          (n ? ", [" : "[") +
          list({indices.begin() + n * out, indices.begin() + (n + 1) * out}) +
          "]";
    body += formatv("  {0} = \"tosa.const\"() {{values = dense<[{1}]> : {2}} : "
                    "() -> {2}\n",
                    at, rows, indexType);
    return emit(formatv("tosa.gather {0}, {1} : ({2}, {3}) -> {4}", flat.name,
                        at, type(flat.shape), indexType,
                        type({outer, out, inner})),
                {outer, out, inner});
  };
  Tensor y = take(0);
  if (oneIn(2)) {
    Tensor next = take(1);
    Shape perRow = {1, out, 1};
    y = binary("add", binary("mul", y, constant(perRow, 0, 1), perRow),
               binary("mul", next, constant(perRow, 0, 1), perRow).name,
               y.shape);
  }
  return reshape(y, shape);
}

Tensor RandomGraph::reshape(const Tensor &x, const Shape &shape) {
  std::string to = shapeConstant(shape);
  return emit(formatv("tosa.reshape {0}, {1} : ({2}, !tosa.shape<{3}>) -> {4}",
                      x.name, to, type(x.shape), shape.size(), type(shape)),
              shape);
}

Tensor RandomGraph::rearrange(const Tensor &x) {
  int64_t rank = x.shape.size();
  switch (pick(0, 4)) {
  case 0: { // other extents, of rank 1 to 5
    Shape shape;
    int64_t rest = count(x.shape);
    for (int64_t axes = pick(1, 5); axes > 1; --axes) {
      int64_t extent = pick(1, 6);
      shape.push_back(rest % extent ? 1 : extent);
      rest /= shape.back();
    }
    shape.insert(shape.begin() + pick(0, shape.size()), rest);
    return reshape(x, shape);
  }
  case 1: { // repeated
    Shape times(rank, 1), shape = x.shape;
    int64_t axis = pick(0, rank - 1);
    shape[axis] *= times[axis] = 2;
    if (!isSmall(shape))
      return x;
    std::string by = shapeConstant(times);
    return emit(formatv("tosa.tile {0}, {1} : ({2}, !tosa.shape<{3}>) -> {4}",
                        x.name, by, type(x.shape), rank, type(shape)),
                shape);
  }
  case 2: // backwards
    return emit(formatv("tosa.reverse {0} {{axis = {1} : i32} : ({2}) -> {2}",
                        x.name, pick(0, rank - 1), type(x.shape)),
                x.shape);
  default: {
    std::vector<int64_t> permutation(rank);
    std::iota(permutation.begin(), permutation.end(), 0);
    for (int64_t i = rank - 1; i > 0; --i)
      std::swap(permutation[i], permutation[pick(0, i)]);
    return transpose(x, permutation);
  }
  }
}

//===----------------------------------------------------------------------===//
// Reductions
//===----------------------------------------------------------------------===//

Tensor RandomGraph::reduce(const Tensor &x, const std::string &op,
                           int64_t axis) {
  Shape shape = x.shape;
  shape[axis] = 1;
  return emit(formatv("tosa.reduce_{0} {1} {{axis = {2} : i32} : ({3}) -> {4}",
                      op, x.name, axis, type(x.shape), type(shape)),
              shape);
}

Tensor RandomGraph::reduceAny(const Tensor &x) {
  int64_t axis = pick(0, x.shape.size() - 1);
  switch (pick(0, 3)) {
  case 0:
    return reduce(x, "max", axis);
  case 1:
    return reduce(x, "min", axis);
  case 2:
    return reduce(clamp(x, 0.5f, 1.25f), "product", axis);
  default:
    return scale(reduce(x, "sum", axis), 1.0f / x.shape[axis]);
  }
}

Tensor RandomGraph::softmax(const Tensor &x) {
  int64_t axis = oneIn(3) ? pick(0, x.shape.size() - 1) : x.shape.size() - 1;
  if (oneIn(2))
    return emit(formatv("lw.softmax {0} {{axis = {1} : i64{2}} : {3}", x.name,
                        axis, oneIn(4) ? ", is_log" : "", type(x.shape)),
                x.shape);
  Tensor greatest = reduce(x, "max", axis);
  Tensor moved = binary("sub", x, greatest.name, greatest.shape);
  Tensor exponential = unary("exp", moved);
  Tensor sum = reduce(exponential, "sum", axis);
  if (oneIn(4))
    return binary("sub", moved, unary("log", sum).name, sum.shape);
  return binary("mul", exponential, unary("reciprocal", sum).name, sum.shape);
}

/// Pixels weighted by their products with one another.
Tensor RandomGraph::attention(const Tensor &any) {
  Tensor x = image(any);
  int64_t n = x.shape[0], pixels = x.shape[1] * x.shape[2], c = x.shape[3];
  if (n * pixels * pixels > 6000)
    return pool(x);
  std::string zero = uniformConstant(1, 0);
  auto product = [&](const Tensor &a, const Tensor &b) {
    Shape shape = {n, a.shape[1], b.shape[2]};
    return emit(formatv("tosa.matmul {0}, {1}, {2}, {2} : ({3}, {4}, "
                        "tensor<1xf32>, tensor<1xf32>) -> {5}",
                        a.name, b.name, zero, type(a.shape), type(b.shape),
                        type(shape)),
                shape);
  };
  Tensor rows = reshape(x, {n, pixels, c});
  Tensor weights = product(rows, transpose(rows, {0, 2, 1}));
  weights = softmax(scale(weights, 0.25f / c));
  return reshape(product(weights, rows), x.shape);
}
