//===- Matrix.cpp - Gemm and MatMul
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Fold.h"
#include "Heads.h"
#include "OpTable.h"
#include "Quantized.h"
#include "lw/Dialect/IR/Constants.h"
#include "lw/Dialect/IR/LwOps.h"

using namespace mlir;
using namespace mlir::lw::importer;

/// `a` [N, M, K] times `b` [N, K, L], both as they are at run time.
static Value emitProduct(GraphBuilder &build, Value a, Value b) {
  ArrayRef<int64_t> left = GraphBuilder::shapeOf(a);
  int64_t columns = GraphBuilder::shapeOf(b)[2];
  return tosa::MatMulOp::create(build.builder, build.loc,
                                build.type({left[0], left[1], columns}), a, b);
}

/// `a` [M, K] times `b` [K, N] plus bias [N] (may be null), where `b` is no
/// constant.
static TensorRef emitActivations(GraphBuilder &build, const TensorRef &a,
                                 const TensorRef &b, const TensorRef &bias) {
  int64_t rows = a->shape[0], in = b->shape[0], out = b->shape[1];
  Value product =
      emitProduct(build, build.reshapeValue(build.getPlain(a), {1, rows, in}),
                  build.reshapeValue(build.getPlain(b), {1, in, out}));
  product = build.reshapeValue(product, {rows, out});
  if (bias)
    product = build.binary<tosa::AddOp>(
        product, build.getPlain(build.reshape(bias, {1, out})));
  return GraphBuilder::fromValue(product);
}

/// `a` [M, K] times `weights` [K, N] plus bias [N] (may be null) as a pointwise
/// convolution on [M, 1, 1, K]. Where `a` is an image flattened, the rows of
/// the weights are brought into the order of NHWC instead of the image into
/// that of NCHW. `transposed`: the weights are [N, K]; both orders change in
/// one step, since each is a copy of what may be most of a network.
static TensorRef emitFullyConnected(Node &node, const TensorRef &a,
                                    TensorRef weights, const TensorRef &bias,
                                    bool transposed = false) {
  GraphBuilder &build = node.build;
  int64_t rows = a->shape[0], in = a->shape[1],
          out = weights->shape[transposed ? 0 : 1];
  const TensorRef &held = a->integers ? a->integers : a;
  bool isImage = held->stored.empty() && held->flattened &&
                 held->flattened->rank() == 4 &&
                 held->flattened->shape[0] == rows;
  bool isKnown = weights->constant || weights->integers || a->integers;
  if (transposed && !(isKnown && isImage)) {
    weights = build.transpose(weights, {1, 0});
    transposed = false;
  }
  if (!isKnown)
    return emitActivations(build, a, weights, bias);
  Value input;
  if (isImage) {
    const Shape &image = held->flattened->shape;
    input = build.getNhwc(held->flattened);
    if (transposed) {
      weights = build.reshape(weights, {out, image[1], image[2], image[3]});
      weights = build.transpose(weights, {2, 3, 1, 0});
    } else {
      weights = build.reshape(weights, {image[1], image[2], image[3], out});
      weights = build.transpose(weights, {1, 2, 0, 3});
    }
  } else {
    input = build.getPlain(held);
  }
  TensorRef image =
      GraphBuilder::fromNhwc(build.reshapeValue(input, {rows, 1, 1, in}));
  image->element = held->element;
  if (a->integers)
    image = GraphBuilder::dequantize(image, a->quantization);
  TensorRef filter = build.reshape(weights, {1, 1, in, out});
  splitWideWeights(build, image, filter, 2);
  ConvOperands operands =
      ConvOperands::create(node, image, filter, {0, 1, 2, 3}, bias, out);
  Value result = lw::PointwiseConv2DOp::create(
      build.builder, build.loc, operands.type(build, {rows, 1, 1, out}),
      operands.input, operands.filter, operands.bias, /*residual=*/Value(),
      build.builder.getDenseI64ArrayAttr({1, 1}),
      /*activation=*/lw::ActivationAttr(), operands.quantization);
  return GraphBuilder::fromValue(build.reshapeValue(result, {rows, out}));
}

/// `factor` times a constant, null when it would leave the range of f32.
static TensorRef scaleConstant(GraphBuilder &build, const TensorRef &tensor,
                               float factor) {
  if (factor == 1.0f)
    return tensor;
  if (!tensor->constant || !tensor->constant->isFloat)
    return nullptr;
  lw::NormalRange range(build.builder.getF32Type());
  std::vector<float> values(tensor->constant->floats);
  for (float &value : values) {
    double product = static_cast<double>(value) * factor;
    if (!range.contains(product))
      return nullptr;
    value = static_cast<float>(product);
  }
  auto result = std::make_shared<Constant>(*tensor->constant);
  result->floats = std::move(values);
  if (result->steps) {
    std::vector<float> scales(result->scales->floats);
    for (float &scale : scales)
      scale *= factor;
    result->scales = makeFloats(tensor->shape, std::move(scales));
    // A scale is positive.
    if (factor <= 0)
      result->steps = result->scales = nullptr;
  }
  return GraphBuilder::fromConstant(result);
}

static Value scale(GraphBuilder &build, Value value, float factor) {
  int64_t rank = GraphBuilder::shapeOf(value).size();
  return build.mul(value, build.number(rank, factor));
}

/// alpha * op(A) * op(B) + beta * C.
static LogicalResult importGemm(Node &node) {
  GraphBuilder &build = node.build;
  if (failed(node.checkRank(0, 2)) || failed(node.checkRank(1, 2)) ||
      failed(node.checkShape(node.shape(0))) ||
      failed(node.checkShape(node.shape(1))))
    return failure();
  TensorRef a = node.inputs[0], b = node.inputs[1], c = node.input(2);
  if (node.intAttr("transA", 0) != 0)
    a = build.transpose(a, {1, 0});
  bool transposed = node.intAttr("transB", 0) != 0;
  Shape right = b->shape;
  if (transposed)
    std::swap(right[0], right[1]);
  if (a->shape[1] != right[0])
    return node.error("expects inner extents to agree, found " +
                      formatShape(a->shape) + " times " + formatShape(right));
  float alpha = node.floatAttr("alpha", 1.0f);
  float beta = node.floatAttr("beta", 1.0f);
  // What cannot be folded into the weights multiplies the product.
  TensorRef scaled = scaleConstant(build, b, alpha);
  if (scaled)
    b = scaled;
  int64_t rows = a->shape[0], columns = right[1];
  if (failed(node.checkShape({rows, columns})))
    return failure();

  TensorRef bias;
  if (c) {
    if (TensorRef folded = scaleConstant(build, c, beta))
      c = folded;
    else
      c = GraphBuilder::fromValue(scale(build, build.getPlain(c), beta));
    FailureOr<Shape> joined = node.broadcast({rows, columns}, c->shape);
    if (failed(joined))
      return failure();
    if (*joined != Shape{rows, columns})
      return node.error("expects C to broadcast to " +
                        formatShape({rows, columns}) + ", found shape " +
                        formatShape(c->shape));
    if (c->constant && countElements(c->shape) == 1)
      c = GraphBuilder::fromConstant(
          broadcastConstant(reshapeConstant(c->constant, {1}), {columns}));
    // A bias is a constant.
    if (scaled && c->constant && countElements(c->shape) == columns &&
        c->shape.back() == columns)
      bias = build.reshape(c, {columns});
  }
  TensorRef product = emitFullyConnected(node, a, b, bias, transposed);
  if (scaled && (bias || !c))
    return node.finish(product);
  Value result = build.getPlain(product);
  if (!scaled)
    result = scale(build, result, alpha);
  if (c && !bias) {
    Shape extended(2 - c->rank(), 1);
    extended.append(c->shape);
    result = build.binary<tosa::AddOp>(
        result, build.getPlain(build.reshape(c, extended)));
  }
  return node.finish(GraphBuilder::fromValue(result));
}

/// The operand as [batch, rows, columns] with its batch dimensions stretched.
static Value stretchBatch(GraphBuilder &build, const TensorRef &operand,
                          ArrayRef<int64_t> batch, int64_t count) {
  ArrayRef<int64_t> from = operand->shape;
  Shape extended(batch.size() + 2 - from.size(), 1), repeats, whole(batch);
  extended.append(from.begin(), from.end());
  for (size_t i = 0; i < batch.size(); ++i)
    repeats.push_back(batch[i] / extended[i]);
  repeats.append({1, 1});
  whole.append(from.end() - 2, from.end());
  Value value = build.getPlain(build.reshape(operand, extended));
  if (whole != extended)
    value = tosa::TileOp::create(build.builder, build.loc, build.type(whole),
                                 value, build.constShape(repeats));
  return build.reshapeValue(value, {count, from[from.size() - 2], from.back()});
}

static LogicalResult importMatMul(Node &node) {
  GraphBuilder &build = node.build;
  TensorRef a = node.inputs[0], b = node.inputs[1];
  if (a->rank() == 0 || b->rank() == 0)
    return node.error("expects inputs of rank 1 or more");
  if (failed(node.checkShape(a->shape)) || failed(node.checkShape(b->shape)))
    return failure();
  bool vectorA = a->rank() == 1, vectorB = b->rank() == 1;
  if (vectorA)
    a = build.reshape(a, {1, a->shape[0]});
  if (vectorB)
    b = build.reshape(b, {b->shape[0], 1});
  int64_t rows = a->shape[a->rank() - 2], inner = a->shape.back();
  int64_t columns = b->shape.back();
  if (inner != b->shape[b->rank() - 2])
    return node.error("expects inner extents to agree, found " +
                      formatShape(node.shape(0)) + " times " +
                      formatShape(node.shape(1)));
  FailureOr<Shape> batch = node.broadcast(ArrayRef(a->shape).drop_back(2),
                                          ArrayRef(b->shape).drop_back(2));
  if (failed(batch))
    return failure();
  Shape shape = *batch;
  if (!vectorA)
    shape.push_back(rows);
  if (!vectorB)
    shape.push_back(columns);
  if (failed(node.checkShape(shape)))
    return failure();

  if (countElements(b->shape) == inner * columns) {
    // All of the left operand's leading dimensions are rows.
    int64_t allRows = *countElements(a->shape) / inner;
    TensorRef product = emitFullyConnected(
        node, build.reshape(a, {allRows, inner}),
        build.reshape(b, {inner, columns}), /*bias=*/nullptr);
    return node.finish(build.reshape(product, shape));
  }
  int64_t count = *countElements(*batch);
  Value result = emitProduct(build, stretchBatch(build, a, *batch, count),
                             stretchBatch(build, b, *batch, count));
  return node.finish(
      GraphBuilder::fromValue(build.reshapeValue(result, shape)));
}

ArrayRef<OpEntry> mlir::lw::importer::matrixOps() {
  static const OpEntry entries[] = {
      {"Attention", 23, 3, importAttention,
       "`tosa.matmul` and `lw.softmax`; masks, causal, windows, lengths of "
       "samples, grouped heads, past keys and values",
       Integers::Own},
      {"Gemm", 7, 2, importGemm,
       "`lw.pointwise_conv_2d` on `[M, 1, 1, K]`, `tosa.matmul` when B is no "
       "constant; alpha and beta folded"},
      {"MatMul", 1, 2, importMatMul,
       "`lw.pointwise_conv_2d` on `[M, 1, 1, K]`, `tosa.matmul` when the right "
       "operand has batch dimensions or is no constant"},
      {"RotaryEmbedding", 23, 3, importRotaryEmbedding,
       "`tosa.mul`, `tosa.concat`", Integers::Moved},
  };
  return entries;
}
