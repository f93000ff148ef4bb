//===- Freestanding.cpp - What code calls
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Analysis/CostModel.h"
#include "lw/ExecutionEngine/CodeGen.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Object/ObjectFile.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace mlir;

/// Whether `op` of the LLVM dialect becomes a call of `symbol`: itself, or an
/// intrinsic (`llvm.intr.exp` for expf).
static bool mayCall(Operation *op, StringRef symbol) {
  if (auto call = dyn_cast<LLVM::CallOp>(op))
    return call.getCallee() == symbol;
  StringRef name = op->getName().getStringRef();
  if (name == "llvm.frem")
    return symbol.starts_with("fmod");
  if (!name.consume_front("llvm.intr.") || !symbol.consume_front(name))
    return false;
  return symbol.empty() || symbol == "f" || symbol == "l";
}

/// Names of the layers that call `symbol`.
static std::vector<std::string> callersOf(ArrayRef<ModuleOp> modules,
                                          StringRef symbol) {
  std::vector<std::string> names;
  for (ModuleOp module : modules)
    module.walk([&](Operation *op) {
      std::string name = lw::layerName(op->getLoc());
      if (!name.empty() && !llvm::is_contained(names, name) &&
          mayCall(op, symbol))
        names.push_back(name);
    });
  return names;
}

llvm::Error lw::checkFreestanding(const llvm::MemoryBuffer &object,
                                  ArrayRef<ModuleOp> modules) {
  auto file = llvm::object::ObjectFile::createObjectFile(object);
  if (!file)
    return file.takeError();
  std::string message;
  for (const llvm::object::SymbolRef &symbol : (*file)->symbols()) {
    auto flags = symbol.getFlags();
    if (!flags)
      return flags.takeError();
    auto name = symbol.getName();
    if (!name)
      return name.takeError();
    if (!(*flags & llvm::object::SymbolRef::SF_Undefined) || name->empty() ||
        llvm::is_contained(
            {"memcpy", "memmove", "memset", "_GLOBAL_OFFSET_TABLE_"}, *name))
      continue;
    std::vector<std::string> callers = callersOf(modules, *name);
    message += (message.empty() ? "" : "; ") + name->str();
    if (!callers.empty())
      message += " (of " + llvm::join(callers, ", ") + ")";
  }
  if (message.empty())
    return llvm::Error::success();
  return llvm::createStringError(
      "--freestanding: the code may call nothing but memcpy, memmove and "
      "memset, but it needs " +
      message);
}
