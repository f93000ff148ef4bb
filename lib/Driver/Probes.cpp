//===- Probes.cpp - Results of layers beside those of the network
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Driver/Probes.h"
#include "lw/Dialect/IR/LwOps.h"
#include "lw/Driver/Layers.h"
#include "lw/Lowering/EntryPoint.h"
#include "lw/Quantization/Quantization.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace mlir::lw;

/// What an operation says of the integers of its result; null where it says
/// nothing.
static QuantAttr ofResult(Operation *op) {
  if (auto conv = dyn_cast<ConvolutionOpInterface>(op)) {
    ConvQuantAttr quantization = conv.getConvQuantization();
    return quantization ? quantization.getOutput() : QuantAttr();
  }
  if (auto quantize = dyn_cast<QuantizeOp>(op))
    return quantize.getQuantization();
  if (auto requantize = dyn_cast<RequantizeOp>(op))
    return requantize.getTo();
  if (auto add = dyn_cast<lw::AddOp>(op))
    return add.getOutputQuant();
  if (auto mul = dyn_cast<lw::MulOp>(op))
    return mul.getOutputQuant();
  return {};
}

/// What a user says of the integers that it reads.
static QuantAttr ofOperand(OpOperand &use) {
  Operation *op = use.getOwner();
  if (auto conv = dyn_cast<ConvolutionOpInterface>(op)) {
    ConvQuantAttr quantization = conv.getConvQuantization();
    if (!quantization)
      return {};
    if (use.get() == conv.getConvInput())
      return quantization.getInput();
    return use.get() == conv.getConvResidual() ? quantization.getResidual()
                                               : QuantAttr();
  }
  if (auto dequantize = dyn_cast<DequantizeOp>(op))
    return dequantize.getQuantization();
  if (auto requantize = dyn_cast<RequantizeOp>(op))
    return requantize.getFrom();
  if (auto add = dyn_cast<lw::AddOp>(op))
    return use.getOperandNumber() == 0 ? add.getLhsQuant() : add.getRhsQuant();
  if (auto mul = dyn_cast<lw::MulOp>(op))
    return use.getOperandNumber() == 0 ? mul.getLhsQuant() : mul.getRhsQuant();
  return {};
}

/// Operations whose results are among the elements of their first operand.
static bool moves(Operation *op) {
  return isa<tosa::ReshapeOp, tosa::TransposeOp, tosa::SliceOp, tosa::PadOp,
             tosa::ConcatOp, tosa::MaxPool2dOp, tosa::TileOp, tosa::ReverseOp,
             tosa::GatherOp, ChannelShuffleOp>(op);
}

/// What the integers of `value` stand for, from the operation that makes it,
/// else from those that read it.
static QuantAttr findQuantization(Value value) {
  llvm::SetVector<Value> values;
  values.insert(value);
  for (size_t i = 0; i < values.size(); ++i) {
    if (Operation *op = values[i].getDefiningOp()) {
      if (QuantAttr found = ofResult(op))
        return found;
      if (moves(op))
        values.insert(op->getOperand(0));
    }
    for (OpOperand &use : values[i].getUses()) {
      if (QuantAttr found = ofOperand(use))
        return found;
      if (moves(use.getOwner()))
        values.insert(use.getOwner()->getResult(0));
    }
  }
  return {};
}

std::vector<Probe> lw::addProbes(func::FuncOp main) {
  Block &block = main.getBody().front();
  Operation *terminator = block.getTerminator();
  OpBuilder builder(terminator);
  SmallVector<Value> results(terminator->getOperands());
  SmallVector<DictionaryAttr> attributes;
  for (unsigned i = 0; i < results.size(); ++i)
    attributes.push_back(main.getResultAttrDict(i));
  std::vector<Probe> probes;
  for (NetworkLayer &layer : listLayers(main)) {
    Operation *last = layer.operations.back();
    if (last->getNumResults() != 1)
      continue;
    if (auto dequantize = dyn_cast<DequantizeOp>(last))
      if (Operation *maker = dequantize.getInput().getDefiningOp();
          maker && llvm::is_contained(layer.operations, maker))
        last = maker;
    Value value = last->getResult(0);
    auto type = dyn_cast<RankedTensorType>(value.getType());
    if (!type || !type.hasStaticShape())
      continue;
    Probe probe{layer.name,
                last->getName().getStringRef().str(),
                type.getShape().vec(),
                QuantAttr(),
                {},
                std::move(layer.inputs)};
    if (auto scales =
            last->getAttrOfType<DenseF32ArrayAttr>(kChannelScalesAttrName))
      probe.channelScales = scales.asArrayRef();
    if (type.getElementType().isInteger(8)) {
      probe.quantization = findQuantization(value);
      if (!probe.quantization)
        continue;
      value = DequantizeOp::create(builder, last->getLoc(), value,
                                   probe.quantization);
    } else if (!type.getElementType().isF32()) {
      continue;
    }
    results.push_back(value);
    attributes.push_back(builder.getDictionaryAttr(
        builder.getNamedAttr(kNameAttr, builder.getStringAttr(probe.name))));
    probes.push_back(std::move(probe));
  }
  terminator->setOperands(results);
  main.setFunctionType(builder.getFunctionType(main.getArgumentTypes(),
                                               ValueRange(results).getTypes()));
  main.setAllResultAttrs(attributes);
  return probes;
}
