//===- Constants.cpp - Reading and making constant tensors
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Dialect/IR/Constants.h"
#include "lw/Dialect/IR/BFloat16.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

bool lw::isConstantFloat(Value value) {
  ElementsAttr elements;
  return value && matchPattern(value, m_Constant(&elements)) &&
         isa<FloatType>(elements.getElementType());
}

template <typename T> static T roundTo(APFloat value) {
  bool lossy;
  bool wide = std::is_same_v<T, double>;
  value.convert(wide ? APFloat::IEEEdouble() : APFloat::IEEEsingle(),
                APFloat::rmNearestTiesToEven, &lossy);
  if constexpr (std::is_same_v<T, double>)
    return value.convertToDouble();
  else
    return value.convertToFloat();
}

lw::NormalRange::NormalRange(FloatType type) {
  const llvm::fltSemantics &semantics = type.getFloatSemantics();
  least = APFloat::getSmallestNormalized(semantics).convertToDouble();
  greatest = APFloat::getLargest(semantics).convertToDouble();
}

std::optional<std::vector<uint16_t>> lw::readBFloat16(Value value) {
  DenseElementsAttr elements;
  if (!value || !matchPattern(value, m_Constant(&elements)) ||
      !elements.getElementType().isBF16())
    return std::nullopt;
  ArrayRef<char> raw = elements.getRawData();
  const auto *begin = reinterpret_cast<const uint16_t *>(raw.data());
  if (elements.isSplat())
    return std::vector<uint16_t>(elements.getNumElements(), *begin);
  return std::vector<uint16_t>(begin, begin + elements.getNumElements());
}

Value lw::createBFloat16(OpBuilder &builder, Location location,
                         ArrayRef<int64_t> shape, ArrayRef<uint16_t> elements) {
  auto type = RankedTensorType::get(shape, builder.getBF16Type());
  ArrayRef<char> raw(reinterpret_cast<const char *>(elements.data()),
                     elements.size() * sizeof(uint16_t));
  return tosa::ConstOp::create(builder, location, type,
                               DenseElementsAttr::getFromRawBuffer(type, raw));
}

template <typename T>
static std::optional<std::vector<T>> readElements(Value value) {
  ElementsAttr elements;
  if (!value || !matchPattern(value, m_Constant(&elements)))
    return std::nullopt;
  Type type = elements.getElementType();
  if (!isa<FloatType>(type))
    return std::nullopt;
  if (auto dense = dyn_cast<DenseElementsAttr>(elements)) {
    if (type.isF32()) {
      if (dense.isSplat())
        return std::vector<T>(dense.getNumElements(),
                              dense.getSplatValue<float>());
      // The raw buffer of a non-splat f32 attribute is the row-major array.
      ArrayRef<char> raw = dense.getRawData();
      const auto *begin = reinterpret_cast<const float *>(raw.data());
      return std::vector<T>(begin, begin + dense.getNumElements());
    }
    std::vector<T> result;
    result.reserve(dense.getNumElements());
    // Weights may be millions.
    if (auto bits = lw::readBFloat16(value)) {
      for (uint16_t element : *bits)
        result.push_back(lw::fromBFloat16(element));
      return result;
    }
    for (const APFloat &element : dense.getValues<APFloat>())
      result.push_back(roundTo<T>(element));
    return result;
  }
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(elements)) {
    AsmResourceBlob *blob = resource.getRawHandle().getBlob();
    if (!blob || !type.isF32() ||
        static_cast<int64_t>(blob->getData().size()) !=
            resource.getNumElements() * static_cast<int64_t>(sizeof(float)))
      return std::nullopt;
    const auto *begin = reinterpret_cast<const float *>(blob->getData().data());
    return std::vector<T>(begin, begin + resource.getNumElements());
  }
  return std::nullopt;
}

std::optional<std::vector<float>> lw::readConstant(Value value) {
  return readElements<float>(value);
}

std::optional<std::vector<double>> lw::readConstantF64(Value value) {
  return readElements<double>(value);
}

/// A `tosa.const` with every element rounded once.
template <typename T>
static Value create(OpBuilder &builder, Location location,
                    RankedTensorType type, ArrayRef<T> elements) {
  assert(type.getNumElements() == static_cast<int64_t>(elements.size()) &&
         "one value per element");
  const llvm::fltSemantics &semantics =
      cast<FloatType>(type.getElementType()).getFloatSemantics();
  SmallVector<APFloat> converted;
  for (T element : elements) {
    APFloat v(element);
    bool lossy;
    v.convert(semantics, APFloat::rmNearestTiesToEven, &lossy);
    converted.push_back(v);
  }
  return tosa::ConstOp::create(builder, location, type,
                               DenseElementsAttr::get(type, converted));
}

Value lw::createConstant(OpBuilder &builder, Location location,
                         RankedTensorType type, ArrayRef<float> elements) {
  if (type.getElementType().isF32())
    return tosa::ConstOp::create(builder, location, type,
                                 DenseElementsAttr::get(type, elements));
  return create(builder, location, type, elements);
}

Value lw::createConstant(OpBuilder &builder, Location location,
                         RankedTensorType type, ArrayRef<double> elements) {
  if (type.getElementType().isF64())
    return tosa::ConstOp::create(builder, location, type,
                                 DenseElementsAttr::get(type, elements));
  return create(builder, location, type, elements);
}

Value lw::createConstant(OpBuilder &builder, Location location,
                         ArrayRef<int64_t> shape, ArrayRef<float> elements) {
  return createConstant(builder, location,
                        RankedTensorType::get(shape, builder.getF32Type()),
                        elements);
}
