//===- EntryFunction.cpp - The function that holds the network
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Layout/EntryFunction.h"
#include "mlir/IR/SymbolTable.h"

using namespace mlir;

func::FuncOp mlir::lw::findMain(Operation *module) {
  auto main = dyn_cast_or_null<func::FuncOp>(
      SymbolTable::lookupSymbolIn(module, "main"));
  if (!main || main.isExternal()) {
    module->emitError("expects a function @main with a body");
    return {};
  }
  if (!llvm::hasSingleElement(main.getBody())) {
    main.emitError("expects @main to be one block of operations");
    return {};
  }
  return main;
}
