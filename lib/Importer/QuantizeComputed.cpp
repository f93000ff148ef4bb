//===- QuantizeComputed.cpp - Quantization by computed or several scales
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Composition.h"
#include "Elements.h"
#include "Quantized.h"
#include "TensorData.h"

using namespace mlir;
using namespace mlir::lw::importer;
using Proto = ::onnx::TensorProto;

bool mlir::lw::importer::hasComputedScale(Node &node) {
  auto isComputed = [&](size_t i) {
    return node.input(i) && !node.input(i)->constant;
  };
  auto isWide = [&](int64_t type) {
    return type == Proto::INT16 || type == Proto::UINT16;
  };
  return isComputed(1) || isComputed(2) ||
         (isComputed(0) &&
          (isWide(node.intAttr("output_dtype", 0)) ||
           (node.input(2) && isWide(node.input(2)->constant->fileType)))) ||
         (isComputed(0) && (countElements(node.shape(1)) != 1 ||
                            node.inputs[0]->element == Element::I32));
}

/// The scale or the zero point, input `i`, in the rank of input 0.
static FailureOr<TensorRef> readAlongAxis(Node &node, Composition &c,
                                          size_t i) {
  const TensorRef &x = node.inputs[0];
  TensorRef values = node.inputs[i];
  if (i == 1 && values->constant)
    for (int64_t at = 0, e = values->constant->size(); at < e; ++at)
      if (double value = values->constant->number(at); !(value > 0))
        return node.error("expects the scale, input 1, of positive numbers, "
                          "found " +
                          std::to_string(value) +
                          "; calibrate the network again");
  if (countElements(values->shape) == 1)
    return c.reshape(values, {});
  FailureOr<int64_t> axis = node.axis(node.intAttr("axis", 1), x->rank());
  if (failed(axis))
    return failure();
  if (ArrayRef<int64_t>(values->shape) != ArrayRef<int64_t>(x->shape[*axis]))
    return node.error("expects input " + Twine(i) + " of one number, or of " +
                      Twine(x->shape[*axis]) + " along axis " + Twine(*axis) +
                      ", found shape " + formatShape(values->shape));
  Shape shape(x->rank(), 1);
  shape[*axis] = x->shape[*axis];
  return c.reshape(values, shape);
}

static TensorRef toFloat(Composition &c, const TensorRef &x) {
  return c.op("Cast", x, c.attribute("to", int64_t(Proto::FLOAT)));
}

LogicalResult mlir::lw::importer::quantizeComputed(Node &node,
                                                   int32_t dataType) {
  if (TensorRef zero = node.input(2))
    dataType =
        zero->constant ? zero->constant->fileType : dataTypeOf(elementOf(zero));
  bool isWide = dataType == Proto::INT16 || dataType == Proto::UINT16;
  bool isSigned = dataType == Proto::INT8 || dataType == Proto::INT16;
  if (!isWide && !isSigned && dataType != Proto::UINT8)
    return node.error("expects a zero point, input 2, of uint8, int8, uint16 "
                      "or int16, found " +
                      elementTypeName(dataType));
  float count = isWide ? 65536.0f : 256.0f;
  float least = isSigned ? -count / 2 : 0.0f;
  Composition c(node);
  FailureOr<TensorRef> scale = readAlongAxis(node, c, 1);
  if (failed(scale))
    return failure();
  TensorRef y = c.op("Round", c.op("Div", {node.inputs[0], *scale}));
  if (node.input(2)) {
    FailureOr<TensorRef> zero = readAlongAxis(node, c, 2);
    if (failed(zero))
      return failure();
    y = c.add(y, toFloat(c, *zero));
  }
  y = c.op("Clip", {y, c.number(least), c.number(least + count - 1)});
  TensorRef result = c.op("Cast", y, c.attribute("to", int64_t(dataType)));
  if (result && isWide)
    result->wholes = y;
  return c.finish(result);
}

LogicalResult mlir::lw::importer::dequantizeComputed(Node &node) {
  Composition c(node);
  FailureOr<TensorRef> scale = readAlongAxis(node, c, 1);
  if (failed(scale))
    return failure();
  // Integers of 32 bits are subtracted exactly, those of 16 also as reals.
  TensorRef wholes = node.inputs[0]->wholes;
  int64_t wide = wholes ? Proto::FLOAT : Proto::INT32;
  TensorRef x =
      wholes ? wholes : c.op("Cast", node.inputs[0], c.attribute("to", wide));
  if (TensorRef given = node.input(2)) {
    Element element = elementOf(node.inputs[0]);
    if (elementOf(given) != element)
      return node.error("expects a zero point, input 2, of " +
                        elementName(element) + ", found " +
                        elementName(elementOf(given)));
    FailureOr<TensorRef> zero = readAlongAxis(node, c, 2);
    if (failed(zero))
      return failure();
    x = c.op("Sub", {x, c.op("Cast", *zero, c.attribute("to", wide))});
  }
  return c.finish(c.mul(toFloat(c, x), *scale));
}
