//===- GatherKernel.cpp - Rows of a table that indices choose
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Kernels/Gather/GatherKernel.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace mlir::lw;

/// The row that an index names.
static Value rowOf(KernelBuilder &k, const GatherSpec &s, Value indices,
                   Address at) {
  ImplicitLocOpBuilder &b = k.b;
  Value row = arith::IndexCastOp::create(b, b.getIndexType(),
                                         k.loadScalar(indices, at));
  if (s.wraps) {
    Value isNegative =
        arith::CmpIOp::create(b, arith::CmpIPredicate::slt, row, k.constant(0));
    row = arith::SelectOp::create(b, isNegative, k.add(row, s.rows), row);
  }
  row = arith::MaxSIOp::create(b, row, k.constant(0));
  return arith::MinSIOp::create(b, row, k.constant(s.rows - 1));
}

static void copyRow(KernelBuilder &k, int64_t width, Value table, Address from,
                    Value output, Address to) {
  if (width == 1)
    return k.storeScalar(k.loadScalar(table, from), output, to);
  int64_t whole = width / k.vl * k.vl;
  k.loop(0, whole, k.vl, [&](Value i) {
    k.store(k.load(table, k.advance(from, i, 1)), output, k.advance(to, i, 1));
  });
  if (int64_t rest = width % k.vl)
    k.storePart(k.loadPart(table, from + whole, rest), output, to + whole,
                rest);
}

void mlir::lw::emitGather(KernelBuilder &k, const GatherSpec &s, Value table,
                          Value indices, Value output) {
  k.loop(
      0, s.tables, 1,
      [&](Value t) {
        Address first = k.advance({}, t, s.rows * s.width);
        Address target = k.advance({}, t, s.count * s.width);
        Address names = s.ownIndices ? k.advance({}, t, s.count) : Address();
        k.loop(
            0, s.count, 1,
            [&](Value i) {
              Value row = rowOf(k, s, indices, k.advance(names, i, 1));
              copyRow(k, s.width, table, k.advance(first, row, s.width), output,
                      k.advance(target, i, s.width));
            },
            /*parallel=*/true);
      },
      /*parallel=*/true);
}
