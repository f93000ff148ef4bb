//===- DispatchBuilder.cpp - C functions that choose among others
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "DispatchBuilder.h"
#include "EmitSupported.h"

using namespace mlir;
using namespace mlir::lw;

llvm::json::Object mlir::lw::mergeInfos(StringRef prefix,
                                        ArrayRef<StringRef> infos,
                                        StringRef key,
                                        ArrayRef<StringRef> members) {
  llvm::json::Object merged;
  llvm::json::Array parts;
  for (StringRef text : infos) {
    // The text is our own.
    llvm::json::Value value = cantFail(llvm::json::parse(text));
    llvm::json::Object &info = *value.getAsObject();
    llvm::json::Object part;
    for (StringRef member : members)
      part[member] = info[member];
    parts.push_back(std::move(part));
    if (merged.empty()) {
      merged = std::move(info);
      continue;
    }
    merged["arena_bytes"] = std::max(*merged.getInteger("arena_bytes"),
                                     *info.getInteger("arena_bytes"));
    merged["allocates"] =
        *merged.getBoolean("allocates") || *info.getBoolean("allocates");
  }
  merged["name"] = prefix;
  merged[key] = std::move(parts);
  return merged;
}

LLVM::LLVMFuncOp DispatchBuilder::function(const Twine &name, Type result,
                                           ArrayRef<Type> arguments,
                                           LLVM::Linkage linkage) {
  b.setInsertionPointToEnd(module.getBody());
  return LLVM::LLVMFuncOp::create(
      b, name.str(), LLVM::LLVMFunctionType::get(result, arguments), linkage);
}

LLVM::LLVMFuncOp DispatchBuilder::define(const Twine &name, Type result,
                                         ArrayRef<Type> arguments,
                                         LLVM::Linkage linkage) {
  LLVM::LLVMFuncOp defined = function(name, result, arguments, linkage);
  defined.setTargetCpu(kBaselineCpu);
  b.setInsertionPointToStart(defined.addEntryBlock(b));
  return defined;
}

LLVM::GlobalOp DispatchBuilder::text(const Twine &name, StringRef value,
                                     LLVM::Linkage linkage) {
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToEnd(module.getBody());
  std::string bytes = value.str() + '\0';
  return LLVM::GlobalOp::create(
      b, LLVM::LLVMArrayType::get(b.getI8Type(), bytes.size()),
      /*isConstant=*/true, linkage, name.str(), b.getStringAttr(bytes));
}

void DispatchBuilder::returnIf(Value condition,
                               llvm::function_ref<Value()> value) {
  Region *region = b.getInsertionBlock()->getParent();
  Block *leave = new Block, *next = new Block;
  region->push_back(leave);
  region->push_back(next);
  LLVM::CondBrOp::create(b, condition, leave, next);
  b.setInsertionPointToStart(leave);
  finish(value());
  b.setInsertionPointToStart(next);
}
