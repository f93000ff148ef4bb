//===- Fold.cpp - Computing constants at import
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Fold.h"
#include "Elements.h"
#include <numeric>

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

std::array<ConstantRef, 2> sortConstant(const Constant &x, int64_t axis,
                                        int64_t count, bool largest) {
  int64_t extent = x.shape[axis], stride = computeStrides(x.shape)[axis];
  Shape shape(x.shape);
  shape[axis] = count;
  std::vector<int64_t> places(*countElements(shape)), order(extent), ints;
  std::vector<float> floats;
  std::vector<int64_t> from(places.size());
  auto isBefore = [&](int64_t a, int64_t b) {
    if (largest)
      std::swap(a, b);
    return x.isFloat ? x.floats[a] < x.floats[b] : x.ints[a] < x.ints[b];
  };
  for (int64_t line = 0; line < x.size() / extent; ++line) {
    int64_t first = line / stride * extent * stride + line % stride;
    std::iota(order.begin(), order.end(), 0);
    llvm::sort(order, [&](int64_t a, int64_t b) {
      int64_t atA = first + a * stride, atB = first + b * stride;
      return isBefore(atA, atB) || (!isBefore(atB, atA) && a < b);
    });
    for (int64_t i = 0; i < count; ++i) {
      int64_t to = (line / stride * count + i) * stride + line % stride;
      places[to] = order[i];
      from[to] = first + order[i] * stride;
    }
  }
  for (int64_t element : from)
    if (x.isFloat)
      floats.push_back(x.floats[element]);
    else
      ints.push_back(x.ints[element]);
  return {x.isFloat ? makeFloats(shape, std::move(floats))
                    : makeInts(shape, std::move(ints), x.fileType),
          makeInts(shape, std::move(places))};
}

} // namespace mlir::lw::importer
