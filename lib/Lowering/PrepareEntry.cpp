//===- PrepareEntry.cpp - Check the memref form of @main
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "EmitRuns.h"
#include "lw/Lowering/EntryPoint.h"
#include "lw/Lowering/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/DebugLog.h"

#define DEBUG_TYPE "lw-prepare-entry"

namespace mlir::lw {
#define GEN_PASS_DEF_LWPREPAREENTRY
#include "lw/Lowering/Passes.h.inc"
} // namespace mlir::lw

using namespace mlir;

static bool isIdentityMemRef(Type type) {
  auto memref = dyn_cast<MemRefType>(type);
  return memref && memref.hasStaticShape() && memref.getLayout().isIdentity();
}

/// The type of elements in memory: without a sign, and bytes for bool.
static Type storedType(Type type) {
  auto integer = dyn_cast<IntegerType>(type);
  if (!integer)
    return type;
  return IntegerType::get(type.getContext(), std::max(integer.getWidth(), 8u));
}

/// Whether argument `index` of `main` is what one of `runs` takes of the array
/// that `entry` describes.
static LogicalResult checkArgument(func::FuncOp main, unsigned index,
                                   Attribute entry, int64_t runs) {
  auto description = cast<DictionaryAttr>(entry);
  SmallVector<int64_t> shape(
      description.getAs<DenseI64ArrayAttr>("shape").asArrayRef());
  if (runs > 1 && !shape.empty())
    shape[0] /= runs;
  Type type = storedType(description.getAs<TypeAttr>("type").getValue());
  auto found = cast<MemRefType>(main.getArgumentTypes()[index]);
  if (found.getShape() == ArrayRef(shape) && found.getElementType() == type)
    return success();
  return main.emitError() << "expected argument " << index << " of @main to be "
                          << MemRefType::get(shape, type) << " as in "
                          << lw::kEntryAttr << ", found " << found;
}

namespace {

struct PrepareEntryPass : lw::impl::LwPrepareEntryBase<PrepareEntryPass> {
  using LwPrepareEntryBase::LwPrepareEntryBase;

  void runOnOperation() override {
    if (failed(prepare(getOperation())))
      signalPassFailure();
  }

  LogicalResult prepare(ModuleOp module) {
    auto main = module.lookupSymbol<func::FuncOp>(lw::kEntryFunction);
    auto entry = module->getAttrOfType<DictionaryAttr>(lw::kEntryAttr);
    if (!main || main.isExternal())
      return module.emitError("expected a function @main with a body");
    auto inputs = entry ? entry.getAs<ArrayAttr>("inputs") : nullptr;
    auto outputs = entry ? entry.getAs<ArrayAttr>("outputs") : nullptr;
    if (!inputs || !outputs)
      return module.emitError()
             << "expected a module attribute " << lw::kEntryAttr
             << " with inputs and outputs, as --lw-record-entry makes it";
    if (main.getNumResults() != 0 ||
        !llvm::all_of(main.getArgumentTypes(), isIdentityMemRef))
      return main.emitError("expected @main without results and with "
                            "statically shaped memrefs of identity layout as "
                            "arguments, found ")
             << main.getFunctionType();

    SmallVector<Attribute> arrays(inputs.begin(), inputs.end());
    llvm::append_range(arrays, outputs);
    unsigned numArguments = main.getNumArguments();
    bool hasArena = numArguments == arrays.size() + 1;
    if (!hasArena && numArguments != arrays.size())
      return main.emitError()
             << "expected " << arrays.size() << " arguments of @main as in "
             << lw::kEntryAttr << " and perhaps an arena, found "
             << numArguments;
    lw::BatchRuns batch = lw::BatchRuns::get(entry);
    for (auto [i, array] : llvm::enumerate(arrays))
      if (failed(checkArgument(main, i, array, batch.runs)))
        return failure();

    int64_t arenaBytes = 0;
    if (hasArena) {
      auto type = cast<MemRefType>(main.getArgumentTypes().back());
      if (!main.getArgAttr(numArguments - 1, lw::kArenaAttr) ||
          type.getRank() != 1 || !type.getElementType().isInteger(8))
        return main.emitError()
               << "expected the last argument of @main to be a memref<Nxi8> "
                  "with the attribute "
               << lw::kArenaAttr << ", found " << type;
      arenaBytes = type.getNumElements();
      if (batch.parts > 1)
        arenaBytes =
            batch.parts * llvm::alignTo(arenaBytes, lw::kArenaAlignment);
    }
    if (arenaLimit >= 0 && arenaBytes > arenaLimit)
      return main.emitError()
             << "needs an arena of " << arenaBytes << " bytes, "
             << arenaLimit.getValue() << " are allowed";

    LDBG() << inputs.size() << " inputs, " << outputs.size()
           << " outputs, an arena of " << arenaBytes << " bytes";
    Builder builder(module.getContext());
    NamedAttrList attributes(entry);
    attributes.set("arena_bytes", builder.getI64IntegerAttr(arenaBytes));
    module->setAttr(lw::kEntryAttr,
                    attributes.getDictionary(module.getContext()));
    for (unsigned i = 0; i < numArguments; ++i)
      main.setArgAttr(i, LLVM::LLVMDialect::getNoAliasAttrName(),
                      builder.getUnitAttr());
    if (hasArena)
      main.setArgAttr(numArguments - 1, LLVM::LLVMDialect::getAlignAttrName(),
                      builder.getI64IntegerAttr(lw::kArenaAlignment));
    main.setPrivate();
    return success();
  }
};

} // namespace
