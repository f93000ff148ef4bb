//===- Recurrent.cpp - LSTM, GRU and RNN
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Recurrent.h"
#include "OpTable.h"
#include "lw/Dialect/IR/Constants.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"

using namespace mlir;
using namespace mlir::lw;
using namespace mlir::lw::exporter;

//===----------------------------------------------------------------------===//
// The products with the inputs
//===----------------------------------------------------------------------===//

Projection Projection::find(RecurrentOp op) {
  Projection result;
  Value value = op.getProjected();
  if (auto reshape = value.getDefiningOp<tosa::ReshapeOp>();
      reshape && value.hasOneUse()) {
    result.reshape = reshape;
    value = reshape.getInput1();
  }
  auto conv = value.getDefiningOp<PointwiseConv2DOp>();
  if (!conv || !value.hasOneUse() || conv.getResidual() ||
      conv.getActivation() || conv.getQuantization() ||
      llvm::any_of(conv.getStrides(), [](int64_t s) { return s != 1; }) ||
      !isConstantFloat(conv.getFilter()) ||
      (conv.getBias() && !isConstantFloat(conv.getBias())))
    return {};
  result.conv = conv;
  return result;
}

//===----------------------------------------------------------------------===//
// Activations
//===----------------------------------------------------------------------===//

namespace {
/// How ONNX calls a function, and which parameters it has.
struct FunctionName {
  StringRef name;
  bool alpha, beta;
};
} // namespace

static FunctionName nameOf(RecurrentFunction function) {
  switch (function) {
  case RecurrentFunction::Relu:
    return {"Relu", false, false};
  case RecurrentFunction::Tanh:
    return {"Tanh", false, false};
  case RecurrentFunction::Sigmoid:
    return {"Sigmoid", false, false};
  case RecurrentFunction::Affine:
    return {"Affine", true, true};
  case RecurrentFunction::LeakyRelu:
    return {"LeakyRelu", true, false};
  case RecurrentFunction::ThresholdedRelu:
    return {"ThresholdedRelu", true, false};
  case RecurrentFunction::ScaledTanh:
    return {"ScaledTanh", true, true};
  case RecurrentFunction::HardSigmoid:
    return {"HardSigmoid", true, true};
  case RecurrentFunction::Elu:
    return {"Elu", true, false};
  case RecurrentFunction::Softsign:
    return {"Softsign", false, false};
  case RecurrentFunction::Softplus:
    return {"Softplus", false, false};
  }
  llvm_unreachable("unknown function");
}

/// ONNX hands parameters out in the order of the functions that have them.
static void addActivations(RecurrentOp op, Attributes &attributes) {
  std::vector<std::string> names;
  SmallVector<float> alphas, betas;
  for (int64_t d = 0; d < op.getDirections(); ++d)
    for (int64_t i = 0; i < activationsOf(op.getKind()); ++i) {
      RecurrentActivation activation = op.getActivation(d, i);
      FunctionName function = nameOf(activation.function);
      names.push_back(function.name.str());
      if (function.alpha)
        alphas.push_back(activation.alpha);
      if (function.beta)
        betas.push_back(activation.beta);
    }
  attributes.push_back(stringsAttribute("activations", names));
  if (!alphas.empty())
    attributes.push_back(floatsAttribute("activation_alpha", alphas));
  if (!betas.empty())
    attributes.push_back(floatsAttribute("activation_beta", betas));
}

//===----------------------------------------------------------------------===//
// Layers
//===----------------------------------------------------------------------===//

namespace {
class RecurrentEmitter {
public:
  RecurrentEmitter(Graph &graph, RecurrentOp op)
      : graph(graph), op(op), projection(Projection::find(op)),
        directions(op.getDirections()), hidden(op.getHidden()),
        rows(op.getGates() * op.getHidden()) {}

  TensorRef emit();

private:
  TensorRef makeInput();
  TensorRef makeInputWeights();
  TensorRef makeBias();
  std::string state(Value value) {
    return value ? graph.getPlain(graph.find(value)) : "";
  }

  Graph &graph;
  RecurrentOp op;
  Projection projection;
  int64_t directions, hidden, rows; // rows of a direction's weights
};
} // namespace

TensorRef RecurrentEmitter::makeInput() {
  if (!projection.conv)
    return graph.find(op.getProjected());
  Value input = projection.conv.getInput();
  int64_t channels = cast<RankedTensorType>(input.getType()).getShape().back();
  return graph.reshape(graph.find(input),
                       {op.getSteps(), op.getBatch(), channels});
}

/// D x G*H x I. Products that are no part of the layer are its inputs, and each
/// gate takes its own.
TensorRef RecurrentEmitter::makeInputWeights() {
  int64_t columns = directions * rows;
  if (projection.conv) {
    TensorRef filter = graph.find(projection.conv.getFilter());
    int64_t channels = filter->count() / columns;
    return graph.reshape(
        graph.transpose(graph.reshape(filter, {channels, columns}), {1, 0}),
        {directions, rows, channels});
  }
  std::vector<float> own(columns * columns, 0.0f);
  for (int64_t i = 0; i < columns; ++i)
    own[i * columns + i] = 1.0f;
  return makeFloats({directions, rows, columns}, own);
}

/// D x 2*G*H, of the products with the inputs and of those with the state; null
/// without one.
TensorRef RecurrentEmitter::makeBias() {
  auto read = [](Value value) {
    return value ? *readConstant(value) : std::vector<float>();
  };
  std::vector<float> ofInputs =
      read(projection.conv ? projection.conv.getBias() : Value());
  std::vector<float> ofLastGate = read(op.getBias());
  if (ofInputs.empty() && ofLastGate.empty())
    return nullptr;
  std::vector<float> all(directions * 2 * rows, 0.0f);
  for (int64_t d = 0; d < directions; ++d) {
    float *own = all.data() + d * 2 * rows;
    if (!ofInputs.empty())
      std::copy_n(ofInputs.data() + d * rows, rows, own);
    if (!ofLastGate.empty())
      std::copy_n(ofLastGate.data() + d * hidden, hidden,
                  own + 2 * rows - hidden);
  }
  return makeFloats({directions, 2 * rows}, all);
}

TensorRef RecurrentEmitter::emit() {
  TensorRef bias = makeBias();
  SmallVector<std::string> inputs = {
      graph.getPlain(makeInput()),
      graph.getParameter(makeInputWeights(), "W"),
      graph.getParameter(
          graph.transpose(graph.find(op.getWeights()), {0, 2, 1}), "R"),
      bias ? graph.getParameter(bias, "B") : "",
      /*sequence_lens=*/"",
      state(op.getInitialHidden())};
  bool isLstm = op.getKind() == RecurrentKind::LSTM;
  if (isLstm)
    inputs.append({state(op.getInitialCell()), state(op.getPeepholes())});
  Attributes attributes = {
      attribute("hidden_size", hidden),
      attribute("direction", stringifyRecurrentDirection(op.getDirection()))};
  addActivations(op, attributes);
  if (op.getClip())
    attributes.push_back(attribute("clip", op.getClip()->convertToFloat()));
  if (op.getInputForget())
    attributes.push_back(attribute("input_forget", int64_t(1)));
  if (op.getLinearBeforeReset())
    attributes.push_back(attribute("linear_before_reset", int64_t(1)));
  SmallVector<StringRef> outputs = {"Y"};
  if (op.getWithCell())
    outputs.append({"", "Y_c"});
  SmallVector<std::string> made =
      graph.nodeOf(stringifyRecurrentKind(op.getKind()).upper(), inputs,
                   outputs, std::move(attributes));
  Shape shape = {op.getSteps(), directions, op.getBatch(), hidden};
  if (!op.getWithCell())
    return makeTensor(shape, TensorProto::FLOAT, identityOrder(4), made[0]);
  TensorRef cell = makeTensor(ArrayRef(shape).drop_front(), TensorProto::FLOAT,
                              identityOrder(3), made[2]);
  shape[0] = 1;
  std::string last = graph.getPlain(graph.reshape(cell, shape));
  shape[0] = op.getSteps() + 1;
  return makeTensor(
      shape, TensorProto::FLOAT, identityOrder(4),
      graph.node("Concat", {made[0], last}, {attribute("axis", int64_t(0))}));
}

static LogicalResult emitRecurrent(Graph &graph, Operation *op,
                                   const OpEntry &) {
  auto recurrent = cast<RecurrentOp>(op);
  if (recurrent.getScales())
    return refuse(op, "its weights are integers; a layer of them has no form "
                      "in ONNX's own domain");
  if (recurrent.getBias() && !isConstantFloat(recurrent.getBias()))
    return refuse(op, "its bias is computed; give it as a constant");
  graph.set(recurrent, RecurrentEmitter(graph, recurrent).emit());
  return success();
}

ArrayRef<OpEntry> mlir::lw::exporter::recurrentOps() {
  static const OpEntry entries[] = {
      {RecurrentOp::getOperationName(), emitRecurrent,
       "LSTM, GRU or RNN, with the `lw.pointwise_conv_2d` of its inputs; "
       "weights of floats"},
  };
  return entries;
}
