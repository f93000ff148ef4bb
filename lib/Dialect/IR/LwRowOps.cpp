//===- LwRowOps.cpp - Verifiers of operations on rows
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Dialect/IR/LwRowOps.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/TypeUtilities.h"
#include <cmath>

using namespace mlir;
using namespace mlir::lw;

#include "lw/Dialect/IR/LwRowEnums.cpp.inc"

#define GET_OP_CLASSES
#include "lw/Dialect/IR/LwRowOps.cpp.inc"

LogicalResult SoftmaxOp::verify() {
  auto type = dyn_cast<RankedTensorType>(getInput().getType());
  if (!type)
    return emitOpError("expects a ranked tensor, found ")
           << getInput().getType();
  int64_t axis = getAxis();
  if (axis < 0 || axis >= type.getRank())
    return emitOpError("expects 'axis' to be a dimension of ")
           << type << ", found " << axis;
  return success();
}

LogicalResult NormalizeOp::verify() {
  auto type = dyn_cast<RankedTensorType>(getInput().getType());
  if (!type)
    return emitOpError("expects a ranked tensor, found ")
           << getInput().getType();
  if (getAxes().empty())
    return emitOpError("expects at least one axis");
  int64_t last = -1;
  for (int64_t axis : getAxes()) {
    if (axis <= last || axis >= type.getRank())
      return emitOpError("expects 'axes' to be dimensions of ")
             << type << " in ascending order, found " << axis;
    last = axis;
  }
  float epsilon = getEpsilon().convertToFloat();
  if (!(epsilon >= 0) || std::isinf(epsilon))
    return emitOpError("expects 'epsilon' to be a number that is not negative");
  for (auto [name, value] :
       {std::pair("scale", getScale()), std::pair("bias", getBias())}) {
    if (!value)
      continue;
    auto parameter = dyn_cast<RankedTensorType>(value.getType());
    bool fits = parameter && parameter.getRank() == type.getRank() &&
                parameter.getElementType() == type.getElementType();
    for (int64_t i = 0; fits && i < type.getRank(); ++i)
      fits = parameter.getDimSize(i) == 1 ||
             parameter.getDimSize(i) == type.getDimSize(i) ||
             parameter.isDynamicDim(i) || type.isDynamicDim(i);
    if (!fits)
      return emitOpError("expects '") << name << "' to broadcast to " << type
                                      << " dimension by dimension"
                                      << ", found " << value.getType();
  }
  return success();
}
