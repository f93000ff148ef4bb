//===- Carry.cpp - Operators that carry a state along a sequence
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Cumulative products, and what networks keep from one call to the next: rows
// of a cache, the last samples before a causal convolution, the state of a
// linear attention.
//
//===----------------------------------------------------------------------===//

#include "Caches.h"
#include "Composition.h"
#include "Elements.h"
#include "Families.h"
#include "IndexOperands.h"
#include "Stacking.h"
#include <cmath>

using namespace mlir;
using namespace mlir::lw::importer;

//===----------------------------------------------------------------------===//
// CumProd
//===----------------------------------------------------------------------===//

/// What is `distance` places before along the axis, or behind; ones at the end.
static TensorRef shift(Node &node, Composition &c, const TensorRef &x,
                       int64_t axis, int64_t distance, bool isBehind) {
  Shape shape(x->shape);
  int64_t kept = shape[axis] - distance;
  shape[axis] = distance;
  TensorRef ones = c.fill(shape, 1.0f);
  if (Element element = elementOf(x); element != Element::Float)
    ones = c.op("Cast", ones, c.attribute("to", int64_t(dataTypeOf(element))));
  TensorRef rest =
      takeRange(node.build, x, axis, isBehind ? distance : 0, kept);
  return c.op("Concat",
              isBehind ? ArrayRef<TensorRef>{rest, ones}
                       : ArrayRef<TensorRef>{ones, rest},
              c.attribute("axis", axis));
}

/// After step k each element is the product of the 2^k up to it.
static LogicalResult importCumProd(Node &node) {
  FailureOr<int64_t> given = onlyInteger(node, "axis", "axis");
  if (failed(given))
    return failure();
  TensorRef y = node.inputs[0];
  FailureOr<int64_t> axis = node.axis(*given, y->rank());
  if (failed(axis))
    return failure();
  int64_t length = y->shape[*axis];
  bool isReverse = node.intAttr("reverse", 0) != 0;
  Composition c(node);
  if (node.intAttr("exclusive", 0) != 0)
    y = shift(node, c, y, *axis, 1, isReverse);
  for (int64_t distance = 1; distance < length && y; distance *= 2)
    y = c.mul(y, shift(node, c, y, *axis, distance, isReverse));
  return c.finish(y);
}

//===----------------------------------------------------------------------===//
// Rows of a cache
//===----------------------------------------------------------------------===//

std::vector<int64_t> mlir::lw::importer::countUpTo(int64_t count) {
  std::vector<int64_t> numbers;
  for (int64_t i = 0; i < count; ++i)
    numbers.push_back(i);
  return numbers;
}

TensorRef mlir::lw::importer::findSeenKeys(Composition &c, int64_t keys,
                                           const TensorRef &places,
                                           const KeyWindow &window) {
  TensorRef key = c.integers(countUpTo(keys)), isSeen;
  if (window.right >= 0)
    isSeen = c.op("LessOrEqual", {key, c.add(places, c.integer(window.right))});
  if (window.left >= 0) {
    TensorRef isNear = c.op(
        "GreaterOrEqual", {key, c.op("Sub", {places, c.integer(window.left)})});
    isSeen = isSeen ? c.op("And", {isSeen, isNear}) : isNear;
  }
  return isSeen;
}

TensorRef mlir::lw::importer::writeRows(Composition &c, const TensorRef &cache,
                                        const TensorRef &rows,
                                        const TensorRef &first, int64_t axis,
                                        bool wraps) {
  Shape perSample(rows->rank(), 1), along = perSample;
  perSample[0] = rows->shape[0];
  along[axis] = rows->shape[axis];
  TensorRef at = c.reshape(c.integers(countUpTo(along[axis])), along);
  if (first)
    at = c.add(at, c.reshape(first, perSample));
  if (wraps)
    at = c.op("Mod", {at, c.integer(cache->shape[axis])});
  at = c.op("Expand", {at, c.integers(rows->shape)});
  return c.op("ScatterElements", {cache, at, rows}, c.attribute("axis", axis));
}

static LogicalResult importTensorScatter(Node &node) {
  const TensorRef &cache = node.inputs[0], &rows = node.inputs[1];
  FailureOr<int64_t> axis = node.axis(node.intAttr("axis", -2), cache->rank());
  if (failed(axis))
    return failure();
  Shape expected(cache->shape);
  if (rows->rank() == cache->rank())
    expected[*axis] = std::min(rows->shape[*axis], expected[*axis]);
  if (*axis == 0 || rows->shape != expected)
    return node.error("expects rows, input 1, of the shape of the cache " +
                      formatShape(cache->shape) +
                      " but for as many or fewer along attribute 'axis', which "
                      "is not the first one; found " +
                      formatShape(rows->shape));
  TensorRef first = node.input(2);
  if (first && first->shape != Shape{cache->shape[0]})
    return node.error("expects write_indices, input 2, of one place a sample, "
                      "found shape " +
                      formatShape(first->shape));
  std::string mode = node.stringAttr("mode", "linear");
  if (mode != "linear" && mode != "circular")
    return node.error("expects attribute 'mode' to be 'linear' or 'circular', "
                      "found '" +
                      mode + "'");
  Composition c(node);
  return c.finish(writeRows(c, cache, rows, first, *axis, mode == "circular"));
}

//===----------------------------------------------------------------------===//
// Causal convolutions
//===----------------------------------------------------------------------===//

/// Each channel by itself along time, behind the samples of the call before.
static LogicalResult importCausalConv(Node &node) {
  if (node.intAttr("ndim", 1) != 1 || node.intAttr("channels_last", 0) != 0 ||
      node.intAttr("state_window", 0) != 0)
    return node.error("expects ndim = 1, channels_last = 0 and state_window = "
                      "0; export the network so");
  if (failed(node.checkRank(0, 3)) || failed(node.checkRank(1, 3)))
    return failure();
  const TensorRef &x = node.inputs[0], &weights = node.inputs[1];
  int64_t channels = x->shape[1], dilation = node.intAttr("dilation", 1),
          length = (weights->shape[2] - 1) * dilation;
  std::string activation = node.stringAttr("activation", "none");
  if (activation != "none" && activation != "silu" && activation != "swish")
    return node.error("expects attribute 'activation' to be 'none', 'silu' or "
                      "'swish', found '" +
                      activation + "'");
  if (dilation < 1)
    return node.error("expects attribute 'dilation' of at least 1, found " +
                      Twine(dilation));
  Shape state = {x->shape[0], channels, length};
  TensorRef past = node.input(3);
  if (past && past->shape != state)
    return node.error("expects past_state, input 3, of shape " +
                      formatShape(state) + ", found " +
                      formatShape(past->shape));
  Composition c(node);
  TensorRef padded = x;
  if (length > 0) {
    if (!past)
      past = c.fill(state, 0.0f);
    padded = c.op("Concat", {past, x}, c.attribute("axis", int64_t(2)));
    if (!padded)
      return failure();
  }
  TensorRef y = c.op("Conv", {padded, weights, node.input(2)},
                     {c.attribute("group", channels),
                      c.attribute("dilations", ArrayRef<int64_t>(dilation))});
  if (activation != "none")
    y = c.op("Swish", y);
  TensorRef last = takeRange(node.build, padded, 2, x->shape[2], length);
  return c.finish({y, last});
}

//===----------------------------------------------------------------------===//
// Linear attention
//===----------------------------------------------------------------------===//

/// As many steps are written one after another, as of Loop and Scan.
static constexpr int64_t kMostSteps = 2048;

/// A matrix for each head that takes up the products of keys and values, step
/// by step, and answers queries.
static LogicalResult importLinearAttention(Node &node) {
  for (size_t i = 0; i < 3; ++i)
    if (failed(node.checkRank(i, 3)))
      return failure();
  std::string rule = node.stringAttr("update_rule", "gated_delta");
  bool isGated = rule == "gated" || rule == "gated_delta",
       isDelta = rule == "delta" || rule == "gated_delta";
  if (!isGated && !isDelta && rule != "linear")
    return node.error("expects attribute 'update_rule' to be 'linear', "
                      "'gated', 'delta' or 'gated_delta', found '" +
                      rule + "'");
  const TensorRef &q = node.inputs[0], &k = node.inputs[1], &v = node.inputs[2];
  int64_t batch = q->shape[0], steps = q->shape[1],
          heads = node.intAttr("kv_num_heads", 0),
          queryHeads = node.intAttr("q_num_heads", 0);
  if (heads < 1 || queryHeads < 1 || queryHeads % heads ||
      q->shape[2] % queryHeads || k->shape[2] % heads || v->shape[2] % heads ||
      q->shape[2] / queryHeads != k->shape[2] / heads)
    return node.error("expects q_num_heads, a multiple of kv_num_heads, and "
                      "channels that divide by them, found " +
                      Twine(queryHeads) + ", " + Twine(heads) + " and shapes " +
                      formatShape(q->shape) + ", " + formatShape(k->shape) +
                      ", " + formatShape(v->shape));
  if (steps > kMostSteps || node.intAttr("state_window", 0) != 0)
    return node.error("expects at most " + Twine(kMostSteps) +
                      " steps and state_window = 0, found " + Twine(steps) +
                      " steps");
  int64_t size = k->shape[2] / heads, width = v->shape[2] / heads;
  TensorRef decay = isGated ? node.input(4) : nullptr,
            rate = isDelta ? node.input(5) : nullptr;
  if ((isGated && !decay) || (isDelta && !rate))
    return node.error("expects decay, input 4, of gated and beta, input 5, of "
                      "delta rules");
  float factor = node.floatAttr("scale", 0.0f);
  if (factor == 0.0f)
    factor = 1.0f / std::sqrt(static_cast<float>(size));

  Composition c(node);
  // [N, steps, heads * a * b] as [steps, N, heads, a, b].
  auto split = [&](const TensorRef &x, int64_t rows, int64_t columns) {
    return c.transpose(c.reshape(x, {batch, steps, -1, rows, columns}),
                       {1, 0, 2, 3, 4});
  };
  TensorRef queries =
                split(c.mul(q, c.number(factor)), queryHeads / heads, size),
            keys = split(k, size, 1), values = split(v, 1, width), gates, rates;
  if (decay) {
    bool isPerHead = decay->shape.back() == heads;
    gates = split(c.op("Exp", decay), isPerHead ? 1 : size, 1);
  }
  if (rate)
    rates = split(rate, 1, 1);
  Shape shape = {batch, heads, size, width};
  TensorRef state = node.input(3);
  if (!state)
    state = c.fill(shape, 0.0f);
  SmallVector<TensorRef> outputs;
  for (int64_t step = 0; step < steps && !c.hasFailed(); ++step) {
    auto now = [&](const TensorRef &x) {
      return takeIndex(node.build, x, 0, step);
    };
    TensorRef key = now(keys), value = now(values);
    if (gates)
      state = c.mul(state, now(gates));
    if (rates) {
      TensorRef known = c.op("MatMul", {c.transpose(key, {0, 1, 3, 2}), state});
      value = c.mul(c.op("Sub", {value, known}), now(rates));
    }
    state = c.add(state, c.mul(key, value));
    outputs.push_back(c.op("MatMul", {now(queries), state}));
  }
  if (c.hasFailed())
    return failure();
  FailureOr<TensorRef> joined = stack(node, outputs, 1);
  if (failed(joined))
    return failure();
  return c.finish(
      {c.reshape(*joined, {batch, steps, queryHeads * width}), state});
}

ArrayRef<OpEntry> mlir::lw::importer::carryOps() {
  static constexpr StringRef kConv = "Concat, Conv and Swish; one dimension";
  static constexpr StringRef kAttention = "MatMul and Mul; up to 2048 steps";
  static const OpEntry entries[] = {
      {"CausalConvWithState", 27, 2, importCausalConv, kConv},
      {"CumProd", 26, 2, importCumProd, "Concat and Mul; axis known at import",
       Integers::Own},
      {"LinearAttention", 27, 3, importLinearAttention, kAttention},
      {"TensorScatter", 24, 2, importTensorScatter, "ScatterElements",
       Integers::Own},
      {"com.microsoft.CausalConvWithState", 1, 2, importCausalConv, kConv},
      {"com.microsoft.LinearAttention", 1, 3, importLinearAttention,
       kAttention},
  };
  return entries;
}
