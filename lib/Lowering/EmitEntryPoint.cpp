//===- EmitEntryPoint.cpp - The C functions of a compiled network
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Lowering/EntryPoint.h"
#include "lw/Lowering/Passes.h"
#include "lw/Target/Target.h"
#include "lw/Version.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

namespace mlir::lw {
#define GEN_PASS_DEF_LWEMITENTRYPOINT
#include "lw/Lowering/Passes.h.inc"
} // namespace mlir::lw

using namespace mlir;

bool lw::isCIdentifier(StringRef name) {
  return !name.empty() && !llvm::isDigit(name.front()) &&
         llvm::all_of(name,
                      [](char c) { return llvm::isAlnum(c) || c == '_'; });
}

/// JSON of the `inputs` or `outputs` of `lw.entry`.
static llvm::json::Array describe(ArrayAttr entries) {
  llvm::json::Array result;
  for (auto entry : entries.getAsRange<DictionaryAttr>()) {
    llvm::json::Array shape;
    for (int64_t extent : entry.getAs<DenseI64ArrayAttr>("shape").asArrayRef())
      shape.push_back(extent);
    std::string type;
    llvm::raw_string_ostream(type) << entry.getAs<TypeAttr>("type").getValue();
    result.push_back(llvm::json::Object{
        {"name",
         llvm::json::fixUTF8(entry.getAs<StringAttr>("name").getValue())},
        {"shape", std::move(shape)},
        {"type", type}});
  }
  return result;
}

/// Loads the first `count` pointers of the array `base`.
static void loadPointers(OpBuilder &builder, Location loc, Value base,
                         size_t count, SmallVectorImpl<Value> &pointers) {
  Type pointer = LLVM::LLVMPointerType::get(builder.getContext());
  for (size_t i = 0; i < count; ++i) {
    Value address =
        LLVM::GEPOp::create(builder, loc, pointer, pointer, base,
                            ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(i)});
    pointers.push_back(LLVM::LoadOp::create(builder, loc, pointer, address));
  }
}

namespace {

struct EmitEntryPointPass : lw::impl::LwEmitEntryPointBase<EmitEntryPointPass> {
  using LwEmitEntryPointBase::LwEmitEntryPointBase;

  void runOnOperation() override {
    if (failed(emit(getOperation())))
      signalPassFailure();
  }

  LogicalResult emit(ModuleOp module) {
    if (!lw::isCIdentifier(prefix))
      return module.emitError()
             << "expected a C identifier as the prefix of the exported "
                "functions, found '"
             << prefix << "'";
    auto main = module.lookupSymbol<LLVM::LLVMFuncOp>(lw::kEntryFunction);
    auto entry = module->getAttrOfType<DictionaryAttr>(lw::kEntryAttr);
    auto arena =
        entry ? entry.getAs<IntegerAttr>("arena_bytes") : IntegerAttr();
    if (!main || !arena)
      return module.emitError()
             << "expected @main in the LLVM dialect and a module attribute "
             << lw::kEntryAttr << " with arena_bytes, as --lw-prepare-entry "
             << "makes it";
    auto inputs = entry.getAs<ArrayAttr>("inputs");
    auto outputs = entry.getAs<ArrayAttr>("outputs");
    size_t expected = inputs.size() + outputs.size() + (arena.getInt() ? 1 : 0);
    if (main.getNumArguments() < expected ||
        !llvm::all_of(main.getArgumentTypes(),
                      llvm::IsaPred<LLVM::LLVMPointerType>))
      return main.emitError()
             << "expected @main with bare pointers (" << expected
             << " of them), found " << main.getFunctionType();

    for (unsigned i = 0; i < main.getNumArguments(); ++i) {
      main.removeArgAttr(i, StringAttr::get(&getContext(), lw::kNameAttr));
      main.removeArgAttr(i, StringAttr::get(&getContext(), lw::kArenaAttr));
    }
    // Only the two symbols below are exported.
    for (auto function : module.getOps<LLVM::LLVMFuncOp>())
      if (!function.isExternal())
        function.setLinkage(LLVM::Linkage::Internal);
    emitInfo(module, inputs, outputs, arena.getInt());
    emitRun(module, main, inputs.size(), outputs.size());
    return success();
  }

  void emitInfo(ModuleOp module, ArrayAttr inputs, ArrayAttr outputs,
                int64_t arenaBytes) {
    lw::TargetAttr target = lw::getTarget(module);
    std::vector<std::string> features;
    if (target)
      features = lw::listFeatures(target);
    std::string text;
    llvm::raw_string_ostream(text) << llvm::json::Value(
        llvm::json::Object{{"name", prefix.getValue()},
                           {"inputs", describe(inputs)},
                           {"outputs", describe(outputs)},
                           {"arena_bytes", arenaBytes},
                           {"cpu", target ? target.getCpu() : "generic"},
                           {"features", llvm::json::Array(features)},
                           {"lw_version", lw::kVersion},
                           {"threads", threads.getValue()}});
    text.push_back('\0');
    auto builder = OpBuilder::atBlockEnd(module.getBody());
    auto type = LLVM::LLVMArrayType::get(builder.getI8Type(), text.size());
    LLVM::GlobalOp::create(builder, module.getLoc(), type, /*isConstant=*/true,
                           LLVM::Linkage::External, prefix + "_info",
                           builder.getStringAttr(text));
  }

  void emitRun(ModuleOp module, LLVM::LLVMFuncOp main, size_t numInputs,
               size_t numOutputs) {
    auto builder = OpBuilder::atBlockEnd(module.getBody());
    Location loc = module.getLoc();
    Type pointer = LLVM::LLVMPointerType::get(&getContext());
    Type i32 = builder.getI32Type();
    auto run = LLVM::LLVMFuncOp::create(
        builder, loc, prefix + "_run",
        LLVM::LLVMFunctionType::get(i32, {pointer, pointer, pointer}));
    builder.setInsertionPointToStart(run.addEntryBlock(builder));
    SmallVector<Value> arguments;
    loadPointers(builder, loc, run.getArgument(0), numInputs, arguments);
    loadPointers(builder, loc, run.getArgument(1), numOutputs, arguments);
    if (main.getNumArguments() > arguments.size())
      arguments.push_back(run.getArgument(2));
    LLVM::CallOp::create(builder, loc, main, arguments);
    Value ok = LLVM::ConstantOp::create(builder, loc, i32,
                                        builder.getI32IntegerAttr(0));
    LLVM::ReturnOp::create(builder, loc, ok);
  }
};

} // namespace
