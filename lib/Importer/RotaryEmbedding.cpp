//===- RotaryEmbedding.cpp - Channels turned by their position
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Composition.h"
#include "Heads.h"

using namespace mlir;
using namespace mlir::lw::importer;

FailureOr<TensorRef> mlir::lw::importer::splitHeads(Node &node,
                                                    const TensorRef &tensor,
                                                    int64_t heads,
                                                    StringRef attribute) {
  if (tensor->rank() == 4)
    return tensor;
  if (heads <= 0)
    return node.error("expects attribute '" + attribute +
                      "' for inputs of rank 3");
  const Shape &shape = tensor->shape;
  if (shape[2] % heads)
    return node.error("expects " + Twine(shape[2]) + " channels to divide by " +
                      Twine(heads) + " heads");
  GraphBuilder &build = node.build;
  return build.transpose(
      build.reshape(tensor, {shape[0], shape[1], heads, shape[2] / heads}),
      {0, 2, 1, 3});
}

/// The rows of a cache for each position, as [N, L, D / 2].
static FailureOr<TensorRef> rowsOf(Node &node, size_t input, int64_t batch,
                                   int64_t length, int64_t half) {
  TensorRef cache = node.inputs[input];
  if (TensorRef positions = node.input(3)) {
    if (positions->shape != Shape{batch, length} || cache->rank() != 2)
      return node.error("expects positions [N, L] and a cache of rank 2");
    Composition c(node);
    cache = c.op("Gather", {cache, positions});
    if (!cache)
      return failure();
  }
  if (cache->shape != Shape{batch, length, half})
    return node.error("expects caches of shape " +
                      formatShape({batch, length, half}) + ", found " +
                      formatShape(cache->shape));
  return cache;
}

LogicalResult mlir::lw::importer::importRotaryEmbedding(Node &node) {
  GraphBuilder &build = node.build;
  TensorRef input = node.inputs[0];
  bool joined = input->rank() == 3;
  if (!joined && failed(node.checkRank(0, 4)))
    return failure();
  auto x = splitHeads(node, input, node.intAttr("num_heads", 0), "num_heads");
  if (failed(x))
    return failure();
  Shape shape = (*x)->shape; // [N, heads, L, D]
  int64_t turned = node.intAttr("rotary_embedding_dim", 0);
  if (turned == 0)
    turned = shape[3];
  if (turned < 0 || turned > shape[3] || turned % 2)
    return node.error("expects an even number of channels to turn, up to " +
                      Twine(shape[3]) + ", found " + Twine(turned));
  int64_t half = turned / 2;
  auto cos = rowsOf(node, 1, shape[0], shape[2], half);
  if (failed(cos))
    return failure();
  auto sin = rowsOf(node, 2, shape[0], shape[2], half);
  if (failed(sin))
    return failure();

  // The two of a pair as [N, heads, L, D / 2].
  Value whole = build.getPlain(*x);
  Shape one = shape;
  one[3] = half;
  Value a, b;
  bool interleaved = node.intAttr("interleaved", 0) != 0;
  if (interleaved) {
    Shape taken = shape;
    taken[3] = turned;
    Shape pairs = {shape[0], shape[1], shape[2], half, 2};
    Value split =
        build.reshapeValue(build.slice(whole, {0, 0, 0, 0}, taken), pairs);
    pairs[4] = 1;
    a = build.reshapeValue(build.slice(split, {0, 0, 0, 0, 0}, pairs), one);
    b = build.reshapeValue(build.slice(split, {0, 0, 0, 0, 1}, pairs), one);
  } else {
    a = build.slice(whole, {0, 0, 0, 0}, one);
    b = build.slice(whole, {0, 0, 0, half}, one);
  }
  Shape angles = {shape[0], 1, shape[2], half};
  Value c = build.reshapeValue(build.getPlain(*cos), angles),
        s = build.reshapeValue(build.getPlain(*sin), angles);
  Value real = build.binary<tosa::SubOp>(build.mul(a, c), build.mul(b, s));
  Value imaginary = build.binary<tosa::AddOp>(build.mul(a, s), build.mul(b, c));
  SmallVector<Value> parts;
  if (interleaved) {
    Shape pairs = {shape[0], shape[1], shape[2], half, 1}, joinedPairs = one;
    joinedPairs[3] = turned;
    parts.push_back(
        build.reshapeValue(build.concat({build.reshapeValue(real, pairs),
                                         build.reshapeValue(imaginary, pairs)},
                                        4),
                           joinedPairs));
  } else {
    parts = {real, imaginary};
  }
  if (turned < shape[3]) {
    Shape rest = shape;
    rest[3] -= turned;
    parts.push_back(build.slice(whole, {0, 0, 0, turned}, rest));
  }
  Value result = parts.size() == 1 ? parts.front() : build.concat(parts, 3);
  TensorRef output = GraphBuilder::fromValue(result);
  if (joined)
    output = build.reshape(build.transpose(output, {0, 2, 1, 3}), input->shape);
  return node.finish(output);
}
