//===- MatmulKernel.cpp - Products of two activations
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Kernels/Matmul/MatmulKernel.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/SaveAndRestore.h"

using namespace mlir;
using namespace mlir::lw;

int64_t MatmulSpec::rowParts() const {
  if (threads == 1 || batch >= threads)
    return 1;
  return std::min(threads, std::max<int64_t>(1, rows / tileRows));
}

//===----------------------------------------------------------------------===//
// Choice of the tile
//===----------------------------------------------------------------------===//

/// Rows whose terms lie side by side, as those of the one column do.
static double dotCycles(const MatmulSpec &s, const TargetInfo &t) {
  // A vector of rows: their terms, and two shuffles and a sum for each of them
  // but one, which add up the lanes.
  double step = s.vector * std::max(1 / t.dotsPerCycle, 1 / t.loadsPerCycle);
  double tile = llvm::divideCeilSigned(s.inner, s.vector) * step +
                1.5 * (s.vector - 1) + 12;
  return llvm::divideCeilSigned(s.rows, s.vector) * tile;
}

double mlir::lw::matmulCycles(const MatmulSpec &s, const TargetInfo &t) {
  if (s.columns == 1)
    return dotCycles(s, t);
  auto tile = [&](int64_t rows, int64_t vectors) {
    double step = std::max({rows * vectors / t.dotsPerCycle,
                            (rows + vectors) / t.loadsPerCycle,
                            static_cast<double>(t.dotLatency)});
    // The right operand's columns are read once for every tile.
    double bytes = 4.0 * s.inner * vectors * s.vector;
    double lines = 2 * bytes <= t.l1Bytes   ? 0
                   : 2 * bytes <= t.l2Bytes ? t.l2LineCycles
                                            : t.l3LineCycles;
    return std::max(s.inner * step, bytes / 64 * lines) + 12.0 +
           1.5 * rows * vectors;
  };
  auto panel = [&](int64_t vectors) {
    double cycles = s.rows / s.tileRows * tile(s.tileRows, vectors);
    if (int64_t rest = s.rows % s.tileRows)
      cycles += tile(rest, vectors);
    return cycles;
  };
  int64_t vectors = llvm::divideCeilSigned(s.columns, s.vector);
  double cycles = vectors / s.tileVectors * panel(s.tileVectors);
  if (int64_t rest = vectors % s.tileVectors)
    cycles += panel(rest);
  return cycles;
}

void mlir::lw::chooseMatmulTile(MatmulSpec &spec, const TargetInfo &target) {
  constexpr int64_t kMostVectors = 8, kLeastRows = 8;
  // Whole vectors of sums, enough of them to hide the latency of one.
  if (spec.columns == 1) {
    spec.tileVectors = 1;
    spec.tileRows = std::min(spec.rows, std::max(spec.vector, kLeastRows));
    return;
  }
  double least = std::numeric_limits<double>::infinity();
  MatmulSpec candidate = spec;
  int64_t vectors = llvm::divideCeilSigned(spec.columns, spec.vector);
  for (candidate.tileVectors = 1;
       candidate.tileVectors <= std::min(kMostVectors, vectors);
       ++candidate.tileVectors)
    for (candidate.tileRows = 1;
         candidate.tileRows <= spec.rows &&
         candidate.registers() <= target.vectorRegisters;
         ++candidate.tileRows) {
      double cycles = matmulCycles(candidate, target);
      if (cycles < least) {
        least = cycles;
        spec = candidate;
      }
    }
}

//===----------------------------------------------------------------------===//
// Emission
//===----------------------------------------------------------------------===//

namespace {

class MatmulEmitter {
public:
  MatmulEmitter(KernelBuilder &k, const MatmulSpec &spec, Value left,
                Value right, Value result, Value bias)
      : k(k), s(spec), left(left), right(right), result(result), bias(bias) {
    k.vl = s.vector;
  }
  void emit();

private:
  /// Columns from `first` on: where each of their vectors begins, and how many
  /// elements each has.
  struct Panel {
    Value first;
    SmallVector<int64_t> offsets;
    int64_t lanes;
  };
  void emitProduct(Value n, const Part &part);
  void emitPanel(Value n, const Part &part, const Panel &panel);
  void emitTile(Value n, Value row, int64_t rows, const Panel &panel);
  void emitDots(Value n, Value row, int64_t rows);
  void storeDots(MutableArrayRef<Value> sums, Address to);

  KernelBuilder &k;
  const MatmulSpec &s;
  Value left, right, result, bias;
};

} // namespace

/// Adds up the terms of a sum, `unroll` in an iteration; `step(at, next)` adds
/// term `at` of those to the accumulators.
static SmallVector<Value>
sumTerms(KernelBuilder &k, int64_t terms, int64_t unroll,
         SmallVector<Value> sums,
         llvm::function_ref<void(Value, int64_t, SmallVector<Value> &)> step) {
  int64_t count = terms / unroll;
  Value zero = k.splat(0);
  auto add = [&](Value a, Value b) -> Value {
    return arith::AddFOp::create(k.b, a, b);
  };
  auto body = [&](int64_t most) {
    return [&step, most](Value i, ValueRange carried) {
      SmallVector<Value> next(carried);
      for (int64_t u = 0; u < most; ++u)
        step(i, u, next);
      return next;
    };
  };
  sums = k.accumulate(count, sums, zero, add, body(unroll),
                      KernelBuilder::kPieceTerms / unroll);
  if (int64_t rest = terms % unroll)
    sums = body(rest)(k.constant(count), sums);
  return sums;
}

void MatmulEmitter::emitTile(Value n, Value row, int64_t rows,
                             const Panel &panel) {
  constexpr int64_t kMostMultiplyAdds = 128, kMostSteps = 8;
  int64_t vectors = panel.offsets.size();
  int64_t unroll = llvm::bit_floor<uint64_t>(std::clamp<int64_t>(
      kMostMultiplyAdds / (rows * vectors), 1, std::min(kMostSteps, s.inner)));
  Address a = k.advance(k.advance({}, n, s.rows * s.inner), row, s.inner);
  Address b = k.advance(k.advance({}, n, s.inner * s.columns), panel.first, 1);
  SmallVector<Value> sums(rows * vectors, k.splat(0));
  sums = sumTerms(
      k, s.inner, unroll, sums,
      [&](Value i, int64_t u, SmallVector<Value> &next) {
        Address from = k.advance(b, i, unroll * s.columns) + u * s.columns;
        SmallVector<Value> columns;
        for (int64_t offset : panel.offsets)
          columns.push_back(k.loadPart(right, from + offset, panel.lanes));
        Address element = k.advance(a, i, unroll) + u;
        for (int64_t r = 0; r < rows; ++r) {
          Value x = k.broadcast(k.loadScalar(left, element + r * s.inner));
          for (auto [v, column] : llvm::enumerate(columns)) {
            Value &sum = next[r * vectors + v];
            sum = k.fma(x, column, sum);
          }
        }
      });
  Address c = k.advance(k.advance({}, n, s.rows * s.columns), row, s.columns);
  c = k.advance(c, panel.first, 1);
  for (int64_t r = 0; r < rows; ++r)
    for (auto [v, offset] : llvm::enumerate(panel.offsets))
      k.storePart(sums[r * vectors + v], result, c + (r * s.columns + offset),
                  panel.lanes);
}

/// Rows times one column: the terms lie side by side in both operands.
void MatmulEmitter::emitDots(Value n, Value row, int64_t rows) {
  Address a = k.advance(k.advance({}, n, s.rows * s.inner), row, s.inner);
  Address b = k.advance({}, n, s.inner);
  auto step = [&](Value i, int64_t lanes, SmallVector<Value> &sums) {
    Value column = k.loadPart(right, k.advance(b, i, k.vl), lanes);
    for (int64_t r = 0; r < rows; ++r)
      sums[r] =
          k.fma(k.loadPart(left, k.advance(a, i, k.vl) + r * s.inner, lanes),
                column, sums[r]);
  };
  SmallVector<Value> sums(rows, k.splat(0));
  sums = sumTerms(
      k, s.inner / k.vl, 1, sums,
      [&](Value i, int64_t, SmallVector<Value> &next) { step(i, k.vl, next); });
  if (s.inner % k.vl)
    step(k.constant(s.inner / k.vl), s.inner % k.vl, sums);
  Address c = k.advance(k.advance({}, n, s.rows), row, 1);
  MutableArrayRef<Value> rest = sums;
  for (; !rest.empty();
       rest = rest.drop_front(std::min<size_t>(k.vl, rest.size()))) {
    storeDots(rest.take_front(k.vl), c);
    c = c + k.vl;
  }
}

/// Adds up the lanes of each of `sums`, of a vector of rows at most.
void MatmulEmitter::storeDots(MutableArrayRef<Value> sums, Address to) {
  auto finish = [&](Value sum, Value offset) {
    if (bias)
      sum = arith::AddFOp::create(k.b, sum, offset);
    return k.activate(s.activation, sum);
  };
  Value offset = bias ? k.loadScalar(bias, {}) : Value();
  if (static_cast<int64_t>(sums.size()) < k.vl) {
    auto anyOrder = arith::FastMathFlagsAttr::get(
        k.b.getContext(), arith::FastMathFlags::reassoc);
    for (auto [r, sum] : llvm::enumerate(sums))
      k.storeScalar(
          finish(vector::ReductionOp::create(k.b, vector::CombiningKind::ADD,
                                             sum, anyOrder.getValue()),
                 offset),
          result, to + r);
    return;
  }
  // Even lanes of two vectors and odd ones, side by side: each time half as
  // many are left of each, in the order of the rows.
  SmallVector<int64_t> even, odd;
  for (int64_t lane = 0; lane < k.vl; ++lane) {
    even.push_back(2 * lane);
    odd.push_back(2 * lane + 1);
  }
  for (int64_t count = k.vl; count > 1; count /= 2)
    for (int64_t i = 0; i < count / 2; ++i) {
      Value a = sums[2 * i], b = sums[2 * i + 1];
      sums[i] = arith::AddFOp::create(k.b, k.shuffle(a, b, even),
                                      k.shuffle(a, b, odd));
    }
  k.store(finish(sums[0], bias ? k.broadcast(offset) : Value()), result, to);
}

void MatmulEmitter::emitPanel(Value n, const Part &part, const Panel &panel) {
  k.tiles(s.rows, s.tileRows, part,
          [&](Value row, int64_t rows) { emitTile(n, row, rows, panel); });
}

void MatmulEmitter::emitProduct(Value n, const Part &part) {
  if (s.columns == 1)
    return k.tiles(s.rows, s.tileRows, part,
                   [&](Value row, int64_t rows) { emitDots(n, row, rows); });
  int64_t width = s.tileVectors * s.vector, whole = s.columns / width * width;
  SmallVector<int64_t> offsets;
  for (int64_t v = 0; v < s.tileVectors; ++v)
    offsets.push_back(v * s.vector);
  k.loop(0, whole, width,
         [&](Value first) { emitPanel(n, part, {first, offsets, s.vector}); });
  int64_t rest = s.columns - whole;
  if (!rest)
    return;
  offsets.truncate(llvm::divideCeil(rest, s.vector));
  if (s.columns < s.vector)
    return emitPanel(n, part, {k.constant(0), {0}, s.columns});
  // The last vector ends with the row.
  offsets.back() = rest - s.vector;
  emitPanel(n, part, {k.constant(whole), offsets, s.vector});
}

void MatmulEmitter::emit() {
  llvm::SaveAndRestore marks(k.marksParallel, s.threads > 1);
  int64_t parts = s.rowParts();
  k.loop(
      0, s.batch, 1,
      [&](Value n) {
        if (parts == 1)
          return emitProduct(n, {});
        k.share(parts, [&](Value slot) {
          emitProduct(n, k.partOf(slot, parts, s.rows, s.tileRows));
        });
      },
      /*parallel=*/parts == 1);
}

void mlir::lw::emitMatmul(KernelBuilder &k, const MatmulSpec &spec, Value left,
                          Value right, Value result, Value bias) {
  MatmulEmitter(k, spec, left, right, result, bias).emit();
}
