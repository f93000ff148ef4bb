//===- FusedAttention.cpp - Attention as onnxruntime's optimizers write it
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Caches.h"
#include "Elements.h"
#include "Families.h"
#include "Heads.h"
#include "Stacking.h"

using namespace mlir;
using namespace mlir::lw::importer;
using Proto = ::onnx::TensorProto;

namespace {

/// Operands of an attention, each [N, heads, length, channels].
struct HeadOperands {
  TensorRef query, key, value, pastKey, pastValue;
  TensorRef mask, bias; // which keys count, and what is added to the scores

  int64_t batch() const { return query->shape[0]; }
  int64_t keys() const {
    return key->shape[2] + (pastKey ? pastKey->shape[2] : 0);
  }
};

} // namespace

/// The mask as what is added to the scores; null where there is none, or after
/// an error.
static TensorRef maskScores(Node &node, Composition &c,
                            const HeadOperands &heads) {
  TensorRef mask = heads.mask, isSeen;
  if (!mask)
    return heads.bias;
  int64_t batch = heads.batch(), keys = heads.keys();
  Shape shape(mask->shape);
  if (mask->rank() == 1 && (shape[0] == batch || shape[0] == 2 * batch)) {
    // Where the keys of a sample end and, behind, where they begin.
    TensorRef place = c.integers(countUpTo(keys));
    if (elementOf(mask) == Element::I32)
      place = c.op("Cast", place, c.attribute("to", int64_t(Proto::INT32)));
    auto bound = [&](int64_t first) {
      TensorRef part = takeRange(node.build, mask, 0, first, batch);
      return c.reshape(part, {batch, 1});
    };
    isSeen = c.op("Less", {place, bound(0)});
    if (shape[0] == 2 * batch)
      isSeen =
          c.op("And", {isSeen, c.op("GreaterOrEqual", {place, bound(batch)})});
    isSeen = c.reshape(isSeen, {batch, 1, 1, keys});
  } else if ((mask->rank() == 2 || mask->rank() == 3) &&
             (shape[0] == batch || shape[0] == 1) && shape.back() == keys) {
    isSeen = c.op("Cast", mask, c.attribute("to", int64_t(Proto::BOOL)));
    shape.insert(shape.begin() + 1, 4 - mask->rank(), 1);
    isSeen = c.reshape(isSeen, shape);
  } else {
    (void)node.error("expects a mask of one or two lengths a sample, or of " +
                     Twine(keys) + " keys a sample or a query, found shape " +
                     formatShape(shape));
    return nullptr;
  }
  TensorRef filter = c.number(node.floatAttr("mask_filter_value", -10000.0f));
  TensorRef hidden = c.op("Where", {isSeen, c.number(0.0f), filter});
  return heads.bias ? c.add(hidden, heads.bias) : hidden;
}

/// The result [N, length, heads * channels] and the keys and values with those
/// before.
static SmallVector<TensorRef> attend(Node &node, Composition &c,
                                     const HeadOperands &heads) {
  TensorRef mask = maskScores(node, c, heads);
  SmallVector<Composition::AttributeProto> attributes = {
      c.attribute("is_causal", node.intAttr("unidirectional", 0))};
  if (float scale = node.floatAttr("scale", 0.0f); scale != 0.0f)
    attributes.push_back(c.attribute("scale", scale));
  SmallVector<TensorRef> results =
      c.results("Attention",
                {heads.query, heads.key, heads.value, mask, heads.pastKey,
                 heads.pastValue},
                3, attributes);
  if (!results[0])
    return results;
  Shape shape = results[0]->shape;
  results[0] = c.reshape(c.transpose(results[0], {0, 2, 1, 3}),
                         {shape[0], shape[2], shape[1] * shape[3]});
  return results;
}

static FailureOr<int64_t> headCount(Node &node) {
  int64_t heads = node.intAttr("num_heads", 0);
  if (heads < 1)
    return node.error("expects attribute 'num_heads' of at least 1, found " +
                      Twine(heads));
  for (StringRef name : {"do_rotary", "past_present_share_buffer"})
    if (node.intAttr(name, 0) != 0)
      return node.error(name + " = 1 is not supported; export the network "
                               "without it");
  return heads;
}

/// What follows the product with the weights of queries, keys and values in one
/// matrix, `product`; inputs are the mask, earlier keys and values, and what is
/// added to the scores.
static LogicalResult finishJoined(Node &node, Composition &c,
                                  const TensorRef &product, size_t mask,
                                  size_t past, size_t bias) {
  FailureOr<int64_t> count = headCount(node);
  if (!product || failed(count))
    return failure();
  int64_t columns = product->shape.back();
  Shape sizes =
      node.intsAttr("qkv_hidden_sizes").value_or(Shape(3, columns / 3));
  if (sizes.size() != 3 || sizes[0] + sizes[1] + sizes[2] != columns ||
      llvm::any_of(sizes, [](int64_t size) { return size < 1; }))
    return node.error("expects weights of queries, keys and values in " +
                      Twine(columns) + " columns, found " + formatShape(sizes));
  HeadOperands heads;
  int64_t first = 0;
  TensorRef *parts[] = {&heads.query, &heads.key, &heads.value};
  for (int i = 0; i < 3; first += sizes[i++]) {
    FailureOr<TensorRef> part =
        splitHeads(node, takeRange(node.build, product, 2, first, sizes[i]),
                   *count, "num_heads");
    if (failed(part))
      return failure();
    *parts[i] = *part;
  }
  heads.mask = node.input(mask);
  heads.bias = node.input(bias);
  if (TensorRef before = node.input(past)) {
    if (before->rank() != 5 || before->shape[0] != 2)
      return node.error("expects earlier keys and values [2, N, heads, length, "
                        "channels], found shape " +
                        formatShape(before->shape));
    heads.pastKey = takeIndex(node.build, before, 0, 0);
    heads.pastValue = takeIndex(node.build, before, 0, 1);
  }
  SmallVector<TensorRef> results = attend(node, c, heads);
  if (node.isUsed(1)) {
    TensorRef axis = c.integers({0});
    results[1] = c.op("Concat",
                      {c.op("Unsqueeze", {results[1], axis}),
                       c.op("Unsqueeze", {results[2], axis})},
                      c.attribute("axis", int64_t(0)));
  }
  return c.finish(ArrayRef(results).take_front(2));
}

static LogicalResult importAttentionOfWeights(Node &node) {
  if (failed(node.checkRank(0, 3)) || failed(node.checkRank(1, 2)))
    return failure();
  Composition c(node);
  TensorRef product = c.op("MatMul", {node.inputs[0], node.inputs[1]});
  if (node.input(2))
    product = c.add(product, node.inputs[2]);
  return finishJoined(node, c, product, 3, 4, 5);
}

static LogicalResult importQAttention(Node &node) {
  if (failed(node.checkRank(0, 3)) || failed(node.checkRank(1, 2)))
    return failure();
  Composition c(node);
  TensorRef product = multiplyIntegers(
      c, node.inputs[0], node.inputs[1], node.inputs[3], node.inputs[4],
      node.input(6), node.input(7), node.input(2));
  return finishJoined(node, c, product, 5, 8, node.inputs.size());
}

static LogicalResult importMultiHeadAttention(Node &node) {
  FailureOr<int64_t> count = headCount(node);
  if (failed(count))
    return failure();
  if (!node.input(1) || !node.input(2) || node.inputs[0]->rank() != 3)
    return node.error("expects a query, a key and a value; packed ones are not "
                      "supported, export them apart");
  Composition c(node);
  HeadOperands heads;
  TensorRef *parts[] = {&heads.query, &heads.key, &heads.value};
  int64_t first = 0;
  for (int i = 0; i < 3; ++i) {
    TensorRef part = node.inputs[i];
    if (part->rank() != 3 && (i == 0 || part->rank() != 4))
      return node.error("expects input " + Twine(i) +
                        " of shape [N, length, "
                        "heads * channels], found " +
                        formatShape(part->shape));
    // Keys and values of rank 4 have their bias already.
    if (TensorRef bias = node.input(3); bias && part->rank() == 3) {
      int64_t size = part->shape[2];
      if (bias->rank() != 1 || bias->shape[0] < first + size)
        return node.error("expects a bias, input 3, of one number for each "
                          "channel of query, key and value, found shape " +
                          formatShape(bias->shape));
      part = c.add(part, takeRange(node.build, bias, 0, first, size));
      first += size;
    }
    if (!part)
      return failure();
    FailureOr<TensorRef> split = splitHeads(node, part, *count, "num_heads");
    if (failed(split))
      return failure();
    *parts[i] = *split;
  }
  heads.mask = node.input(4);
  heads.bias = node.input(5);
  heads.pastKey = node.input(6);
  heads.pastValue = node.input(7);
  if (node.input(8) || node.input(9))
    return node.error("expects no past_sequence_length and cache_indirection; "
                      "export the network without a shared buffer");
  return c.finish(attend(node, c, heads));
}

/// Inputs are [N, L, heads * D] or [N, heads, L, D], positions, and the cosines
/// and sines of all positions.
static LogicalResult importRotaryEmbeddingOfPositions(Node &node) {
  TensorRef x = node.inputs[0], positions = node.inputs[1],
            cosines = node.inputs[2];
  if ((x->rank() != 3 && failed(node.checkRank(0, 4))) ||
      failed(node.checkRank(2, 2)) || failed(node.checkRank(3, 2)))
    return failure();
  if (node.intAttr("is_packed_batching", 0) != 0 ||
      node.floatAttr("scale", 1.0f) != 1.0f)
    return node.error("expects no packed batch and a scale of 1; export the "
                      "network without them");
  // Without the number, heads are turned whole.
  int64_t heads = node.intAttr("num_heads", 0),
          turned = node.intAttr("rotary_embedding_dim", 0);
  if (heads == 0 && x->rank() == 3)
    heads = x->shape[2] / (2 * cosines->shape[1]);
  int64_t batch = x->shape[0], length = x->shape[x->rank() - 2];
  Composition c(node);
  if (countElements(positions->shape) == 1) {
    positions =
        c.add(c.reshape(positions, {1, 1}), c.integers(countUpTo(length)));
    positions = c.op("Expand", {positions, c.integers({batch, length})});
  }
  return c.finish(
      c.op("RotaryEmbedding", {x, cosines, node.inputs[3], positions},
           {c.attribute("interleaved", node.intAttr("interleaved", 0)),
            c.attribute("num_heads", heads),
            c.attribute("rotary_embedding_dim", turned)}));
}

//===----------------------------------------------------------------------===//
// EmbedLayerNormalization
//===----------------------------------------------------------------------===//

/// The normalized sum of the embeddings of words, of their places and of their
/// segments.
static LogicalResult importEmbedding(Node &node) {
  const TensorRef &ids = node.inputs[0];
  TensorRef segments = node.input(1), positions = node.input(8);
  for (size_t i : {2, 3, 5, 6})
    if (!node.input(i))
      return node.error("expects words, places, scale and shift, inputs 2, 3, "
                        "5 and 6; input " +
                        Twine(i) + " is missing");
  if (failed(node.checkRank(0, 2)) || failed(node.checkRank(2, 2)) ||
      failed(node.checkRank(3, 2)))
    return failure();
  int64_t batch = ids->shape[0], length = ids->shape[1];
  if (node.shape(3)[0] < length)
    return node.error("expects embeddings of " + Twine(length) +
                      " places, input 3, found shape " +
                      formatShape(node.shape(3)));
  if (segments && !node.input(4))
    return node.error("expects the segments' embedding, input 4");
  Composition c(node);
  TensorRef sum = c.op("Gather", {node.inputs[2], ids});
  sum = c.add(sum, positions
                       ? c.op("Gather", {node.inputs[3], positions})
                       : takeRange(node.build, node.inputs[3], 0, 0, length));
  if (segments)
    sum = c.add(sum, c.op("Gather", {node.inputs[4], segments}));
  TensorRef y =
      c.op("LayerNormalization", {sum, node.inputs[5], node.inputs[6]},
           c.attribute("epsilon", node.floatAttr("epsilon", 1e-12f)));
  // How many words of each sample count.
  TensorRef counts = GraphBuilder::fromConstant(
      makeInts({batch}, std::vector<int64_t>(batch, 0), Proto::INT32));
  if (node.input(7) && node.isUsed(1)) {
    counts =
        c.op("Cast", node.inputs[7], c.attribute("to", int64_t(Proto::INT32)));
    counts = c.op("ReduceSum", {counts, c.integers({1})},
                  c.attribute("keepdims", int64_t(0)));
  }
  return c.finish({y, counts, sum});
}

/// The same with embeddings, scale and shift in 8 bits: inputs 2 to 6, whose
/// scales are inputs 8 to 12 and zero points 13 to 17.
static LogicalResult importQuantizedEmbedding(Node &node) {
  constexpr size_t kFirst = 2, kLast = 6, kScales = 8, kZeroPoints = 13;
  Composition c(node);
  for (size_t i = kFirst; i <= kLast; ++i)
    if (node.input(i))
      node.inputs[i] = c.op("DequantizeLinear",
                            {node.inputs[i], node.input(kScales + i - kFirst),
                             node.input(kZeroPoints + i - kFirst)});
  if (c.hasFailed())
    return failure();
  node.inputs.resize(kScales);
  return importEmbedding(node);
}

ArrayRef<OpEntry> mlir::lw::importer::fusedAttentionOps() {
  static const OpEntry entries[] = {
      {"com.microsoft.Attention", 1, 2, importAttentionOfWeights,
       "MatMul and Attention; masks of lengths, keys and queries, past, no "
       "rotary embedding",
       Integers::Own},
      {"com.microsoft.EmbedLayerNormalization", 1, 1, importEmbedding,
       "Gather, Add and LayerNormalization", Integers::Own},
      {"com.microsoft.MultiHeadAttention", 1, 1, importMultiHeadAttention,
       "Attention; masks as com.microsoft.Attention, past, bias, nothing "
       "packed",
       Integers::Own},
      {"com.microsoft.QAttention", 1, 5, importQAttention,
       "MatMulInteger and Attention; weights known at import", Integers::Own},
      {"com.microsoft.QEmbedLayerNormalization", 1, 1, importQuantizedEmbedding,
       "DequantizeLinear and EmbedLayerNormalization", Integers::Own},
      {"com.microsoft.RotaryEmbedding", 1, 4, importRotaryEmbeddingOfPositions,
       "as RotaryEmbedding; one first position or all", Integers::Own},
  };
  return entries;
}
