//===- QuantizedElements.cpp - Element-wise operations on bytes
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Kernels/Elementwise/QuantizedElements.h"
#include "Builder/TableLookup.h"
#include "Kernels/Requantizer.h"
#include "lw/Dialect/IR/Quantization.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlir::lw;

bool mlir::lw::isQuantizedElementwise(Operation *op) {
  return isa<QuantizeOp, DequantizeOp, RequantizeOp, LookupOp, AddOp, MulOp>(
      op);
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
