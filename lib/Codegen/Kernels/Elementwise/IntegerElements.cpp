//===- IntegerElements.cpp - Element-wise operations on 32-bit integers
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Kernels/Elementwise/ElementwiseKernel.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlir::lw;

bool mlir::lw::isIntegerArithmetic(Operation *op) {
  if (op->getNumResults() != 1 || op->getNumOperands() == 0 ||
      !getElementTypeOrSelf(op->getOperand(0)).isInteger(32))
    return false;
  if (auto mul = dyn_cast<tosa::MulOp>(op))
    return matchPattern(mul.getShift(), m_Zero());
  if (isa<tosa::CastOp>(op))
    return getElementTypeOrSelf(op->getResult(0)).isF32();
  return isa<tosa::AddOp, tosa::SubOp>(op);
}

Value mlir::lw::applyIntegers(KernelBuilder &k, Operation *op, ValueRange x) {
  return TypeSwitch<Operation *, Value>(op)
      .Case([&](tosa::AddOp) { return arith::AddIOp::create(k.b, x[0], x[1]); })
      .Case([&](tosa::SubOp) { return arith::SubIOp::create(k.b, x[0], x[1]); })
      .Case([&](tosa::MulOp) { return arith::MulIOp::create(k.b, x[0], x[1]); })
      .Case([&](tosa::CastOp) {
        return arith::SIToFPOp::create(k.b, k.vectorType(), x[0]);
      });
}
