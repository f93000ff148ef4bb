//===- QuantizeByRange.cpp - Quantization by the range of the values
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "../TensorUtils.h"
#include "LwToLinalg.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace mlir::lw;

std::pair<Value, Value> mlir::lw::quantizeByRange(ImplicitLocOpBuilder &b,
                                                  Value x) {
  auto number = [](ImplicitLocOpBuilder &n, float value) -> Value {
    return arith::ConstantOp::create(n, n.getF32FloatAttr(value));
  };
  Value zero = number(b, 0);
  auto reduce = [&](auto op) -> Value {
    using Op = decltype(op);
    Value init =
        linalg::FillOp::create(
            b, zero,
            tensor::EmptyOp::create(b, ArrayRef<int64_t>{}, b.getF32Type())
                .getResult())
            .getResult(0);
    auto reduced = linalg::ReduceOp::create(
        b, b.getLoc(), x, init, ArrayRef<int64_t>{0, 1},
        [](OpBuilder &n, Location location, ValueRange v) {
          linalg::YieldOp::create(
              n, location, Op::create(n, location, v[0], v[1]).getResult());
        });
    return tensor::ExtractOp::create(b, reduced.getResult(0), ValueRange());
  };
  Value least = reduce(arith::MinimumFOp()),
        greatest = reduce(arith::MaximumFOp());
  Value scale = arith::DivFOp::create(
      b, arith::SubFOp::create(b, greatest, least), number(b, 255));
  scale = arith::SelectOp::create(
      b, arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, least, greatest),
      number(b, 1), scale);
  Value zeroPoint = math::RoundEvenOp::create(
      b, arith::NegFOp::create(b, arith::DivFOp::create(b, least, scale)));
  RankedTensorType type = tensorTypeOf(x).clone(b.getI32Type());
  AffineMap map = b.getMultiDimIdentityMap(2);
  using Iterator = utils::IteratorType;
  Value integers =
      linalg::GenericOp::create(
          b, type, x,
          tensor::EmptyOp::create(b, type.getShape(), b.getI32Type())
              .getResult(),
          ArrayRef<AffineMap>{map, map},
          ArrayRef<Iterator>{Iterator::parallel, Iterator::parallel},
          [&](OpBuilder &nested, Location location, ValueRange v) {
            ImplicitLocOpBuilder n(location, nested);
            Value q = arith::AddFOp::create(
                n,
                math::RoundEvenOp::create(
                    n, arith::DivFOp::create(n, v[0], scale)),
                zeroPoint);
            q = arith::MaximumFOp::create(n, q, number(n, 0));
            q = arith::MinimumFOp::create(n, q, number(n, 255));
            linalg::YieldOp::create(
                n,
                arith::FPToSIOp::create(n, n.getI32Type(),
                                        arith::SubFOp::create(n, q, zeroPoint))
                    .getResult());
          })
          .getResult(0);
  return {integers, scale};
}
