//===- LwSequenceOps.cpp - Operations that run over a sequence
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Dialect/IR/LwSequenceOps.h"
#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace mlir::lw;

#include "lw/Dialect/IR/LwSequenceEnums.cpp.inc"

#define GET_OP_CLASSES
#include "lw/Dialect/IR/LwSequenceOps.cpp.inc"

int64_t mlir::lw::gatesOf(RecurrentKind kind) {
  switch (kind) {
  case RecurrentKind::LSTM:
    return 4;
  case RecurrentKind::GRU:
    return 3;
  case RecurrentKind::RNN:
    return 1;
  }
  llvm_unreachable("unknown kind of recurrent layer");
}

int64_t mlir::lw::activationsOf(RecurrentKind kind) {
  switch (kind) {
  case RecurrentKind::LSTM:
    return 3;
  case RecurrentKind::GRU:
    return 2;
  case RecurrentKind::RNN:
    return 1;
  }
  llvm_unreachable("unknown kind of recurrent layer");
}

ActivationAttr mlir::lw::toActivation(MLIRContext *context,
                                      const RecurrentActivation &activation) {
  switch (activation.function) {
  case RecurrentFunction::Relu:
    return ActivationAttr::get(context, ActivationKind::Relu);
  case RecurrentFunction::Tanh:
    return ActivationAttr::get(context, ActivationKind::Tanh);
  case RecurrentFunction::Sigmoid:
    return ActivationAttr::get(context, ActivationKind::Sigmoid);
  case RecurrentFunction::LeakyRelu:
    return ActivationAttr::get(context, ActivationKind::LeakyRelu,
                               activation.alpha, 0.0f);
  case RecurrentFunction::HardSigmoid:
    return ActivationAttr::get(context, ActivationKind::HardSigmoid,
                               activation.alpha, activation.beta);
  default:
    return {};
  }
}

RecurrentActivation RecurrentOp::getActivation(int64_t direction, int64_t i) {
  int64_t at = direction * activationsOf(getKind()) + i;
  auto name = cast<StringAttr>(getActivations()[at]).getValue();
  return {*symbolizeRecurrentFunction(name), getAlphas()[at], getBetas()[at]};
}

int64_t RecurrentOp::getMacs() {
  return getSteps() * getBatch() * getDirections() * getGates() * getHidden() *
         getHidden();
}

LogicalResult RecurrentOp::verify() {
  int64_t steps = getSteps(), batch = getBatch(), directions = getDirections(),
          hidden = getHidden(), gates = getGates();
  bool lstm = getKind() == RecurrentKind::LSTM;
  bool gru = getKind() == RecurrentKind::GRU;
  int64_t expected =
      getDirection() == RecurrentDirection::Bidirectional ? 2 : 1;
  if (directions != expected)
    return emitOpError("expects weights of ")
           << expected << " direction(s), found " << getWeights().getType();
  auto check = [&](StringRef name, Value value,
                   ArrayRef<int64_t> shape) -> LogicalResult {
    if (!value || cast<ShapedType>(value.getType()).getShape() == shape)
      return success();
    return emitOpError("expects ")
           << name << " of type "
           << RankedTensorType::get(shape, Float32Type::get(getContext()))
           << ", found " << value.getType();
  };
  SmallVector<int64_t> state = {directions, batch, hidden};
  if (failed(check("projected", getProjected(),
                   {steps, batch, directions * gates * hidden})) ||
      failed(check("weights", getWeights(),
                   {directions, hidden, gates * hidden})) ||
      failed(check("scales", getScales(), {directions, gates * hidden})) ||
      failed(check("bias", getBias(), {directions, hidden})) ||
      failed(check("initial_hidden", getInitialHidden(), state)) ||
      failed(check("initial_cell", getInitialCell(), state)) ||
      failed(check("peepholes", getPeepholes(), {directions, 3 * hidden})) ||
      failed(check("a result", getOutput(),
                   {steps + getWithCell(), directions, batch, hidden})))
    return failure();
  if (getWeights().getType().getElementType().isInteger(8) !=
      static_cast<bool>(getScales()))
    return emitOpError("expects scales where weights are i8, and only there");
  if (std::optional<ArrayRef<int32_t>> zeros = getZeroPoints()) {
    if (!getScales() || static_cast<int64_t>(zeros->size()) != directions)
      return emitOpError("expects zero_points of each direction of i8 weights");
    for (int32_t zero : *zeros)
      if (zero < -128 || zero > 127)
        return emitOpError("expects zero_points from -128 to 127, found ")
               << zero;
  }
  if (!lstm &&
      (getInitialCell() || getPeepholes() || getInputForget() || getWithCell()))
    return emitOpError("only lstm has a cell, peepholes and input_forget");
  if (getLinearBeforeReset() && !gru)
    return emitOpError("only gru has linear_before_reset");
  if (getBias() && !getLinearBeforeReset())
    return emitOpError("only gru with linear_before_reset has a bias");
  if (std::optional<APFloat> clip = getClip();
      clip && !(clip->convertToFloat() >= 0))
    return emitOpError("expects a clip that is not negative");
  size_t count = directions * activationsOf(getKind());
  if (getActivations().size() != count || getAlphas().size() != count ||
      getBetas().size() != count)
    return emitOpError("expects ")
           << count << " activations, alphas and betas, found "
           << getActivations().size() << ", " << getAlphas().size() << " and "
           << getBetas().size();
  for (Attribute name : getActivations())
    if (!symbolizeRecurrentFunction(cast<StringAttr>(name).getValue()))
      return emitOpError("does not know the activation ") << name;
  return success();
}
