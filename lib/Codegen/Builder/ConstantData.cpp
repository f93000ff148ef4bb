//===- ConstantData.cpp - Elements of a constant, of any type
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Builder/ConstantData.h"

using namespace mlir;
using namespace mlir::lw;

ConstantData ConstantData::get(DenseElementsAttr elements) {
  auto type = RankedTensorType::get({elements.getNumElements()},
                                    elements.getElementType());
  if (!elements.isSplat() && elements.getElementType().isIntOrFloat() &&
      elements.getElementType().getIntOrFloatBitWidth() % 8 == 0) {
    ArrayRef<char> raw = elements.getRawData();
    ConstantData result =
        make(type.getElementType(), std::vector<char>(raw.begin(), raw.end()));
    result.type = type;
    return result;
  }
  ConstantData result;
  result.type = type;
  result.attribute =
      elements.isSplat() ? elements.resizeSplat(type) : elements.reshape(type);
  return result;
}

DenseElementsAttr ConstantData::getAttribute() const {
  return attribute ? attribute
                   : DenseElementsAttr::getFromRawBuffer(type, bytes);
}

AsmResourceBlob ConstantData::getBlob() const {
  // The blob is another owner.
  return UnmanagedAsmResourceBlob::allocateWithAlign(
      bytes, type.getElementTypeBitWidth() / 8,
      [owner = owner](void *, size_t, size_t) {});
}
