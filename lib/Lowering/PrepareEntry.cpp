//===- PrepareEntry.cpp - Check the memref form of @main
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Lowering/BatchPlan.h"
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

/// Whether argument `index` of `function` is what one of `runs` takes of
/// `array`.
static LogicalResult checkArgument(func::FuncOp function, unsigned index,
                                   const lw::BatchArray &array, int64_t runs) {
  SmallVector<int64_t> shape(array.shape);
  if (runs > 1 && !shape.empty())
    shape[0] /= runs;
  Type type = storedType(array.type);
  auto found = cast<MemRefType>(function.getArgumentTypes()[index]);
  if (found.getShape() == ArrayRef(shape) && found.getElementType() == type)
    return success();
  return function.emitError()
         << "expected argument " << index << " of @" << function.getName()
         << " to be " << MemRefType::get(shape, type) << " as in "
         << lw::kEntryAttr << ", found " << found;
}

/// Checks the function of a stage, and finds how large its arena is.
static LogicalResult checkFunction(func::FuncOp function,
                                   const lw::BatchPlan &plan,
                                   lw::BatchStage &stage) {
  if (function.getNumResults() != 0 ||
      !llvm::all_of(function.getArgumentTypes(), isIdentityMemRef))
    return function.emitError()
           << "expected @" << function.getName()
           << " without results and with statically shaped memrefs of "
              "identity layout as arguments, found "
           << function.getFunctionType();
  unsigned numArguments = function.getNumArguments();
  bool hasArena = numArguments == stage.arrays.size() + 1;
  if (!hasArena && numArguments != stage.arrays.size())
    return function.emitError()
           << "expected " << stage.arrays.size() << " arguments of @"
           << function.getName() << " as in " << lw::kEntryAttr
           << " and perhaps an arena, found " << numArguments;
  for (auto [i, array] : llvm::enumerate(stage.arrays))
    if (failed(checkArgument(function, i, plan.arrays[array], stage.runs)))
      return failure();
  if (!hasArena)
    return success();
  auto type = cast<MemRefType>(function.getArgumentTypes().back());
  if (!function.getArgAttr(numArguments - 1, lw::kArenaAttr) ||
      type.getRank() != 1 || !type.getElementType().isInteger(8))
    return function.emitError()
           << "expected the last argument of @" << function.getName()
           << " to be a memref<Nxi8> with the attribute " << lw::kArenaAttr
           << ", found " << type;
  stage.arenaBytes = type.getNumElements();
  return success();
}

/// Tells LLVM about the arguments of a function that none but us calls.
static void markArguments(func::FuncOp function) {
  Builder builder(function.getContext());
  unsigned numArguments = function.getNumArguments();
  for (unsigned i = 0; i < numArguments; ++i)
    function.setArgAttr(i, LLVM::LLVMDialect::getNoAliasAttrName(),
                        builder.getUnitAttr());
  if (numArguments && function.getArgAttr(numArguments - 1, lw::kArenaAttr))
    function.setArgAttr(numArguments - 1, LLVM::LLVMDialect::getAlignAttrName(),
                        builder.getI64IntegerAttr(lw::kArenaAlignment));
  function.setPrivate();
}

namespace {

struct PrepareEntryPass : lw::impl::LwPrepareEntryBase<PrepareEntryPass> {
  using LwPrepareEntryBase::LwPrepareEntryBase;

  void runOnOperation() override {
    if (failed(prepare(getOperation())))
      signalPassFailure();
  }

  LogicalResult prepare(ModuleOp module) {
    auto entry = module->getAttrOfType<DictionaryAttr>(lw::kEntryAttr);
    auto plan = lw::BatchPlan::get(module);
    SmallVector<func::FuncOp> functions;
    for (lw::BatchStage &stage : plan.stages) {
      auto function = module.lookupSymbol<func::FuncOp>(stage.function);
      if (!function || function.isExternal())
        return module.emitError("expected a function @")
               << stage.function << " with a body";
      functions.push_back(function);
    }
    if (!entry || !entry.contains("inputs") || !entry.contains("outputs"))
      return module.emitError()
             << "expected a module attribute " << lw::kEntryAttr
             << " with inputs and outputs, as --lw-record-entry makes it";
    for (auto [function, stage] : llvm::zip(functions, plan.stages)) {
      if (failed(checkFunction(function, plan, stage)))
        return failure();
      if (plan.stages.size() > 1 || stage.parts > 1)
        stage.arenaBytes = llvm::alignTo(stage.arenaBytes, lw::kArenaAlignment);
    }
    int64_t arenaBytes = plan.placeArenas();
    if (arenaLimit >= 0 && arenaBytes > arenaLimit)
      return functions.front().emitError()
             << "needs an arena of " << arenaBytes << " bytes, "
             << arenaLimit.getValue() << " are allowed";

    LDBG() << plan.edges << " inputs and outputs, an arena of " << arenaBytes
           << " bytes";
    Builder builder(module.getContext());
    NamedAttrList attributes(entry.contains(lw::kStagesName) ? plan.addTo(entry)
                                                             : entry);
    attributes.set("arena_bytes", builder.getI64IntegerAttr(arenaBytes));
    module->setAttr(lw::kEntryAttr,
                    attributes.getDictionary(module.getContext()));
    for (func::FuncOp function : functions)
      markArguments(function);
    return success();
  }
};

} // namespace
