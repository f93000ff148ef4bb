//===- Attention.cpp - Attention
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Caches.h"
#include "Elements.h"
#include "Fold.h"
#include "Heads.h"
#include "lw/Dialect/IR/LwRowOps.h"
#include <cmath>
#include <limits>

using namespace mlir;
using namespace mlir::lw::importer;

/// What is added to the scores of keys that a query may not see. A row of -inf
/// has no softmax.
static constexpr float kHidden = std::numeric_limits<float>::lowest();

static Value matmul(GraphBuilder &build, Value a, Value b) {
  ArrayRef<int64_t> left = GraphBuilder::shapeOf(a);
  int64_t columns = GraphBuilder::shapeOf(b)[2];
  return tosa::MatMulOp::create(build.builder, build.loc,
                                build.type({left[0], left[1], columns}), a, b);
}

static Value scale(GraphBuilder &build, Value value, float factor) {
  int64_t rank = GraphBuilder::shapeOf(value).size();
  return build.mul(value, build.number(rank, factor));
}

namespace {

struct Attention {
  explicit Attention(Node &node) : node(node), build(node.build) {}
  LogicalResult import();

private:
  LogicalResult collect();
  LogicalResult collectMask();
  /// Hides the keys outside of the window around a query's own place, before
  /// which `past` keys come.
  void addWindow(std::vector<float> &bias, int64_t past) const;
  /// The mask, from which the keys behind the end of each sample are hidden.
  FailureOr<TensorRef> hidePadding(const TensorRef &lengths, TensorRef mask);
  TensorRef present(const TensorRef &past, const TensorRef &now);

  Node &node;
  GraphBuilder &build;
  TensorRef q, k, v;
  int64_t batch = 0, heads = 0, keyHeads = 0, queries = 0, keys = 0;
  bool joined = false; // heads in one dimension with their channels
  KeyWindow window;
  /// What is added to the scores, rank 4; null for nothing. Of each query, 1 or
  /// 0 where it may see no key; null where there is no such.
  Value bias, seen;
};

} // namespace

/// The keys or values of earlier steps before those of this one.
TensorRef Attention::present(const TensorRef &past, const TensorRef &now) {
  if (!past)
    return now;
  return GraphBuilder::fromValue(
      build.concat({build.getPlain(past), build.getPlain(now)}, 2));
}

LogicalResult Attention::collect() {
  for (auto [i, input] : llvm::enumerate(node.inputs))
    if (input && input->element != Element::Float &&
        !(i == 3 && input->element == Element::Bool) && i != 6)
      return node.error("expects inputs of floats, and a mask of floats or of "
                        "bool; cast input " +
                        Twine(i) + " before");
  if (!node.inputs[0])
    return node.error("expects a query");
  int64_t rank = node.inputs[0]->rank();
  if (rank != 3 && rank != 4)
    return node.error("expects inputs of rank 3 or 4, found rank " +
                      Twine(rank));
  for (size_t i = 0; i < 3; ++i)
    if (!node.inputs[i] || failed(node.checkRank(i, rank)))
      return failure();
  joined = rank == 3;
  int64_t ofQuery = node.intAttr("q_num_heads", 0),
          ofKey = node.intAttr("kv_num_heads", 0);
  auto query = splitHeads(node, node.inputs[0], ofQuery, "q_num_heads");
  if (failed(query))
    return failure();
  auto key = splitHeads(node, node.inputs[1], ofKey, "kv_num_heads");
  if (failed(key))
    return failure();
  auto value = splitHeads(node, node.inputs[2], ofKey, "kv_num_heads");
  if (failed(value))
    return failure();
  q = *query, k = *key, v = *value;
  TensorRef pastKey = node.input(4), pastValue = node.input(5);
  if (!pastKey != !pastValue)
    return node.error("expects past_key and past_value together");
  for (auto [past, now] : {std::pair(pastKey, k), std::pair(pastValue, v)})
    if (past &&
        (past->rank() != 4 || past->shape[0] != now->shape[0] ||
         past->shape[1] != now->shape[1] || past->shape[3] != now->shape[3]))
      return node.error("expects past " + formatShape(past->shape) +
                        " to differ from " + formatShape(now->shape) +
                        " in dimension 2 only");
  if (pastKey && pastKey->shape[2] == 0)
    pastKey = pastValue = nullptr;
  k = present(pastKey, k);
  v = present(pastValue, v);
  batch = q->shape[0], heads = q->shape[1], queries = q->shape[2];
  keyHeads = k->shape[1], keys = k->shape[2];
  if (k->shape[0] != batch || v->shape[0] != batch || v->shape[1] != keyHeads ||
      v->shape[2] != keys || k->shape[3] != q->shape[3] || heads % keyHeads)
    return node.error("expects query " + formatShape(q->shape) + ", key " +
                      formatShape(k->shape) + " and value " +
                      formatShape(v->shape) +
                      " [N, heads, length, channels] to agree");
  return node.checkShape({batch, heads, queries, keys});
}

void Attention::addWindow(std::vector<float> &bias, int64_t past) const {
  for (int64_t i = 0; i < queries; ++i)
    for (int64_t j = 0; j < keys; ++j)
      if ((window.right >= 0 && j > past + i + window.right) ||
          (window.left >= 0 && j < past + i - window.left))
        bias[i * keys + j] = kHidden;
}

FailureOr<TensorRef> Attention::hidePadding(const TensorRef &lengths,
                                            TensorRef mask) {
  if (lengths->shape != Shape{batch})
    return node.error("expects nonpad_kv_seqlen, input 6, of one length a "
                      "sample, found shape " +
                      formatShape(lengths->shape));
  Composition c(node);
  TensorRef ends = c.reshape(lengths, {batch, 1, 1, 1});
  TensorRef isSeen = c.op("Less", {c.integers(countUpTo(keys)), ends});
  if (!window.isOpen()) {
    // The queries are the last of the sample.
    TensorRef place = c.reshape(c.integers(countUpTo(queries)), {queries, 1});
    place = c.op("Sub", {c.add(ends, place), c.integer(queries)});
    isSeen = c.op("And", {isSeen, findSeenKeys(c, keys, place, window)});
  }
  if (!mask)
    mask = isSeen;
  else if (elementOf(mask) == Element::Bool)
    mask = c.op("And", {mask, isSeen});
  else
    mask = c.op("Where", {isSeen, mask, c.number(kHidden)});
  if (!mask)
    return failure();
  window = KeyWindow();
  return mask;
}

/// The sum of all masks, as far as possible computed here.
LogicalResult Attention::collectMask() {
  window = {
      node.intAttr("left_window_size", -1),
      node.intAttr("is_causal", 0) ? 0 : node.intAttr("right_window_size", -1)};
  TensorRef mask = node.input(3);
  if (TensorRef lengths = node.input(6)) {
    FailureOr<TensorRef> whole = hidePadding(lengths, mask);
    if (failed(whole))
      return failure();
    mask = *whole;
  }
  std::vector<float> fixed;
  if (!window.isOpen()) {
    fixed.assign(queries * keys, 0.0f);
    addWindow(fixed, keys - node.shape(1)[joined ? 1 : 2]);
  }
  if (mask) {
    if (mask->rank() < 1 || mask->rank() > 4)
      return node.error("expects attn_mask of rank 1 to 4");
    Shape extended(4 - mask->rank(), 1);
    extended.append(mask->shape);
    mask = build.reshape(mask, extended);
    Shape whole = {batch, heads, queries, keys};
    for (int i = 0; i < 4; ++i)
      if (extended[i] != 1 && extended[i] != whole[i] &&
          (i != 3 || extended[i] > keys))
        return node.error("expects attn_mask " + formatShape(mask->shape) +
                          " to broadcast to " + formatShape(whole));
  }
  if (mask && mask->constant) {
    const Constant &c = *mask->constant;
    Shape shape = mask->shape;
    int64_t given = shape[3];
    shape[3] = given == 1 ? 1 : keys;
    if (!fixed.empty())
      shape[2] = queries, shape[3] = keys;
    std::vector<float> values;
    Shape strides = computeStrides(c.shape);
    for (int64_t n = 0; n < shape[0]; ++n)
      for (int64_t h = 0; h < shape[1]; ++h)
        for (int64_t i = 0; i < shape[2]; ++i)
          for (int64_t j = 0; j < shape[3]; ++j) {
            float value = kHidden; // behind what is given
            if (given == 1 || j < given) {
              int64_t at = n * strides[0] + h * strides[1] +
                           (c.shape[2] == 1 ? 0 : i) * strides[2] +
                           (given == 1 ? 0 : j);
              value = c.isFloat ? c.floats[at] : c.ints[at] ? 0.0f : kHidden;
            }
            if (!fixed.empty())
              value += fixed[i * keys + j];
            values.push_back(std::max(value, kHidden));
          }
    mask = GraphBuilder::fromConstant(makeFloats(shape, std::move(values)));
  } else if (!mask && !fixed.empty()) {
    mask = GraphBuilder::fromConstant(
        makeFloats({1, 1, queries, keys}, std::move(fixed)));
  }
  if (!mask)
    return success();

  if (mask->constant) {
    // Queries that may see no key.
    const std::vector<float> &values = mask->constant->floats;
    Shape rows = mask->shape;
    int64_t row = rows[3];
    rows[3] = 1;
    std::vector<float> visible;
    for (size_t at = 0; at < values.size(); at += row) {
      float most =
          *std::max_element(values.begin() + at, values.begin() + at + row);
      visible.push_back(most <= kHidden ? 0.0f : 1.0f);
    }
    if (llvm::is_contained(visible, 0.0f))
      seen = build.floats(rows, visible);
    bias = build.getPlain(mask);
    return success();
  }

  OpBuilder &builder = build.builder;
  bias = build.getPlain(mask);
  if (mask->element == Element::Bool)
    bias = tosa::SelectOp::create(builder, build.loc, build.type(mask->shape),
                                  bias, build.number(4, 0.0f),
                                  build.number(4, kHidden));
  if (mask->shape[3] != 1 && mask->shape[3] < keys)
    bias = build.pad(bias, {0, 0, 0, 0}, {0, 0, 0, keys - mask->shape[3]},
                     kHidden);
  if (!fixed.empty())
    bias = build.binary<tosa::AddOp>(
        bias, build.floats({1, 1, queries, keys}, fixed));
  bias = build.clamp(bias, kHidden, std::numeric_limits<float>::infinity());
  Value most = build.reduce<tosa::ReduceMaxOp>(bias, 3);
  Shape rows(GraphBuilder::shapeOf(most));
  Value any = tosa::GreaterOp::create(
      builder, build.loc, RankedTensorType::get(rows, builder.getI1Type()),
      most, build.number(4, kHidden));
  seen = tosa::SelectOp::create(builder, build.loc, build.type(rows), any,
                                build.number(4, 1.0f), build.number(4, 0.0f));
  return success();
}

LogicalResult Attention::import() {
  if (failed(collect()) || failed(collectMask()))
    return failure();
  int64_t channels = q->shape[3], last = v->shape[3];
  float factor =
      node.floatAttr("scale", 1.0f / std::sqrt(static_cast<float>(channels)));
  float cap = node.floatAttr("softcap", 0.0f);
  int64_t mode = node.intAttr("qk_matmul_output_mode", 0);
  if (node.hasFailed())
    return failure();

  // Heads that share keys are rows of one product.
  Shape all = {batch, heads, queries, keys};
  int64_t count = batch * keyHeads, rows = heads / keyHeads * queries;
  Value query = scale(
      build, build.reshapeValue(build.getPlain(q), {count, rows, channels}),
      factor);
  Value key = build.getPlain(
      build.reshape(build.transpose(k, {0, 1, 3, 2}), {count, channels, keys}));
  Value scores = build.reshapeValue(matmul(build, query, key), all);
  Value shown = scores;
  if (cap > 0.0f)
    scores =
        scale(build,
              build.unary<tosa::TanhOp>(scale(build, scores, 1.0f / cap)), cap);
  if (mode == 1)
    shown = scores;
  if (bias)
    scores = build.binary<tosa::AddOp>(scores, bias);
  if (mode == 2)
    shown = scores;
  Value weights =
      lw::SoftmaxOp::create(build.builder, build.loc, scores.getType(), scores,
                            /*axis=*/3, /*is_log=*/false);
  if (mode == 3)
    shown = seen ? build.mul(weights, seen) : weights;

  Value value = build.reshapeValue(build.getPlain(v), {count, keys, last});
  Value result = build.reshapeValue(
      matmul(build, build.reshapeValue(weights, {count, rows, keys}), value),
      {batch, heads, queries, last});
  if (seen)
    result = build.mul(result, seen);
  TensorRef output = GraphBuilder::fromValue(result);
  if (joined)
    output = build.reshape(build.transpose(output, {0, 2, 1, 3}),
                           {batch, queries, heads * last});
  node.results = {output};
  for (const TensorRef &more : {k, v, GraphBuilder::fromValue(shown)})
    if (node.results.size() < node.outputCount())
      node.results.push_back(more);
  return success();
}

LogicalResult mlir::lw::importer::importAttention(Node &node) {
  return Attention(node).import();
}
