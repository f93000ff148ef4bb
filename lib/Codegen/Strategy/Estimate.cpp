//===- Estimate.cpp - What a layer would take
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Codegen/Estimate.h"
#include "Kernels/ConvCalls.h"
#include "Kernels/KernelKind.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/OwningOpRef.h"

using namespace mlir;
using namespace mlir::lw;

/// The fewest cycles that a kernel proposes.
static std::optional<double> fewestCycles(Operation *op,
                                          const Selection &selection) {
  std::optional<double> fewest;
  for (const KernelKind *kind : kernelKinds().drop_back()) {
    if (!kind->canCompute(op) || !kind->runsOn(selection.target, op))
      continue;
    std::optional<Proposal> proposal = kind->propose(op, selection);
    if (proposal && (!fewest || proposal->cycles < *fewest))
      fewest = proposal->cycles;
  }
  return fewest;
}

/// The same convolution on integers, in a module of its own.
static OwningOpRef<ModuleOp> onIntegers(ConvolutionOpInterface conv,
                                        bool isUnsigned) {
  MLIRContext *context = conv.getContext();
  Location location = conv.getLoc();
  OwningOpRef<ModuleOp> module = ModuleOp::create(location);
  OpBuilder b = OpBuilder::atBlockEnd(module->getBody());
  auto asType = [](Value value, Type element) {
    return cast<RankedTensorType>(value.getType()).clone(element);
  };
  Type i8 = b.getI8Type();
  SmallVector<Type> arguments = {asType(conv.getConvInput(), i8)};
  if (conv.getConvResidual())
    arguments.push_back(asType(conv.getConvResidual(), i8));
  auto main = func::FuncOp::create(b, location, "main",
                                   b.getFunctionType(arguments, {}));
  b.setInsertionPointToStart(main.addEntryBlock());
  IRMapping mapping;
  mapping.map(conv.getConvInput(), main.getArgument(0));
  if (Value residual = conv.getConvResidual())
    mapping.map(residual, main.getArgument(1));
  auto splat = [&](Value value, Type element) {
    auto type = asType(value, element);
    mapping.map(value,
                tosa::ConstOp::create(
                    b, location, type,
                    DenseElementsAttr::get(type, b.getIntegerAttr(element, 1)))
                    .getResult());
  };
  splat(conv.getConvFilters().front(), i8);
  if (Value bias = conv.getConvBias())
    splat(bias, b.getI32Type());
  auto quant = QuantAttr::get(context, isUnsigned, 1.0f, 0);
  std::vector<float> scales(conv.getConvGeometry().outChannels, 0.001f);
  OperationState state(location, conv->getName(), {},
                       asType(conv->getResult(0), i8), conv->getAttrs());
  for (Value operand : conv->getOperands())
    state.operands.push_back(mapping.lookup(operand));
  state.addAttribute(
      "quantization",
      ConvQuantAttr::get(context, quant,
                         DenseF32ArrayAttr::get(context, scales), quant,
                         conv.getConvResidual() ? quant : QuantAttr()));
  state.attributes.erase("activation");
  b.create(state);
  return module;
}

std::optional<PrecisionEstimate>
mlir::lw::estimatePrecisions(ConvolutionOpInterface conv,
                             const TargetInfo &target, int64_t threads) {
  if (!isConvolution(conv))
    return std::nullopt;
  Selection selection{target, WinogradUse::Auto, threads, 0};
  std::optional<double> floats = fewestCycles(conv, selection);
  if (!floats)
    return std::nullopt;
  OwningOpRef<ModuleOp> twin = onIntegers(conv, target.byteDot->unsignedInputs);
  Operation *op = nullptr;
  twin->walk([&](ConvolutionOpInterface found) { op = found; });
  std::optional<double> integers = fewestCycles(op, selection);
  if (!integers)
    return std::nullopt;
  // A vector of f32 is loaded, computed and stored in some three cycles.
  double elements =
      conv.getConvInput().getType().getNumElements() +
      cast<ShapedType>(conv->getResult(0).getType()).getNumElements();
  return PrecisionEstimate{*floats, *integers, 3.0 * elements / target.lanes()};
}

std::optional<double> mlir::lw::estimateCycles(ConvolutionOpInterface conv,
                                               const TargetInfo &target,
                                               int64_t threads) {
  if (!isConvolution(conv))
    return std::nullopt;
  return fewestCycles(conv, {target, WinogradUse::Auto, threads, 0});
}
