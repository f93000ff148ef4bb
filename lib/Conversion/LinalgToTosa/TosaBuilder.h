//===- TosaBuilder.h - tosa operations with inferred types ------*- C++ -*-===//
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_CONVERSION_LINALGTOTOSA_TOSABUILDER_H
#define LW_LIB_CONVERSION_LINALGTOTOSA_TOSABUILDER_H

#include "../TensorUtils.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "mlir/Dialect/Tosa/Utils/ConversionUtils.h"

namespace mlir::lw {

/// Operands have equal ranks and broadcast along extents of one; all shapes are
/// static.
struct TosaBuilder : ImplicitLocOpBuilder {
  using ImplicitLocOpBuilder::ImplicitLocOpBuilder;

  static ArrayRef<int64_t> shapeOf(Value value) {
    return tensorTypeOf(value).getShape();
  }
  static Type elementOf(Value value) {
    return tensorTypeOf(value).getElementType();
  }

  /// A tensor of `rank` extents of one.
  Value number(int64_t rank, TypedAttr value);
  Value number(int64_t rank, Type type, double value);
  static TypedAttr zeroOf(Type element) {
    return llvm::cast<TypedAttr>(
        Builder(element.getContext()).getZeroAttr(element));
  }
  Value shape(ArrayRef<int64_t> values) {
    return tosa::getTosaConstShape(*this, values);
  }

  Value reshape(Value value, ArrayRef<int64_t> to);
  Value transpose(Value value, ArrayRef<int64_t> permutation);
  /// Repeated along extents of one.
  Value broadcast(Value value, ArrayRef<int64_t> to);
  Value slice(Value value, ArrayRef<int64_t> start, ArrayRef<int64_t> size);
  Value pad(Value value, ArrayRef<int64_t> low, ArrayRef<int64_t> high,
            TypedAttr fill);

  template <typename Op> Value unary(Value x) {
    return Op::create(*this, x.getType(), x).getResult();
  }
  template <typename Op> Value binary(Value a, Value b) {
    return Op::create(*this, meet({a, b}, elementOf(a)), a, b).getResult();
  }
  template <typename Op> Value compare(Value a, Value b) {
    return Op::create(*this, meet({a, b}, getI1Type()), a, b).getResult();
  }
  Value mul(Value a, Value b);
  Value negate(Value x);
  Value cast(Value x, Type element);
  Value select(Value condition, Value yes, Value no);

  /// Of the extents that the operands broadcast to.
  RankedTensorType meet(ArrayRef<Value> operands, Type element);

private:
  tosa::ConstOp zero(Type element);
};

} // namespace mlir::lw

#endif // LW_LIB_CONVERSION_LINALGTOTOSA_TOSABUILDER_H
