//===- Dispatch.cpp - One network of several for processors
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Lowering/Dispatch.h"
#include "DispatchBuilder.h"
#include "lw/Lowering/EntryPoint.h"
#include "lw/Target/Target.h"
#include "llvm/Support/JSON.h"

using namespace mlir;
using namespace mlir::lw;

/// The info of all: that of the least capable level, with what each needs.
static std::string infoOfLevels(StringRef prefix,
                                ArrayRef<LoweredLevel> levels) {
  SmallVector<StringRef> infos;
  for (const LoweredLevel &level : levels)
    infos.push_back(level.info);
  llvm::json::Object merged =
      mergeInfos(prefix, infos, "levels", {"features", "arena_bytes"});
  for (auto [part, level] : llvm::zip(*merged.getArray("levels"), levels))
    (*part.getAsObject())["name"] = level.name;
  merged["cpu"] = kMultiCpu;
  std::string text;
  llvm::raw_string_ostream(text) << llvm::json::Value(std::move(merged));
  return text;
}

namespace {

class LevelDispatch : DispatchBuilder {
public:
  LevelDispatch(ModuleOp module, StringRef prefix,
                ArrayRef<LoweredLevel> levels)
      : DispatchBuilder(module, prefix), levels(levels) {}

  void emit();

private:
  void returnIfLevel(Value chosen, size_t level,
                     llvm::function_ref<Value()> value) {
    returnIf(LLVM::ICmpOp::create(b, LLVM::ICmpPredicate::eq, chosen,
                                  constant(level + 1)),
             value);
  }
  /// The number of the level that runs here, from 1 on; -1 where none does.
  LLVM::LLVMFuncOp emitAsk();
  LLVM::LLVMFuncOp emitChosen(LLVM::LLVMFuncOp ask);

  ArrayRef<LoweredLevel> levels;
};

} // namespace

LLVM::LLVMFuncOp LevelDispatch::emitAsk() {
  SmallVector<LLVM::LLVMFuncOp> supported;
  for (const LoweredLevel &level : levels)
    supported.push_back(
        function(level.prefix + "_supported", b.getI32Type(), {}));
  LLVM::LLVMFuncOp ask =
      define(prefix + "_ask", b.getI32Type(), {}, LLVM::Linkage::Internal);
  for (size_t i = levels.size(); i-- > 0;)
    returnIf(LLVM::ICmpOp::create(b, LLVM::ICmpPredicate::ne,
                                  call(supported[i]), constant(0)),
             [&] { return constant(i + 1); });
  finish(constant(-1));
  return ask;
}

/// Asking takes microseconds, so it is done once, before anything can run: no
/// thread writes the answer while another reads it. Where constructors are not
/// run, on bare metal, every call asks.
LLVM::LLVMFuncOp LevelDispatch::emitChosen(LLVM::LLVMFuncOp ask) {
  b.setInsertionPointToEnd(module.getBody());
  auto word = LLVM::GlobalOp::create(
      b, b.getI32Type(), /*isConstant=*/false, LLVM::Linkage::Internal,
      (prefix + "_answer").str(), b.getI32IntegerAttr(0));
  LLVM::LLVMFuncOp constructor =
      define(prefix + "_choose", LLVM::LLVMVoidType::get(b.getContext()), {},
             LLVM::Linkage::Internal);
  LLVM::StoreOp::create(b, call(ask), LLVM::AddressOfOp::create(b, word));
  LLVM::ReturnOp::create(b, ValueRange());
  b.setInsertionPointToEnd(module.getBody());
  LLVM::GlobalCtorsOp::create(
      b, b.getArrayAttr(FlatSymbolRefAttr::get(constructor)),
      b.getI32ArrayAttr({0}),
      b.getArrayAttr(LLVM::ZeroAttr::get(b.getContext())));

  LLVM::LLVMFuncOp chosen =
      define(prefix + "_chosen", b.getI32Type(), {}, LLVM::Linkage::Internal);
  Value answer = LLVM::LoadOp::create(b, b.getI32Type(),
                                      LLVM::AddressOfOp::create(b, word));
  returnIf(
      LLVM::ICmpOp::create(b, LLVM::ICmpPredicate::ne, answer, constant(0)),
      [&] { return answer; });
  finish(call(ask));
  return chosen;
}

void LevelDispatch::emit() {
  LLVM::LLVMFuncOp chosen = emitChosen(emitAsk());
  SmallVector<Type> arguments(3, pointer);
  SmallVector<LLVM::LLVMFuncOp> runs;
  SmallVector<LLVM::GlobalOp> names;
  for (const LoweredLevel &level : levels) {
    runs.push_back(function(level.prefix + "_run", b.getI32Type(), arguments,
                            LLVM::Linkage::External));
    names.push_back(
        text(level.prefix + "_name", level.name, LLVM::Linkage::Internal));
  }

  LLVM::LLVMFuncOp run = define(prefix + "_run", b.getI32Type(), arguments);
  Value level = call(chosen);
  for (size_t i = 0; i < levels.size(); ++i)
    returnIfLevel(level, i, [&] { return call(runs[i], run.getArguments()); });
  finish(constant(RunUnsupported));

  define(prefix + "_supported", b.getI32Type(), {});
  Value any = LLVM::ICmpOp::create(b, LLVM::ICmpPredicate::sgt, call(chosen),
                                   constant(0));
  finish(LLVM::ZExtOp::create(b, b.getI32Type(), any));

  define(prefix + "_level", pointer, {});
  level = call(chosen);
  for (size_t i = 0; i < levels.size(); ++i)
    returnIfLevel(level, i, [&]() -> Value {
      return LLVM::AddressOfOp::create(b, names[i]);
    });
  finish(LLVM::ZeroOp::create(b, pointer));

  text(prefix + "_info", infoOfLevels(prefix, levels));
}

OwningOpRef<ModuleOp> mlir::lw::makeDispatch(MLIRContext *context,
                                             StringRef prefix,
                                             ArrayRef<LoweredLevel> levels) {
  context->getOrLoadDialect<LLVM::LLVMDialect>();
  OwningOpRef<ModuleOp> module = ModuleOp::create(UnknownLoc::get(context));
  LevelDispatch(*module, prefix, levels).emit();
  return module;
}
