//===- Fold.cpp - Computing constants at import
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Fold.h"
#include "Elements.h"

using namespace mlir;
using namespace mlir::lw::importer;

namespace mlir::lw::importer {

LogicalResult checkFoldedShape(Node &node, ArrayRef<int64_t> shape) {
  std::optional<int64_t> count = countElements(shape);
  if (count && *count <= kMaxFoldedElements)
    return success();
  return node.error("the constant of shape " + formatShape(shape) +
                    " is too large to compute at import (2^24 elements)");
}

FailureOr<ConstantRef> foldBinary(Node &node, const ConstantRef &a,
                                  const ConstantRef &b, FoldFloats onFloats,
                                  FoldInts onInts, bool isBool) {
  std::optional<Shape> shape = broadcastShapes(a->shape, b->shape);
  if (!shape)
    return node.error("shapes " + formatShape(a->shape) + " and " +
                      formatShape(b->shape) + " do not broadcast");
  if (a->isFloat != b->isFloat)
    return node.error("expects operands of one element type");
  if (failed(checkFoldedShape(node, *shape)))
    return failure();
  ConstantRef left = broadcastConstant(a, *shape);
  ConstantRef right = broadcastConstant(b, *shape);
  int64_t count = left->size();
  if (left->isFloat) {
    std::vector<float> values(count);
    for (int64_t i = 0; i < count; ++i)
      values[i] = onFloats(left->floats[i], right->floats[i]);
    if (!isBool)
      return makeFloats(*shape, std::move(values));
    return makeBools(*shape,
                     std::vector<int64_t>(values.begin(), values.end()));
  }
  std::vector<int64_t> values(count);
  int32_t type = isBool ? 0 : a->fileType;
  for (int64_t i = 0; i < count; ++i) {
    std::optional<int64_t> value = onInts(left->ints[i], right->ints[i]);
    if (!value)
      return node.error("integer arithmetic overflows or divides by zero");
    values[i] = wrap(*value, type);
  }
  return isBool ? makeBools(*shape, std::move(values))
                : makeInts(*shape, std::move(values), type);
}

ConstantRef foldUnary(const Constant &x,
                      llvm::function_ref<float(float)> onFloats,
                      llvm::function_ref<int64_t(int64_t)> onInts) {
  if (x.isFloat) {
    std::vector<float> values(x.floats);
    for (float &value : values)
      value = onFloats(value);
    return makeFloats(x.shape, std::move(values));
  }
  std::vector<int64_t> values(x.ints);
  for (int64_t &value : values)
    value = wrap(onInts(value), x.fileType);
  return makeInts(x.shape, std::move(values), x.fileType);
}

ConstantRef sliceConstant(const Constant &x, ArrayRef<int64_t> start,
                          ArrayRef<int64_t> step, ArrayRef<int64_t> size) {
  Shape strides = computeStrides(x.shape);
  int64_t offset = 0;
  for (size_t axis = 0; axis < strides.size(); ++axis) {
    offset += start[axis] * strides[axis];
    strides[axis] *= step[axis];
  }
  return copyView(x, size, strides, offset);
}

ConstantRef concatConstants(ArrayRef<ConstantRef> operands, int64_t axis) {
  Shape shape = operands.front()->shape;
  shape[axis] = 0;
  for (const ConstantRef &operand : operands)
    shape[axis] += operand->shape[axis];
  int64_t outer = 1;
  for (int64_t extent : ArrayRef(shape).take_front(axis))
    outer *= extent;
  auto result = std::make_shared<Constant>();
  result->shape = shape;
  result->isFloat = operands.front()->isFloat;
  result->fileType = operands.front()->fileType;
  for (int64_t row = 0; row < outer; ++row)
    for (const ConstantRef &operand : operands) {
      int64_t width = operand->size() / outer;
      auto append = [&](const auto &from, auto &to) {
        to.append(from.begin() + row * width, from.begin() + (row + 1) * width);
      };
      if (operand->isFloat)
        append(operand->floats, result->floats);
      else
        append(operand->ints, result->ints);
    }
  return result;
}

} // namespace mlir::lw::importer
