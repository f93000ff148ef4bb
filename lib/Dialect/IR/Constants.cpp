//===- Constants.cpp - Reading and making constant tensors
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Dialect/IR/Constants.h"
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

static float toFloat(APFloat value) {
  bool lossy;
  value.convert(APFloat::IEEEsingle(), APFloat::rmNearestTiesToEven, &lossy);
  return value.convertToFloat();
}

lw::NormalRange::NormalRange(FloatType type) {
  const llvm::fltSemantics &semantics = type.getFloatSemantics();
  least = APFloat::getSmallestNormalized(semantics).convertToDouble();
  greatest = APFloat::getLargest(semantics).convertToDouble();
}

std::optional<std::vector<float>> lw::readConstant(Value value) {
  ElementsAttr elements;
  if (!value || !matchPattern(value, m_Constant(&elements)))
    return std::nullopt;
  Type type = elements.getElementType();
  if (!isa<FloatType>(type))
    return std::nullopt;
  if (auto dense = dyn_cast<DenseElementsAttr>(elements)) {
    if (type.isF32()) {
      if (dense.isSplat())
        return std::vector<float>(dense.getNumElements(),
                                  dense.getSplatValue<float>());
      // The raw buffer of a non-splat f32 attribute is the row-major array.
      ArrayRef<char> raw = dense.getRawData();
      const auto *begin = reinterpret_cast<const float *>(raw.data());
      return std::vector<float>(begin, begin + dense.getNumElements());
    }
    std::vector<float> result;
    result.reserve(dense.getNumElements());
    for (const APFloat &element : dense.getValues<APFloat>())
      result.push_back(toFloat(element));
    return result;
  }
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(elements)) {
    AsmResourceBlob *blob = resource.getRawHandle().getBlob();
    if (!blob || !type.isF32() ||
        static_cast<int64_t>(blob->getData().size()) !=
            resource.getNumElements() * static_cast<int64_t>(sizeof(float)))
      return std::nullopt;
    const auto *begin = reinterpret_cast<const float *>(blob->getData().data());
    return std::vector<float>(begin, begin + resource.getNumElements());
  }
  return std::nullopt;
}

Value lw::createConstant(OpBuilder &builder, Location location,
                         RankedTensorType type, ArrayRef<float> elements) {
  assert(type.getNumElements() == static_cast<int64_t>(elements.size()) &&
         "one value per element");
  DenseElementsAttr value;
  if (type.getElementType().isF32()) {
    value = DenseElementsAttr::get(type, elements);
  } else {
    SmallVector<APFloat> converted;
    const llvm::fltSemantics &semantics =
        cast<FloatType>(type.getElementType()).getFloatSemantics();
    for (float element : elements) {
      APFloat v(element);
      bool lossy;
      v.convert(semantics, APFloat::rmNearestTiesToEven, &lossy);
      converted.push_back(v);
    }
    value = DenseElementsAttr::get(type, converted);
  }
  return tosa::ConstOp::create(builder, location, type, value);
}

Value lw::createConstant(OpBuilder &builder, Location location,
                         ArrayRef<int64_t> shape, ArrayRef<float> elements) {
  return createConstant(builder, location,
                        RankedTensorType::get(shape, builder.getF32Type()),
                        elements);
}
