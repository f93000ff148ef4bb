//===- Quantized.cpp - Quantized operators
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

// Every operator of integers becomes the float operator between dequantize and
// quantize. Convolutions of constant weights are integers from the start; what
// else can be becomes so in --lw-fuse-quantization.

#include "Quantized.h"
#include "OpTable.h"
#include "TensorData.h"
#include "lw/Dialect/IR/LwOps.h"
#include <cmath>

using namespace mlir;
using namespace mlir::lw::importer;
using Proto = ::onnx::TensorProto;

//===----------------------------------------------------------------------===//
// QuantizeLinear and DequantizeLinear
//===----------------------------------------------------------------------===//

static LogicalResult importDequantizeLinear(Node &node) {
  int64_t block = node.intAttr("block_size", 0);
  if (block != 0 && !node.inputs[0]->constant)
    return node.error("blocked quantization of activations is not supported, "
                      "found attribute block_size = " +
                      Twine(block));
  int64_t type = node.intAttr("output_dtype", 0);
  if (type != 0 && type != Proto::FLOAT)
    return node.error("expects attribute 'output_dtype' to be float32, found " +
                      elementTypeName(type));
  if (hasComputedScale(node))
    return dequantizeComputed(node);
  auto result =
      dequantizeInput(node, {0, 1, 2, /*axis=*/node.intAttr("axis", 1), block});
  return failed(result) ? failure() : node.finish(*result);
}

/// The integers of a constant, which keeps them.
static LogicalResult quantizeConstant(Node &node, const Constant &x,
                                      mlir::lw::QuantAttr quantization) {
  auto result = std::make_shared<Constant>();
  result->shape = x.shape;
  result->isFloat = false;
  result->fileType = quantization.getIsUnsigned() ? Proto::UINT8 : Proto::INT8;
  for (int64_t i = 0; i < x.size(); ++i)
    result->ints.push_back(
        quantization.quantize(static_cast<float>(x.number(i))));
  return node.finish(GraphBuilder::fromConstant(result));
}

static LogicalResult importQuantizeLinear(Node &node) {
  if (int64_t block = node.intAttr("block_size", 0))
    return node.error("blocked quantization of activations is not supported, "
                      "found attribute block_size = " +
                      Twine(block));
  int64_t type = node.intAttr("output_dtype", 0);
  if (type == 0)
    type = Proto::UINT8;
  if (!llvm::is_contained<int64_t>(
          {Proto::UINT8, Proto::INT8, Proto::UINT16, Proto::INT16}, type))
    return node.error("expects attribute 'output_dtype' to be uint8, int8, "
                      "uint16 or int16, found " +
                      elementTypeName(type));
  if (hasComputedScale(node))
    return quantizeComputed(node, static_cast<int32_t>(type));
  FailureOr<Element> element = elementOfZeroPoint(node, 2);
  if (failed(element))
    return failure();
  if (!node.input(2) && type == Proto::INT8)
    element = Element::S8;
  auto quantization = readQuantization(node, 1, 2, *element);
  if (failed(quantization))
    return failure();
  if (node.inputs[0]->element != Element::Float)
    return node.error("expects float32 to quantize, found " +
                      elementName(node.inputs[0]->element));
  if (node.inputs[0]->constant)
    return quantizeConstant(node, *node.inputs[0]->constant, *quantization);
  return node.finish(node.build.quantize(node.inputs[0], *quantization));
}

//===----------------------------------------------------------------------===//
// Operators between dequantize and quantize
//===----------------------------------------------------------------------===//

/// Imports the node as float operator `op` of `inputs` and quantizes its
/// result; a scale that may be left out leaves reals.
static LogicalResult importAs(Node &node, StringRef op,
                              SmallVector<TensorRef> inputs, size_t scale,
                              size_t zeroPoint, bool mayBeFloat = false) {
  std::optional<mlir::lw::QuantAttr> quantization;
  if (!mayBeFloat || node.input(scale)) {
    FailureOr<Element> element = elementOfZeroPoint(node, zeroPoint);
    if (failed(element))
      return failure();
    auto read = readQuantization(node, scale, zeroPoint, *element);
    if (failed(read))
      return failure();
    quantization = *read;
  }
  node.inputs = std::move(inputs);
  if (failed(findOp(op, node.opset)->import(node)))
    return failure();
  if (quantization)
    node.results[0] = node.build.quantize(node.results[0], *quantization);
  return success();
}

/// Dequantizes all of `quantized`.
static FailureOr<SmallVector<TensorRef>>
dequantizeInputs(Node &node, ArrayRef<QuantizedInput> quantized) {
  SmallVector<TensorRef> result;
  for (const QuantizedInput &input : quantized) {
    if (!node.input(input.values))
      return node.error("expects input " + Twine(input.values));
    auto reals = dequantizeInput(node, input);
    if (failed(reals))
      return failure();
    result.push_back(*reals);
  }
  return result;
}

/// A bias in int32, whose scale is that of the accumulators.
static FailureOr<TensorRef> dequantizeBias(Node &node, size_t i,
                                           const TensorRef &input,
                                           const TensorRef &filter,
                                           int64_t filterAxis, float alpha) {
  if (!node.input(i))
    return TensorRef();
  const ConstantRef &bias = node.inputs[i]->constant;
  if (!bias || bias->isFloat || bias->fileType != Proto::INT32)
    return node.error("expects the bias, input " + Twine(i) +
                      ", to be an int32 tensor known at import");
  if (!filter->constant || !input->integers)
    return node.error("expects weights known at import and an activation for a "
                      "bias");
  // One scale per output channel: that of the first weight of each.
  const Constant &weights = *filter->constant;
  int64_t channels = weights.shape[filterAxis];
  if (channels == 0 || bias->size() % channels != 0)
    return node.error("expects a bias of " + Twine(channels) +
                      " elements, found shape " + formatShape(bias->shape));
  int64_t stride = computeStrides(weights.shape)[filterAxis];
  auto result = std::make_shared<Constant>();
  result->shape = bias->shape;
  std::vector<float> scales;
  for (int64_t c = 0; c < bias->size(); ++c) {
    scales.push_back(input->quantization.getScaleValue() *
                     weights.scales->floats[c % channels * stride] * alpha);
    result->floats.push_back(static_cast<float>(bias->ints[c]) * scales[c]);
  }
  result->steps = makeInts(bias->shape, bias->ints);
  result->scales = makeFloats(bias->shape, std::move(scales));
  return GraphBuilder::fromConstant(result);
}

static LogicalResult importQLinearConv(Node &node) {
  auto inputs = dequantizeInputs(node, {{0, 1, 2, {}}, {3, 4, 5, 0}});
  if (failed(inputs))
    return failure();
  auto bias = dequantizeBias(node, 8, (*inputs)[0], (*inputs)[1], 0, 1.0f);
  if (failed(bias))
    return failure();
  inputs->push_back(*bias);
  return importAs(node, "Conv", *inputs, 6, 7);
}

static LogicalResult importQLinearMatMul(Node &node) {
  auto inputs = dequantizeInputs(node, {{0, 1, 2, {}}, {3, 4, 5, -1}});
  return failed(inputs) ? failure() : importAs(node, "MatMul", *inputs, 6, 7);
}

static LogicalResult importQGemm(Node &node) {
  bool transposed = node.intAttr("transB", 0) != 0;
  int64_t axis = transposed ? 0 : 1;
  auto inputs = dequantizeInputs(node, {{0, 1, 2, {}}, {3, 4, 5, axis}});
  if (failed(inputs))
    return failure();
  if ((*inputs)[1]->rank() != 2)
    return node.error("expects weights of rank 2, found shape " +
                      formatShape((*inputs)[1]->shape));
  auto bias = dequantizeBias(node, 6, (*inputs)[0], (*inputs)[1], axis,
                             node.floatAttr("alpha", 1.0f));
  if (failed(bias))
    return failure();
  inputs->push_back(*bias);
  return importAs(node, "Gemm", *inputs, 7, 8, /*mayBeFloat=*/true);
}

static constexpr char kAdd[] = "Add", kMul[] = "Mul";

template <const char *op> static LogicalResult importQLinearBinary(Node &node) {
  auto inputs = dequantizeInputs(node, {{0, 1, 2, {}}, {3, 4, 5, {}}});
  return failed(inputs) ? failure() : importAs(node, op, *inputs, 6, 7);
}

static constexpr char kSigmoid[] = "Sigmoid", kLeakyRelu[] = "LeakyRelu",
                      kSoftmax[] = "Softmax", kAveragePool[] = "AveragePool",
                      kGlobalAveragePool[] = "GlobalAveragePool";

template <const char *op> static LogicalResult importQLinearUnary(Node &node) {
  // Softmax over one dimension, or over all from one on.
  if (int64_t own = node.intAttr("opset", node.opset);
      op == kSoftmax && (own < 13) != (node.opset < 13))
    return node.error("attribute 'opset' is " + Twine(own) +
                      ", which means another operation than that of the file's "
                      "opset; convert the file to that opset");
  auto inputs = dequantizeInputs(node, {{0, 1, 2, {}}});
  return failed(inputs) ? failure() : importAs(node, op, *inputs, 3, 4);
}

/// Imports the node of an image whose channels are its last dimension.
static LogicalResult
importChannelsLast(Node &node,
                   llvm::function_ref<LogicalResult(Node &)> import) {
  auto rank = static_cast<int32_t>(node.inputs[0]->rank());
  if (rank < 3)
    return node.error("expects an image, found shape " +
                      formatShape(node.shape(0)));
  Permutation toFirst = {0, rank - 1}, toLast = {0};
  for (int32_t axis = 1; axis < rank - 1; ++axis) {
    toFirst.push_back(axis);
    toLast.push_back(axis + 1);
  }
  toLast.push_back(1);
  node.inputs[0] = node.build.transpose(node.inputs[0], toFirst);
  if (failed(import(node)))
    return failure();
  node.results[0] = node.build.transpose(node.results[0], toLast);
  return success();
}

/// As `import`; attribute channels_last says where the channels are.
template <LogicalResult (*import)(Node &)>
static LogicalResult importEitherLayout(Node &node) {
  return node.intAttr("channels_last", 0) == 0
             ? import(node)
             : importChannelsLast(node, import);
}

static LogicalResult importNhwcMaxPool(Node &node) {
  return importChannelsLast(node, [](Node &node) {
    return importOperator(node, *findOp("MaxPool", node.opset));
  });
}

/// Scale and zero point of the result come first, then those of each operand.
static LogicalResult importQLinearConcat(Node &node) {
  SmallVector<QuantizedInput> operands;
  for (size_t i = 2; i + 1 < node.inputs.size(); i += 3)
    operands.push_back({i, i + 1, i + 2, {}});
  if (operands.empty())
    return node.error("expects operands");
  auto inputs = dequantizeInputs(node, operands);
  return failed(inputs) ? failure() : importAs(node, "Concat", *inputs, 0, 1);
}

ArrayRef<OpEntry> mlir::lw::importer::quantizedOps() {
  static const OpEntry entries[] = {
      {"DequantizeLinear", 10, 2, importDequantizeLinear,
       "`lw.dequantize`, or integers of the operator that takes it up; uint8 "
       "and int8 activations per tensor, constants per axis or block; other "
       "scales, 16 bits and int32 by arithmetic",
       Integers::Own},
      {"QLinearConv", 10, 8, importQLinearConv,
       "a quantized convolution, as Conv; any zero point of the weights",
       Integers::Own},
      {"QLinearMatMul", 10, 8, importQLinearMatMul,
       "quantized `lw.pointwise_conv_2d`; of two activations `tosa.matmul` of "
       "reals",
       Integers::Own},
      {"QuantizeLinear", 10, 2, importQuantizeLinear,
       "`lw.quantize`; to uint8 and int8; 16 bits and several or computed "
       "scales by arithmetic",
       Integers::Own},
      {"com.microsoft.DequantizeLinear", 1, 2, importDequantizeLinear,
       "as DequantizeLinear", Integers::Own},
      {"com.microsoft.NhwcMaxPool", 1, 1, importNhwcMaxPool, "as MaxPool",
       Integers::Own},
      {"com.microsoft.QGemm", 1, 6, importQGemm,
       "quantized `lw.pointwise_conv_2d`", Integers::Own},
      {"com.microsoft.QLinearAdd", 1, 7, importQLinearBinary<kAdd>, "`lw.add`",
       Integers::Own},
      {"com.microsoft.QLinearAveragePool", 1, 4,
       importEitherLayout<importQLinearUnary<kAveragePool>>,
       "quantized `lw.depthwise_conv_2d` by ones", Integers::Own},
      {"com.microsoft.QLinearConcat", 1, 4, importQLinearConcat,
       "`lw.requantize` and `tosa.concat`", Integers::Own},
      {"com.microsoft.QLinearConv", 1, 8, importEitherLayout<importQLinearConv>,
       "as QLinearConv, in either layout", Integers::Own},
      {"com.microsoft.QLinearGlobalAveragePool", 1, 4,
       importEitherLayout<importQLinearUnary<kGlobalAveragePool>>,
       "quantized `lw.depthwise_conv_2d` by ones", Integers::Own},
      {"com.microsoft.QLinearLeakyRelu", 1, 4, importQLinearUnary<kLeakyRelu>,
       "`lw.lookup`", Integers::Own},
      {"com.microsoft.QLinearMul", 1, 7, importQLinearBinary<kMul>, "`lw.mul`",
       Integers::Own},
      {"com.microsoft.QLinearSigmoid", 1, 4, importQLinearUnary<kSigmoid>,
       "`lw.lookup`", Integers::Own},
      {"com.microsoft.QLinearSoftmax", 1, 4, importQLinearUnary<kSoftmax>,
       "reals between dequantize and quantize", Integers::Own},
      {"com.microsoft.QuantizeLinear", 1, 2, importQuantizeLinear,
       "as QuantizeLinear", Integers::Own},
  };
  return entries;
}
