//===- RandomGraph.cpp - Random networks of every operation
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

int64_t RandomGraph::count(const Shape &shape) {
  return std::accumulate(shape.begin(), shape.end(), int64_t(1),
                         std::multiplies<int64_t>());
}

//===----------------------------------------------------------------------===//
// Element by element
//===----------------------------------------------------------------------===//

/// Any operator with a constant of any shape that broadcasts to that of `x`.
Tensor RandomGraph::broadcastConstant(const Tensor &x) {
  static const char *const ops[] = {"add", "sub", "mul", "maximum", "minimum"};
  Shape shape = x.shape;
  switch (pick(0, 3)) {
  case 0: // a scalar
    shape.assign(shape.size(), 1);
    break;
  case 1: // one value a channel
    std::fill(shape.begin(), shape.end() - 1, 1);
    break;
  default: // a row, a pixel, all of it
    for (int64_t &extent : shape)
      if (oneIn(2))
        extent = 1;
  }
  std::string op = ops[pick(0, std::size(ops) - 1)];
  std::string y = weights(shape, -1.25f, 1.25f);
  if (oneIn(4)) // the constant first
    return binary(op, {y, shape}, x.name, x.shape, x.shape);
  return binary(op, x, y, shape);
}

/// Two values whose shapes broadcast to one another's maximum.
Tensor RandomGraph::broadcastValues(const Tensor &x, const Tensor &y) {
  static const char *const ops[] = {"add", "sub", "maximum", "minimum"};
  Shape shape = x.shape;
  for (auto [extent, other] : llvm::zip(shape, y.shape))
    extent = std::max(extent, other);
  if (!isSmall(shape))
    return x;
  // A bounded factor, so that products do not grow.
  if (oneIn(3))
    return binary("mul", x, unary(oneIn(2) ? "tanh" : "sigmoid", y).name,
                  y.shape, shape);
  const char *op = ops[pick(0, std::size(ops) - 1)];
  if (oneIn(2))
    return binary(op, y, x.name, x.shape, shape);
  return binary(op, x, y.name, y.shape, shape);
}

Tensor RandomGraph::broadcast(const Tensor &x) {
  if (oneIn(2))
    return broadcastConstant(x);
  // With a value that fits as it is.
  for (int attempt = 0; attempt < 4; ++attempt) {
    const Tensor &y = any();
    if (y.shape.size() == x.shape.size() &&
        llvm::all_of(llvm::zip(x.shape, y.shape), [](auto extents) {
          auto [a, b] = extents;
          return a == b || a == 1 || b == 1;
        }))
      return broadcastValues(x, y);
  }
  // With a part of itself, or of lower rank: its leading extents are 1.
  Tensor y = x;
  for (size_t axis = 0; axis < x.shape.size(); ++axis)
    if (oneIn(2))
      y = reduce(y, "max", axis);
  if (oneIn(3)) {
    auto from = llvm::find_if(y.shape, [](int64_t e) { return e != 1; });
    y = from == y.shape.end() ? y : reshape(y, Shape(from, y.shape.end()));
    y = arithmetic(y);
    Shape whole(x.shape.size() - y.shape.size(), 1);
    whole.insert(whole.end(), y.shape.begin(), y.shape.end());
    y = reshape(y, whole);
  }
  return broadcastValues(x, y);
}

Tensor RandomGraph::scale(const Tensor &x, float factor) {
  return binary("mul", x, uniformConstant(x.shape.size(), factor),
                Shape(x.shape.size(), 1));
}

/// Functions of one value, away from their poles.
Tensor RandomGraph::arithmetic(const Tensor &x) {
  static const char *const positive[] = {"log", "rsqrt", "reciprocal"};
  static const char *const bounded[] = {"erf", "sin", "cos", "tanh", "sigmoid"};
  auto awayFromZero = [&] {
    return binary("add", unary("abs", x), uniformConstant(x.shape.size(), 0.5f),
                  Shape(x.shape.size(), 1));
  };
  switch (pick(0, 6)) {
  case 0:
    return unary(positive[pick(0, std::size(positive) - 1)], awayFromZero());
  case 1: // what a square root is imported as
    return binary("pow", awayFromZero(),
                  uniformConstant(x.shape.size(), oneIn(2) ? 0.5f : 1.5f),
                  Shape(x.shape.size(), 1));
  case 2:
    return unary("exp", clamp(x, -4, 2));
  case 3: {
    std::string zero = uniformConstant(1, 0);
    return emit(formatv("tosa.negate {0}, {1}, {1} : ({2}, tensor<1xf32>, "
                        "tensor<1xf32>) -> {2}",
                        x.name, zero, type(x.shape)),
                x.shape);
  }
  case 4:
    return unary(bounded[pick(0, std::size(bounded) - 1)], x);
  case 5:
    return clamp(x, -0.75f, 1.5f);
  default:
    return unary("abs", x);
  }
}

//===----------------------------------------------------------------------===//
// Networks
//===----------------------------------------------------------------------===//

Tensor RandomGraph::step(const Tensor &x) {
  switch (pick(0, 27)) {
  case 0:
  case 1:
  case 2:
  case 3:
  case 4:
    return anyConv(x);
  case 5:
    return stage(x);
  case 6:
  case 7:
    return batchNorm(x.shape.size() == 1 ? reshape(x, {1, x.shape[0]}) : x);
  case 8:
  case 9:
  case 10:
    return broadcast(x);
  case 11:
  case 12:
    return activation(x);
  case 13:
    return arithmetic(x);
  case 14:
  case 15:
    return concat(x);
  case 16:
    return slice(x);
  case 17:
    return split(x);
  case 18:
    return padAny(x);
  case 19:
  case 20:
    return pool(x);
  case 21:
    return shuffle(x.shape.size() == 1 ? image(x) : x);
  case 22:
    return gather(x);
  case 23:
    return rearrange(x);
  case 24:
    return oneIn(3) ? reduceAny(x) : oneIn(2) ? normalize(x) : softmax(x);
  case 25:
    return oneIn(2) ? attention(x) : gate(x);
  case 26:
    return oneIn(2) ? identity(x) : otherLayout(image(x));
  default:
    return fullyConnected(image(x));
  }
}

bool RandomGraph::isUsed(const Tensor &x) const {
  size_t after = 0, uses = 0;
  while ((after = body.find(x.name, after)) != std::string::npos) {
    after += x.name.size();
    uses += after == body.size() || !llvm::isDigit(body[after]);
  }
  return uses > (x.name[1] == 'x' ? 0 : 1);
}

std::string RandomGraph::write() {
  std::vector<std::string> arguments;
  for (int64_t i = oneIn(3) ? 2 : 1; i > 0; --i) {
    Tensor x = {"%x" + std::to_string(i),
                {oneIn(3) ? pick(2, 3) : 1, pick(1, 13), pick(1, 13),
                 oneIn(2) ? pick(1, 4) : channels()}};
    values.push_back(x);
    arguments.push_back(x.name + ": " + type(x.shape));
  }
  size_t inputs = values.size();
  Tensor x = values.front();
  for (int64_t steps = pick(4, 25); steps > 0; --steps) {
    // Mostly a chain, sometimes a branch.
    if (oneIn(5))
      x = any();
    Tensor y = step(x);
    if (y.name == x.name || !isSmall(y.shape))
      continue;
    values.push_back(x = y);
  }
  // What nothing reads is returned, and now and then what is read inside, an
  // input, or the same once more.
  std::vector<Tensor> results;
  for (size_t i = inputs; i < values.size(); ++i)
    if (!isUsed(values[i]) || oneIn(12))
      results.push_back(values[i]);
  if (results.empty() || oneIn(12))
    results.push_back(values[pick(0, inputs - 1)]);
  if (oneIn(8))
    results.push_back(results[pick(0, results.size() - 1)]);
  std::vector<std::string> names, types;
  for (const Tensor &result : results) {
    names.push_back(result.name);
    types.push_back(type(result.shape));
  }
  return formatv("func.func @main({0}) -> ({1}) {{\n{2}  return {3} : {1}\n}\n",
                 llvm::join(arguments, ", "), llvm::join(types, ", "), body,
                 llvm::join(names, ", "));
}
