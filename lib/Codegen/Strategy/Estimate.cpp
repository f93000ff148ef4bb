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

namespace {
/// Types of the elements of a convolution.
struct ConvTypes {
  Type input, filter, bias, residual, result;
};
} // namespace

/// The same convolution on elements of other types, in a module of its own.
static OwningOpRef<ModuleOp> makeTwin(ConvolutionOpInterface conv,
                                      const ConvTypes &types,
                                      ConvQuantAttr quantization = {},
                                      int64_t weight = 1) {
  Location location = conv.getLoc();
  OwningOpRef<ModuleOp> module = ModuleOp::create(location);
  OpBuilder b = OpBuilder::atBlockEnd(module->getBody());
  auto asType = [](Value value, Type element) {
    return cast<RankedTensorType>(value.getType()).clone(element);
  };
  SmallVector<Type> arguments = {asType(conv.getConvInput(), types.input)};
  if (conv.getConvResidual())
    arguments.push_back(asType(conv.getConvResidual(), types.residual));
  auto main = func::FuncOp::create(b, location, "main",
                                   b.getFunctionType(arguments, {}));
  b.setInsertionPointToStart(main.addEntryBlock());
  IRMapping mapping;
  mapping.map(conv.getConvInput(), main.getArgument(0));
  if (Value residual = conv.getConvResidual())
    mapping.map(residual, main.getArgument(1));
  auto splat = [&](Value value, Type element, int64_t number) {
    auto type = asType(value, element);
    Attribute one = isa<FloatType>(element)
                        ? Attribute(b.getFloatAttr(element, number))
                        : Attribute(b.getIntegerAttr(element, number));
    mapping.map(value, tosa::ConstOp::create(b, location, type,
                                             DenseElementsAttr::get(type, one))
                           .getResult());
  };
  splat(conv.getConvFilters().front(), types.filter, weight);
  if (Value bias = conv.getConvBias())
    splat(bias, types.bias, 1);
  OperationState state(location, conv->getName(), {},
                       asType(conv->getResult(0), types.result),
                       conv->getAttrs());
  for (Value operand : conv->getOperands())
    state.operands.push_back(mapping.lookup(operand));
  if (quantization) {
    state.addAttribute("quantization", quantization);
    state.attributes.erase("activation");
  }
  b.create(state);
  return module;
}

static OwningOpRef<ModuleOp> onIntegers(ConvolutionOpInterface conv,
                                        bool isUnsigned, int64_t weight) {
  Builder b(conv.getContext());
  Type i8 = b.getI8Type();
  auto quant = QuantAttr::get(b.getContext(), isUnsigned, 1.0f, 0);
  std::vector<float> scales(conv.getConvGeometry().outChannels, 0.001f);
  return makeTwin(
      conv, {i8, i8, b.getI32Type(), i8, i8},
      ConvQuantAttr::get(b.getContext(), quant,
                         DenseF32ArrayAttr::get(b.getContext(), scales), quant,
                         conv.getConvResidual() ? quant : QuantAttr()),
      weight);
}

static std::optional<double> fewestCycles(OwningOpRef<ModuleOp> twin,
                                          const Selection &selection) {
  Operation *op = nullptr;
  twin->walk([&](ConvolutionOpInterface found) { op = found; });
  return fewestCycles(op, selection);
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
  auto onWeights = [&](int64_t weight) {
    return fewestCycles(
        onIntegers(conv, target.byteDot->unsignedInputs, weight), selection);
  };
  std::optional<double> integers = onWeights(1);
  if (!integers)
    return std::nullopt;
  double large = target.shortPairs ? *onWeights(127) : *integers;
  // A vector of f32 is loaded, computed and stored in some three cycles.
  double elements =
      conv.getConvInput().getType().getNumElements() +
      cast<ShapedType>(conv->getResult(0).getType()).getNumElements();
  return PrecisionEstimate{*floats, *integers, large,
                           3.0 * elements / target.lanes()};
}

std::optional<double> mlir::lw::estimateCycles(ConvolutionOpInterface conv,
                                               const TargetInfo &target,
                                               int64_t threads) {
  if (!isConvolution(conv))
    return std::nullopt;
  return fewestCycles(conv, {target, WinogradUse::Auto, threads, 0});
}

std::optional<double> mlir::lw::estimateBFloat16(ConvolutionOpInterface conv,
                                                 const TargetInfo &target,
                                                 int64_t threads) {
  if (!isConvolution(conv))
    return std::nullopt;
  Builder b(conv.getContext());
  Type bf16 = b.getBF16Type(), f32 = b.getF32Type();
  return fewestCycles(makeTwin(conv, {bf16, bf16, f32, bf16, bf16}),
                      {target, WinogradUse::Auto, threads, 0});
}
