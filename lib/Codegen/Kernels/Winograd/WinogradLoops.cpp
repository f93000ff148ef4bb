//===- WinogradLoops.cpp - The loops of Winograd kernels
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Kernels/Winograd/WinogradLoops.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace mlir::lw;

WinogradLoops::Matrix
WinogradLoops::transform(const Matrix &x, int64_t extent,
                         llvm::function_ref<Matrix(ArrayRef<Value>)> row) {
  // Columns first: every column is dead once it is transformed.
  SmallVector<SmallVector<Value>> columns;
  for (int64_t c = 0; c < extent; ++c) {
    SmallVector<Value> column;
    for (int64_t r = 0; r < extent; ++r)
      column.push_back(x[r * extent + c]);
    columns.push_back(row(column));
  }
  Matrix result;
  for (size_t r = 0; r < columns.front().size(); ++r) {
    SmallVector<Value> values;
    for (const SmallVector<Value> &column : columns)
      values.push_back(column[r]);
    result.append(row(values));
  }
  return result;
}

void WinogradLoops::emitInputs(Value n, Value chunk) {
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
            Address to =
                k.advance({inputBase, 0}, block, s.tiles() * s.in.block);
            to = k.advance(to, row, columns * s.in.block);
            emitInputTile(from, k.advance(to, column, s.in.block));
          });
        });
      },
      /*parallel=*/true);
}

/// One matrix product a point; `filters` is where those of the panel begin.
void WinogradLoops::emitProducts(Value filters) {
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
                  buffers.products, buffers.filters, buffers.inputs});
        for (Value buffer : {buffers.inputs, buffers.products, buffers.filters})
          k.setBase(buffer, {});
      },
      /*parallel=*/true);
}

/// The first pixel of a tile.
Address WinogradLoops::pixelOf(const Layout &l, const TilePosition &p) {
  Address address{Value(), l.origin()};
  address = k.advance(address, p.n, l.imageStride());
  Value block = p.vector;
  if (int64_t vectors = s.vectorsIn(l.type); vectors > 1)
    block = arith::DivUIOp::create(k.b, block, k.constant(vectors));
  address = k.advance(address, block, l.blockStride());
  address = k.advance(address, p.y, m * l.rowStride());
  return k.advance(address, p.x, m * l.block);
}

/// The outputs of a chunk and panel; `last` when the chunk ends the image,
/// whose last tiles may be cut.
void WinogradLoops::emitOutputs(Value n, Value chunk, Value panel, bool last) {
  int64_t columns = s.tileColumns();
  int64_t cutRows = last ? s.g.outHeight % m : 0;
  int64_t cutColumns = s.g.outWidth % m;
  int64_t wholeRows = s.rows - (cutRows ? 1 : 0);
  int64_t wholeColumns = columns - (cutColumns ? 1 : 0);
  k.loop(
      0, s.vectors, s.vectorsPerBlock(),
      [&](Value v) {
        Value vector = k.add(k.mul(panel, s.vectors), v);
        beginBlock(vector);
        auto tile = [&](Value row, Value column, int64_t height,
                        int64_t width) {
          Address product =
              k.advance({productBase, 0}, v, s.tiles() * s.vector);
          product = k.advance(product, row, columns * s.vector);
          product = k.advance(product, column, s.vector);
          Value y = k.add(k.mul(chunk, s.rows), row);
          emitOutputTile(product, {n, y, column, vector, panel, v}, height,
                         width);
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

void WinogradLoops::useSlot(Value slot) {
  filterBase = k.mul(slot, s.points() * s.slotPanels() * s.filterElements());
  inputBase = k.mul(slot, s.points() * s.inputElements());
  productBase = k.mul(slot, s.points() * s.productElements());
}

/// Where the filters of a panel lie.
Value WinogradLoops::filtersOf(Value panel) {
  if (s.slotPanels() == 1)
    return filterBase;
  return k.add(k.mul(panel, s.points() * s.filterElements()), filterBase);
}

void WinogradLoops::emitAllFilters() {
  k.loop(0, s.panels(), 1,
         [&](Value panel) { emitFilters(panel, filtersOf(panel)); });
}

void WinogradLoops::emitPanel(Value n, Value chunk, Value panel, bool last) {
  if (s.chunks() == 1)
    emitFilters(panel, filtersOf(panel));
  emitProducts(filtersOf(panel));
  emitOutputs(n, chunk, panel, last);
}

void WinogradLoops::emitChunk(Value n, Value chunk, bool last) {
  emitInputs(n, chunk);
  k.loop(0, s.panels(), 1,
         [&](Value panel) { emitPanel(n, chunk, panel, last); });
}

void WinogradLoops::emitImage(Value n) {
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

void WinogradLoops::emit() {
  llvm::SaveAndRestore marks(k.marksParallel, s.threads > 1);
  if (s.chunks() > 1 && !s.chunksApart())
    emitAllFilters();
  k.loop(0, s.g.batch, 1, [&](Value n) { emitImage(n); });
}
