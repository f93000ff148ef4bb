//===- EntryFunction.cpp - The functions that hold the network
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Layout/EntryFunction.h"
#include "lw/Lowering/BatchPlan.h"
#include "lw/Target/TargetInfo.h"
#include "mlir/IR/SymbolTable.h"

using namespace mlir;

static func::FuncOp findFunction(Operation *module, StringRef name) {
  auto function =
      dyn_cast_or_null<func::FuncOp>(SymbolTable::lookupSymbolIn(module, name));
  if (!function || function.isExternal()) {
    module->emitError("expects a function @") << name << " with a body";
    return {};
  }
  if (!llvm::hasSingleElement(function.getBody())) {
    function.emitError("expects @") << name << " to be one block of operations";
    return {};
  }
  return function;
}

func::FuncOp mlir::lw::findMain(Operation *module) {
  return findFunction(module, kEntryFunction);
}

SmallVector<func::FuncOp> mlir::lw::findStages(ModuleOp module) {
  SmallVector<func::FuncOp> functions;
  for (const BatchStage &stage : BatchPlan::get(module).stages) {
    functions.push_back(findFunction(module, stage.function));
    if (!functions.back())
      return {};
  }
  return functions;
}

LogicalResult mlir::lw::forEachStage(
    ModuleOp module,
    function_ref<LogicalResult(func::FuncOp, const TargetInfo &)> visit) {
  FailureOr<TargetInfo> target = TargetInfo::get(module);
  if (failed(target))
    return failure();
  SmallVector<func::FuncOp> functions = findStages(module);
  if (functions.empty())
    return failure();
  for (func::FuncOp main : functions)
    if (failed(visit(main, *target)))
      return failure();
  return success();
}
