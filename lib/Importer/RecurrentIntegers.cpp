//===- RecurrentIntegers.cpp - LSTM of weights of 8 bits
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Composition.h"
#include "Recurrent.h"
#include "lw/Dialect/IR/Quantization.h"

using namespace mlir;
using namespace mlir::lw::importer;

/// All steps' products with the inputs, which are quantized together.
FailureOr<Value> RecurrentLayer::projectIntegers(const TensorRef &input) {
  Composition c(node);
  SmallVector<TensorRef> x = c.results("DynamicQuantizeLinear", input, 3);
  TensorRef product = multiplyIntegers(
      c, x[0], integers.input, x[1], integers.inputScale, x[2],
      integers.inputZeroPoint, bias ? GraphBuilder::fromValue(bias) : nullptr);
  if (c.hasFailed())
    return failure();
  return build.getPlain(product);
}

/// Numbers of input `i`, of the directions `[D]` or of the columns `[D, G*H]`
/// of weights `[D, K, G*H]`: one for each column. A number of all is of each
/// direction.
static FailureOr<ConstantRef> readColumns(Node &node, size_t i,
                                          ArrayRef<int64_t> weights) {
  TensorRef values = node.input(i);
  int64_t directions = weights[0], columns = weights[2];
  int64_t count = values->constant ? *countElements(values->shape) : 0;
  if (count != 1 && count != directions && count != directions * columns)
    return node.error("expects scales and zero points that are known at "
                      "import, for each direction or column of the weights; "
                      "input " +
                      Twine(i) + " is not");
  Shape shape = {count == 1 ? 1 : directions,
                 count == directions * columns ? columns : 1};
  return broadcastConstant(reshapeConstant(values->constant, shape),
                           {directions, columns});
}

/// One number where all are equal, else those of all columns.
static TensorRef shorten(const ConstantRef &values) {
  int64_t count = values->size();
  for (int64_t i = 1; i < count; ++i)
    if (values->number(i) != values->number(0))
      return GraphBuilder::fromConstant(reshapeConstant(values, {count}));
  return GraphBuilder::fromConstant(copyView(*values, {}, {}, 0));
}

LogicalResult mlir::lw::importer::importQuantizedLstm(Node &node) {
  FailureOr<RecurrentAttributes> a =
      readRecurrent(node, lw::RecurrentKind::LSTM, /*transposed=*/true);
  if (failed(a))
    return failure();
  using Proto = ::onnx::TensorProto;
  // Scales and zero points of W and R.
  ConstantRef numbers[4];
  for (size_t i = 0; i < 4; ++i) {
    TensorRef weights = node.inputs[1 + i / 2], given = node.input(8 + i);
    const ConstantRef &constant = weights->constant;
    if (!constant || (constant->fileType != Proto::INT8 &&
                      constant->fileType != Proto::UINT8))
      return node.error("expects weights of int8 or uint8 that are known at "
                        "import; make them initializers");
    bool isScale = i % 2 == 0;
    if (!given && !isScale)
      continue;
    if (!given || (given->constant && (given->constant->isFloat != isScale ||
                                       (!isScale && given->constant->fileType !=
                                                        constant->fileType))))
      return node.error("expects scales of floats, and zero points of the type "
                        "of the weights");
    FailureOr<ConstantRef> columns = readColumns(node, 8 + i, weights->shape);
    if (failed(columns))
      return failure();
    numbers[i] = *columns;
  }

  GraphBuilder &build = node.build;
  IntegerWeights weights;
  const Constant &w = *node.inputs[1]->constant, &r = *node.inputs[2]->constant;
  weights.input = GraphBuilder::fromConstant(
      reshapeConstant(permuteConstant(node.inputs[1]->constant, {1, 0, 2}),
                      {w.shape[1], w.shape[0] * w.shape[2]}));
  weights.inputScale = shorten(numbers[0]);
  if (numbers[1])
    weights.inputZeroPoint = shorten(numbers[1]);
  // As s8; 128 less do not change the differences.
  int32_t less = r.fileType == Proto::UINT8 ? 128 : 0;
  std::vector<int32_t> values;
  for (int64_t value : r.ints)
    values.push_back(static_cast<int32_t>(value) - less);
  weights.state = lw::createIntegers(
      build.builder, build.loc,
      RankedTensorType::get(r.shape, build.builder.getI8Type()), values);
  weights.stateScales = build.getPlain(GraphBuilder::fromConstant(numbers[2]));
  SmallVector<int32_t> zeroPoints(r.shape[0], -less);
  for (int64_t i = 0, columns = r.shape[2];
       numbers[3] && i < numbers[3]->size(); ++i) {
    int32_t zero = static_cast<int32_t>(numbers[3]->ints[i]) - less;
    if (i % columns == 0)
      zeroPoints[i / columns] = zero;
    else if (zeroPoints[i / columns] != zero)
      return node.error("expects one zero point of each direction of R, "
                        "input 11");
  }
  if (llvm::any_of(zeroPoints, [](int32_t zero) { return zero != 0; }))
    weights.stateZeroPoints = build.builder.getDenseI32ArrayAttr(zeroPoints);
  return RecurrentLayer(node, *a).import(weights);
}
