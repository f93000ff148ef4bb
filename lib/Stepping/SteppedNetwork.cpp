//===- SteppedNetwork.cpp - A network that runs step by step
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Stepping/SteppedNetwork.h"
#include "lw/Analysis/CostModel.h"
#include "lw/Dialect/IR/Constants.h"
#include "lw/Dialect/IR/Reads.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace mlir::lw;
using llvm::createStringError;

static bool isF32Tensor(Value value) {
  return getElementTypeOrSelf(value.getType()).isF32();
}

StepValue::StepValue(Value value) : value(value) {
  auto type = cast<RankedTensorType>(value.getType());
  elements = type.getNumElements();
  int64_t bytes = elements * llvm::divideCeil(type.getElementTypeBitWidth(), 8);
  // Elements of 8 bytes stay aligned from sample to sample.
  floats = llvm::divideCeil(
      type.getElementTypeBitWidth() > 32 ? llvm::alignTo(bytes, 8) : bytes,
      sizeof(float));
}

bool StepValue::isF32() const { return isF32Tensor(value); }

llvm::Error SteppedNetwork::check(func::FuncOp main) {
  if (!main.getBody().hasOneBlock())
    return createStringError("calibration needs a network without branches");
  for (Operation &op : main.getBody().front()) {
    if (isCompileTime(&op) || op.hasTrait<OpTrait::IsTerminator>())
      continue;
    if (isa<QuantizeOp, DequantizeOp>(op))
      return createStringError(
          "calibration needs a network in f32, this one is quantized: give the "
          "one that it was made from");
    llvm::SetVector<Value> values;
    collectReads(&op, values);
    values.insert(op.result_begin(), op.result_end());
    for (Value value : values) {
      auto type = dyn_cast<RankedTensorType>(value.getType());
      if (!type || !type.hasStaticShape() ||
          !(isF32Tensor(value) || type.getElementType().isSignlessInteger()))
        return createStringError(
            "calibration needs tensors of f32 and of integers, of static "
            "shapes; '%s' has another type",
            op.getName().getStringRef().str().c_str());
    }
  }
  if (llvm::none_of(main.getBody().front().getTerminator()->getOperands(),
                    isF32Tensor))
    return createStringError("calibration needs a network with an output of "
                             "f32, which it can compare");
  return llvm::Error::success();
}

llvm::Expected<SteppedNetwork> SteppedNetwork::create(func::FuncOp main,
                                                      CompileFunction compile,
                                                      StepOutputs outputs,
                                                      int64_t runs) {
  if (llvm::Error error = check(main))
    return std::move(error);
  SteppedNetwork network;
  network.compileModule = std::move(compile);
  network.cut(main, outputs);
  for (NetworkStep &step : network.steps) {
    if (auto direct = network.makeDirect(step);
        direct && !direct->isSlow(runs)) {
      step.code = std::make_unique<StepCode>(std::move(*direct));
      continue;
    }
    auto code =
        network.compile(step, [&](OpBuilder &builder, IRMapping &mapping) {
          for (Operation *op : step.operations)
            builder.clone(*op, mapping);
        });
    if (!code)
      return createStringError(
          "cannot compile the step of '%s': %s",
          layerName(step.operations.front()->getLoc()).c_str(),
          llvm::toString(code.takeError()).c_str());
    step.code = std::make_unique<StepCode>(std::move(*code));
  }
  return network;
}

void SteppedNetwork::cut(func::FuncOp main, StepOutputs outputs) {
  auto number = [&](Value value) {
    auto [entry, isNew] = numbers.try_emplace(value, values.size());
    if (isNew)
      values.emplace_back(value);
    return entry->second;
  };
  for (Value argument : main.getArguments())
    inputs.push_back(number(argument));

  // Every convolution is a step, the operations between two are another.
  for (Operation &op : main.getBody().front()) {
    if (isCompileTime(&op) || op.hasTrait<OpTrait::IsTerminator>())
      continue;
    auto conv = dyn_cast<ConvolutionOpInterface>(op);
    // One of a constant is no layer: no samples flow through it.
    if (conv && isConstantFloat(conv.getConvInput()))
      conv = {};
    if (conv || steps.empty() || steps.back().conv)
      steps.emplace_back();
    steps.back().operations.push_back(&op);
    steps.back().conv = conv;
  }

  llvm::DenseMap<Operation *, size_t> stepOf;
  for (auto [i, step] : llvm::enumerate(steps))
    for (Operation *op : step.operations)
      stepOf[op] = i;
  for (auto [i, step] : llvm::enumerate(steps)) {
    llvm::SetVector<size_t> read, written;
    for (Operation *op : step.operations) {
      llvm::SetVector<Value> reads;
      collectReads(op, reads);
      for (Value operand : reads) {
        Operation *maker = operand.getDefiningOp();
        if (maker && (!stepOf.count(maker) || stepOf[maker] == i))
          continue;
        read.insert(number(operand));
      }
      for (Value result : op->getResults()) {
        if (outputs == StepOutputs::All)
          written.insert(number(result));
        for (Operation *user : result.getUsers())
          if (!stepOf.count(user) || stepOf[user] != i)
            written.insert(number(result));
      }
    }
    step.inputs.assign(read.begin(), read.end());
    step.outputs.assign(written.begin(), written.end());
    for (size_t value : read)
      values[value].lastUse = i;
  }
  for (Value result : main.getBody().front().getTerminator()->getOperands()) {
    results.push_back(number(result));
    values[results.back()].lastUse = steps.size();
  }
}

std::optional<DirectConvolution>
SteppedNetwork::makeDirect(const NetworkStep &step) const {
  ConvolutionOpInterface conv = step.conv;
  if (!conv)
    return std::nullopt;
  auto placeOf = [&](Value value) -> size_t {
    auto number = numbers.find(value);
    return number == numbers.end()
               ? step.inputs.size()
               : llvm::find(step.inputs, number->second) - step.inputs.begin();
  };
  // Constants flow into other steps as part of their code.
  size_t input = placeOf(conv.getConvInput());
  Value added = conv.getConvResidual();
  size_t residual = added ? placeOf(added) : 0;
  if (input == step.inputs.size() || residual == step.inputs.size())
    return std::nullopt;
  return DirectConvolution::create(conv, input, residual);
}

llvm::Expected<std::unique_ptr<CompiledModel>> SteppedNetwork::compile(
    const NetworkStep &step,
    llvm::function_ref<void(OpBuilder &, IRMapping &)> build,
    llvm::function_ref<llvm::Error(func::FuncOp)> prepare) const {
  MLIRContext *context = step.operations.front()->getContext();
  Location location = step.operations.front()->getLoc();
  OwningOpRef<ModuleOp> module = ModuleOp::create(location);
  OpBuilder builder(context);
  builder.setInsertionPointToEnd(module->getBody());
  // A caller sees bool as bytes.
  auto edgeType = [&](size_t value) {
    auto type = cast<RankedTensorType>(values[value].value.getType());
    return type.getElementType().isInteger(1)
               ? type.clone(builder.getIntegerType(8))
               : type;
  };
  auto castTo = [&](Value value, Type type) {
    return value.getType() == type
               ? value
               : tosa::CastOp::create(builder, location, type, value)
                     .getResult();
  };
  SmallVector<Type> inputTypes, outputTypes;
  for (size_t value : step.inputs)
    inputTypes.push_back(edgeType(value));
  for (size_t value : step.outputs)
    outputTypes.push_back(edgeType(value));
  auto function =
      func::FuncOp::create(builder, location, "main",
                           builder.getFunctionType(inputTypes, outputTypes));
  builder.setInsertionPointToStart(function.addEntryBlock());
  IRMapping mapping;
  for (auto [argument, value] : llvm::zip(function.getArguments(), step.inputs))
    mapping.map(values[value].value,
                castTo(argument, values[value].value.getType()));
  for (Operation *op : step.operations)
    cloneCompileTime(builder, op, mapping);
  build(builder, mapping);
  SmallVector<Value> returned;
  for (size_t value : step.outputs)
    returned.push_back(
        castTo(mapping.lookup(values[value].value), edgeType(value)));
  func::ReturnOp::create(builder, location, returned);
  if (prepare)
    if (llvm::Error error = prepare(function))
      return std::move(error);
  return compileModule(*module);
}

llvm::Expected<std::unique_ptr<CompiledModel>> SteppedNetwork::compileVersion(
    const NetworkStep &step,
    llvm::function_ref<Value(OpBuilder &, IRMapping &)> build,
    llvm::function_ref<llvm::Error(func::FuncOp)> prepare) const {
  return compile(
      step,
      [&](OpBuilder &builder, IRMapping &mapping) {
        mapping.map(step.conv->getResult(0), build(builder, mapping));
      },
      prepare);
}
