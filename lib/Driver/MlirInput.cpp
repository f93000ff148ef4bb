//===- MlirInput.cpp - Networks that come as MLIR
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Driver/MlirInput.h"
#include "lw/Driver/ModuleFile.h"
#include "lw/Lowering/EntryPoint.h"
#include "lw/Support/Table.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MLProgram/IR/MLProgram.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "mlir/Dialect/Tosa/Transforms/Passes.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/ScopedPrinter.h"

using namespace mlir;
using llvm::createStringError;

/// The function that is the network; null when there is no function at all.
static llvm::Expected<func::FuncOp> findEntry(ModuleOp module, StringRef path,
                                              StringRef entry) {
  SmallVector<func::FuncOp> candidates;
  for (auto function : module.getOps<func::FuncOp>())
    if (!function.isExternal() && function.isPublic())
      candidates.push_back(function);
  auto names = [&] {
    std::string text;
    for (func::FuncOp function : candidates)
      text += (text.empty() ? "@" : ", @") + function.getName().str();
    return text;
  };
  if (!entry.empty()) {
    auto function = module.lookupSymbol<func::FuncOp>(entry);
    if (function && !function.isExternal())
      return function;
    return createStringError("--entry=%s: '%s' has no such function; its "
                             "public functions are %s",
                             entry.str().c_str(), path.str().c_str(),
                             candidates.empty() ? "none" : names().c_str());
  }
  if (auto main = module.lookupSymbol<func::FuncOp>(lw::kEntryFunction))
    return main;
  if (candidates.size() > 1)
    return createStringError("'%s' has several public functions, %s: choose "
                             "one with --entry=NAME",
                             path.str().c_str(), names().c_str());
  return candidates.empty() ? func::FuncOp() : candidates.front();
}

/// Makes `entry` @main and the only public function: what it does not call goes
/// with the symbols that nobody uses.
static llvm::Error nameEntry(ModuleOp module, func::FuncOp entry) {
  SymbolTable symbols(module);
  if (Operation *other = symbols.lookup(lw::kEntryFunction);
      other && other != entry)
    if (failed(symbols.renameToUnique(other, {})))
      return createStringError("@main cannot be renamed");
  if (entry.getName() != lw::kEntryFunction &&
      failed(symbols.rename(entry, lw::kEntryFunction)))
    return createStringError("@%s cannot be renamed to @main",
                             entry.getName().str().c_str());
  for (auto function : module.getOps<func::FuncOp>())
    function.setVisibility(function == entry
                               ? SymbolTable::Visibility::Public
                               : SymbolTable::Visibility::Private);
  return llvm::Error::success();
}

/// Loads of what holds its first value for ever.
static void foldGlobals(ModuleOp module) {
  SymbolTable symbols(module);
  llvm::SmallDenseSet<StringAttr> written;
  module.walk([&](ml_program::GlobalStoreOp store) {
    written.insert(store.getGlobal().getLeafReference());
  });
  auto fold = [&](Operation *load, SymbolRefAttr name) {
    auto global = symbols.lookup<ml_program::GlobalOp>(name.getLeafReference());
    if (!global || written.contains(name.getLeafReference()))
      return;
    auto value = dyn_cast_or_null<TypedAttr>(global.getValueAttr());
    if (!value || value.getType() != load->getResult(0).getType())
      return;
    OpBuilder builder(load);
    load->replaceAllUsesWith(
        arith::ConstantOp::create(builder, load->getLoc(), value));
    load->erase();
  };
  module.walk([&](Operation *op) {
    if (auto load = dyn_cast<ml_program::GlobalLoadOp>(op))
      fold(op, load.getGlobal());
    else if (auto constant = dyn_cast<ml_program::GlobalLoadConstOp>(op))
      fold(op, constant.getGlobal());
  });
}

/// The type of an input, its open extents those that the flags say.
static llvm::Expected<RankedTensorType>
inputType(RankedTensorType type, const std::string &name, StringRef path,
          const lw::InputShapes &inputs) {
  SmallVector<int64_t> shape(type.getShape());
  auto found = llvm::find_if(
      inputs.shapes, [&](const auto &entry) { return entry.first == name; });
  if (found != inputs.shapes.end()) {
    bool fits = found->second.size() == shape.size();
    for (auto [extent, asked] : llvm::zip(shape, found->second))
      fits &= ShapedType::isDynamic(extent) || extent == asked;
    if (!fits)
      return createStringError(
          "--shape=%s:%s: the input of '%s' is %s, whose fixed extents MLIR "
          "says itself",
          name.c_str(), lw::joinExtents(found->second).c_str(),
          path.str().c_str(), llvm::to_string(type).c_str());
    shape.assign(found->second.begin(), found->second.end());
  } else if (!shape.empty() && ShapedType::isDynamic(shape.front())) {
    shape.front() = inputs.batch.value_or(1);
  }
  if (llvm::any_of(shape, ShapedType::isDynamic))
    return createStringError("input '%s' of '%s' is %s: give its extents, "
                             "--shape=%s:1x...",
                             name.c_str(), path.str().c_str(),
                             llvm::to_string(type).c_str(), name.c_str());
  return RankedTensorType::get(shape, type.getElementType());
}

/// Casts to fewer known extents hide these from tosa's inference.
static void passExtents(func::FuncOp entry) {
  entry.walk([](tensor::CastOp cast) {
    if (tensor::preservesStaticInformation(cast.getType(),
                                           cast.getSource().getType()))
      cast.getResult().replaceUsesWithIf(cast.getSource(), [](OpOperand &use) {
        return isa_and_nonnull<tosa::TosaDialect>(use.getOwner()->getDialect());
      });
  });
}

/// Gives inputs their extents, and everything that follows from them.
static llvm::Error fixExtents(ModuleOp module, func::FuncOp entry,
                              StringRef path, const lw::InputShapes &inputs) {
  bool changed = false;
  SmallVector<std::string> names;
  OpBuilder builder = OpBuilder::atBlockBegin(&entry.front());
  for (BlockArgument argument : entry.getArguments()) {
    auto given = entry.getArgAttrOfType<StringAttr>(argument.getArgNumber(),
                                                    lw::kNameAttr);
    names.push_back(given ? given.str()
                          : "input" + std::to_string(argument.getArgNumber()));
    auto type = dyn_cast<RankedTensorType>(argument.getType());
    if (!type)
      continue;
    auto fixed = inputType(type, names.back(), path, inputs);
    if (!fixed)
      return fixed.takeError();
    if (*fixed == type)
      continue;
    changed = true;
    argument.setType(*fixed);
    auto open =
        tensor::CastOp::create(builder, argument.getLoc(), type, argument);
    argument.replaceAllUsesExcept(open, open);
  }
  for (const auto &[name, shape] : inputs.shapes)
    if (!llvm::is_contained(names, name))
      return createStringError("--shape=%s:%s: '%s' has no such input; its "
                               "inputs are %s",
                               name.c_str(), lw::joinExtents(shape).c_str(),
                               path.str().c_str(),
                               llvm::join(names, ", ").c_str());
  if (!changed)
    return llvm::Error::success();
  auto setType = [&] {
    entry.setType(
        FunctionType::get(entry.getContext(), entry.front().getArgumentTypes(),
                          entry.front().getTerminator()->getOperandTypes()));
  };
  setType();
  PassManager inliner(module.getContext());
  inliner.addPass(createInlinerPass({}, /*defaultPipelineBuilder=*/nullptr));
  PassManager infer(module.getContext());
  infer.addNestedPass<func::FuncOp>(tosa::createTosaInferShapesPass());
  infer.addPass(createCanonicalizerPass());
  infer.addPass(createCSEPass());
  infer.addPass(createCanonicalizerPass());
  LogicalResult result = inliner.run(module);
  // What linalg makes known, tosa may pass on, and the other way round.
  constexpr int kRounds = 3;
  for (int round = 0; succeeded(result) && round < kRounds; ++round) {
    passExtents(entry);
    result = infer.run(module);
  }
  if (failed(result))
    return createStringError("'%s': its open extents cannot be fixed",
                             path.str().c_str());
  // What is known of a result is hidden behind a cast to what the file says.
  Operation *end = entry.front().getTerminator();
  for (OpOperand &operand : end->getOpOperands())
    if (auto cast = operand.get().getDefiningOp<tensor::CastOp>())
      operand.set(cast.getSource());
  setType();
  return llvm::Error::success();
}

/// What callers hand over: truth values as bytes, and integers whose sign is
/// said beside them rather than by their type.
static llvm::Error storeIntegers(ModuleOp module, func::FuncOp entry) {
  // Later phases say what is no network.
  if (!llvm::hasSingleElement(entry.getBody()))
    return llvm::Error::success();
  auto elementOf = [](Type type) {
    auto tensor = dyn_cast<RankedTensorType>(type);
    return dyn_cast_or_null<IntegerType>(tensor ? tensor.getElementType()
                                                : Type());
  };
  UnitAttr unit = UnitAttr::get(module.getContext());
  bool hasSigns = false;
  auto isUnsigned = [&](Type type) {
    IntegerType element = elementOf(type);
    hasSigns |= element && !element.isSignless();
    return element && element.isUnsigned();
  };
  for (auto [i, type] : llvm::enumerate(entry.getArgumentTypes()))
    if (isUnsigned(type))
      entry.setArgAttr(i, lw::kUnsignedElementsAttr, unit);
  for (auto [i, type] : llvm::enumerate(entry.getResultTypes()))
    if (isUnsigned(type))
      entry.setResultAttr(i, lw::kUnsignedElementsAttr, unit);
  if (hasSigns) {
    PassManager pm(module.getContext());
    pm.addNestedPass<func::FuncOp>(
        tosa::createTosaConvertIntegerTypeToSignless());
    if (failed(pm.run(module)))
      return createStringError("its integers with signs have no form without");
  }

  auto isTruth = [&](Value value) {
    IntegerType element = elementOf(value.getType());
    return element && element.getWidth() == 1;
  };
  auto bytes = [&](Value value) {
    return cast<RankedTensorType>(value.getType())
        .clone(IntegerType::get(module.getContext(), 8));
  };
  OpBuilder builder = OpBuilder::atBlockBegin(&entry.front());
  for (BlockArgument argument : entry.getArguments()) {
    if (!isTruth(argument))
      continue;
    Type truth = argument.getType();
    argument.setType(bytes(argument));
    entry.setArgAttr(argument.getArgNumber(), lw::kBoolElementsAttr, unit);
    auto cast =
        tosa::CastOp::create(builder, argument.getLoc(), truth, argument);
    argument.replaceAllUsesExcept(cast, cast);
  }
  Operation *end = entry.front().getTerminator();
  builder.setInsertionPoint(end);
  for (OpOperand &operand : end->getOpOperands()) {
    if (!isTruth(operand.get()))
      continue;
    entry.setResultAttr(operand.getOperandNumber(), lw::kBoolElementsAttr,
                        unit);
    operand.set(tosa::CastOp::create(builder, end->getLoc(),
                                     bytes(operand.get()), operand.get()));
  }
  entry.setType(FunctionType::get(module.getContext(),
                                  entry.front().getArgumentTypes(),
                                  end->getOperandTypes()));
  return llvm::Error::success();
}

llvm::Error lw::prepareMlir(ModuleOp module, StringRef path, StringRef entry,
                            const InputShapes &inputs) {
  if (!inputs.dims.empty() || !inputs.values.empty())
    return createStringError("--dim and --input-value are for ONNX files; for "
                             "'%s' give --batch or --shape",
                             path.str().c_str());
  auto function = findEntry(module, path, entry);
  if (!function)
    return function.takeError();
  // Later phases say that there is no network.
  if (!*function || function->isExternal())
    return llvm::Error::success();
  if (llvm::Error error = nameEntry(module, *function))
    return error;
  foldGlobals(module);
  if (llvm::Error error = fixExtents(module, *function, path, inputs))
    return error;
  if (llvm::Error error = storeIntegers(module, *function))
    return error;
  return inputs.batch ? checkBatch(module, path, *inputs.batch)
                      : llvm::Error::success();
}
