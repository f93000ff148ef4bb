//===- QuantizedElements.cpp - Element-wise operations on bytes
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Kernels/Elementwise/QuantizedElements.h"
#include "Builder/TableLookup.h"
#include "Kernels/Requantizer.h"
#include "lw/Dialect/IR/Quantization.h"
#include "lw/Dialect/IR/Rescale.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlir::lw;

bool mlir::lw::isQuantizedElementwise(Operation *op) {
  return isa<QuantizeOp, DequantizeOp, RequantizeOp, LookupOp, AddOp, MulOp,
             tosa::RescaleOp>(op);
}

/// (x * multiplier + half) >> shift in 64 bits; multiplier and shift are
/// vectors of i32 where they vary.
static Value applyRescale(KernelBuilder &k, tosa::RescaleOp op, ValueRange x) {
  ImplicitLocOpBuilder &b = k.b;
  Rescale r = *Rescale::get(op);
  int64_t lanes = cast<VectorType>(x[0].getType()).getNumElements();
  Type i32 = b.getI32Type(), i64 = b.getI64Type();
  auto wide = VectorType::get({lanes}, i64);
  auto widen = [&](Value value) -> Value {
    return arith::ExtSIOp::create(b, wide, value);
  };
  auto number = [&](int64_t value) { return k.splat(i64, lanes, value); };
  Value value = x[0];
  if (cast<VectorType>(value.getType()).getElementType().isInteger(8))
    value = centerBytes(k, value, r.inputUnsigned, r.inputZero);
  Value multiplier =
      r.perChannel() ? x[1] : k.splat(i32, lanes, r.multipliers.front());
  Value shift = r.perChannel() ? widen(x[2]) : number(r.shifts.front());
  Value half = arith::ShLIOp::create(
      b, number(1), arith::SubIOp::create(b, shift, number(1)));
  // The second rounding is that of the first 31 bits, away from zero.
  if (r.roundsTwice()) {
    Value zero = k.splat(i32, lanes, 0);
    Value above =
        arith::CmpIOp::create(b, arith::CmpIPredicate::sge, value, zero);
    Value second =
        arith::SelectOp::create(b, above, number(1 << 30), number(-(1 << 30)));
    Value large =
        arith::CmpIOp::create(b, arith::CmpIPredicate::sgt, shift, number(31));
    half = arith::AddIOp::create(
        b, half, arith::SelectOp::create(b, large, second, number(0)));
  }
  Value product = arith::MulIOp::create(b, widen(value), widen(multiplier));
  product =
      arith::ShRSIOp::create(b, arith::AddIOp::create(b, product, half), shift);
  Value y = arith::TruncIOp::create(b, VectorType::get({lanes}, i32), product);
  if (r.outputZero)
    y = arith::AddIOp::create(b, y, k.splat(i32, lanes, r.outputZero));
  if (!getElementTypeOrSelf(op.getType()).isInteger(8))
    return y;
  int64_t least = r.outputUnsigned ? 0 : -128;
  y = arith::MaxSIOp::create(b, y, k.splat(i32, lanes, least));
  y = arith::MinSIOp::create(b, y, k.splat(i32, lanes, least + 255));
  return arith::TruncIOp::create(b, VectorType::get({lanes}, b.getI8Type()), y);
}

/// saturate(rint(x) + zero point), of vectors of any length.
static Value saturate(KernelBuilder &k, Value x, QuantAttr quant,
                      bool outside) {
  Value q = roundToInteger(k, x, outside);
  auto type = cast<VectorType>(q.getType());
  auto splat = [&](int64_t value) {
    return k.splat(k.b.getI32Type(), type.getNumElements(), value);
  };
  if (quant.getZeroPoint())
    q = arith::AddIOp::create(k.b, q, splat(quant.getZeroPoint()));
  q = arith::MaxSIOp::create(k.b, q, splat(quant.least()));
  q = arith::MinSIOp::create(k.b, q, splat(quant.greatest()));
  return arith::TruncIOp::create(k.b, type.clone(k.b.getI8Type()), q);
}

Value mlir::lw::quantizeVector(KernelBuilder &k, Value x, QuantAttr quant) {
  // NaN becomes the zero point.
  Value number = arith::CmpFOp::create(k.b, arith::CmpFPredicate::ORD, x, x);
  x = arith::DivFOp::create(k.b, x, splatLike(k, x, quant.getScaleValue()));
  x = arith::SelectOp::create(k.b, number, x, splatLike(k, x, 0));
  return saturate(k, x, quant, /*outside=*/true);
}

static Value center(KernelBuilder &k, Value bytes, QuantAttr quant) {
  return centerBytes(k, bytes, quant.getIsUnsigned(), quant.getZeroPoint());
}

static Value realOf(KernelBuilder &k, Value bytes, QuantAttr quant,
                    float scale) {
  return mlir::lw::dequantize(k, bytes, quant.getIsUnsigned(),
                              quant.getZeroPoint(), scale);
}

Value mlir::lw::applyQuantized(KernelBuilder &k, Operation *op, ValueRange x) {
  // What f32 holds of 2^31.
  constexpr float kMost = 1 << 30;
  return TypeSwitch<Operation *, Value>(op)
      .Case([&](QuantizeOp op) {
        return quantizeVector(k, x[0], op.getQuantization());
      })
      .Case([&](DequantizeOp op) {
        return realOf(k, x[0], op.getQuantization(),
                      op.getQuantization().getScaleValue());
      })
      .Case([&](RequantizeOp op) {
        float m = scaleRatio(op.getFrom().getScaleValue(),
                             op.getTo().getScaleValue());
        return saturate(k, realOf(k, x[0], op.getFrom(), m), op.getTo(),
                        m * 255 > kMost);
      })
      .Case([&](tosa::RescaleOp op) { return applyRescale(k, op, x); })
      .Case([&](LookupOp op) {
        SmallVector<int8_t> table(op.getTable().getValues<int8_t>());
        return lookup(k, x[0], table);
      })
      .Case([&](AddOp op) {
        float out = op.getOutputQuant().getScaleValue();
        float l = scaleRatio(op.getLhsQuant().getScaleValue(), out),
              r = scaleRatio(op.getRhsQuant().getScaleValue(), out);
        Value sum =
            arith::AddFOp::create(k.b, realOf(k, x[0], op.getLhsQuant(), l),
                                  realOf(k, x[1], op.getRhsQuant(), r));
        return saturate(k, sum, op.getOutputQuant(), (l + r) * 255 > kMost);
      })
      .Case([&](MulOp op) {
        float m = scaleRatio(op.getLhsQuant().getScaleValue(),
                             op.getRhsQuant().getScaleValue(),
                             op.getOutputQuant().getScaleValue());
        Value product =
            arith::MulIOp::create(k.b, center(k, x[0], op.getLhsQuant()),
                                  center(k, x[1], op.getRhsQuant()));
        auto type = cast<VectorType>(product.getType());
        product =
            arith::SIToFPOp::create(k.b, type.clone(k.b.getF32Type()), product);
        product = arith::MulFOp::create(k.b, product, splatLike(k, product, m));
        return saturate(k, product, op.getOutputQuant(), m * 255 * 255 > kMost);
      });
}

/// Planes of f32 become pixels of four bytes, 16 pixels at a time.
void mlir::lw::emitQuantizedImage(KernelBuilder &k, const Layout &in,
                                  const Layout &out, QuantAttr quant,
                                  Value input, Value output) {
  constexpr int64_t kPixels = 16;
  auto at = [&](const Layout &l, Value n, Value y, Value x) {
    Address a = k.advance({Value(), l.origin()}, n, l.imageStride());
    return k.advance(k.advance(a, y, l.rowStride()), x, l.block);
  };
  auto interleave = [&](Value a, Value c, int64_t bytes) {
    int64_t n = cast<VectorType>(a.getType()).getNumElements();
    SmallVector<int64_t> lanes;
    for (int64_t i = 0; i < n; i += bytes)
      for (int64_t source : {int64_t(0), n})
        for (int64_t byte = 0; byte < bytes; ++byte)
          lanes.push_back(source + i + byte);
    return k.shuffle(a, c, lanes);
  };
  auto pixels = [&](Value n, Value y, Value x, int64_t count) {
    SmallVector<Value, 4> planes;
    k.vl = kPixels;
    for (int64_t c = 0; c < in.c; ++c)
      planes.push_back(quantizeVector(
          k, k.loadPart(input, at(in, n, y, x) + c * in.blockStride(), count),
          quant));
    // Channels that there are not have weights of zero.
    while (planes.size() < 4)
      planes.push_back(planes.back());
    Value first = interleave(planes[0], planes[1], 1),
          second = interleave(planes[2], planes[3], 1);
    k.vl = 4 * kPixels;
    k.storePart(interleave(first, second, 2), output, at(out, n, y, x),
                4 * count);
  };
  k.loop(0, out.n, 1, [&](Value n) {
    k.loop(
        0, out.h, 1,
        [&](Value y) {
          k.tiles(out.w, kPixels, {},
                  [&](Value x, int64_t count) { pixels(n, y, x, count); });
        },
        /*parallel=*/true);
  });
}
