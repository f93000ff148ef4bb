//===- PoolKernel.cpp - Pooling on blocked layouts
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Kernels/Pool/PoolKernel.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace mlir::lw;

namespace {

class PoolEmitter {
public:
  PoolEmitter(KernelBuilder &k, const PoolSpec &spec, Value input, Value output)
      : k(k), s(spec), input(input), output(output) {}

  void emit();

private:
  /// Half-open range of outputs along an axis whose windows lie inside.
  std::pair<int64_t, int64_t> interior(int axis) const;
  void emitRow(Value y, bool inside);
  void emitInside(Value y, Value x);
  void emitClipped(Value y, Value x);
  Value combine(Value a, Value b);
  /// One direction of a window: elements, and the distance between two.
  struct Direction {
    int64_t count, stride;
  };
  /// The directions of a window, inner first. Which NaN a maximum skips depends
  /// on the order: onnxruntime takes columns first.
  std::pair<Direction, Direction> directions() const {
    Direction rows{s.g.kernelHeight, s.in.rowStride()},
        columns{s.g.kernelWidth, s.in.block};
    return s.skipsNan ? std::pair(rows, columns) : std::pair(columns, rows);
  }
  void store(Value v, Value y, Value x);
  Value identity() {
    if (s.in.type.isInteger(8))
      return k.splat(s.in.type, k.vl, s.isUnsigned ? 0 : -128);
    return k.splat(s.average ? 0.0f : -std::numeric_limits<float>::infinity());
  }

  KernelBuilder &k;
  const PoolSpec &s;
  Value input, output;
  Value n, vector; // image and vector of channels at hand
  bool partial = false;
};

} // namespace

std::pair<int64_t, int64_t> PoolEmitter::interior(int axis) const {
  const ConvGeometry &g = s.g;
  int64_t in = axis == 0 ? g.inHeight : g.inWidth;
  int64_t out = axis == 0 ? g.outHeight : g.outWidth;
  int64_t kernel = axis == 0 ? g.kernelHeight : g.kernelWidth;
  int64_t before = g.padding[2 * axis], stride = g.strides[axis];
  int64_t first = (before + stride - 1) / stride;
  int64_t last = in + before < kernel ? 0 : (in + before - kernel) / stride + 1;
  first = std::min(first, out);
  return {first, std::clamp(last, first, out)};
}

Value PoolEmitter::combine(Value a, Value c) {
  if (s.average)
    return arith::AddFOp::create(k.b, a, c);
  if (s.in.type.isInteger(8)) {
    if (s.isUnsigned)
      return arith::MaxUIOp::create(k.b, a, c);
    return arith::MaxSIOp::create(k.b, a, c);
  }
  if (s.skipsNan) {
    // One instruction: x86 returns the second operand where one is NaN. So a
    // NaN is skipped unless it comes last.
    Value greater = arith::CmpFOp::create(k.b, arith::CmpFPredicate::OGT, a, c);
    return arith::SelectOp::create(k.b, greater, a, c);
  }
  return arith::MaximumFOp::create(
      k.b, a, c,
      arith::FastMathFlagsAttr::get(k.b.getContext(),
                                    arith::FastMathFlags::nsz));
}

void PoolEmitter::store(Value v, Value y, Value x) {
  const Layout &l = s.out;
  bool blocked = l.block == s.vector;
  Address a = k.advance({Value(), l.origin()}, n, l.imageStride());
  a = k.advance(a, vector, blocked ? l.blockStride() : s.vector);
  a = k.advance(a, y, l.rowStride());
  a = k.advance(a, x, l.block);
  k.storePart(v, output, a, partial && !blocked ? l.c % s.vector : s.vector);
}

void PoolEmitter::emitInside(Value y, Value x) {
  const ConvGeometry &g = s.g;
  const Layout &l = s.in;
  Address a{Value(),
            l.origin() - g.padding[0] * l.rowStride() - g.padding[2] * l.block};
  a = k.advance(a, n, l.imageStride());
  a = k.advance(a, vector, l.blockStride());
  a = k.advance(a, y, g.strides[0] * l.rowStride());
  a = k.advance(a, x, g.strides[1] * l.block);
  Value sum = identity();
  auto combined = [&](Value a, Value c) { return combine(a, c); };
  auto [inner, outer] = directions();
  // Small windows are unrolled; large ones (global pooling) are loops, and
  // every line of theirs is a sum of its own.
  auto line = [&, inner = inner](Address at, Value init) {
    if (inner.count <= 5) {
      for (int64_t i = 0; i < inner.count; ++i)
        init = combine(init, k.load(input, at + i * inner.stride));
      return init;
    }
    return k.accumulate(
        inner.count, init, identity(), combined,
        [&](Value i, ValueRange carried) -> SmallVector<Value> {
          return {combine(carried[0],
                          k.load(input, k.advance(at, i, inner.stride)))};
        })[0];
  };
  if (g.kernelHeight * g.kernelWidth <= 25) {
    for (int64_t i = 0; i < outer.count; ++i) {
      Address at = a + i * outer.stride;
      sum = s.skipsNan ? combine(sum, line(at, identity())) : line(at, sum);
    }
  } else {
    sum = k.accumulate(
        outer.count, sum, identity(), combined,
        [&, outer = outer](Value i, ValueRange carried) -> SmallVector<Value> {
          return {combine(carried[0],
                          line(k.advance(a, i, outer.stride), identity()))};
        })[0];
  }
  if (s.average)
    sum = arith::MulFOp::create(
        k.b, sum,
        k.splat(1.0f / static_cast<float>(g.kernelHeight * g.kernelWidth)));
  store(sum, y, x);
}

void PoolEmitter::emitClipped(Value y, Value x) {
  const ConvGeometry &g = s.g;
  const Layout &l = s.in;
  Value zero = k.constant(0);
  // First and one past the last row (column) of the window inside the input.
  auto range = [&](Value out, int64_t stride, int64_t before, int64_t kernel,
                   int64_t extent) {
    Value start = arith::SubIOp::create(
        k.b, arith::MulIOp::create(k.b, out, k.constant(stride)),
        k.constant(before));
    Value end = arith::AddIOp::create(k.b, start, k.constant(kernel));
    return std::pair<Value, Value>(
        arith::MaxSIOp::create(k.b, start, zero),
        arith::MinSIOp::create(k.b, end, k.constant(extent)));
  };
  auto [y0, y1] =
      range(y, g.strides[0], g.padding[0], g.kernelHeight, g.inHeight);
  auto [x0, x1] =
      range(x, g.strides[1], g.padding[2], g.kernelWidth, g.inWidth);
  Address base = k.advance({Value(), l.origin()}, n, l.imageStride());
  base = k.advance(base, vector, l.blockStride());
  auto [inner, outer] = directions();
  std::pair<Value, Value> rows(y0, y1), columns(x0, x1);
  auto [innerRange, outerRange] =
      s.skipsNan ? std::pair(rows, columns) : std::pair(columns, rows);
  auto combined = [&](Value a, Value c) { return combine(a, c); };
  auto along = [&](Value lower, Value upper, int64_t most, Value init,
                   llvm::function_ref<Value(Value, Value)> body) {
    auto next = [&](Value i, ValueRange carried) -> SmallVector<Value> {
      return {body(i, carried[0])};
    };
    if (most <= KernelBuilder::kPieceTerms)
      return k.loop(lower, upper, init, next)[0];
    return k.accumulate(lower, upper, init, identity(), combined, next)[0];
  };
  // Few terms are one sum.
  bool few = g.kernelHeight * g.kernelWidth <= KernelBuilder::kPieceTerms &&
             !s.skipsNan;
  auto line = [&, inner = inner, range = innerRange](Address at, Value init) {
    return along(
        range.first, range.second, inner.count, init, [&](Value i, Value v) {
          return combine(v, k.load(input, k.advance(at, i, inner.stride)));
        });
  };
  Value sum = along(outerRange.first, outerRange.second, outer.count,
                    identity(), [&, outer = outer](Value i, Value carried) {
                      Address at = k.advance(base, i, outer.stride);
                      return few ? line(at, carried)
                                 : combine(carried, line(at, identity()));
                    });
  if (s.average) {
    Value count = arith::MulIOp::create(k.b, arith::SubIOp::create(k.b, y1, y0),
                                        arith::SubIOp::create(k.b, x1, x0));
    Value divisor = arith::SIToFPOp::create(
        k.b, k.b.getF32Type(),
        arith::IndexCastOp::create(k.b, k.b.getI32Type(), count));
    sum = arith::DivFOp::create(k.b, sum, k.broadcast(divisor));
  }
  store(sum, y, x);
}

void PoolEmitter::emitRow(Value y, bool inside) {
  auto [first, last] = interior(1);
  if (!inside)
    return k.loop(0, s.g.outWidth, 1, [&](Value x) { emitClipped(y, x); });
  k.loop(0, first, 1, [&](Value x) { emitClipped(y, x); });
  k.loop(first, last, 1, [&](Value x) { emitInside(y, x); });
  k.loop(last, s.g.outWidth, 1, [&](Value x) { emitClipped(y, x); });
}

void PoolEmitter::emit() {
  std::pair<int64_t, int64_t> rows = interior(0);
  int64_t vectors = (s.out.c + s.vector - 1) / s.vector;
  bool tail = s.out.c % s.vector != 0;
  auto block = [&](Value v) {
    vector = v;
    k.loop(0, rows.first, 1, [&](Value y) { emitRow(y, false); });
    k.loop(rows.first, rows.second, 1, [&](Value y) { emitRow(y, true); });
    k.loop(rows.second, s.g.outHeight, 1, [&](Value y) { emitRow(y, false); });
  };
  k.loop(0, s.g.batch, 1, [&](Value image) {
    n = image;
    partial = false;
    k.loop(0, tail ? vectors - 1 : vectors, 1, block, /*parallel=*/true);
    partial = tail;
    if (tail)
      block(k.constant(vectors - 1));
  });
}

void mlir::lw::emitPool(KernelBuilder &k, const PoolSpec &spec, Value input,
                        Value output) {
  PoolEmitter(k, spec, input, output).emit();
}
