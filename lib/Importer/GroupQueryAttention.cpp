//===- GroupQueryAttention.cpp - Attention with a cache of keys and values
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Caches.h"
#include "Families.h"
#include "Heads.h"
#include "Stacking.h"

using namespace mlir;
using namespace mlir::lw::importer;
using Proto = ::onnx::TensorProto;

namespace {

/// com.microsoft.GroupQueryAttention: the queries of a step meet the keys of
/// all steps, of which a cache holds the earlier ones.
class GroupQueryAttention {
public:
  explicit GroupQueryAttention(Node &node) : node(node), c(node) {}
  LogicalResult import();

private:
  LogicalResult checkInputs();
  LogicalResult splitOperands();
  LogicalResult measureCache();
  LogicalResult turn();
  TensorRef extend(const TensorRef &past, const TensorRef &now);
  TensorRef findMask();
  /// A key of zeros whose score is the sink of the head.
  void appendSink();

  Node &node;
  Composition c;
  /// [N, heads, length, channels].
  TensorRef q, k, v;
  int64_t batch = 0, heads = 0, keyHeads = 0, queries = 0, keys = 0;
  TensorRef before; // how many keys come before each sample's queries, [N]
  TensorRef mask;
};

} // namespace

LogicalResult GroupQueryAttention::checkInputs() {
  if (!node.input(5) || !node.input(6))
    return node.error("expects seqlens_k and total_sequence_length, inputs 5 "
                      "and 6");
  if (node.input(12) || node.input(13) || node.input(16))
    return node.error("expects a cache of floats and no query_seqlens, inputs "
                      "12, 13 and 16; export the network without them");
  if (node.intAttr("sliding_window_cache", 0) != 0 || node.isUsed(3))
    return node.error("expects a cache of the whole sequence and no "
                      "output_qk; export the network without them");
  return success();
}

LogicalResult GroupQueryAttention::splitOperands() {
  heads = node.intAttr("num_heads", 0);
  keyHeads = node.intAttr("kv_num_heads", 0);
  if (heads < 1 || keyHeads < 1 || heads % keyHeads)
    return node.error("expects num_heads, a multiple of kv_num_heads, found " +
                      Twine(heads) + " and " + Twine(keyHeads));
  TensorRef parts[] = {node.inputs[0], node.input(1), node.input(2)};
  if (failed(node.checkRank(0, 3)))
    return failure();
  batch = node.shape(0)[0];
  queries = node.shape(0)[1];
  if (!parts[1] && !parts[2]) {
    TensorRef packed = parts[0];
    int64_t all = heads + 2 * keyHeads, channels = packed->shape[2] / all;
    if (packed->shape[2] % all)
      return node.error("expects channels that divide by " + Twine(all) +
                        " heads of queries, keys and values, found shape " +
                        formatShape(packed->shape));
    int64_t first = 0;
    for (auto [part, count] :
         llvm::zip(parts, std::array{heads, keyHeads, keyHeads})) {
      part = takeRange(node.build, packed, 2, first, count * channels);
      first += count * channels;
    }
  }
  TensorRef *to[] = {&q, &k, &v};
  for (auto [i, part] : llvm::enumerate(parts)) {
    if (!part || part->rank() != 3 || part->shape[0] != batch ||
        part->shape[1] != queries)
      return node.error("expects a query, and a key and a value of its batch "
                        "and length, inputs 0 to 2");
    FailureOr<TensorRef> split =
        splitHeads(node, part, i == 0 ? heads : keyHeads,
                   i == 0 ? "num_heads" : "kv_num_heads");
    if (failed(split))
      return failure();
    *to[i] = *split;
  }
  // Each head by itself, before it is turned.
  TensorRef *normalized[] = {&q, &k};
  for (int i = 0; i < 2; ++i)
    if (TensorRef scale = node.input(14 + i)) {
      float epsilon = node.floatAttr("qk_norm_epsilon", 1e-6f);
      epsilon =
          node.floatAttr(i == 0 ? "q_norm_epsilon" : "k_norm_epsilon", epsilon);
      *normalized[i] = c.op("RMSNormalization", {*normalized[i], scale},
                            c.attribute("epsilon", epsilon));
    }
  return failure(c.hasFailed());
}

/// How many keys there are, and how many of them before the queries.
LogicalResult GroupQueryAttention::measureCache() {
  FailureOr<Shape> total =
      node.constantInts(6, "total_sequence_length (fix it with --input-value)");
  if (failed(total))
    return failure();
  if (total->size() != 1 || total->front() < queries)
    return node.error("expects total_sequence_length, input 6, to be a number "
                      "of at least " +
                      Twine(queries) + " queries");
  TensorRef past = node.input(3), pastValue = node.input(4);
  Shape expected = {batch, keyHeads, past ? node.shape(3)[2] : 0, q->shape[3]};
  if (!past != !pastValue || (past && past->shape != expected) ||
      (past && pastValue->shape != expected))
    return node.error("expects past_key and past_value, inputs 3 and 4, of "
                      "shape [N, kv_num_heads, length, " +
                      Twine(q->shape[3]) + "]");
  keys = std::max(total->front(), expected[2]);
  TensorRef last = node.inputs[5]; // of each sample
  if (countElements(last->shape) != batch)
    return node.error("expects seqlens_k, input 5, of one number a sample, "
                      "found shape " +
                      formatShape(last->shape));
  if (total->front() == queries) {
    before = c.integers(std::vector<int64_t>(batch, 0));
  } else {
    before = c.op("Cast", c.reshape(last, {batch}),
                  c.attribute("to", int64_t(Proto::INT64)));
    before = c.op("Sub", {before, c.integer(queries - 1)});
  }
  return failure(c.hasFailed());
}

/// Turns queries and keys by their places.
LogicalResult GroupQueryAttention::turn() {
  if (node.intAttr("do_rotary", 0) == 0)
    return success();
  if (!node.input(7) || !node.input(8))
    return node.error("expects cos_cache and sin_cache, inputs 7 and 8, with "
                      "do_rotary = 1");
  TensorRef places = node.input(9);
  if (!places)
    places =
        c.add(c.reshape(before, {batch, 1}), c.integers(countUpTo(queries)));
  if (failed(node.checkRank(7, 2)))
    return failure();
  for (TensorRef *part : {&q, &k})
    *part =
        c.op("RotaryEmbedding", {*part, node.input(7), node.input(8), places},
             {c.attribute("interleaved", node.intAttr("rotary_interleaved", 0)),
              c.attribute("rotary_embedding_dim", 2 * node.shape(7)[1])});
  return failure(c.hasFailed());
}

/// The keys or values of earlier steps with those of this one.
TensorRef GroupQueryAttention::extend(const TensorRef &past,
                                      const TensorRef &now) {
  int64_t length = past ? past->shape[2] : 0;
  if (length == 0 && keys == queries)
    return now;
  TensorRef cache = past;
  if (length < keys) {
    Shape shape = {batch, keyHeads, keys - length, now->shape[3]};
    TensorRef rest = c.fill(shape, 0.0f);
    cache = length == 0
                ? rest
                : c.op("Concat", {past, rest}, c.attribute("axis", int64_t(2)));
  }
  return writeRows(c, cache, now, before, 2, /*wraps=*/false);
}

/// What is added to the scores.
TensorRef GroupQueryAttention::findMask() {
  KeyWindow window;
  if (node.intAttr("causal", 1) != 0)
    window.right = 0;
  if (int64_t size = node.intAttr("local_window_size", -1); size > 0)
    window.left = size - 1;
  TensorRef first = c.reshape(before, {batch, 1, 1, 1}), isSeen;
  if (window.isOpen()) {
    isSeen = c.op("Less", {c.integers(countUpTo(keys)),
                           c.add(first, c.integer(queries))});
  } else {
    TensorRef place = c.reshape(c.integers(countUpTo(queries)), {queries, 1});
    isSeen = findSeenKeys(c, keys, c.add(first, place), window);
  }
  TensorRef bias = node.input(10);
  if (!bias)
    bias = c.number(0.0f);
  else if (int64_t behind = bias->rank() == 4 ? keys - bias->shape[3] : 0;
           behind > 0)
    bias =
        c.op("Pad", {bias, c.integers({0, 0, 0, 0, 0, 0, 0, behind}), nullptr});
  constexpr float kHidden = std::numeric_limits<float>::lowest();
  return c.op("Where", {isSeen, bias, c.number(kHidden)});
}

void GroupQueryAttention::appendSink() {
  TensorRef sink = node.input(11);
  if (!sink && node.intAttr("smooth_softmax", 0) != 1)
    return;
  for (TensorRef *part : {&k, &v}) {
    Shape shape = {batch, keyHeads, 1, (*part)->shape[3]};
    TensorRef zeros = c.fill(shape, 0.0f);
    *part = c.op("Concat", {*part, zeros}, c.attribute("axis", int64_t(2)));
  }
  TensorRef scores =
      sink ? c.reshape(sink, {1, heads, 1, 1}) : c.floats({1, 1, 1, 1}, {0.0f});
  mask = c.op("Expand", {mask, c.integers({batch, heads, queries, keys})});
  scores = c.op("Expand", {scores, c.integers({batch, heads, queries, 1})});
  mask = c.op("Concat", {mask, scores}, c.attribute("axis", int64_t(3)));
}

LogicalResult GroupQueryAttention::import() {
  if (failed(checkInputs()) || failed(splitOperands()) ||
      failed(measureCache()) || failed(turn()))
    return failure();
  TensorRef presentKey = k = extend(node.input(3), k),
            presentValue = v = extend(node.input(4), v);
  mask = findMask();
  if (c.hasFailed())
    return failure();
  appendSink();
  SmallVector<Composition::AttributeProto> attributes = {
      c.attribute("softcap", node.floatAttr("softcap", 0.0f))};
  if (float scale = node.floatAttr("scale", 0.0f); scale != 0.0f)
    attributes.push_back(c.attribute("scale", scale));
  TensorRef y = c.op("Attention", {q, k, v, mask}, attributes);
  y = c.reshape(c.transpose(y, {0, 2, 1, 3}), {batch, queries, -1});
  return c.finish({y, presentKey, presentValue});
}

static LogicalResult importGroupQueryAttention(Node &node) {
  return GroupQueryAttention(node).import();
}

ArrayRef<OpEntry> mlir::lw::importer::groupQueryAttentionOps() {
  static const OpEntry entries[] = {
      {"com.microsoft.GroupQueryAttention", 1, 1, importGroupQueryAttention,
       "Attention and ScatterElements; total_sequence_length known at import, "
       "no quantized cache",
       Integers::Own},
  };
  return entries;
}
