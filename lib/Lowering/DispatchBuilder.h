//===- DispatchBuilder.h - C functions that choose among others -*- C++ -*-===//
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LOWERING_DISPATCHBUILDER_H
#define LW_LOWERING_DISPATCHBUILDER_H

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "llvm/Support/JSON.h"

namespace mlir::lw {

/// The info of a network that is several, of which `infos` are those: the first
/// one's, with the largest arena, and `members` of each under `key`.
llvm::json::Object mergeInfos(StringRef prefix, ArrayRef<StringRef> infos,
                              StringRef key, ArrayRef<StringRef> members);

/// Builds the C functions of a network that is several. They are code for every
/// processor of the architecture.
class DispatchBuilder {
public:
  DispatchBuilder(ModuleOp module, StringRef prefix)
      : b(module.getLoc(), module.getContext()), module(module), prefix(prefix),
        pointer(LLVM::LLVMPointerType::get(b.getContext())) {}

protected:
  /// Declares a function.
  LLVM::LLVMFuncOp function(const Twine &name, Type result,
                            ArrayRef<Type> arguments,
                            LLVM::Linkage linkage = LLVM::Linkage::External);
  /// Begins the body of a function.
  LLVM::LLVMFuncOp define(const Twine &name, Type result,
                          ArrayRef<Type> arguments,
                          LLVM::Linkage linkage = LLVM::Linkage::External);
  LLVM::GlobalOp text(const Twine &name, StringRef value,
                      LLVM::Linkage linkage = LLVM::Linkage::External);
  Value constant(int64_t value) {
    return LLVM::ConstantOp::create(b, b.getI32Type(),
                                    b.getI32IntegerAttr(value));
  }
  Value call(LLVM::LLVMFuncOp callee, ValueRange arguments = {}) {
    return LLVM::CallOp::create(b, callee, arguments).getResult();
  }
  /// Returns `value` where `condition` holds.
  void returnIf(Value condition, llvm::function_ref<Value()> value);
  void finish(Value value) { LLVM::ReturnOp::create(b, value); }

  ImplicitLocOpBuilder b;
  ModuleOp module;
  StringRef prefix;
  Type pointer;
};

} // namespace mlir::lw

#endif // LW_LOWERING_DISPATCHBUILDER_H
