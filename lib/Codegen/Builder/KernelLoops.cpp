//===- KernelLoops.cpp - Loops, tiles and branches of kernels
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Builder/KernelBuilder.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace mlir::lw;

void KernelBuilder::loop(int64_t lower, int64_t upper, int64_t step,
                         llvm::function_ref<void(Value)> body, bool parallel) {
  if (lower >= upper)
    return;
  if (lower + step >= upper)
    return body(constant(lower));
  auto forOp =
      scf::ForOp::create(b, constant(lower), constant(upper), constant(step));
  if (parallel && marksParallel)
    forOp->setAttr(kParallelAttrName, b.getUnitAttr());
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(forOp.getBody());
  body(forOp.getInductionVar());
}

void KernelBuilder::branch(Value condition, llvm::function_ref<void()> then,
                           llvm::function_ref<void()> otherwise) {
  auto ifOp = scf::IfOp::create(b, condition, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(ifOp.thenBlock());
  then();
  b.setInsertionPointToStart(ifOp.elseBlock());
  otherwise();
}

Part KernelBuilder::partOf(Value slot, int64_t slots, int64_t extent,
                           int64_t unit) {
  int64_t each = llvm::divideCeilSigned(extent / unit, slots) * unit;
  Value whole = constant(extent / unit * unit);
  // The last slots may have nothing to do.
  Value begin = arith::MinSIOp::create(b, mul(slot, each), whole);
  Value end = arith::MinSIOp::create(b, add(begin, each), whole);
  Value isLast = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, slot,
                                       constant(slots - 1));
  Value rest = arith::SelectOp::create(b, isLast, constant(extent), whole);
  return {begin, end, rest};
}

void KernelBuilder::tiles(int64_t extent, int64_t size, const Part &part,
                          llvm::function_ref<void(Value, int64_t)> body) {
  int64_t whole = extent / size * size;
  auto full = [&](Value at) { body(at, size); };
  auto rest = [&](Value at) { body(at, extent - whole); };
  if (!part.begin) {
    loop(0, whole, size, full);
    return loop(whole, extent, size, rest);
  }
  loop(part.begin, part.end, size, full);
  if (whole < extent)
    loop(constant(whole), part.rest, size, rest);
}

/// A loop that carries values; the body yields their next ones.
static SmallVector<Value>
carry(KernelBuilder &k, Value lower, Value upper, Value step, ValueRange init,
      llvm::function_ref<SmallVector<Value>(Value, ValueRange)> body) {
  auto forOp = scf::ForOp::create(k.b, lower, upper, step, init);
  OpBuilder::InsertionGuard guard(k.b);
  k.b.setInsertionPointToStart(forOp.getBody());
  SmallVector<Value> next =
      body(forOp.getInductionVar(), forOp.getRegionIterArgs());
  scf::YieldOp::create(k.b, next);
  return forOp.getResults();
}

SmallVector<Value> KernelBuilder::loop(
    int64_t lower, int64_t upper, int64_t step, ValueRange init,
    llvm::function_ref<SmallVector<Value>(Value, ValueRange)> body) {
  if (lower >= upper)
    return init;
  if (lower + step >= upper)
    return body(constant(lower), init);
  return carry(*this, constant(lower), constant(upper), constant(step), init,
               body);
}

void KernelBuilder::loop(Value lower, Value upper, int64_t step,
                         llvm::function_ref<void(Value)> body) {
  auto forOp = scf::ForOp::create(b, lower, upper, constant(step));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(forOp.getBody());
  body(forOp.getInductionVar());
}

SmallVector<Value> KernelBuilder::loop(
    Value lower, Value upper, ValueRange init,
    llvm::function_ref<SmallVector<Value>(Value, ValueRange)> body) {
  return carry(*this, lower, upper, constant(1), init, body);
}

SmallVector<Value> KernelBuilder::accumulate(
    Value lower, Value upper, ValueRange init, Value identity, Combine combine,
    llvm::function_ref<SmallVector<Value>(Value, ValueRange)> body,
    int64_t terms) {
  return carry(*this, lower, upper, constant(terms), init,
               [&](Value begin, ValueRange carried) -> SmallVector<Value> {
                 Value end =
                     arith::MinSIOp::create(b, add(begin, terms), upper);
                 SmallVector<Value> results =
                     loop(begin, end,
                          SmallVector<Value>(carried.size(), identity), body);
                 for (auto [result, before] : llvm::zip(results, carried))
                   result = combine(before, result);
                 return results;
               });
}

SmallVector<Value> KernelBuilder::accumulate(
    int64_t count, ValueRange init, Value identity, Combine combine,
    llvm::function_ref<SmallVector<Value>(Value, ValueRange)> body,
    int64_t terms) {
  if (count <= terms)
    return loop(0, count, 1, init, body);
  return accumulate(constant(0), constant(count), init, identity, combine, body,
                    terms);
}
