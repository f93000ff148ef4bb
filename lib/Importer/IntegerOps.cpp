//===- IntegerOps.cpp - Accumulators, and quantization by the input's range
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "OpTable.h"
#include "Quantized.h"
#include "lw/Dialect/IR/LwOps.h"
#include "lw/Dialect/IR/Quantization.h"
#include <limits>

using namespace mlir;
using namespace mlir::lw::importer;

/// Bytes as they are.
static mlir::lw::QuantAttr asNumbers(GraphBuilder &build, bool isUnsigned) {
  return mlir::lw::QuantAttr::get(build.builder.getContext(), isUnsigned,
                                  APFloat(1.0f), /*zeroPoint=*/0);
}

//===----------------------------------------------------------------------===//
// Accumulators
//===----------------------------------------------------------------------===//

/// Integers less a zero point, as reals of scale 1.
static FailureOr<TensorRef> subtractZeroPoint(Node &node, size_t values,
                                              size_t zeroPoint,
                                              std::optional<int64_t> axis) {
  // The scales that these operators do not have.
  size_t scale = std::max(node.inputs.size(), zeroPoint + 1);
  node.inputs.resize(scale);
  int64_t count = 1;
  if (node.input(zeroPoint) && node.inputs[zeroPoint]->constant)
    count = node.inputs[zeroPoint]->constant->size();
  node.inputs.push_back(GraphBuilder::fromConstant(
      makeFloats({count}, std::vector<float>(count, 1.0f))));
  auto result = dequantizeInput(node, {values, scale, zeroPoint, axis});
  node.inputs.pop_back();
  return result;
}

/// Weights less an offset as a sum of such whose integers fit in 8 bits: less a
/// zero point they may need 9.
static SmallVector<TensorRef> splitWeights(const TensorRef &weights,
                                           int64_t offset) {
  if (!weights->constant || !weights->constant->steps)
    return {weights};
  std::vector<int64_t> rest(weights->constant->steps->ints.begin(),
                            weights->constant->steps->ints.end());
  for (int64_t &value : rest)
    value -= offset;
  SmallVector<TensorRef> parts;
  do {
    auto part = std::make_shared<Constant>(*weights->constant);
    std::vector<int64_t> steps;
    std::vector<float> reals;
    for (int64_t &value : rest) {
      steps.push_back(std::clamp<int64_t>(value, -128, 127));
      reals.push_back(static_cast<float>(steps.back()));
      value -= steps.back();
    }
    part->steps = makeInts(part->shape, std::move(steps));
    part->floats = makeFloats(part->shape, std::move(reals))->floats;
    parts.push_back(GraphBuilder::fromConstant(part));
  } while (llvm::any_of(rest, [](int64_t value) { return value != 0; }));
  return parts;
}

/// What to subtract from weights of 9 bits whose range is that of 8; 0 for
/// others.
static int64_t offsetOf(const TensorRef &weights) {
  if (!weights->constant || !weights->constant->steps)
    return 0;
  const ElementVector<int64_t> &steps = weights->constant->steps->ints;
  auto [least, greatest] = std::minmax_element(steps.begin(), steps.end());
  bool fits = *least >= -128 && *greatest <= 127;
  return fits || *greatest - *least > 255 ? 0 : *least + 128;
}

/// `offset` for every weight that meets an element of `x` in a matrix product:
/// to be added to `sums`, in int32. Sums of bytes are exact as f32.
static Value sumRows(GraphBuilder &build, const TensorRef &x, int64_t rank,
                     int64_t offset) {
  Shape shape(rank - x->rank(), 1);
  shape.append(x->shape);
  Value sums = build.reduce<tosa::ReduceSumOp>(
      build.reshapeValue(build.getPlain(x), shape), rank - 1);
  shape.back() = 1;
  auto type = RankedTensorType::get(shape, build.builder.getI32Type());
  Value integers = tosa::CastOp::create(build.builder, build.loc, type, sums);
  Value factor = mlir::lw::createIntegers(build.builder, build.loc,
                                          type.clone(Shape(rank, 1)),
                                          {static_cast<int32_t>(offset)});
  return build.mul(integers, factor);
}

/// Sums of products of `x`, integers of scale 1, in int32.
static FailureOr<TensorRef> accumulate(Node &node, StringRef op,
                                       const TensorRef &x,
                                       const TensorRef &weights) {
  TensorRef sums;
  // Matrices are multiplied once where the sums of the rows make up for it.
  constexpr int64_t kMostTerms = (1 << 24) / 255;
  int64_t offset = op == "MatMul" && x->rank() >= 2 &&
                           x->shape.back() <= kMostTerms && x->integers
                       ? offsetOf(weights)
                       : 0;
  for (const TensorRef &part : splitWeights(weights, offset)) {
    node.inputs = {x, part};
    node.accumulates = true;
    if (failed(findOp(op, node.opset)->import(node)))
      return failure();
    TensorRef result = node.results.pop_back_val();
    if (result->element != Element::I32)
      return node.error("expects weights known at import and an activation; "
                        "make the weights an initializer");
    if (!sums) {
      sums = result;
      continue;
    }
    Permutation layout = GraphBuilder::layoutOf(sums);
    sums = GraphBuilder::fromValue(
        node.build.binary<tosa::AddOp>(node.build.get(sums, layout),
                                       node.build.get(result, layout)),
        layout);
  }
  if (!offset)
    return sums;
  Value rows = sumRows(node.build, x, sums->rank(), offset);
  return GraphBuilder::fromValue(
      node.build.binary<tosa::AddOp>(node.build.getPlain(sums), rows));
}

/// Ones in the shape of one sample of an image, or of one row of a matrix.
static TensorRef createOnes(GraphBuilder &build, StringRef op,
                            ArrayRef<int64_t> like) {
  Shape shape(like);
  std::fill(shape.begin(), op == "Conv" ? shape.begin() + 1 : shape.end() - 1,
            1);
  auto type = RankedTensorType::get(shape, build.builder.getI8Type());
  TensorRef ones = GraphBuilder::fromValue(
      mlir::lw::createIntegers(build.builder, build.loc, type,
                               std::vector<int32_t>(type.getNumElements(), 1)));
  ones->element = Element::S8;
  return GraphBuilder::dequantize(ones, asNumbers(build, false));
}

/// Sums of the columns of a matrix of integers, of the rank of `sums`.
static TensorRef sumColumns(GraphBuilder &build, const TensorRef &weights,
                            const TensorRef &sums) {
  const ElementVector<int64_t> &steps = weights->constant->steps->ints;
  int64_t rank = weights->rank(), rows = weights->shape[rank - 2],
          columns = weights->shape[rank - 1];
  Shape shape(sums->rank() - rank, 1);
  shape.append(weights->shape);
  shape[shape.size() - 2] = 1;
  std::vector<int32_t> columnSums(*countElements(shape), 0);
  for (int64_t i = 0, end = steps.size(); i < end; ++i)
    columnSums[i / (rows * columns) * columns + i % columns] +=
        static_cast<int32_t>(steps[i]);
  TensorRef result = GraphBuilder::fromValue(mlir::lw::createIntegers(
      build.builder, build.loc,
      RankedTensorType::get(shape, build.builder.getI32Type()), columnSums));
  result->element = Element::I32;
  return result;
}

/// The sum of (x - z) * w is that of x * w less z times that of w. A zero point
/// that is not known at import is subtracted so; what stands in the padding is
/// in neither sum.
static FailureOr<TensorRef> subtractProduct(Node &node, StringRef op,
                                            const TensorRef &sums,
                                            const TensorRef &zeroPoint,
                                            const TensorRef &x,
                                            const TensorRef &weights) {
  GraphBuilder &build = node.build;
  if (zeroPoint->element != x->integers->element ||
      countElements(zeroPoint->shape) != 1)
    return node.error("expects the zero point, input 2, to be one number of "
                      "the input's type");
  int64_t rank = sums->rank();
  bool isMatrix = op == "MatMul" && weights->constant &&
                  weights->constant->steps && weights->rank() >= 2 &&
                  weights->rank() <= rank;
  FailureOr<TensorRef> plain =
      isMatrix ? sumColumns(build, weights, sums)
               : accumulate(node, op, createOnes(build, op, x->shape), weights);
  if (failed(plain))
    return failure();
  TensorRef reals = GraphBuilder::dequantize(
      zeroPoint, asNumbers(build, zeroPoint->element == Element::U8));
  Value real = build.getPlain(build.reshape(reals, Shape(rank, 1)));
  Value zero = tosa::CastOp::create(
      build.builder, build.loc,
      RankedTensorType::get(Shape(rank, 1), build.builder.getI32Type()), real);
  Permutation layout = GraphBuilder::layoutOf(sums);
  Value product = build.mul(build.get(*plain, layout), zero);
  return GraphBuilder::fromValue(
      build.binary<tosa::SubOp>(build.get(sums, layout), product), layout);
}

/// ConvInteger and MatMulInteger: the accumulators in int32.
static LogicalResult importAccumulators(Node &node, StringRef op,
                                        int64_t filterAxis) {
  TensorRef zeroPoint = node.input(2);
  bool isKnown = !zeroPoint || zeroPoint->constant;
  if (!isKnown)
    node.inputs[2] = nullptr;
  auto x = subtractZeroPoint(node, 0, 2, {});
  if (failed(x))
    return failure();
  auto weights = subtractZeroPoint(node, 1, 3, filterAxis);
  if (failed(weights))
    return failure();
  auto sums = accumulate(node, op, *x, *weights);
  if (succeeded(sums) && !isKnown)
    sums = subtractProduct(node, op, *sums, zeroPoint, *x, *weights);
  return failed(sums) ? failure() : node.finish(*sums);
}

static LogicalResult importConvInteger(Node &node) {
  return importAccumulators(node, "Conv", 0);
}

static LogicalResult importMatMulInteger(Node &node) {
  return importAccumulators(node, "MatMul", -1);
}

//===----------------------------------------------------------------------===//
// DynamicQuantizeLinear
//===----------------------------------------------------------------------===//

/// Quantizes to uint8 by the range of this very input, zero within.
static LogicalResult importDynamicQuantizeLinear(Node &node) {
  const TensorRef &x = node.inputs[0];
  if (x->constant)
    return node.error("expects an activation; quantize constants before");
  if (failed(node.checkShape(x->shape)))
    return failure();
  GraphBuilder &build = node.build;
  Permutation layout = GraphBuilder::layoutOf(x);
  Value value = build.get(x, layout);
  Value row = build.reshapeValue(value, {1, *countElements(x->shape)});
  Value zero = build.number(2, 0.0f);
  Value greatest = build.binary<tosa::MaximumOp>(
      build.reduce<tosa::ReduceMaxOp>(row, 1, tosa::NanPropagationMode::IGNORE),
      zero);
  Value least = build.binary<tosa::MinimumOp>(
      build.reduce<tosa::ReduceMinOp>(row, 1, tosa::NanPropagationMode::IGNORE),
      zero);
  // An input of zeros only has some scale, too.
  Value scale = build.binary<tosa::MaximumOp>(
      build.mul(build.binary<tosa::SubOp>(greatest, least),
                build.number(2, 1.0f / 255.0f)),
      build.number(2, std::numeric_limits<float>::min()));
  Value steps = build.unary<tosa::ReciprocalOp>(scale);
  TensorRef zeroPoint = build.quantize(
      GraphBuilder::fromValue(build.mul(build.negate(least), steps)),
      asNumbers(build, /*isUnsigned=*/true));

  // Rounds half to even before the zero point is added: beyond 2^23 floats are
  // whole.
  int64_t rank = x->rank();
  Value whole = build.number(rank, 12582912.0f);
  Value rounded = build.binary<tosa::SubOp>(
      build.binary<tosa::AddOp>(
          build.mul(value, build.reshapeValue(steps, Shape(rank, 1))), whole),
      whole);
  TensorRef real = GraphBuilder::dequantize(
      zeroPoint, asNumbers(build, /*isUnsigned=*/true));
  Value moved = build.binary<tosa::AddOp>(
      rounded, build.getPlain(build.reshape(real, Shape(rank, 1))));
  node.results.push_back(build.quantize(GraphBuilder::fromValue(moved, layout),
                                        asNumbers(build, /*isUnsigned=*/true)));
  node.results.push_back(
      build.reshape(GraphBuilder::fromValue(scale), Shape()));
  node.results.push_back(build.reshape(zeroPoint, Shape()));
  return success();
}

ArrayRef<OpEntry> mlir::lw::importer::integerOps() {
  static const OpEntry entries[] = {
      {"ConvInteger", 10, 2, importConvInteger,
       "the convolution's accumulators, i32; weights known at import",
       Integers::Own},
      {"DynamicQuantizeLinear", 11, 1, importDynamicQuantizeLinear,
       "range and scale by reductions of reals, then `lw.quantize`"},
      {"MatMulInteger", 10, 2, importMatMulInteger,
       "accumulators of `lw.pointwise_conv_2d`, i32; weights known at import",
       Integers::Own},
  };
  return entries;
}
