//===- RecordEntry.cpp - Record the inputs and outputs of @main
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Analysis/CostModel.h"
#include "lw/Lowering/EntryPoint.h"
#include "lw/Lowering/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/DebugLog.h"

#define DEBUG_TYPE "lw-record-entry"

namespace mlir::lw {
#define GEN_PASS_DEF_LWRECORDENTRY
#include "lw/Lowering/Passes.h.inc"
} // namespace mlir::lw

using namespace mlir;

/// Describes one argument or result; null after an error.
/// What the elements of an argument or result are to whoever calls.
static Type describeElements(Type type, DictionaryAttr attributes) {
  auto integer = dyn_cast<IntegerType>(type);
  if (!integer || !attributes)
    return type;
  if (attributes.contains(lw::kBoolElementsAttr))
    return IntegerType::get(type.getContext(), 1);
  if (attributes.contains(lw::kUnsignedElementsAttr))
    return IntegerType::get(type.getContext(), integer.getWidth(),
                            IntegerType::Unsigned);
  return type;
}

static Attribute describe(func::FuncOp main, Type type,
                          DictionaryAttr attributes, StringRef kind,
                          unsigned index) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor || !tensor.hasStaticShape() ||
      !tensor.getElementType().isIntOrFloat() ||
      tensor.getElementTypeBitWidth() % 8 != 0) {
    main.emitError() << "cannot compile @main: expected " << kind << ' '
                     << index
                     << " to be a tensor of static shape with float or integer "
                        "elements of whole bytes, found "
                     << type;
    return nullptr;
  }
  Builder builder(main.getContext());
  auto name =
      attributes ? attributes.getAs<StringAttr>(lw::kNameAttr) : nullptr;
  if (!name)
    name = builder.getStringAttr(kind + Twine(index));
  return builder.getDictionaryAttr(
      {builder.getNamedAttr("name", name),
       builder.getNamedAttr("shape",
                            builder.getDenseI64ArrayAttr(tensor.getShape())),
       builder.getNamedAttr(
           "type", TypeAttr::get(describeElements(tensor.getElementType(),
                                                  attributes)))});
}

/// What the network costs; null where that is not known.
static DictionaryAttr describeCost(func::FuncOp main) {
  // Whoever wants to know why asks for the cost itself.
  ScopedDiagnosticHandler quiet(main.getContext(),
                                [](Diagnostic &) { return success(); });
  FailureOr<lw::NetworkCost> cost = lw::computeCost(main);
  if (failed(cost))
    return {};
  Builder builder(main.getContext());
  auto count = [&](StringRef name, int64_t value) {
    return builder.getNamedAttr(name, builder.getI64IntegerAttr(value));
  };
  return builder.getDictionaryAttr(
      {count("macs", cost->total.macs),
       count("parameters", cost->total.parameters),
       count("weight_bytes", cost->total.weightBytes)});
}

namespace {

struct RecordEntryPass : lw::impl::LwRecordEntryBase<RecordEntryPass> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    auto main = module.lookupSymbol<func::FuncOp>(lw::kEntryFunction);
    if (!main || main.isExternal() || !main.isPublic()) {
      module.emitError("cannot compile this module: expected a public function "
                       "@main with a body");
      return signalPassFailure();
    }
    SmallVector<Attribute> inputs, outputs;
    for (auto [i, type] : llvm::enumerate(main.getArgumentTypes()))
      inputs.push_back(
          describe(main, type, main.getArgAttrDict(i), "input", i));
    for (auto [i, type] : llvm::enumerate(main.getResultTypes()))
      outputs.push_back(
          describe(main, type, main.getResultAttrDict(i), "output", i));
    if (llvm::is_contained(inputs, nullptr) ||
        llvm::is_contained(outputs, nullptr))
      return signalPassFailure();
    LDBG() << "@main: " << main.getFunctionType();
    Builder builder(&getContext());
    NamedAttrList entry;
    entry.set("inputs", builder.getArrayAttr(inputs));
    entry.set("outputs", builder.getArrayAttr(outputs));
    if (DictionaryAttr cost = describeCost(main))
      entry.set("cost", cost);
    module->setAttr(lw::kEntryAttr, entry.getDictionary(&getContext()));
  }
};

} // namespace
