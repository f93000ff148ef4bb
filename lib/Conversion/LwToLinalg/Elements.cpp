//===- Elements.cpp - Element-wise operations in linalg
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "../TensorUtils.h"
#include "LwToLinalg.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

using namespace mlir;
using namespace mlir::lw;

Type lw::accumulatorType(Type type) {
  if (type.isInteger())
    return IntegerType::get(type.getContext(), 32);
  return type.getIntOrFloatBitWidth() < 32 ? Float32Type::get(type.getContext())
                                           : type;
}

Value lw::castFloat(OpBuilder &builder, Location location, Value value,
                    Type type) {
  unsigned from = value.getType().getIntOrFloatBitWidth();
  unsigned to = type.getIntOrFloatBitWidth();
  if (from < to)
    return arith::ExtFOp::create(builder, location, type, value);
  if (from > to)
    return arith::TruncFOp::create(builder, location, type, value);
  return value;
}

/// Where an element of a result of `sizes` finds its element of `input`.
static AffineMap readMap(Builder &builder, Value input,
                         ArrayRef<OpFoldResult> sizes) {
  unsigned rank = sizes.size();
  RankedTensorType type = tensorTypeOf(input);
  if (type.getRank() == 1 && rank > 1)
    return AffineMap::get(rank, 0, builder.getAffineDimExpr(rank - 1));
  SmallVector<AffineExpr> results;
  for (unsigned i = 0; i < rank; ++i)
    results.push_back(type.getDimSize(i) == 1 &&
                              getConstantIntValue(sizes[i]) != 1
                          ? builder.getAffineConstantExpr(0)
                          : builder.getAffineDimExpr(i));
  return AffineMap::get(rank, 0, results, builder.getContext());
}

Value lw::mapElements(
    ImplicitLocOpBuilder &b, ValueRange inputs, ArrayRef<OpFoldResult> sizes,
    Type elementType,
    function_ref<Value(OpBuilder &, Location, ValueRange)> function,
    Value onto) {
  SmallVector<AffineMap> maps;
  for (Value input : inputs)
    maps.push_back(readMap(b, input, sizes));
  maps.push_back(b.getMultiDimIdentityMap(sizes.size()));
  Value init = onto ? onto : tensor::EmptyOp::create(b, sizes, elementType);
  SmallVector<utils::IteratorType> iterators(sizes.size(),
                                             utils::IteratorType::parallel);
  auto body = [&](OpBuilder &nested, Location location, ValueRange values) {
    linalg::YieldOp::create(
        nested, location,
        function(nested, location, onto ? values : values.drop_back()));
  };
  return linalg::GenericOp::create(b, init.getType(), inputs, init, maps,
                                   iterators, body)
      .getResult(0);
}
