//===- WinogradKernel.cpp - 3x3 convolutions with fewer multiplications
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Kernels/Winograd/WinogradKernel.h"
#include "Builder/DotBuilder.h"
#include "Kernels/StoredActivation.h"
#include "Kernels/Winograd/WinogradLoops.h"
#include "Kernels/Winograd/WinogradTransforms.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::lw;

namespace {

/// Computes with vectors that are not there yet.
struct VectorArithmetic {
  using Number = Value;
  KernelBuilder &k;

  Value splat(Ratio c) {
    return k.splat(static_cast<double>(c.numerator) / c.denominator);
  }
  Value add(Value a, Value b) { return arith::AddFOp::create(k.b, a, b); }
  Value sub(Value a, Value b) { return arith::SubFOp::create(k.b, a, b); }
  Value scale(Value a, Ratio c) {
    return arith::MulFOp::create(k.b, a, splat(c));
  }
  Value fma(Value a, Ratio c, Value b) { return k.fma(a, splat(c), b); }
  Value mirror(Value a, Value middle) {
    return k.fma(middle, k.splat(2), arith::NegFOp::create(k.b, a));
  }
};

class WinogradEmitter : public WinogradLoops {
public:
  WinogradEmitter(KernelBuilder &k, const WinogradSpec &spec,
                  const WinogradBuffers &buffers)
      : WinogradLoops(k, spec, buffers), arithmetic{k},
        transforms(arithmetic, m) {}

private:
  using Transforms = WinogradTransforms<VectorArithmetic>;
  using Transform = Transforms::Row (Transforms::*)(ArrayRef<Value>);

  Matrix transformed(const Matrix &x, int64_t extent, Transform t) {
    return transform(x, extent,
                     [&](ArrayRef<Value> row) { return (transforms.*t)(row); });
  }

  void emitFilters(Value panel, Value target) override;
  void emitInputTile(Address from, Address to) override;
  void beginBlock(Value vector) override;
  void emitOutputTile(const Address &product, const TilePosition &p,
                      int64_t height, int64_t width) override;
  void emitDirectTile(const TilePosition &p, int64_t height, int64_t width);
  Value isSpoilt(const Matrix &result);
  void storeOutput(Value v, const TilePosition &p,
                   llvm::function_ref<Address(const Layout &)> pixel);

  VectorArithmetic arithmetic;
  Transforms transforms;
  Value bias; // of the vector at hand; null without
};

} // namespace

/// The filters of a panel: one loop where source and target have one order.
void WinogradEmitter::emitFilters(Value panel, Value target) {
  int64_t count = s.g.inChannels * s.vectors;
  auto emitFilter = [&](Address from, int64_t stride, Value number) {
    Matrix x;
    for (int64_t tap = 0; tap < 9; ++tap)
      x.push_back(
          loadWeights(k, buffers.weights, from + tap * stride, s.vector));
    Address to = k.advance({target, 0}, number, s.vector);
    for (auto [point, v] :
         llvm::enumerate(transformed(x, 3, &Transforms::filterRow)))
      k.store(v, buffers.filters,
              to + static_cast<int64_t>(point) * s.filterElements());
  };
  auto emitVector = [&](Value v) {
    forSharedFilters(k, s, buffers.weights, panel, v, emitFilter);
  };
  if (s.sharesWeights())
    return k.loop(0, s.vectors, 1, emitVector, /*parallel=*/true);
  Address source = k.advance({}, panel, 9 * count * s.vector);
  k.loop(
      0, count, 1,
      [&](Value i) {
        emitFilter(k.advance(source, i, 9 * s.vector), s.vector, i);
      },
      /*parallel=*/true);
}

void WinogradEmitter::emitInputTile(Address from, Address to) {
  Matrix x;
  for (int64_t r = 0; r < w; ++r)
    for (int64_t c = 0; c < w; ++c)
      x.push_back(k.load(buffers.input,
                         from + (r * s.in.rowStride() + c * s.in.block)));
  for (auto [point, v] :
       llvm::enumerate(transformed(x, w, &Transforms::inputRow)))
    k.store(v, buffers.inputs,
            to + static_cast<int64_t>(point) * s.inputElements());
}

void WinogradEmitter::beginBlock(Value vector) {
  bias = s.hasBias ? k.load(buffers.bias, k.advance({}, vector, s.vector))
                   : Value();
}

/// Bias, residual and activation of an output; `pixel` is where it lies.
void WinogradEmitter::storeOutput(
    Value v, const TilePosition &p,
    llvm::function_ref<Address(const Layout &)> pixel) {
  if (bias)
    v = arithmetic.add(v, bias);
  if (s.residual)
    v = arithmetic.add(
        v, k.widenFloats(k.load(buffers.residual, pixel(*s.residual))));
  v = k.activate(activationBeforeStore(s.activation, buffers.output), v);
  k.store(k.roundFor(buffers.output, v), buffers.output, pixel(s.out));
}

/// True when a NaN or an infinity among the inputs of a tile has come into
/// outputs that do not read it. Every input and every point has a part in one
/// of the outputs in the corners, and zero times what is not finite is NaN.
Value WinogradEmitter::isSpoilt(const Matrix &result) {
  Value zero = k.splat(0), sum = zero;
  for (int64_t corner : {int64_t(0), m - 1, (m - 1) * m, m * m - 1})
    sum = k.fma(result[corner], zero, sum);
  Value lanes = arith::CmpFOp::create(k.b, arith::CmpFPredicate::UNO, sum, sum);
  return vector::ReductionOp::create(k.b, vector::CombiningKind::OR, lanes);
}

void WinogradEmitter::emitOutputTile(const Address &product,
                                     const TilePosition &p, int64_t height,
                                     int64_t width) {
  Matrix values;
  for (int64_t point = 0; point < s.points(); ++point)
    values.push_back(
        k.load(buffers.products, product + point * s.productElements()));
  Matrix result = transformed(values, w, &Transforms::outputRow);
  k.branch(
      isSpoilt(result), [&] { emitDirectTile(p, height, width); },
      [&] {
        for (int64_t row = 0; row < height; ++row)
          for (int64_t column = 0; column < width; ++column)
            storeOutput(result[row * m + column], p, [&](const Layout &l) {
              return pixelOf(l, p) + (row * l.rowStride() + column * l.block);
            });
      });
  activateStored(k, s.activation, buffers.output,
                 {pixelOf(s.out, p), s.out, height, width, s.vector});
}

/// The outputs of a tile by the formula, for what transforms would spread over
/// all of it. Rare, so small rather than fast.
void WinogradEmitter::emitDirectTile(const TilePosition &p, int64_t height,
                                     int64_t width) {
  Address image{Value(), s.in.origin() - s.g.padding[0] * s.in.rowStride() -
                             s.g.padding[2] * s.in.block};
  image = k.advance(image, p.n, s.in.imageStride());
  image = k.advance(image, p.y, m * s.in.rowStride());
  image = k.advance(image, p.x, m * s.in.block);
  auto sumOf = [&](Value row, Value column) {
    Address window = k.advance(image, row, s.in.rowStride());
    window = k.advance(window, column, s.in.block);
    return k.loop(
        0, s.g.inChannels, 1, ValueRange{k.splat(0)},
        [&](Value c, ValueRange sum) -> SmallVector<Value> {
          Value block = arith::DivUIOp::create(k.b, c, k.constant(s.in.block));
          Value lane = arith::RemUIOp::create(k.b, c, k.constant(s.in.block));
          Address in = k.advance(window, block, s.in.blockStride());
          in = k.advance(in, lane, 1);
          Address weights = filterAt(k, s, p.panel, p.inPanel, c);
          Value next = sum[0];
          for (int64_t tap = 0; tap < 9; ++tap)
            next = k.fma(k.broadcast(k.loadScalar(
                             buffers.input, in + (tap / 3 * s.in.rowStride() +
                                                  tap % 3 * s.in.block))),
                         loadWeights(k, buffers.weights,
                                     tapAt(k, s, weights, c, tap), s.vector),
                         next);
          return {next};
        })[0];
  };
  k.loop(0, height, 1, [&](Value row) {
    k.loop(0, width, 1, [&](Value column) {
      storeOutput(sumOf(row, column), p, [&](const Layout &l) {
        Address address = k.advance(pixelOf(l, p), row, l.rowStride());
        return k.advance(address, column, l.block);
      });
    });
  });
}

void mlir::lw::emitWinograd(KernelBuilder &k, const WinogradSpec &spec,
                            const WinogradBuffers &buffers) {
  if (spec.quantized)
    return emitWinogradOfBytes(k, spec, buffers);
  WinogradEmitter(k, spec, buffers).emit();
}
