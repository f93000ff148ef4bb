//===- WinogradKernel.cpp - 3x3 convolutions with fewer multiplications
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Kernels/Winograd/WinogradKernel.h"
#include "Builder/DotBuilder.h"
#include "Kernels/StoredActivation.h"
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

class WinogradEmitter {
public:
  WinogradEmitter(KernelBuilder &k, const WinogradSpec &spec,
                  const WinogradBuffers &buffers)
      : k(k), s(spec), buffers(buffers), w(spec.window()), m(spec.outputs),
        arithmetic{k}, transforms(arithmetic, m) {}
  void emit();

private:
  /// A matrix of vectors, row-major.
  using Matrix = SmallVector<Value>;
  using Transforms = WinogradTransforms<VectorArithmetic>;
  using Transform = Transforms::Row (Transforms::*)(ArrayRef<Value>);

  /// T X T' for a square matrix X of `extent` rows.
  Matrix transform(const Matrix &x, int64_t extent, Transform t);

  void emitFilters(Value panel, Value target);
  void emitInputs(Value n, Value chunk);
  void emitProducts(Value filters);
  void emitOutputs(Value n, Value chunk, Value panel, bool last);
  /// Where a tile of outputs stands: image, tile row and column, vector of
  /// output channels, panel and vector in it, bias.
  struct TilePosition {
    Value n, y, x, vector, panel, inPanel, bias;
  };
  void emitOutputTile(const Address &product, const TilePosition &p,
                      int64_t height, int64_t width);
  void emitDirectTile(const TilePosition &p, int64_t height, int64_t width);
  Value isSpoilt(const Matrix &result);
  Address pixelOf(const Layout &l, const TilePosition &p);
  void storeOutput(Value v, const TilePosition &p,
                   llvm::function_ref<Address(const Layout &)> pixel);
  void useSlot(Value slot);
  Value filtersOf(Value panel);
  void emitAllFilters();
  void emitPanel(Value n, Value chunk, Value panel, bool last);
  void emitChunk(Value n, Value chunk, bool last);
  void emitImage(Value n);

  KernelBuilder &k;
  const WinogradSpec &s;
  const WinogradBuffers &buffers;
  const int64_t w, m;
  VectorArithmetic arithmetic;
  Transforms transforms;
  // Where the transforms of the slot at hand lie; null for the first.
  Value filterBase, inputBase, productBase;
};

} // namespace

WinogradEmitter::Matrix
WinogradEmitter::transform(const Matrix &x, int64_t extent, Transform t) {
  // Columns first: every column is dead once it is transformed.
  SmallVector<SmallVector<Value>> columns;
  for (int64_t c = 0; c < extent; ++c) {
    SmallVector<Value> column;
    for (int64_t r = 0; r < extent; ++r)
      column.push_back(x[r * extent + c]);
    columns.push_back((transforms.*t)(column));
  }
  Matrix result;
  for (size_t r = 0; r < columns.front().size(); ++r) {
    SmallVector<Value> row;
    for (const SmallVector<Value> &column : columns)
      row.push_back(column[r]);
    result.append((transforms.*t)(row));
  }
  return result;
}

//===----------------------------------------------------------------------===//
// Its parts
//===----------------------------------------------------------------------===//

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
         llvm::enumerate(transform(x, 3, &Transforms::filterRow)))
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

void WinogradEmitter::emitInputs(Value n, Value chunk) {
  int64_t columns = s.tileColumns();
  k.loop(
      0, s.in.blocks(), 1,
      [&](Value block) {
        k.loop(0, s.rows, 1, [&](Value row) {
          k.loop(0, columns, 1, [&](Value column) {
            Address from{Value(), s.in.origin() -
                                      s.g.padding[0] * s.in.rowStride() -
                                      s.g.padding[2] * s.in.block};
            from = k.advance(from, n, s.in.imageStride());
            from = k.advance(from, block, s.in.blockStride());
            from = k.advance(from, chunk, s.rows * m * s.in.rowStride());
            from = k.advance(from, row, m * s.in.rowStride());
            from = k.advance(from, column, m * s.in.block);
            Matrix x;
            for (int64_t r = 0; r < w; ++r)
              for (int64_t c = 0; c < w; ++c)
                x.push_back(k.load(buffers.input, from + (r * s.in.rowStride() +
                                                          c * s.in.block)));
            Address to = k.advance({inputBase, 0}, block, s.tiles() * s.vector);
            to = k.advance(to, row, columns * s.vector);
            to = k.advance(to, column, s.vector);
            for (auto [point, v] :
                 llvm::enumerate(transform(x, w, &Transforms::inputRow)))
              k.store(v, buffers.inputs,
                      to + static_cast<int64_t>(point) * s.inputElements());
          });
        });
      },
      /*parallel=*/true);
}

/// One matrix product a point; `filters` is where those of the panel begin.
void WinogradEmitter::emitProducts(Value filters) {
  k.loop(
      0, s.points(), 1,
      [&](Value point) {
        k.setBase(buffers.inputs,
                  k.add(k.mul(point, s.inputElements()), inputBase));
        k.setBase(buffers.products,
                  k.add(k.mul(point, s.productElements()), productBase));
        k.setBase(buffers.filters,
                  k.add(k.mul(point, s.filterElements()), filters));
        emitGemm(k, s.product,
                 {buffers.inputs, buffers.filters, Value(), Value(), Value(),
                  buffers.products});
        for (Value buffer : {buffers.inputs, buffers.products, buffers.filters})
          k.setBase(buffer, {});
      },
      /*parallel=*/true);
}

/// The first pixel of a tile.
Address WinogradEmitter::pixelOf(const Layout &l, const TilePosition &p) {
  Address address{Value(), l.origin()};
  address = k.advance(address, p.n, l.imageStride());
  address = k.advance(address, p.vector, l.blockStride());
  address = k.advance(address, p.y, m * l.rowStride());
  return k.advance(address, p.x, m * l.block);
}

/// Bias, residual and activation of an output; `pixel` is where it lies.
void WinogradEmitter::storeOutput(
    Value v, const TilePosition &p,
    llvm::function_ref<Address(const Layout &)> pixel) {
  if (p.bias)
    v = arithmetic.add(v, p.bias);
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
  Matrix result = transform(values, w, &Transforms::outputRow);
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

/// The outputs of a chunk and panel; `last` when the chunk ends the image,
/// whose last tiles may be cut.
void WinogradEmitter::emitOutputs(Value n, Value chunk, Value panel,
                                  bool last) {
  int64_t columns = s.tileColumns();
  int64_t cutRows = last ? s.g.outHeight % m : 0;
  int64_t cutColumns = s.g.outWidth % m;
  int64_t wholeRows = s.rows - (cutRows ? 1 : 0);
  int64_t wholeColumns = columns - (cutColumns ? 1 : 0);
  k.loop(
      0, s.vectors, 1,
      [&](Value v) {
        Value vector = k.add(k.mul(panel, s.vectors), v);
        Value bias = s.hasBias
                         ? k.load(buffers.bias, k.advance({}, vector, s.vector))
                         : Value();
        auto tile = [&](Value row, Value column, int64_t height,
                        int64_t width) {
          Address product =
              k.advance({productBase, 0}, v, s.tiles() * s.vector);
          product = k.advance(product, row, columns * s.vector);
          product = k.advance(product, column, s.vector);
          Value y = k.add(k.mul(chunk, s.rows), row);
          emitOutputTile(product, {n, y, column, vector, panel, v, bias},
                         height, width);
        };
        auto tileRow = [&](Value row, int64_t height) {
          k.loop(0, wholeColumns, 1,
                 [&](Value column) { tile(row, column, height, m); });
          if (cutColumns)
            tile(row, k.constant(wholeColumns), height, cutColumns);
        };
        k.loop(0, wholeRows, 1, [&](Value row) { tileRow(row, m); });
        if (cutRows)
          tileRow(k.constant(wholeRows), cutRows);
      },
      /*parallel=*/true);
}

void WinogradEmitter::useSlot(Value slot) {
  filterBase = k.mul(slot, s.points() * s.slotPanels() * s.filterElements());
  inputBase = k.mul(slot, s.points() * s.inputElements());
  productBase = k.mul(slot, s.points() * s.productElements());
}

/// Where the filters of a panel lie.
Value WinogradEmitter::filtersOf(Value panel) {
  if (s.slotPanels() == 1)
    return filterBase;
  return k.add(k.mul(panel, s.points() * s.filterElements()), filterBase);
}

void WinogradEmitter::emitAllFilters() {
  k.loop(0, s.panels(), 1,
         [&](Value panel) { emitFilters(panel, filtersOf(panel)); });
}

void WinogradEmitter::emitPanel(Value n, Value chunk, Value panel, bool last) {
  if (s.chunks() == 1)
    emitFilters(panel, filtersOf(panel));
  emitProducts(filtersOf(panel));
  emitOutputs(n, chunk, panel, last);
}

void WinogradEmitter::emitChunk(Value n, Value chunk, bool last) {
  emitInputs(n, chunk);
  k.loop(0, s.panels(), 1,
         [&](Value panel) { emitPanel(n, chunk, panel, last); });
}

void WinogradEmitter::emitImage(Value n) {
  bool cut = s.g.outHeight % m != 0;
  int64_t whole = cut ? s.chunks() - 1 : s.chunks();
  if (s.panelsApart()) {
    k.share(s.slots(), [&](Value slot) {
      useSlot(slot);
      Value chunk = k.constant(0);
      emitInputs(n, chunk);
      Part part = k.partOf(slot, s.slots(), s.panels());
      k.loop(part.begin, part.end, 1,
             [&](Value panel) { emitPanel(n, chunk, panel, cut); });
    });
    return;
  }
  if (s.chunksApart()) {
    k.share(s.slots(), [&](Value slot) {
      useSlot(slot);
      emitAllFilters();
      Part part = k.partOf(slot, s.slots(), whole);
      k.loop(part.begin, part.end, 1,
             [&](Value chunk) { emitChunk(n, chunk, false); });
    });
    useSlot({});
  } else {
    k.loop(0, whole, 1, [&](Value chunk) { emitChunk(n, chunk, false); });
  }
  if (cut)
    emitChunk(n, k.constant(whole), true);
}

void WinogradEmitter::emit() {
  llvm::SaveAndRestore marks(k.marksParallel, s.threads > 1);
  if (s.chunks() > 1 && !s.chunksApart())
    emitAllFilters();
  k.loop(0, s.g.batch, 1, [&](Value n) { emitImage(n); });
}

void mlir::lw::emitWinograd(KernelBuilder &k, const WinogradSpec &spec,
                            const WinogradBuffers &buffers) {
  WinogradEmitter(k, spec, buffers).emit();
}
