//===- IntegerAverage.cpp - Averages of the windows of integers
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Transforms/IntegerAverage.h"
#include "lw/Dialect/IR/Constants.h"
#include "lw/Dialect/IR/Quantization.h"

using namespace mlir;
using namespace mlir::lw;

Value lw::createWindowSum(OpBuilder &builder, Location location, Value bytes,
                          QuantAttr from, ArrayRef<int64_t> kernel,
                          ArrayRef<int64_t> strides, ArrayRef<int64_t> padding,
                          float factor, QuantAttr to) {
  auto type = cast<RankedTensorType>(bytes.getType());
  int64_t channels = type.getDimSize(3);
  auto filterType = RankedTensorType::get({kernel[0], kernel[1], channels, 1},
                                          builder.getI8Type());
  Value ones =
      createIntegers(builder, location, filterType,
                     std::vector<int32_t>(filterType.getNumElements(), 1));
  auto quantization = ConvQuantAttr::get(
      builder.getContext(), from,
      builder.getDenseF32ArrayAttr(std::vector<float>(channels, factor)), to,
      QuantAttr());
  SmallVector<int64_t> shape(type.getShape());
  for (int axis : {0, 1})
    shape[axis + 1] = (shape[axis + 1] + padding[2 * axis] +
                       padding[2 * axis + 1] - kernel[axis]) /
                          strides[axis] +
                      1;
  Type element = to ? Type(builder.getI8Type()) : builder.getF32Type();
  return DepthwiseConv2DOp::create(
      builder, location, RankedTensorType::get(shape, element), bytes, ones,
      /*bias=*/Value(), /*residual=*/Value(),
      builder.getDenseI64ArrayAttr(strides),
      builder.getDenseI64ArrayAttr(padding),
      builder.getDenseI64ArrayAttr({1, 1}), ActivationAttr(), quantization);
}

/// How many elements of the image the windows of a pool hold along an axis.
static SmallVector<int64_t> countElements(tosa::AvgPool2dOp pool, int axis) {
  int64_t extent = pool.getInput().getType().getDimSize(axis + 1);
  SmallVector<int64_t> counts;
  for (int64_t i = 0; i < pool.getType().getDimSize(axis + 1); ++i) {
    int64_t first = i * pool.getStride()[axis] - pool.getPad()[2 * axis];
    counts.push_back(std::min(first + pool.getKernel()[axis], extent) -
                     std::max<int64_t>(first, 0));
  }
  return counts;
}

Value lw::createIntegerAverage(OpBuilder &builder, tosa::AvgPool2dOp pool,
                               Value bytes, QuantAttr from, QuantAttr to) {
  Location location = pool.getLoc();
  auto share = [](int64_t count) { return 1.0f / static_cast<float>(count); };
  SmallVector<int64_t> rows = countElements(pool, 0),
                       columns = countElements(pool, 1);
  bool alike = llvm::all_equal(rows) && llvm::all_equal(columns);
  float factor = alike ? share(rows.front() * columns.front()) : 1.0f;
  Value sums = createWindowSum(builder, location, bytes, from, pool.getKernel(),
                               pool.getStride(), pool.getPad(), factor,
                               alike ? to : QuantAttr());
  if (alike)
    return sums;
  std::vector<float> shares;
  for (int64_t row : rows)
    for (int64_t column : columns)
      shares.push_back(share(row * column));
  Value factors = createConstant(builder, location,
                                 {1, static_cast<int64_t>(rows.size()),
                                  static_cast<int64_t>(columns.size()), 1},
                                 shares);
  auto shiftType = RankedTensorType::get({1}, builder.getI8Type());
  Value shift = createIntegers(builder, location, shiftType, 0);
  Value average = tosa::MulOp::create(builder, location, sums.getType(), sums,
                                      factors, shift);
  if (!to)
    return average;
  return QuantizeOp::create(builder, location, average, to);
}
