//===- QuantizedOperands.cpp - Parameters and operands of quantized operators
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Quantized.h"
#include "TensorData.h"
#include "lw/Dialect/IR/LwOps.h"
#include "lw/Dialect/IR/Quantization.h"
#include "llvm/Support/FormatVariadic.h"
#include <cmath>

using namespace mlir;
using namespace mlir::lw::importer;
using Proto = ::onnx::TensorProto;

/// The element type of a constant of integers; of what is not 8 bits I32.
static FailureOr<Element> storedElement(Node &node, size_t i,
                                        const Constant &constant) {
  switch (constant.isFloat ? Proto::FLOAT : constant.fileType) {
  case Proto::UINT8:
    return Element::U8;
  case Proto::INT8:
    return Element::S8;
  case Proto::INT16:
  case Proto::UINT16:
  case Proto::INT32:
  case kInt4:
  case kUint4:
    return Element::I32;
  default:
    return node.error(
        "expects input " + Twine(i) +
        " to be integers of 4, 8 or 16 bits or int32, found " +
        elementTypeName(constant.isFloat ? Proto::FLOAT : constant.fileType) +
        "; quantize to 8 bits");
  }
}

/// Fields of a message can hold what the type of its elements cannot.
static LogicalResult checkRange(Node &node, size_t i, Element element,
                                const Constant &constant) {
  if (element == Element::I32)
    return success();
  int64_t least = element == Element::U8 ? 0 : -128;
  for (int64_t value : constant.ints)
    if (value < least || value > least + 255)
      return node.error("expects input " + Twine(i) + " in the range of " +
                        elementName(element) + ", found " + Twine(value));
  return success();
}

/// Scales known at import, all of them positive.
static FailureOr<ConstantRef> readScales(Node &node, size_t i,
                                         bool isBlocked = false) {
  if (!node.input(i))
    return node.error("expects input " + Twine(i) + ", a scale");
  const ConstantRef &scales = node.input(i)->constant;
  if (!scales)
    return node.error("expects the scale, input " + Twine(i) +
                      ", to be known at import; make it an initializer");
  if (!scales->isFloat)
    return node.error("expects the scale, input " + Twine(i) +
                      ", to be floats");
  if (!isBlocked && scales->shape.size() > 1)
    return node.error("expects the scale, input " + Twine(i) +
                      ", of rank 0 or 1, found shape " +
                      formatShape(scales->shape));
  // Blocks that are symmetric to their largest element have its sign.
  for (float scale : scales->floats)
    if (isBlocked ? !std::isfinite(scale) : !std::isnormal(scale) || scale < 0)
      return node.error("expects the scale, input " + Twine(i) +
                        ", to be a positive normal number, found " +
                        llvm::formatv("{0:e}", scale).str() +
                        "; calibrate the network again");
  return scales;
}

/// Zero points known at import, zero where left out.
static FailureOr<ConstantRef> readZeroPoints(Node &node, size_t i,
                                             Element element, size_t count) {
  if (!node.input(i))
    return makeInts({static_cast<int64_t>(count)},
                    std::vector<int64_t>(count, 0));
  const ConstantRef &zeros = node.input(i)->constant;
  if (!zeros)
    return node.error("expects the zero point, input " + Twine(i) +
                      ", to be known at import; make it an initializer");
  FailureOr<Element> found = storedElement(node, i, *zeros);
  if (failed(found))
    return failure();
  if (*found != element)
    return node.error("expects the zero point, input " + Twine(i) + ", to be " +
                      elementName(element) + " as the integers are, found " +
                      elementName(*found));
  if (failed(checkRange(node, i, element, *zeros)))
    return failure();
  if (zeros->size() != static_cast<int64_t>(count))
    return node.error("expects as many zero points, input " + Twine(i) +
                      ", as scales (" + Twine(count) + "), found " +
                      Twine(zeros->size()));
  return zeros;
}

FailureOr<Element> mlir::lw::importer::elementOfZeroPoint(Node &node,
                                                          size_t zeroPoint) {
  if (!node.input(zeroPoint))
    return Element::U8;
  if (!node.input(zeroPoint)->constant)
    return node.error("expects the zero point, input " + Twine(zeroPoint) +
                      ", to be known at import; make it an initializer");
  FailureOr<Element> element =
      storedElement(node, zeroPoint, *node.input(zeroPoint)->constant);
  if (succeeded(element) && *element == Element::I32)
    return node.error(
        "expects the zero point, input " + Twine(zeroPoint) +
        ", to be uint8 or int8, found " +
        elementTypeName(node.input(zeroPoint)->constant->fileType) +
        "; quantize to 8 bits");
  return element;
}

FailureOr<mlir::lw::QuantAttr>
mlir::lw::importer::readQuantization(Node &node, size_t scale, size_t zeroPoint,
                                     Element element) {
  FailureOr<ConstantRef> scales = readScales(node, scale);
  if (failed(scales))
    return failure();
  if ((*scales)->size() != 1)
    return node.error(
        "expects one scale for all of an activation, input " + Twine(scale) +
        ", found " + Twine((*scales)->size()) +
        "; quantize activations per tensor, only weights per channel");
  FailureOr<ConstantRef> zeros = readZeroPoints(node, zeroPoint, element, 1);
  if (failed(zeros))
    return failure();
  return QuantAttr::get(node.build.builder.getContext(), element == Element::U8,
                        APFloat((*scales)->floats.front()),
                        (*zeros)->ints.front());
}

/// Checks the shape of a blocked constant's scales and gives the axis.
static FailureOr<int64_t> readBlocks(Node &node, const QuantizedInput &input,
                                     const Constant &scales) {
  const Shape &shape = node.inputs[input.values]->shape;
  FailureOr<int64_t> axis = node.axis(*input.axis, shape.size());
  if (failed(axis))
    return failure();
  if (input.block < 1)
    return node.error("expects a positive attribute 'block_size', found " +
                      Twine(input.block));
  Shape expected = shape;
  expected[*axis] = llvm::divideCeil(shape[*axis], input.block);
  if (scales.shape != expected)
    return node.error("expects scales, input " + Twine(input.scale) +
                      ", of shape " + formatShape(expected) +
                      " for blocks of " + Twine(input.block) + ", found " +
                      formatShape(scales.shape));
  return axis;
}

/// (x - zero point) * scale of a constant, along `axis` where there is more
/// than one scale.
static FailureOr<TensorRef> dequantizeConstant(Node &node,
                                               const QuantizedInput &input) {
  const ConstantRef &values = node.inputs[input.values]->constant;
  FailureOr<Element> element = storedElement(node, input.values, *values);
  if (failed(element) ||
      failed(checkRange(node, input.values, *element, *values)))
    return failure();
  FailureOr<ConstantRef> scales =
      readScales(node, input.scale, /*isBlocked=*/input.block != 0);
  if (failed(scales))
    return failure();
  int64_t count = (*scales)->size();
  int64_t inner = values->size(), extent = 1, blocks = 0;
  if (input.block != 0) {
    FailureOr<int64_t> axis = readBlocks(node, input, **scales);
    if (failed(axis))
      return failure();
    inner = *countElements(ArrayRef(values->shape).drop_front(*axis + 1));
    extent = values->shape[*axis];
    blocks = (*scales)->shape[*axis];
  } else if (count != 1) {
    if (!input.axis)
      return node.error("expects one scale, input " + Twine(input.scale) +
                        ", found " + Twine(count));
    FailureOr<int64_t> axis = node.axis(*input.axis, values->shape.size());
    if (failed(axis))
      return failure();
    if (values->shape[*axis] != count)
      return node.error("expects a scale, input " + Twine(input.scale) +
                        ", for each of the " + Twine(values->shape[*axis]) +
                        " elements of axis " + Twine(*axis) + ", found " +
                        Twine(count));
    inner = *countElements(ArrayRef(values->shape).drop_front(*axis + 1));
  }
  FailureOr<ConstantRef> zeros =
      readZeroPoints(node, input.zeroPoint, *element, count);
  if (failed(zeros))
    return failure();
  auto result = std::make_shared<Constant>();
  result->shape = values->shape;
  std::vector<int64_t> steps;
  std::vector<float> each;
  for (auto [i, value] : llvm::enumerate(values->ints)) {
    int64_t at = static_cast<int64_t>(i);
    int64_t channel = count == 1 ? 0 : at / inner % count;
    if (blocks != 0)
      channel =
          (at / inner / extent * blocks + at / inner % extent / input.block) *
              inner +
          at % inner;
    steps.push_back(value - (*zeros)->ints[channel]);
    each.push_back((*scales)->floats[channel]);
    result->floats.push_back(static_cast<float>(steps.back()) * each.back());
  }
  if (blocks == 0) {
    result->steps = makeInts(values->shape, std::move(steps));
    result->scales = makeFloats(values->shape, std::move(each));
  }
  return GraphBuilder::fromConstant(result);
}

FailureOr<TensorRef>
mlir::lw::importer::dequantizeInput(Node &node, const QuantizedInput &input) {
  const TensorRef &values = node.inputs[input.values];
  if (values->constant)
    return dequantizeConstant(node, input);
  if (values->element == Element::U8 || values->element == Element::S8) {
    auto quantization =
        readQuantization(node, input.scale, input.zeroPoint, values->element);
    if (failed(quantization))
      return failure();
    return GraphBuilder::dequantize(values, *quantization);
  }
  return node.error("expects input " + Twine(input.values) +
                    " to be uint8 or int8, found " +
                    elementName(values->element));
}

//===----------------------------------------------------------------------===//
// Convolutions
//===----------------------------------------------------------------------===//

/// The scale of each output channel, none where one channel has several.
static std::vector<float> scalesPerChannel(const Constant &filter,
                                           int64_t channels) {
  const std::vector<float> &scales = filter.scales->floats;
  for (size_t i = channels; i < scales.size(); ++i)
    if (scales[i] != scales[i - channels])
      return {};
  return {scales.begin(), scales.begin() + channels};
}

/// The bias in steps of the accumulator, none where it does not fit.
static std::optional<std::vector<int32_t>>
quantizeBias(const Constant &bias, float input, ArrayRef<float> filter) {
  std::vector<int32_t> result;
  for (int64_t i = 0; i < bias.size(); ++i) {
    double step = static_cast<double>(input) * filter[i];
    double value = std::nearbyint(bias.number(i) / step);
    // Integers of the file stay what they are where their scale is this one.
    if (bias.steps && std::abs(bias.scales->floats[i] / step - 1) < 1e-5)
      value = static_cast<double>(bias.steps->ints[i]);
    if (!(std::abs(value) <= 2147483647.0))
      return std::nullopt;
    result.push_back(static_cast<int32_t>(value));
  }
  return result;
}

ConvOperands ConvOperands::create(Node &node, const TensorRef &image,
                                  const TensorRef &filter,
                                  ArrayRef<int32_t> permutation,
                                  const TensorRef &bias, int64_t channels) {
  GraphBuilder &build = node.build;
  OpBuilder &builder = build.builder;
  ConvOperands result;
  auto reals = [&] {
    result.input = build.getNhwc(image);
    result.filter = build.get(filter, permutation);
    result.bias = bias ? build.getPlain(bias) : Value();
    return result;
  };
  if (!image->integers || !filter->constant || !filter->constant->steps ||
      (bias && (!bias->constant || !bias->constant->isFloat)) ||
      !llvm::all_of(filter->constant->steps->ints, fitsByte))
    return reals();
  ConstantRef constant = permuteConstant(filter->constant, permutation);
  std::vector<float> scales = scalesPerChannel(*constant, channels);
  if (scales.empty())
    return reals();
  std::optional<std::vector<int32_t>> steps;
  if (bias) {
    steps = quantizeBias(*bias->constant, image->quantization.getScaleValue(),
                         scales);
    if (!steps)
      return reals();
  }
  result.accumulates = node.accumulates;
  result.input = build.getNhwc(image->integers);
  result.filter = lw::createIntegers(
      builder, build.loc,
      RankedTensorType::get(constant->shape, builder.getI8Type()),
      std::vector<int32_t>(constant->steps->ints.begin(),
                           constant->steps->ints.end()));
  if (steps)
    result.bias = lw::createIntegers(
        builder, build.loc,
        RankedTensorType::get({channels}, builder.getI32Type()), *steps);
  result.quantization = lw::ConvQuantAttr::get(
      builder.getContext(), image->quantization,
      result.accumulates ? DenseF32ArrayAttr()
                         : builder.getDenseF32ArrayAttr(scales),
      /*output=*/lw::QuantAttr(), /*residual=*/lw::QuantAttr());
  return result;
}

RankedTensorType ConvOperands::type(GraphBuilder &build,
                                    ArrayRef<int64_t> shape) const {
  if (!accumulates)
    return build.type(shape);
  return RankedTensorType::get(shape, build.builder.getI32Type());
}
