//===- RowLoops.cpp - Loops over rows and their elements
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Kernels/Rows/RowLoops.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace mlir::lw;

/// Accumulators that hide the latency of an addition.
static constexpr int64_t kChains = 8;
/// Terms that an accumulator takes before it is emptied: a row often has many
/// equal elements, whose rounding errors all have one sign.
static constexpr int64_t kTerms = 64;
/// Rows that are computed together: their horizontal sums overlap.
static constexpr int64_t kColumns = 4;
/// Longer rows are read several times from the second-level cache when more
/// than one is at hand.
static constexpr int64_t kLongRow = 2048;

RowAddresses RowLoops::advance(RowAddresses at, Value index,
                               const RowStrides &strides) {
  for (auto [address, stride] : llvm::zip(at, strides))
    address = k.advance(address, index, stride);
  return at;
}

//===----------------------------------------------------------------------===//
// Over rows
//===----------------------------------------------------------------------===//

int64_t RowLoops::columns() const {
  if (s.vector.reduced) {
    if (s.kept.empty() || s.rowSize() > kLongRow)
      return 1;
    return std::min(kColumns, s.kept.back().extent);
  }
  // Blocks of channels lie far apart.
  if (s.vector.strides[kRowInput] != s.lanes)
    return 1;
  return std::clamp<int64_t>(s.vector.extent / s.lanes, 1, kColumns);
}

void RowLoops::forVectors(RowAddresses at,
                          llvm::function_ref<void(const RowTile &)> body) {
  int64_t whole = s.vector.extent / s.lanes, rest = s.vector.extent % s.lanes;
  int64_t each = columns(), tiled = whole / each * each;
  k.loop(
      0, tiled, each,
      [&](Value i) { body({advance(at, i, s.vector.strides), each, s.lanes}); },
      /*parallel=*/true);
  if (tiled < whole)
    body({offset(at, tiled, s.vector.strides), whole - tiled, s.lanes});
  if (rest)
    body({offset(at, whole, s.vector.strides), 1, rest});
}

void RowLoops::forKept(ArrayRef<RowLoop> loops, RowAddresses at,
                       llvm::function_ref<void(const RowTile &)> body) {
  if (loops.empty()) {
    if (s.vector.reduced)
      return body({at, 1, s.lanes});
    return forVectors(at, body);
  }
  const RowLoop &loop = loops.front();
  if (!s.vector.reduced || loops.size() > 1)
    return k.loop(
        0, loop.extent, 1,
        [&](Value i) {
          forKept(loops.drop_front(), advance(at, i, loop.strides), body);
        },
        /*parallel=*/true);
  int64_t each = columns(), tiled = loop.extent / each * each;
  k.loop(
      0, tiled, each,
      [&](Value i) { body({advance(at, i, loop.strides), each, s.lanes}); },
      /*parallel=*/true);
  if (tiled < loop.extent)
    body({offset(at, tiled, loop.strides), loop.extent - tiled, s.lanes});
}

void RowLoops::forTiles(llvm::function_ref<void(const RowTile &)> body) {
  RowAddresses at;
  for (auto [address, origin] : llvm::zip(at, s.origins))
    address = {Value(), origin};
  forKept(s.kept, at, body);
}

//===----------------------------------------------------------------------===//
// Over the elements of a row
//===----------------------------------------------------------------------===//

RowLoops::Run RowLoops::run() const {
  if (s.vector.reduced)
    return {s.vector.extent / s.lanes, s.vector.strides,
            s.vector.extent % s.lanes};
  if (s.reduced.empty())
    return {1, {}};
  return {s.reduced.back().extent, s.reduced.back().strides};
}

SmallVector<Value> RowLoops::foldRun(const RowTile &tile, RowAddresses at,
                                     SmallVector<Value> init, Value identity,
                                     KernelBuilder::Combine combine,
                                     Step step) {
  Run run = this->run();
  int64_t count = tile.columns;
  int64_t chains =
      std::clamp<int64_t>(kChains / count, 1, std::max<int64_t>(run.count, 1));
  RowStrides columnStrides = this->columnStrides();
  // One vector of every column into the accumulators of a chain.
  auto stepAll = [&](const RowAddresses &from, int64_t chain, int64_t lanes,
                     MutableArrayRef<Value> sums) {
    for (int64_t column = 0; column < count; ++column) {
      Value &sum = sums[chain * count + column];
      Value next =
          step({offset(from, column, columnStrides), column, lanes}, sum);
      // What is loaded beyond the end of a row is no element.
      if (s.vector.reduced && lanes < s.lanes) {
        SmallVector<bool> exists(s.lanes, false);
        std::fill_n(exists.begin(), lanes, true);
        Value mask = k.constantVector(DenseElementsAttr::get(
            VectorType::get({s.lanes}, k.b.getI1Type()), exists));
        next = arith::SelectOp::create(k.b, mask, next, sum);
      }
      sum = next;
    }
  };
  // The first chain goes on from what is there.
  SmallVector<Value> sums = std::move(init);
  sums.resize(chains * count, identity);
  int64_t groups = run.count / chains;
  RowStrides between = run.strides;
  for (int64_t &stride : between)
    stride *= chains;
  sums = k.accumulate(
      groups, sums, identity, combine,
      [&](Value i, ValueRange carried) {
        SmallVector<Value> next(carried);
        RowAddresses here = advance(at, i, between);
        for (int64_t chain = 0; chain < chains; ++chain)
          stepAll(offset(here, chain, run.strides), chain, tile.lanes, next);
        return next;
      },
      kTerms);
  for (int64_t i = groups * chains; i < run.count; ++i)
    stepAll(offset(at, i, run.strides), i % chains, tile.lanes, sums);
  if (run.rest)
    stepAll(offset(at, run.count, run.strides), run.count % chains, run.rest,
            sums);
  // Halves, as rounding is least.
  for (; chains > 1; chains = (chains + 1) / 2)
    for (int64_t chain = 0; chain < chains / 2; ++chain)
      for (int64_t column = 0; column < count; ++column) {
        int64_t other = (chains + 1) / 2 + chain;
        sums[chain * count + column] =
            combine(sums[chain * count + column], sums[other * count + column]);
      }
  sums.resize(count);
  return sums;
}

SmallVector<Value> RowLoops::foldLoops(const RowTile &tile,
                                       ArrayRef<RowLoop> loops, RowAddresses at,
                                       SmallVector<Value> init, Value identity,
                                       KernelBuilder::Combine combine,
                                       Step step) {
  if (loops.empty())
    return foldRun(tile, at, std::move(init), identity, combine, step);
  const RowLoop &loop = loops.front();
  // Long sums are put together from those of the inner loops.
  bool inPieces = s.rowSize() > KernelBuilder::kPieceTerms;
  return k.accumulate(
      loop.extent, init, identity, combine, [&](Value i, ValueRange carried) {
        SmallVector<Value> before(carried), start = before;
        if (inPieces)
          start.assign(tile.columns, identity);
        SmallVector<Value> sums =
            foldLoops(tile, loops.drop_front(), advance(at, i, loop.strides),
                      std::move(start), identity, combine, step);
        if (inPieces)
          for (auto [sum, more] : llvm::zip(sums, before))
            sum = combine(more, sum);
        return sums;
      });
}

SmallVector<Value> RowLoops::fold(const RowTile &tile, Value identity,
                                  KernelBuilder::Combine combine, Step step) {
  return foldLoops(tile, loopsAroundRun(), tile.at,
                   SmallVector<Value>(tile.columns, identity), identity,
                   combine, step);
}

void RowLoops::forElements(const RowTile &tile,
                           llvm::function_ref<void(const RowElements &)> body) {
  // Vectors of a row that are computed in one iteration.
  constexpr int64_t kUnrolled = 4;
  Run run = this->run();
  RowStrides columnStrides = this->columnStrides();
  auto columns = [&](const RowAddresses &from, int64_t lanes) {
    for (int64_t column = 0; column < tile.columns; ++column)
      body({offset(from, column, columnStrides), column, lanes});
  };
  auto inner = [&](const RowAddresses &at) {
    int64_t each = std::max<int64_t>(kUnrolled / tile.columns, 1);
    int64_t whole = run.count / each * each;
    k.loop(0, whole, each, [&](Value i) {
      RowAddresses here = advance(at, i, run.strides);
      for (int64_t j = 0; j < each; ++j)
        columns(offset(here, j, run.strides), tile.lanes);
    });
    for (int64_t i = whole; i < run.count; ++i)
      columns(offset(at, i, run.strides), tile.lanes);
    if (run.rest)
      columns(offset(at, run.count, run.strides), run.rest);
  };
  auto outer = [&](auto &self, ArrayRef<RowLoop> loops,
                   const RowAddresses &at) -> void {
    if (loops.empty())
      return inner(at);
    k.loop(0, loops.front().extent, 1, [&](Value i) {
      self(self, loops.drop_front(), advance(at, i, loops.front().strides));
    });
  };
  outer(outer, loopsAroundRun(), tile.at);
}
