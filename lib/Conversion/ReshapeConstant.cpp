//===- ReshapeConstant.cpp - Constants in another shape
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "ReshapeConstant.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

Value lw::reshapeConstant(OpBuilder &builder, Location location, Value value,
                          ArrayRef<int64_t> shape) {
  ElementsAttr elements;
  if (!matchPattern(value, m_Constant(&elements)))
    return {};
  auto type = RankedTensorType::get(shape, elements.getElementType());
  ElementsAttr reshaped;
  if (auto dense = dyn_cast<DenseElementsAttr>(elements))
    reshaped = dense.reshape(type);
  else if (auto resource = dyn_cast<DenseResourceElementsAttr>(elements))
    reshaped = DenseResourceElementsAttr::get(type, resource.getRawHandle());
  return reshaped ? tosa::ConstOp::create(builder, location, type, reshaped)
                        .getResult()
                  : Value();
}
