//===- TableLookup.cpp - Bytes by a table of 256
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Builder/TableLookup.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace mlir::lw;

/// A vector of `lanes` bytes that repeats `bytes`.
static Value repeat(KernelBuilder &k, ArrayRef<int8_t> bytes, int64_t lanes) {
  SmallVector<int8_t> all;
  for (int64_t i = 0; i < lanes; ++i)
    all.push_back(bytes[i % bytes.size()]);
  return k.constantVector(DenseElementsAttr::get(
      VectorType::get({lanes}, k.b.getI8Type()), ArrayRef<int8_t>(all)));
}

/// Each half of the table by the low seven bits; the high bit chooses.
static Value permute128(KernelBuilder &k, Value x, ArrayRef<int8_t> table) {
  auto half = [&](int64_t from) {
    return k.intrinsic("llvm.x86.avx512.vpermi2var.qi.512", x.getType(),
                       {repeat(k, table.slice(from, 64), 64), x,
                        repeat(k, table.slice(from + 64, 64), 64)});
  };
  Value high = arith::CmpIOp::create(k.b, arith::CmpIPredicate::slt, x,
                                     k.splat(k.b.getI8Type(), 64, 0));
  return arith::SelectOp::create(k.b, high, half(128), half(0));
}

/// 16 entries at a time, the index less 16 each time: where it is not negative,
/// a part is added by its low four bits. Parts hold what makes all that have
/// been added the entry: an index below 128 meets the parts from the first to
/// its own, one above the last eight up to its own. From the ninth on an index
/// that has become negative stays so.
static Value shuffle16(KernelBuilder &k, Value x, ArrayRef<int8_t> table) {
  int64_t lanes = k.target.tableLanes;
  StringRef name = lanes == 64   ? "llvm.x86.avx512.pshuf.b.512"
                   : lanes == 32 ? "llvm.x86.avx2.pshuf.b"
                                 : "llvm.x86.ssse3.pshuf.b.128";
  Value sixteen = k.splat(k.b.getI8Type(), lanes, 16), result;
  for (int64_t part = 0; part < 16; ++part) {
    SmallVector<int8_t> bytes;
    for (int64_t i = 0; i < 16; ++i) {
      int byte = table[16 * part + i];
      if (part >= 1)
        byte ^= table[16 * (part - 1) + i];
      if (part >= 8)
        byte ^= table[16 * (part - 8) + i];
      if (part >= 9)
        byte ^= table[16 * (part - 9) + i];
      bytes.push_back(static_cast<int8_t>(byte));
    }
    if (part >= 9)
      x = k.intrinsic("llvm.ssub.sat", x.getType(), {x, sixteen});
    else if (part)
      x = arith::SubIOp::create(k.b, x, sixteen);
    Value found = k.intrinsic(name, x.getType(), {repeat(k, bytes, lanes), x});
    result =
        result ? arith::XOrIOp::create(k.b, result, found).getResult() : found;
  }
  return result;
}

static Value table64(KernelBuilder &k, Value x, ArrayRef<int8_t> table) {
  Value result, step = k.splat(k.b.getI8Type(), 16, 64);
  for (int64_t part = 0; part < 4; ++part) {
    if (part)
      x = arith::SubIOp::create(k.b, x, step);
    SmallVector<Value> operands;
    for (int64_t i = 0; i < 4; ++i)
      operands.push_back(repeat(k, table.slice(64 * part + 16 * i, 16), 16));
    operands.push_back(x);
    Value found = k.intrinsic("llvm.aarch64.neon.tbl4", x.getType(), operands);
    result =
        result ? arith::OrIOp::create(k.b, result, found).getResult() : found;
  }
  return result;
}

Value mlir::lw::lookup(KernelBuilder &k, Value x, ArrayRef<int8_t> table) {
  switch (k.target.table) {
  case TableForm::Permute128:
    return permute128(k, x, table);
  case TableForm::Shuffle16:
    return shuffle16(k, x, table);
  case TableForm::Table64:
    return table64(k, x, table);
  case TableForm::None:
    break;
  }
  llvm_unreachable("the processor has no lookup");
}
