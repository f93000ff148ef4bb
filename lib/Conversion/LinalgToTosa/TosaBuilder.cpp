//===- TosaBuilder.cpp - tosa operations with inferred types
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "TosaBuilder.h"
#include "../ReshapeConstant.h"

using namespace mlir;
using namespace mlir::lw;

Value TosaBuilder::number(int64_t rank, TypedAttr value) {
  auto type =
      RankedTensorType::get(SmallVector<int64_t>(rank, 1), value.getType());
  return tosa::ConstOp::create(
      *this, type, DenseElementsAttr::get(type, ArrayRef<Attribute>{value}));
}

Value TosaBuilder::number(int64_t rank, Type type, double value) {
  // The builder's own cast hides MLIR's.
  if (auto floats = dyn_cast<FloatType>(type))
    return number(rank, TypedAttr(getFloatAttr(floats, value)));
  return number(rank, TypedAttr(getIntegerAttr(type, value)));
}

Value TosaBuilder::reshape(Value value, ArrayRef<int64_t> to) {
  if (shapeOf(value) == to)
    return value;
  // What is computed from constants is looked for in constants.
  if (Value constant = reshapeConstant(*this, getLoc(), value, to))
    return constant;
  return tosa::ReshapeOp::create(
      *this, RankedTensorType::get(to, elementOf(value)), value, shape(to));
}

Value TosaBuilder::transpose(Value value, ArrayRef<int64_t> permutation) {
  if (llvm::equal(permutation, llvm::seq<int64_t>(0, permutation.size())))
    return value;
  SmallVector<int64_t> to;
  for (int64_t p : permutation)
    to.push_back(shapeOf(value)[p]);
  return tosa::TransposeOp::create(*this,
                                   RankedTensorType::get(to, elementOf(value)),
                                   value, SmallVector<int32_t>(permutation));
}

Value TosaBuilder::broadcast(Value value, ArrayRef<int64_t> to) {
  SmallVector<int64_t> times;
  for (auto [from, extent] : llvm::zip_equal(shapeOf(value), to))
    times.push_back(from == extent ? 1 : extent);
  if (llvm::all_of(times, [](int64_t t) { return t == 1; }))
    return value;
  return tosa::TileOp::create(
      *this, RankedTensorType::get(to, elementOf(value)), value, shape(times));
}

Value TosaBuilder::slice(Value value, ArrayRef<int64_t> start,
                         ArrayRef<int64_t> size) {
  if (shapeOf(value) == size)
    return value;
  return tosa::SliceOp::create(*this,
                               RankedTensorType::get(size, elementOf(value)),
                               value, shape(start), shape(size));
}

Value TosaBuilder::pad(Value value, ArrayRef<int64_t> low,
                       ArrayRef<int64_t> high, TypedAttr fill) {
  SmallVector<int64_t> to(shapeOf(value)), amounts;
  for (auto [extent, before, after] : llvm::zip_equal(to, low, high)) {
    extent += before + after;
    amounts.append({before, after});
  }
  if (shapeOf(value) == ArrayRef(to))
    return value;
  return tosa::PadOp::create(*this, RankedTensorType::get(to, elementOf(value)),
                             value, shape(amounts), number(1, fill));
}

RankedTensorType TosaBuilder::meet(ArrayRef<Value> operands, Type element) {
  SmallVector<int64_t> to(shapeOf(operands.front()));
  for (Value operand : operands.drop_front())
    for (auto [extent, other] : llvm::zip_equal(to, shapeOf(operand)))
      if (extent == 1)
        extent = other;
  return RankedTensorType::get(to, element);
}

tosa::ConstOp TosaBuilder::zero(Type element) {
  auto type = RankedTensorType::get(1, element);
  return tosa::ConstOp::create(
      *this, type,
      DenseElementsAttr::get(type, ArrayRef<Attribute>{zeroOf(element)}));
}

Value TosaBuilder::mul(Value a, Value b) {
  return tosa::MulOp::create(*this, meet({a, b}, elementOf(a)), a, b,
                             zero(getI8Type()));
}

Value TosaBuilder::negate(Value x) {
  Value none = zero(elementOf(x));
  return tosa::NegateOp::create(*this, x.getType(), x, none, none);
}

Value TosaBuilder::cast(Value x, Type element) {
  if (elementOf(x) == element)
    return x;
  return tosa::CastOp::create(*this, RankedTensorType::get(shapeOf(x), element),
                              x);
}

Value TosaBuilder::select(Value condition, Value yes, Value no) {
  return tosa::SelectOp::create(
      *this, meet({condition, yes, no}, elementOf(yes)), condition, yes, no);
}
