//===- Constants.cpp - Constants of every element type
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Dialect/IR/Constants.h"
#include "Graph.h"
#include "Signedness.h"
#include "lw/Dialect/IR/Quantization.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace mlir::lw::exporter;

static size_t bytesOf(int32_t type) {
  switch (type) {
  case TensorProto::BOOL:
  case TensorProto::INT8:
  case TensorProto::UINT8:
    return 1;
  case TensorProto::BFLOAT16:
  case TensorProto::FLOAT16:
  case TensorProto::INT16:
  case TensorProto::UINT16:
    return 2;
  case TensorProto::DOUBLE:
  case TensorProto::INT64:
    return 8;
  default:
    return 4;
  }
}

static TensorRef makeConstant(ArrayRef<int64_t> shape, int32_t type,
                              std::string bytes) {
  auto tensor = std::make_shared<Tensor>();
  tensor->shape = Shape(shape);
  tensor->type = type;
  tensor->constant = std::make_shared<const Constant>(
      Constant{tensor->shape, type, std::move(bytes)});
  return tensor;
}

/// The least byte first, as ONNX has them.
static void append(std::string &bytes, uint64_t value, size_t count) {
  for (size_t i = 0; i < count; ++i)
    bytes.push_back(static_cast<char>(value >> (8 * i)));
}

TensorRef mlir::lw::exporter::makeSplat(ArrayRef<int64_t> shape, int32_t type,
                                        int64_t value) {
  std::string bytes;
  for (int64_t i = 0, count = ShapedType::getNumElements(shape); i < count; ++i)
    append(bytes, value, bytesOf(type));
  return makeConstant(shape, type, std::move(bytes));
}

std::optional<int64_t> Tensor::splat() const {
  size_t size = bytesOf(type);
  if (!constant || isFloat(type) || constant->bytes.size() < size)
    return std::nullopt;
  StringRef bytes = constant->bytes, first = bytes.take_front(size);
  for (; !bytes.empty(); bytes = bytes.drop_front(size))
    if (!bytes.starts_with(first))
      return std::nullopt;
  uint64_t value = 0;
  for (size_t i = 0; i < size; ++i)
    value |= static_cast<uint64_t>(static_cast<uint8_t>(first[i])) << (8 * i);
  bool isUnsigned = type == TensorProto::BOOL || type == TensorProto::UINT8 ||
                    type == TensorProto::UINT16;
  return isUnsigned ? static_cast<int64_t>(value)
                    : llvm::SignExtend64(value, 8 * size);
}

TensorRef mlir::lw::exporter::readTensor(Value value) {
  ArrayRef<int64_t> shape = cast<RankedTensorType>(value.getType()).getShape();
  Type element = getElementTypeOrSelf(value.getType());
  // What was rounded to bf16 is a float to other engines.
  if (element.isF32() || element.isBF16()) {
    auto floats = lw::readConstant(value);
    return floats ? makeFloats(shape, *floats) : nullptr;
  }
  int32_t type = elementTypeOf(value);
  if (element.isInteger(8) || element.isInteger(32)) {
    auto integers = lw::readIntegers(value);
    return integers ? makeIntegers(shape, type, *integers) : nullptr;
  }
  DenseElementsAttr elements;
  if (type == TensorProto::UNDEFINED ||
      !matchPattern(value, m_Constant(&elements)))
    return nullptr;
  std::string bytes;
  if (isa<FloatType>(element))
    for (const APFloat &number : elements.getValues<APFloat>())
      append(bytes, number.bitcastToAPInt().getZExtValue(), bytesOf(type));
  else
    for (const APInt &number : elements.getValues<APInt>())
      append(bytes, number.getZExtValue(), bytesOf(type));
  return makeConstant(shape, type, std::move(bytes));
}
