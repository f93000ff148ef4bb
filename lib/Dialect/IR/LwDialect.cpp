//===- LwDialect.cpp - Registration of the lw dialect
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Dialect/IR/LwDialect.h"
#include "lw/Dialect/IR/LwFusedOps.h"
#include "lw/Dialect/IR/LwImageOps.h"
#include "lw/Dialect/IR/LwIndexOps.h"
#include "lw/Dialect/IR/LwOps.h"
#include "lw/Dialect/IR/LwRowOps.h"
#include "lw/Dialect/IR/LwSequenceOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "mlir/Transforms/InliningUtils.h"

using namespace mlir;
using namespace mlir::lw;

#include "lw/Dialect/IR/LwDialect.cpp.inc"

namespace {
/// Every lw op is a pure function of its operands, so inlining is always legal.
struct LwInlinerInterface : public DialectInlinerInterface {
  using DialectInlinerInterface::DialectInlinerInterface;
  bool isLegalToInline(Operation *, Region *, bool, IRMapping &) const final {
    return true;
  }
};
} // namespace

void LwDialect::initialize() {
  registerAttributes();
  addOperations<
#define GET_OP_LIST
#include "lw/Dialect/IR/LwOps.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "lw/Dialect/IR/LwFusedOps.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "lw/Dialect/IR/LwImageOps.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "lw/Dialect/IR/LwIndexOps.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "lw/Dialect/IR/LwRowOps.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "lw/Dialect/IR/LwSequenceOps.cpp.inc"
      >();
  addInterfaces<LwInlinerInterface>();
}
