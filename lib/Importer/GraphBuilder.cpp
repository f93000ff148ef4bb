//===- GraphBuilder.cpp - Making operations
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Elements.h"
#include "lw/Dialect/IR/Constants.h"

using namespace mlir;
using namespace mlir::lw::importer;

RankedTensorType GraphBuilder::type(ArrayRef<int64_t> shape, Value like) {
  return RankedTensorType::get(shape, like ? getElementTypeOrSelf(like)
                                           : builder.getF32Type());
}

RankedTensorType GraphBuilder::broadcastType(Value a, Value b) {
  return type(*broadcastShapes(shapeOf(a), shapeOf(b)), a);
}

Value GraphBuilder::constShape(ArrayRef<int64_t> values) {
  int64_t rank = values.size();
  auto elements = DenseIntElementsAttr::get(
      RankedTensorType::get({rank}, builder.getIndexType()), values);
  return tosa::ConstShapeOp::create(
      builder, loc, tosa::shapeType::get(builder.getContext(), rank), elements);
}

Value GraphBuilder::floats(ArrayRef<int64_t> shape, ArrayRef<float> values) {
  return createConstant(builder, loc, shape, values);
}

Value GraphBuilder::number(int64_t rank, float value) {
  return floats(Shape(rank, 1), value);
}

Value GraphBuilder::reshapeValue(Value value, ArrayRef<int64_t> shape) {
  if (shapeOf(value) == shape)
    return value;
  return tosa::ReshapeOp::create(builder, loc, type(shape, value), value,
                                 constShape(shape));
}

Value GraphBuilder::transposeValue(Value value, ArrayRef<int32_t> permutation) {
  return tosa::TransposeOp::create(
      builder, loc, type(permuteShape(shapeOf(value), permutation), value),
      value, permutation);
}

Value GraphBuilder::pad(Value value, ArrayRef<int64_t> before,
                        ArrayRef<int64_t> after, float fill) {
  Shape shape, padding;
  for (auto [extent, low, high] : llvm::zip(shapeOf(value), before, after)) {
    shape.push_back(extent + low + high);
    padding.append({low, high});
  }
  if (ArrayRef<int64_t>(shape) == shapeOf(value))
    return value;
  return tosa::PadOp::create(
      builder, loc, type(shape, value), value, constShape(padding),
      splat(*this, {1}, getElementTypeOrSelf(value), fill));
}

Value GraphBuilder::slice(Value value, ArrayRef<int64_t> start,
                          ArrayRef<int64_t> size) {
  if (shapeOf(value) == size)
    return value;
  return tosa::SliceOp::create(builder, loc, type(size, value), value,
                               constShape(start), constShape(size));
}

Value GraphBuilder::clamp(Value value, float least, float greatest) {
  return tosa::ClampOp::create(builder, loc, value.getType(), value,
                               builder.getF32FloatAttr(least),
                               builder.getF32FloatAttr(greatest));
}

Value GraphBuilder::mul(Value a, Value b) {
  auto shiftType = RankedTensorType::get({1}, builder.getI8Type());
  Value shift = tosa::ConstOp::create(
      builder, loc, shiftType,
      DenseElementsAttr::get(shiftType, static_cast<int8_t>(0)));
  return tosa::MulOp::create(builder, loc, broadcastType(a, b), a, b, shift);
}

Value GraphBuilder::negate(Value value) {
  return tosa::NegateOp::create(builder, loc, value.getType(), value);
}

Value GraphBuilder::concat(ValueRange values, int64_t axis) {
  Shape shape(shapeOf(values.front()));
  for (Value value : values.drop_front())
    shape[axis] += shapeOf(value)[axis];
  return tosa::ConcatOp::create(builder, loc, type(shape, values[0]), values,
                                static_cast<uint32_t>(axis));
}

Value GraphBuilder::gather(Value value, ArrayRef<int32_t> indices) {
  ArrayRef<int64_t> shape = shapeOf(value);
  int64_t count = indices.size();
  SmallVector<int32_t> repeated;
  for (int64_t n = 0; n < shape[0]; ++n)
    repeated.append(indices.begin(), indices.end());
  auto indexType =
      RankedTensorType::get({shape[0], count}, builder.getI32Type());
  Value constant = tosa::ConstOp::create(
      builder, loc, indexType,
      DenseElementsAttr::get(indexType, ArrayRef(repeated)));
  return tosa::GatherOp::create(
      builder, loc, type({shape[0], count, shape[2]}, value), value, constant);
}
