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
  SmallVector<Type> types;
  for (Value operand : op->getOperands()) {
    Operation *producer = operand.getDefiningOp();
    if ((producer && isCompileTime(producer)) ||
        llvm::is_contained(operands, operand))
      continue;
    operands.push_back(operand);
    types.push_back(operand.getType());
  }
  OpBuilder builder = OpBuilder::atBlockEnd(nested->getBody());
  std::string name = "reference_" + std::to_string(count++);
  auto func = func::FuncOp::create(
      builder, op->getLoc(), name,
      builder.getFunctionType(types, op->getResultTypes()));
  func.addEntryBlock();
  builder.setInsertionPointToStart(&func.front());
  IRMapping mapping;
  mapping.map(operands, func.getArguments());
  for (Value operand : op->getOperands())
    if (!mapping.contains(operand))
      builder.clone(*operand.getDefiningOp(), mapping);
  Operation *clone = builder.clone(*op, mapping);
  for (StringRef attr : {kKernelAttrName, kLayoutAttrName, kBufferAttrName})
    clone->removeAttr(attr);
  func::ReturnOp::create(builder, op->getLoc(), clone->getResults());
  return name;
}
