//===- ReferenceOps.cpp - Operations compiled by the reference path
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Kernels/Reference/ReferenceOps.h"
#include "Kernels/Support.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace mlir::lw;

ReferenceOps::ReferenceOps(ModuleOp module)
    : nested(ModuleOp::create(module.getLoc())) {}

std::string ReferenceOps::add(Operation *op, SmallVectorImpl<Value> &operands) {
  llvm::SetVector<Value> reads;
  collectReads(op, reads);
  operands.append(reads.begin(), reads.end());
  SmallVector<Type> types(ValueRange(operands).getTypes());
  OpBuilder builder = OpBuilder::atBlockEnd(nested->getBody());
  std::string name = "reference_" + std::to_string(count++);
  auto func = func::FuncOp::create(
      builder, op->getLoc(), name,
      builder.getFunctionType(types, op->getResultTypes()));
  func.addEntryBlock();
  builder.setInsertionPointToStart(&func.front());
  IRMapping mapping;
  mapping.map(operands, func.getArguments());
  cloneCompileTime(builder, op, mapping);
  Operation *clone = builder.clone(*op, mapping);
  for (StringRef attr : {kKernelAttrName, kLayoutAttrName, kBufferAttrName})
    clone->removeAttr(attr);
  func::ReturnOp::create(builder, op->getLoc(), clone->getResults());
  return name;
}
