//===- RowKernel.cpp - Reductions, softmax and normalizations
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Kernels/Rows/RowKernel.h"
#include "Builder/Exponential.h"
#include "Kernels/Rows/RowLoops.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include <limits>

using namespace mlir;
using namespace mlir::lw;

namespace {

/// Statistics are scalars where a vector is a part of one row, vectors where
/// its lanes are rows.
class RowEmitter {
public:
  RowEmitter(KernelBuilder &k, const RowSpec &spec,
             const std::array<Value, kRowBuffers> &buffers)
      : k(k), s(spec), buffers(buffers), loops(k, spec) {}
  void emit();

private:
  void emitReduction(const RowTile &tile);
  void emitSoftmax(const RowTile &tile);
  void emitNormalize(const RowTile &tile);

  Value add(Value a, Value c) { return arith::AddFOp::create(k.b, a, c); }
  Value sub(Value a, Value c) { return arith::SubFOp::create(k.b, a, c); }
  Value mul(Value a, Value c) { return arith::MulFOp::create(k.b, a, c); }
  Value div(Value a, Value c) { return arith::DivFOp::create(k.b, a, c); }
  /// The greater of two; one that is NaN is left out where the other is none
  /// and comes second.
  Value greater(Value a, Value c) {
    return arith::SelectOp::create(
        k.b, arith::CmpFOp::create(k.b, arith::CmpFPredicate::OGT, a, c), a, c);
  }
  Value numberLike(Value value, float number) {
    return isa<VectorType>(value.getType()) ? k.splat(number)
                                            : k.constantF32(number);
  }
  Value asVector(Value value) {
    return isa<VectorType>(value.getType()) ? value : k.broadcast(value);
  }

  Value load(RowBuffer buffer, const RowElements &e) {
    if (s.uniform[buffer])
      return k.broadcast(k.loadScalar(buffers[buffer], e.at[buffer]));
    return k.loadPart(buffers[buffer], e.at[buffer], e.lanes);
  }
  Value input(const RowElements &e) {
    return k.loadPart(buffers[kRowInput], e.at[kRowInput], e.lanes);
  }
  void store(Value value, const RowElements &e) {
    k.storePart(value, buffers[kRowOutput], e.at[kRowOutput], e.lanes);
  }

  /// The statistics of a tile's rows: the lanes of its columns where they are
  /// parts of one row.
  SmallVector<Value> finish(SmallVector<Value> columns,
                            vector::CombiningKind kind,
                            arith::FastMathFlags flags) {
    if (s.vector.reduced)
      for (Value &column : columns)
        column = vector::ReductionOp::create(k.b, kind, column, flags);
    return columns;
  }
  SmallVector<Value>
  sums(const RowTile &tile,
       llvm::function_ref<Value(const RowElements &, Value)> step) {
    return finish(loops.fold(
                      tile, k.splat(0),
                      [&](Value a, Value c) { return add(a, c); }, step),
                  vector::CombiningKind::ADD, arith::FastMathFlags::reassoc);
  }

  KernelBuilder &k;
  const RowSpec &s;
  const std::array<Value, kRowBuffers> &buffers;
  RowLoops loops;
};

} // namespace

void RowEmitter::emitReduction(const RowTile &tile) {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  bool isMaximum = s.function == RowFunction::Maximum;
  auto combine = [&](Value a, Value c) -> Value {
    auto fast = arith::FastMathFlagsAttr::get(k.b.getContext(),
                                              arith::FastMathFlags::nsz);
    switch (s.function) {
    case RowFunction::Sum:
      return add(a, c);
    case RowFunction::Product:
      return mul(a, c);
    default:
      if (s.skipsNan && isMaximum)
        return arith::MaxNumFOp::create(k.b, a, c, fast);
      if (s.skipsNan)
        return arith::MinNumFOp::create(k.b, a, c, fast);
      if (isMaximum)
        return arith::MaximumFOp::create(k.b, a, c, fast);
      return arith::MinimumFOp::create(k.b, a, c, fast);
    }
  };
  vector::CombiningKind kind = vector::CombiningKind::ADD;
  // What is skipped where there is a number, and stays where there is none.
  float identity = std::numeric_limits<float>::quiet_NaN();
  if (s.function == RowFunction::Sum) {
    identity = 0;
  } else if (s.function == RowFunction::Product) {
    kind = vector::CombiningKind::MUL;
    identity = 1;
  } else if (s.skipsNan) {
    kind = isMaximum ? vector::CombiningKind::MAXNUMF
                     : vector::CombiningKind::MINNUMF;
  } else {
    kind = isMaximum ? vector::CombiningKind::MAXIMUMF
                     : vector::CombiningKind::MINIMUMF;
    identity = isMaximum ? -infinity : infinity;
  }
  SmallVector<Value> results =
      finish(loops.fold(tile, k.splat(identity), combine,
                        [&](const RowElements &e, Value sum) {
                          return combine(sum, input(e));
                        }),
             kind, arith::FastMathFlags::reassoc);
  for (auto [column, result] : llvm::enumerate(results)) {
    int64_t stride =
        s.vector.reduced
            ? (s.kept.empty() ? 0 : s.kept.back().strides[kRowOutput])
            : s.vector.strides[kRowOutput];
    Address to = tile.at[kRowOutput] + column * stride;
    if (s.vector.reduced)
      k.storeScalar(result, buffers[kRowOutput], to);
    else
      k.storePart(result, buffers[kRowOutput], to, tile.lanes);
  }
}

void RowEmitter::emitSoftmax(const RowTile &tile) {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  bool isLog = s.function == RowFunction::LogSoftmax;
  // A NaN that is left out here comes back with its exponential.
  SmallVector<Value> greatest =
      finish(loops.fold(
                 tile, k.splat(-infinity),
                 [&](Value a, Value c) { return greater(a, c); },
                 [&](const RowElements &e, Value most) {
                   return greater(input(e), most);
                 }),
             vector::CombiningKind::MAXNUMF, arith::FastMathFlags::nnan);
  for (Value &value : greatest)
    value = asVector(value);
  SmallVector<Value> statistics =
      sums(tile, [&](const RowElements &e, Value sum) {
        Value power =
            emitExponentialOfLess(k, sub(input(e), greatest[e.column]));
        if (!isLog)
          store(power, e);
        return add(sum, power);
      });
  for (Value &value : statistics)
    value = asVector(isLog ? Value(math::LogOp::create(k.b, value))
                           : div(numberLike(value, 1), value));
  loops.forElements(tile, [&](const RowElements &e) {
    if (isLog)
      return store(sub(sub(input(e), greatest[e.column]), statistics[e.column]),
                   e);
    Value power = k.loadPart(buffers[kRowOutput], e.at[kRowOutput], e.lanes);
    store(mul(power, statistics[e.column]), e);
  });
}

void RowEmitter::emitNormalize(const RowTile &tile) {
  bool centers = s.norm == NormKind::Deviation;
  bool isMean = centers || s.norm == NormKind::Rms;
  float count = static_cast<float>(s.rowSize());
  SmallVector<Value> means;
  if (centers) {
    means = sums(tile, [&](const RowElements &e, Value sum) {
      return add(sum, input(e));
    });
    for (Value &mean : means)
      mean = asVector(div(mean, numberLike(mean, count)));
  }
  auto centered = [&](const RowElements &e) {
    return centers ? sub(input(e), means[e.column]) : input(e);
  };
  SmallVector<Value> divisors =
      sums(tile, [&](const RowElements &e, Value sum) -> Value {
        Value x = centered(e);
        if (s.norm == NormKind::L1)
          return add(sum, math::AbsFOp::create(k.b, x));
        return k.fma(x, x, sum);
      });
  SmallVector<Value> isZero;
  for (Value &divisor : divisors) {
    if (isMean) {
      divisor = div(divisor, numberLike(divisor, count));
      divisor = add(divisor, numberLike(divisor, s.epsilon));
    }
    if (s.norm != NormKind::L1)
      divisor = math::SqrtOp::create(k.b, divisor);
    // The inverse of a tiny norm would be infinite.
    if (isMean)
      divisor = div(numberLike(divisor, 1), divisor);
    divisor = asVector(divisor);
    if (!isMean)
      isZero.push_back(arith::CmpFOp::create(k.b, arith::CmpFPredicate::OEQ,
                                             divisor, k.splat(0)));
  }
  loops.forElements(tile, [&](const RowElements &e) {
    Value x = centered(e);
    if (isMean)
      x = mul(x, divisors[e.column]);
    else
      x = arith::SelectOp::create(k.b, isZero[e.column], k.splat(0),
                                  div(x, divisors[e.column]));
    if (s.hasScale && s.hasBias)
      x = k.fma(x, load(kRowScale, e), load(kRowBias, e));
    else if (s.hasScale)
      x = mul(x, load(kRowScale, e));
    else if (s.hasBias)
      x = add(x, load(kRowBias, e));
    store(x, e);
  });
}

void RowEmitter::emit() {
  loops.forTiles([&](const RowTile &tile) {
    if (s.isReduction())
      emitReduction(tile);
    else if (s.function == RowFunction::Normalize)
      emitNormalize(tile);
    else
      emitSoftmax(tile);
  });
}

void mlir::lw::emitRows(KernelBuilder &k, const RowSpec &spec,
                        const std::array<Value, kRowBuffers> &buffers) {
  RowEmitter(k, spec, buffers).emit();
}
