//===- EmitEntryPoint.cpp - The C functions of a compiled network
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "EmitRuns.h"
#include "EmitSupported.h"
#include "lw/Lowering/EntryPoint.h"
#include "lw/Lowering/Passes.h"
#include "lw/Target/Target.h"
#include "lw/Version.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/OpenMP/OpenMPDialect.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "llvm/ADT/SmallVectorExtras.h"
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

/// JSON of the cost that `lw.entry` records; null where it has none.
static llvm::json::Value describeCost(DictionaryAttr cost) {
  if (!cost)
    return nullptr;
  llvm::json::Object result;
  for (NamedAttribute entry : cost)
    result[entry.getName().strref()] =
        cast<IntegerAttr>(entry.getValue()).getInt();
  return result;
}

/// JSON of an entry of `lw.info`.
static llvm::json::Value toJson(Attribute attribute) {
  if (auto text = dyn_cast<StringAttr>(attribute))
    return llvm::json::fixUTF8(text.getValue());
  if (auto integer = dyn_cast<IntegerAttr>(attribute))
    return integer.getType().isInteger(1)
               ? llvm::json::Value(integer.getValue().isOne())
               : llvm::json::Value(integer.getInt());
  if (auto number = dyn_cast<FloatAttr>(attribute))
    return number.getValueAsDouble();
  if (auto array = dyn_cast<ArrayAttr>(attribute)) {
    llvm::json::Array values;
    for (Attribute value : array)
      values.push_back(toJson(value));
    return values;
  }
  llvm::json::Object object;
  for (NamedAttribute entry : cast<DictionaryAttr>(attribute))
    object[entry.getName().strref()] = toJson(entry.getValue());
  return object;
}

/// Whether the array that `entry` describes has no elements.
static bool isEmpty(Attribute entry) {
  auto shape = cast<DictionaryAttr>(entry).getAs<DenseI64ArrayAttr>("shape");
  return llvm::is_contained(shape.asArrayRef(), 0);
}

namespace {

/// Emits `NAME_run`: checks its arguments, calls the network.
class RunEmitter {
public:
  explicit RunEmitter(LLVM::LLVMFuncOp run)
      : b(run.getLoc(), run.getContext()), run(run) {
    b.setInsertionPointToStart(run.addEntryBlock(b));
  }

  /// Loads the pointers of the array `base`, which must not be null unless the
  /// array that they point to is empty.
  void loadPointers(Value base, ArrayRef<bool> mayBeNull,
                    SmallVectorImpl<Value> &pointers) {
    Type pointer = base.getType();
    if (mayBeNull.empty())
      return;
    refuseNull(base);
    for (auto [i, empty] : llvm::enumerate(mayBeNull)) {
      Value address =
          LLVM::GEPOp::create(b, pointer, pointer, base,
                              ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(i)});
      pointers.push_back(LLVM::LoadOp::create(b, pointer, address));
      if (!empty)
        refuseNull(pointers.back());
    }
  }

  void checkArena(Value arena) {
    Type i64 = b.getI64Type();
    Value address = LLVM::PtrToIntOp::create(b, i64, arena);
    Value low =
        LLVM::AndOp::create(b, address, constant(i64, lw::kArenaAlignment - 1));
    Value zero = constant(i64, 0);
    refuse(LLVM::ICmpOp::create(b, LLVM::ICmpPredicate::eq, address, zero),
           lw::RunInvalidArena);
    refuse(LLVM::ICmpOp::create(b, LLVM::ICmpPredicate::ne, low, zero),
           lw::RunInvalidArena);
  }

  void callAndReturn(ModuleOp module, const lw::BatchPlan &plan,
                     ValueRange edges, Value arena) {
    lw::emitRuns(b, b.getLoc(), module, plan, edges, arena);
    LLVM::ReturnOp::create(b, constant(b.getI32Type(), lw::RunSuccess));
  }

private:
  Value constant(Type type, int64_t value) {
    return LLVM::ConstantOp::create(b, type, b.getIntegerAttr(type, value));
  }
  void refuseNull(Value pointer) {
    Value null = LLVM::ZeroOp::create(b, pointer.getType());
    refuse(LLVM::ICmpOp::create(b, LLVM::ICmpPredicate::eq, pointer, null),
           lw::RunNullPointer);
  }
  /// Returns `status` when `condition` holds.
  void refuse(Value condition, lw::RunStatus status) {
    Block *leave = run.addBlock(), *next = run.addBlock();
    LLVM::CondBrOp::create(b, condition, leave, next);
    b.setInsertionPointToStart(leave);
    LLVM::ReturnOp::create(b, constant(b.getI32Type(), status));
    b.setInsertionPointToStart(next);
  }

  ImplicitLocOpBuilder b;
  LLVM::LLVMFuncOp run;
};

struct EmitEntryPointPass : lw::impl::LwEmitEntryPointBase<EmitEntryPointPass> {
  using LwEmitEntryPointBase::LwEmitEntryPointBase;

  void getDependentDialects(DialectRegistry &registry) const override {
    LwEmitEntryPointBase::getDependentDialects(registry);
    registry.insert<omp::OpenMPDialect>();
  }

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
    auto entry = module->getAttrOfType<DictionaryAttr>(lw::kEntryAttr);
    if (!entry || !entry.getAs<IntegerAttr>("arena_bytes"))
      return refuseForm(module);
    auto plan = lw::BatchPlan::get(module);
    for (const lw::BatchStage &stage : plan.stages) {
      auto function = module.lookupSymbol<LLVM::LLVMFuncOp>(stage.function);
      if (!function)
        return refuseForm(module);
      size_t expected = stage.arrays.size() + (stage.arenaBytes ? 1 : 0);
      if (function.getNumArguments() < expected ||
          !llvm::all_of(function.getArgumentTypes(),
                        llvm::IsaPred<LLVM::LLVMPointerType>))
        return function.emitError()
               << "expected @" << stage.function << " with bare pointers ("
               << expected << " of them), found " << function.getFunctionType();
      for (unsigned i = 0; i < function.getNumArguments(); ++i)
        for (StringRef name :
             {lw::kNameAttr, lw::kArenaAttr, lw::kUnsignedElementsAttr,
              lw::kBoolElementsAttr})
          function.removeArgAttr(i, StringAttr::get(&getContext(), name));
    }
    // Only the symbols below are exported.
    for (auto function : module.getOps<LLVM::LLVMFuncOp>())
      if (!function.isExternal())
        function.setLinkage(LLVM::Linkage::Internal);
    emitInfo(module, entry);
    emitRun(module, plan, entry);
    lw::emitSupported(module, prefix + "_supported", lw::getTarget(module),
                      freestanding);
    return success();
  }

  static LogicalResult refuseForm(ModuleOp module) {
    return module.emitError()
           << "expected @main in the LLVM dialect and a module attribute "
           << lw::kEntryAttr << " with arena_bytes, as --lw-prepare-entry "
           << "makes it";
  }

  void emitInfo(ModuleOp module, DictionaryAttr entry) {
    lw::TargetAttr target = lw::getTarget(module);
    std::vector<std::string> features;
    if (target)
      features = lw::listFeatures(target);
    llvm::json::Object info{
        {"interface_version", lw::kInterfaceVersion},
        {"name", prefix.getValue()},
        {"inputs", describe(entry.getAs<ArrayAttr>("inputs"))},
        {"outputs", describe(entry.getAs<ArrayAttr>("outputs"))},
        {"arena_bytes", entry.getAs<IntegerAttr>("arena_bytes").getInt()},
        {"arena_alignment", lw::kArenaAlignment},
        {"allocates", allocates(module)},
        {"cost", describeCost(entry.getAs<DictionaryAttr>("cost"))},
        {"triple", target ? target.getTriple() : StringRef()},
        {"cpu", target ? target.getCpu() : StringRef(lw::kBaselineCpu)},
        {"features", llvm::json::Array(features)},
        {"lw_version", lw::kVersion},
        {"threads", threads.getValue()}};
    if (auto more = module->getAttrOfType<DictionaryAttr>(lw::kInfoAttr))
      for (NamedAttribute entry : more)
        info[entry.getName().strref()] = toJson(entry.getValue());
    std::string text;
    llvm::raw_string_ostream(text) << llvm::json::Value(std::move(info));
    text.push_back('\0');
    auto builder = OpBuilder::atBlockEnd(module.getBody());
    auto type = LLVM::LLVMArrayType::get(builder.getI8Type(), text.size());
    LLVM::GlobalOp::create(builder, module.getLoc(), type, /*isConstant=*/true,
                           LLVM::Linkage::External, prefix + "_info",
                           builder.getStringAttr(text));
  }

  static bool takesArena(ModuleOp module, const lw::BatchPlan &plan) {
    return plan.arrays.size() > plan.edges ||
           llvm::any_of(plan.stages, [&](const lw::BatchStage &stage) {
             return module.lookupSymbol<LLVM::LLVMFuncOp>(stage.function)
                        .getNumArguments() > stage.arrays.size();
           });
  }

  /// Whether some operation's memory has no place in the arena (see
  /// --lw-place-allocations).
  static bool allocates(ModuleOp module) {
    auto malloc = module.lookupSymbol<LLVM::LLVMFuncOp>("malloc");
    return malloc && malloc.isExternal();
  }

  void emitRun(ModuleOp module, const lw::BatchPlan &plan,
               DictionaryAttr entry) {
    auto builder = OpBuilder::atBlockEnd(module.getBody());
    Type pointer = LLVM::LLVMPointerType::get(&getContext());
    auto run = LLVM::LLVMFuncOp::create(
        builder, module.getLoc(), prefix + "_run",
        LLVM::LLVMFunctionType::get(builder.getI32Type(),
                                    {pointer, pointer, pointer}));
    // Arguments are refused on any processor, whatever the network needs.
    run.setTargetCpu(lw::kBaselineCpu);
    RunEmitter emitter(run);
    SmallVector<Value> arguments;
    auto mayBeNull = [&](StringRef arrays) {
      return llvm::map_to_vector(entry.getAs<ArrayAttr>(arrays), isEmpty);
    };
    emitter.loadPointers(run.getArgument(0), mayBeNull("inputs"), arguments);
    emitter.loadPointers(run.getArgument(1), mayBeNull("outputs"), arguments);
    Value arena;
    if (takesArena(module, plan)) {
      arena = run.getArgument(2);
      emitter.checkArena(arena);
    }
    emitter.callAndReturn(module, plan, arguments, arena);
  }
};

} // namespace
