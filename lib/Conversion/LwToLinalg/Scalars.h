//===- Scalars.h - Short names for arithmetic of single numbers -*- C++ -*-===//
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_CONVERSION_LWTOLINALG_SCALARS_H
#define LW_LIB_CONVERSION_LWTOLINALG_SCALARS_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace mlir::lw {

/// f32 arithmetic where coordinates are computed.
struct Scalars {
  ImplicitLocOpBuilder &b;

  Value number(double value) {
    return arith::ConstantOp::create(
        b, b.getF32FloatAttr(static_cast<float>(value)));
  }
  Value index(int64_t value) {
    return arith::ConstantIndexOp::create(b, value);
  }
  Value add(Value x, Value y) { return arith::AddFOp::create(b, x, y); }
  Value sub(Value x, Value y) { return arith::SubFOp::create(b, x, y); }
  Value mul(Value x, Value y) { return arith::MulFOp::create(b, x, y); }
  Value div(Value x, Value y) { return arith::DivFOp::create(b, x, y); }
  Value floor(Value x) { return math::FloorOp::create(b, x); }
  Value ceil(Value x) { return math::CeilOp::create(b, x); }
  /// Of a number and NaN, the number.
  Value max(Value x, Value y) { return arith::MaxNumFOp::create(b, x, y); }
  Value min(Value x, Value y) { return arith::MinNumFOp::create(b, x, y); }
  Value less(Value x, Value y) {
    return arith::CmpFOp::create(b, arith::CmpFPredicate::OLT, x, y);
  }
  Value either(Value x, Value y) { return arith::OrIOp::create(b, x, y); }
  Value both(Value x, Value y) { return arith::AndIOp::create(b, x, y); }
  Value select(Value condition, Value x, Value y) {
    return arith::SelectOp::create(b, condition, x, y);
  }
  /// A whole number of f32 as an index, moved into a range that an index has.
  Value toIndex(Value x, double least, double greatest) {
    x = min(max(x, number(least)), number(greatest));
    Value whole = arith::FPToSIOp::create(b, b.getI64Type(), x);
    return arith::IndexCastOp::create(b, b.getIndexType(), whole);
  }
  Value toFloat(Value index) {
    Value whole = arith::IndexCastOp::create(b, b.getI64Type(), index);
    return arith::SIToFPOp::create(b, b.getF32Type(), whole);
  }
};

} // namespace mlir::lw

#endif // LW_LIB_CONVERSION_LWTOLINALG_SCALARS_H
