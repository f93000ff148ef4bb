//===- CopyKernel.cpp - Copies between layouts, and fills
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Kernels/Copy/CopyKernel.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::lw;

//===----------------------------------------------------------------------===//
// Planning
//===----------------------------------------------------------------------===//

namespace {
/// A stretch of one axis that is regular in both arrays.
struct Piece {
  SmallVector<StridedCopy::Dim> dims;
  int64_t source = 0, target = 0;
};
} // namespace

static int64_t offsetOf(const CopyAxis::Side &side, int64_t index) {
  index += side.begin;
  return side.block ? index / side.block * side.stride + index % side.block
                    : index * side.stride;
}

/// Elements from `index` on that are equally spaced.
static int64_t runLength(const CopyAxis::Side &side, int64_t index,
                         int64_t left) {
  if (!side.block)
    return left;
  return std::min(left, side.block - (side.begin + index) % side.block);
}

static int64_t elementStride(const CopyAxis::Side &side) {
  return side.block ? 1 : side.stride;
}

static SmallVector<Piece> cut(const CopyAxis &axis) {
  SmallVector<Piece> pieces;
  for (int64_t i = 0; i < axis.extent;) {
    int64_t left = axis.extent - i;
    int64_t run = std::min(runLength(axis.source, i, left),
                           runLength(axis.target, i, left));
    Piece piece;
    piece.source = offsetOf(axis.source, i);
    piece.target = offsetOf(axis.target, i);
    piece.dims.push_back(
        {run, elementStride(axis.source), elementStride(axis.target)});
    // Runs of equal length at equal distances become one more dimension.
    int64_t count = 1;
    int64_t sourceStep = 0, targetStep = 0;
    while (i + (count + 1) * run <= axis.extent) {
      int64_t next = i + count * run;
      if (std::min(runLength(axis.source, next, axis.extent - next),
                   runLength(axis.target, next, axis.extent - next)) < run)
        break;
      int64_t ds =
          offsetOf(axis.source, next) - offsetOf(axis.source, next - run);
      int64_t dt =
          offsetOf(axis.target, next) - offsetOf(axis.target, next - run);
      if (count > 1 && (ds != sourceStep || dt != targetStep))
        break;
      sourceStep = ds;
      targetStep = dt;
      ++count;
    }
    if (count > 1)
      piece.dims.insert(piece.dims.begin(), {count, sourceStep, targetStep});
    pieces.push_back(piece);
    i += count * run;
  }
  return pieces;
}

/// Drops extents of one and joins dimensions that follow each other in both
/// arrays.
static void simplify(StridedCopy &copy) {
  SmallVector<StridedCopy::Dim> dims;
  for (const StridedCopy::Dim &d : copy.dims) {
    if (d.extent == 1)
      continue;
    if (!dims.empty() &&
        dims.back().sourceStride == d.extent * d.sourceStride &&
        dims.back().targetStride == d.extent * d.targetStride) {
      dims.back() = {dims.back().extent * d.extent, d.sourceStride,
                     d.targetStride};
      continue;
    }
    dims.push_back(d);
  }
  copy.dims = std::move(dims);
}

SmallVector<StridedCopy> mlir::lw::planCopies(ArrayRef<CopyAxis> axes,
                                              int64_t sourceBase,
                                              int64_t targetBase) {
  SmallVector<StridedCopy> copies(1);
  copies[0].sourceBase = sourceBase;
  copies[0].targetBase = targetBase;
  for (const CopyAxis &axis : axes) {
    SmallVector<Piece> pieces = cut(axis);
    SmallVector<StridedCopy> product;
    for (const StridedCopy &copy : copies)
      for (const Piece &piece : pieces) {
        StridedCopy next = copy;
        next.dims.append(piece.dims);
        next.sourceBase += piece.source;
        next.targetBase += piece.target;
        product.push_back(next);
      }
    copies = std::move(product);
  }
  for (StridedCopy &copy : copies) {
    // Large target strides outside, so that writes are sequential.
    llvm::sort(copy.dims, [](const auto &a, const auto &b) {
      return std::pair(a.targetStride, a.extent) >
             std::pair(b.targetStride, b.extent);
    });
    simplify(copy);
  }
  return copies;
}

std::array<CopyAxis::Side, 4> mlir::lw::layoutSides(const Layout &l) {
  return {CopyAxis::Side{0, l.imageStride(), 0},
          CopyAxis::Side{0, l.rowStride(), 0}, CopyAxis::Side{0, l.block, 0},
          CopyAxis::Side{0, l.blockStride(), l.block}};
}

SmallVector<CopyAxis::Side> mlir::lw::denseSides(ArrayRef<int64_t> shape) {
  SmallVector<CopyAxis::Side> sides(shape.size());
  int64_t stride = 1;
  for (int64_t i = shape.size() - 1; i >= 0; --i) {
    sides[i] = {0, stride, 0};
    stride *= shape[i];
  }
  return sides;
}

//===----------------------------------------------------------------------===//
// Emission
//===----------------------------------------------------------------------===//

/// The innermost dimension: whole vectors, then a masked rest.
static void emitRun(KernelBuilder &k, int64_t extent,
                    llvm::function_ref<void(Value, int64_t)> body) {
  k.loop(0, extent / k.vl * k.vl, k.vl, [&](Value i) { body(i, k.vl); });
  if (extent % k.vl)
    body(k.constant(extent / k.vl * k.vl), extent % k.vl);
}

/// Rows become columns: log2(n) rounds that interleave each vector of the first
/// half with its partner in the second.
static SmallVector<Value> transposeLanes(KernelBuilder &k,
                                         SmallVector<Value> rows) {
  int64_t n = k.vl;
  SmallVector<int64_t> low, high;
  for (int64_t i = 0; i < n / 2; ++i) {
    low.append({i, n + i});
    high.append({n / 2 + i, n + n / 2 + i});
  }
  for (int64_t round = 1; round < n; round *= 2) {
    SmallVector<Value> next;
    for (int64_t i = 0; i < n / 2; ++i)
      for (const SmallVector<int64_t> &mask : {low, high})
        next.push_back(
            vector::ShuffleOp::create(k.b, rows[i], rows[i + n / 2], mask));
    rows = std::move(next);
  }
  return rows;
}

/// A copy whose consecutive elements are those of dimension `a` in the source
/// and of `b` in the target: square tiles are transposed in registers.
static void emitTransposed(KernelBuilder &k, const StridedCopy::Dim &a,
                           const StridedCopy::Dim &b, Address from, Address to,
                           Value source, Value target) {
  emitRun(k, a.extent, [&](Value i, int64_t columns) {
    emitRun(k, b.extent, [&](Value j, int64_t rows) {
      Address f = k.advance(k.advance(from, i, 1), j, b.sourceStride);
      Address t = k.advance(k.advance(to, i, a.targetStride), j, 1);
      SmallVector<Value> tile;
      for (int64_t row = 0; row < k.vl; ++row)
        tile.push_back(
            row < rows ? k.loadPart(source, f + row * b.sourceStride, columns)
                       : k.zeros(source));
      tile = transposeLanes(k, std::move(tile));
      for (int64_t column = 0; column < columns; ++column)
        k.storePart(tile[column], target, t + column * a.targetStride, rows);
    });
  });
}

/// If `copy` transposes enough elements, its two dimensions (consecutive in the
/// source, in the target).
static std::optional<std::pair<size_t, size_t>>
findTransposed(const KernelBuilder &k, ArrayRef<StridedCopy::Dim> dims) {
  constexpr int64_t kLeast = 4;
  auto find = [&](int64_t StridedCopy::Dim::*stride) -> size_t {
    return llvm::find_if(dims,
                         [&](const StridedCopy::Dim &d) {
                           return d.*stride == 1 && d.extent >= kLeast;
                         }) -
           dims.begin();
  };
  size_t a = find(&StridedCopy::Dim::sourceStride),
         b = find(&StridedCopy::Dim::targetStride);
  if (k.vl < kLeast || a == b || a == dims.size() || b == dims.size())
    return std::nullopt;
  return std::pair(a, b);
}

static void emitDims(KernelBuilder &k, ArrayRef<StridedCopy::Dim> dims,
                     Address from, Address to, Value source, Value target,
                     bool outermost) {
  if (dims.empty())
    return k.storeScalar(k.loadScalar(source, from), target, to);
  const StridedCopy::Dim &d = dims.front();
  if (dims.size() == 2)
    if (auto transposed = findTransposed(k, dims))
      return emitTransposed(k, dims[transposed->first],
                            dims[transposed->second], from, to, source, target);
  if (dims.size() == 1 && d.sourceStride == 1 && d.targetStride == 1 &&
      d.extent >= 4)
    return emitRun(k, d.extent, [&](Value i, int64_t count) {
      k.storePart(k.loadPart(source, k.advance(from, i, 1), count), target,
                  k.advance(to, i, 1), count);
    });
  if (dims.size() == 1 && d.sourceStride == 0 && d.targetStride == 1 &&
      d.extent >= 4) {
    Value all = vector::BroadcastOp::create(k.b, k.vectorOf(source, k.vl),
                                            k.loadScalar(source, from));
    return emitRun(k, d.extent, [&](Value i, int64_t count) {
      k.storePart(all, target, k.advance(to, i, 1), count);
    });
  }
  if (d.extent <= 4 && dims.size() == 1) {
    for (int64_t i = 0; i < d.extent; ++i)
      k.storeScalar(k.loadScalar(source, from + i * d.sourceStride), target,
                    to + i * d.targetStride);
    return;
  }
  k.loop(
      0, d.extent, 1,
      [&](Value i) {
        emitDims(k, dims.drop_front(), k.advance(from, i, d.sourceStride),
                 k.advance(to, i, d.targetStride), source, target, false);
      },
      outermost);
}

void mlir::lw::emitCopies(KernelBuilder &k, ArrayRef<StridedCopy> copies,
                          Value source, Value target) {
  for (const StridedCopy &copy : copies) {
    SmallVector<StridedCopy::Dim> dims = copy.dims;
    // What is transposed goes inside.
    if (auto transposed = findTransposed(k, dims)) {
      auto [a, b] = *transposed;
      StridedCopy::Dim inner[] = {dims[a], dims[b]};
      dims.erase(dims.begin() + std::max(a, b));
      dims.erase(dims.begin() + std::min(a, b));
      dims.append(std::begin(inner), std::end(inner));
    }
    emitDims(k, dims, {Value(), copy.sourceBase}, {Value(), copy.targetBase},
             source, target, /*outermost=*/true);
  }
}

/// `value` to a box: outer dimensions (extent, stride), then a run.
static void fillBox(KernelBuilder &k,
                    ArrayRef<std::pair<int64_t, int64_t>> dims, Address to,
                    int64_t run, Value buffer, Value value) {
  if (run == 0)
    return;
  if (dims.empty())
    return emitRun(k, run, [&](Value i, int64_t count) {
      k.storePart(value, buffer, k.advance(to, i, 1), count);
    });
  k.loop(0, dims.front().first, 1, [&](Value i) {
    fillBox(k, dims.drop_front(), k.advance(to, i, dims.front().second), run,
            buffer, value);
  });
}

bool mlir::lw::hasBorder(const Layout &l, bool lanesToo) {
  return l.hasHalo() || (lanesToo && l.c % l.block != 0);
}

/// The halo that lies around a thread's part of the rows.
static void fillHaloOfRows(KernelBuilder &k, const Layout &l, Value buffer,
                           Value value, Value slot, int64_t threads) {
  std::pair<int64_t, int64_t> planes = {l.n * l.blocks(), l.blockStride()};
  int64_t firstEnd = l.origin() + l.w * l.block; // one past the first row
  auto only = [&](int64_t number, int64_t from, int64_t run) {
    Value isIt = arith::CmpIOp::create(k.b, arith::CmpIPredicate::eq, slot,
                                       k.constant(number));
    k.branch(
        isIt, [&] { fillBox(k, planes, {Value(), from}, run, buffer, value); },
        [] {});
  };
  only(0, 0, l.origin());
  Part part = k.partOf(slot, threads, l.h);
  Value end = arith::MinSIOp::create(k.b, part.end, k.constant(l.h - 1));
  k.loop(0, planes.first, 1, [&](Value plane) {
    Address first = k.advance({Value(), firstEnd}, plane, planes.second);
    k.loop(part.begin, end, 1, [&](Value y) {
      fillBox(k, {}, k.advance(first, y, l.rowStride()),
              (l.halo[2] + l.halo[3]) * l.block, buffer, value);
    });
  });
  only(threads - 1, firstEnd + (l.h - 1) * l.rowStride(),
       l.halo[3] * l.block + l.halo[1] * l.rowStride());
}

/// The halo of planes of one block each, from `first` on.
static void fillHalo(KernelBuilder &k, const Layout &l, Value buffer,
                     Value value, ArrayRef<std::pair<int64_t, int64_t>> planes,
                     Address first) {
  int64_t firstEnd = l.origin() + l.w * l.block; // one past the first row
  SmallVector<std::pair<int64_t, int64_t>> rows(planes);
  rows.push_back({l.h - 1, l.rowStride()});
  fillBox(k, planes, first, l.origin(), buffer, value);
  fillBox(k, rows, first + firstEnd, (l.halo[2] + l.halo[3]) * l.block, buffer,
          value);
  fillBox(k, planes, first + (firstEnd + (l.h - 1) * l.rowStride()),
          l.halo[3] * l.block + l.halo[1] * l.rowStride(), buffer, value);
}

void mlir::lw::emitBorder(KernelBuilder &k, const Layout &l, Value buffer,
                          int64_t value, int64_t threads) {
  Value zero = k.splat(l.type, k.vl, value);
  if (l.c % l.block)
    // Lanes of the last block are interleaved with values; all is cleared.
    fillBox(k, {{l.n, l.imageStride()}},
            {Value(), (l.blocks() - 1) * l.blockStride()}, l.blockStride(),
            buffer, zero);
  if (!l.hasHalo())
    return;
  constexpr int64_t kFewRows = 4;
  std::pair<int64_t, int64_t> planes = {l.n * l.blocks(), l.blockStride()};
  if (threads == 1)
    return fillHalo(k, l, buffer, zero, planes, {});
  k.share(threads, [&](Value slot) {
    if (l.h >= kFewRows * threads)
      return fillHaloOfRows(k, l, buffer, zero, slot, threads);
    Part part = k.partOf(slot, threads, planes.first);
    k.loop(part.begin, part.end, 1, [&](Value plane) {
      fillHalo(k, l, buffer, zero, {}, k.advance({}, plane, planes.second));
    });
  });
}

void mlir::lw::emitFill(KernelBuilder &k, const Layout &l, Value buffer,
                        float value) {
  Value splat = l.type.isF32() ? k.splat(value) : k.splat(l.type, k.vl, value);
  int64_t whole = l.c / l.block, rest = l.c % l.block;
  if (!hasBorder(l, /*lanesToo=*/true))
    return fillBox(k, {}, {Value(), 0}, l.elements(), buffer, splat);
  fillBox(
      k,
      {{l.n, l.imageStride()}, {whole, l.blockStride()}, {l.h, l.rowStride()}},
      {Value(), l.origin()}, l.w * l.block, buffer, splat);
  fillBox(k, {{l.n, l.imageStride()}, {l.h, l.rowStride()}, {l.w, l.block}},
          {Value(), l.origin() + whole * l.blockStride()}, rest, buffer, splat);
}

void mlir::lw::emitZeroRows(KernelBuilder &k, const Layout &l, Value buffer,
                            Value first, int64_t rows) {
  Address to =
      k.advance({Value(), l.halo[0] * l.rowStride()}, first, l.rowStride());
  fillBox(k, {{l.n * l.blocks(), l.blockStride()}}, to, rows * l.rowStride(),
          buffer, k.splat(0));
}
