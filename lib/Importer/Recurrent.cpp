//===- Recurrent.cpp - LSTM, GRU and RNN
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Recurrent.h"
#include "OpTable.h"
#include "lw/Dialect/IR/LwOps.h"

using namespace mlir;
using namespace mlir::lw::importer;
using mlir::lw::RecurrentKind;

LogicalResult RecurrentLayer::checkShape(StringRef name, size_t i,
                                         ArrayRef<int64_t> shape) {
  if (!node.input(i) || ArrayRef<int64_t>(node.input(i)->shape) == shape)
    return success();
  return node.error("expects " + name + " of shape " + formatShape(shape) +
                    ", found " + formatShape(node.shape(i)));
}

LogicalResult RecurrentLayer::checkOperands() {
  for (const TensorRef &input : node.inputs)
    if (input && input != node.input(4) && !input->constant &&
        input->element != Element::Float)
      return node.error("expects activations of floats");
  int64_t directions = a.directions(), hidden = a.hidden;
  SmallVector<int64_t> state = {directions, batch, hidden};
  if (a.batchFirst)
    state = {batch, directions, hidden};
  if (failed(checkShape("B", 3, {directions, 2 * a.rows()})) ||
      failed(checkShape("sequence_lens", 4, {batch})) ||
      failed(checkShape("initial_h", 5, state)))
    return failure();
  if (a.kind != RecurrentKind::LSTM)
    return success();
  if (failed(checkShape("initial_c", 6, state)) ||
      failed(checkShape("P", 7, {directions, 3 * hidden})))
    return failure();
  return success();
}

LogicalResult RecurrentLayer::readLengths() {
  if (!node.input(4))
    return success();
  FailureOr<Shape> values = node.constantInts(4, "sequence_lens");
  if (failed(values))
    return failure();
  for (int64_t length : *values)
    if (length < 1 || length > steps)
      return node.error("expects sequence_lens from 1 to " + Twine(steps) +
                        ", found " + Twine(length));
  if (llvm::any_of(*values, [&](int64_t x) { return x != steps; }))
    lengths = *values;
  return success();
}

/// The biases of inputs and state are added up, but for the last gate of a GRU
/// that resets after its product.
void RecurrentLayer::readBias() {
  TensorRef b = node.input(3);
  if (!b)
    return;
  int64_t directions = a.directions(), rows = a.rows(), hidden = a.hidden;
  int64_t joined = a.linearBeforeReset ? rows - hidden : rows;
  if (b->constant && b->constant->isFloat) {
    std::vector<float> sums, last;
    for (int64_t d = 0; d < directions; ++d) {
      const float *given = b->constant->floats.data() + d * 2 * rows;
      for (int64_t i = 0; i < rows; ++i)
        sums.push_back(i < joined ? given[i] + given[rows + i] : given[i]);
      for (int64_t i = joined; i < rows; ++i)
        last.push_back(given[rows + i]);
    }
    bias = build.floats({directions * rows}, sums);
    if (a.linearBeforeReset)
      lastBias = build.floats({directions, hidden}, last);
    return;
  }
  Value given = build.getPlain(b);
  auto part = [&](int64_t from, int64_t count) {
    return build.slice(given, {0, from}, {directions, count});
  };
  Value sum = build.binary<tosa::AddOp>(part(0, joined), part(rows, joined));
  if (a.linearBeforeReset) {
    sum = build.concat({sum, part(joined, hidden)}, 1);
    lastBias = part(rows + joined, hidden);
  }
  bias = build.reshapeValue(sum, {directions * rows});
}

Value RecurrentLayer::initial(size_t i) {
  TensorRef state = node.input(i);
  if (!state)
    return {};
  if (state->constant &&
      llvm::all_of(state->constant->floats, [](float x) { return x == 0; }))
    return {};
  if (a.batchFirst)
    state = build.transpose(state, {1, 0, 2});
  return build.getPlain(state);
}

/// All steps' products with the inputs, `[T, N, D*G*H]`.
FailureOr<Value> RecurrentLayer::project(const TensorRef &input) {
  if (integers.input)
    return projectIntegers(input);
  int64_t rows = steps * batch, columns = a.directions() * a.rows();
  Value x = build.getPlain(input), product;
  if (filter->constant && (!node.input(3) || node.input(3)->constant)) {
    product = lw::PointwiseConv2DOp::create(
        build.builder, build.loc, build.type({rows, 1, 1, columns}),
        build.reshapeValue(x, {rows, 1, 1, inputs}), build.getPlain(filter),
        bias, /*residual=*/Value(), build.builder.getDenseI64ArrayAttr({1, 1}),
        /*activation=*/lw::ActivationAttr(),
        /*quantization=*/lw::ConvQuantAttr());
  } else {
    product = tosa::MatMulOp::create(
        build.builder, build.loc, build.type({1, rows, columns}),
        build.reshapeValue(x, {1, rows, inputs}),
        build.getPlain(build.reshape(filter, {1, inputs, columns})));
    if (bias)
      product = build.binary<tosa::AddOp>(
          product, build.reshapeValue(bias, {1, 1, columns}));
  }
  return build.reshapeValue(product, {steps, batch, columns});
}

RecurrentLayer::Outputs RecurrentLayer::run(Value products, Value hidden,
                                            Value cell) {
  OpBuilder &b = build.builder;
  ArrayRef<int64_t> shape = GraphBuilder::shapeOf(products);
  int64_t length = shape[0], samples = shape[1], directions = a.directions();
  SmallVector<StringRef> names;
  SmallVector<float> alphas, betas;
  for (const lw::RecurrentActivation &activation : a.activations) {
    names.push_back(lw::stringifyRecurrentFunction(activation.function));
    alphas.push_back(activation.alpha);
    betas.push_back(activation.beta);
  }
  Value states = lw::RecurrentOp::create(
      b, build.loc,
      build.type({length + withCell, directions, samples, a.hidden}), a.kind,
      a.direction, products, weights, integers.stateScales, lastBias, hidden,
      cell, peepholes, b.getStrArrayAttr(names), b.getDenseF32ArrayAttr(alphas),
      b.getDenseF32ArrayAttr(betas), integers.stateZeroPoints,
      a.clip ? b.getF32FloatAttr(*a.clip) : FloatAttr(), a.inputForget,
      a.linearBeforeReset, withCell);
  auto part = [&](int64_t step, int64_t d, int64_t steps, int64_t count) {
    Shape size = {steps, count, samples, a.hidden};
    return size == Shape(GraphBuilder::shapeOf(states))
               ? states
               : build.slice(states, {step, d, 0, 0}, size);
  };
  Outputs result;
  result.all = part(0, 0, length, directions);
  SmallVector<Value> last;
  for (int64_t d = 0; d < directions; ++d)
    last.push_back(part(a.isReverse(d) ? 0 : length - 1, d, 1, 1));
  result.hidden =
      build.reshapeValue(last.size() == 1 ? last[0] : build.concat(last, 1),
                         {directions, samples, a.hidden});
  if (withCell)
    result.cell = build.reshapeValue(part(length, 0, 1, directions),
                                     {directions, samples, a.hidden});
  return result;
}

/// Samples of different lengths, those in a row with the same length together.
RecurrentLayer::Outputs RecurrentLayer::runGroups(Value products, Value hidden,
                                                  Value cell) {
  SmallVector<Value> all, lastHidden, lastCell;
  for (int64_t first = 0, end; first < batch; first = end) {
    int64_t length = lengths[first];
    for (end = first + 1; end < batch && lengths[end] == length; ++end)
      ;
    auto ofGroup = [&](Value state) {
      return state ? build.slice(state, {0, first, 0},
                                 {a.directions(), end - first, a.hidden})
                   : Value();
    };
    Outputs group =
        run(build.slice(products, {0, first, 0},
                        {length, end - first, a.directions() * a.rows()}),
            ofGroup(hidden), ofGroup(cell));
    all.push_back(length == steps ? group.all
                                  : build.pad(group.all, {0, 0, 0, 0},
                                              {steps - length, 0, 0, 0}, 0));
    lastHidden.push_back(group.hidden);
    lastCell.push_back(group.cell);
  }
  auto join = [&](ArrayRef<Value> parts, int64_t axis) {
    return parts.size() == 1 ? parts[0] : build.concat(parts, axis);
  };
  return {join(all, 2), join(lastHidden, 1),
          withCell ? join(lastCell, 1) : Value()};
}

void RecurrentLayer::finish(const Outputs &outputs) {
  TensorRef all = GraphBuilder::fromValue(outputs.all);
  TensorRef hidden = GraphBuilder::fromValue(outputs.hidden), cell;
  if (outputs.cell)
    cell = GraphBuilder::fromValue(outputs.cell);
  if (a.batchFirst) {
    all = build.transpose(all, {2, 0, 1, 3});
    hidden = build.transpose(hidden, {1, 0, 2});
    if (cell)
      cell = build.transpose(cell, {1, 0, 2});
  }
  node.results = {all, hidden};
  if (cell)
    node.results.push_back(cell);
}

LogicalResult RecurrentLayer::import() {
  TensorRef x = node.inputs[0];
  if (a.batchFirst)
    x = build.transpose(x, {1, 0, 2});
  steps = x->shape[0];
  batch = x->shape[1];
  inputs = x->shape[2];
  if (failed(checkOperands()) || failed(readLengths()) ||
      failed(node.checkShape({steps + 1, a.directions(), batch, a.rows()})))
    return failure();
  withCell = a.kind == RecurrentKind::LSTM && node.outputCount() > 2;
  readBias();
  Value hidden = initial(5), cell;
  if (a.kind == RecurrentKind::LSTM) {
    cell = initial(6);
    if (node.input(7))
      peepholes = build.getPlain(node.input(7));
  }
  FailureOr<Value> products = project(x);
  if (failed(products))
    return failure();
  finish(lengths.empty() ? run(*products, hidden, cell)
                         : runGroups(*products, hidden, cell));
  return success();
}

LogicalResult RecurrentLayer::import(const TensorRef &inputWeights,
                                     const TensorRef &stateWeights) {
  filter = build.reshape(
      inputWeights, {1, 1, inputWeights->shape[0], a.directions() * a.rows()});
  weights = build.getPlain(stateWeights);
  return import();
}

LogicalResult RecurrentLayer::import(const IntegerWeights &given) {
  integers = given;
  weights = given.state;
  return import();
}

FailureOr<RecurrentAttributes>
mlir::lw::importer::readRecurrent(Node &node, RecurrentKind kind,
                                  bool transposed) {
  FailureOr<RecurrentAttributes> a = RecurrentAttributes::read(node, kind);
  if (failed(a))
    return failure();
  for (size_t i : {0, 1, 2})
    if (failed(node.checkRank(i, 3)))
      return failure();
  int64_t last = transposed ? 1 : 2;
  if (a->hidden == 0)
    a->hidden = node.shape(2)[last];
  if (a->hidden < 1)
    return node.error("expects a hidden_size of at least 1, found " +
                      Twine(a->hidden));
  auto check = [&](StringRef name, size_t i, int64_t columns) -> LogicalResult {
    Shape shape = {a->directions(), a->rows(), columns};
    if (transposed)
      std::swap(shape[1], shape[2]);
    if (Shape(node.shape(i)) == shape)
      return success();
    return node.error("expects " + name + " of shape " + formatShape(shape) +
                      ", found " + formatShape(node.shape(i)));
  };
  if (failed(check("W", 1, node.shape(0)[2])) ||
      failed(check("R", 2, a->hidden)))
    return failure();
  return a;
}

template <RecurrentKind kind> static LogicalResult importRecurrent(Node &node) {
  FailureOr<RecurrentAttributes> a =
      readRecurrent(node, kind, /*transposed=*/false);
  if (failed(a))
    return failure();
  if (node.input(4) && !node.inputs[4]->constant)
    return importOfLengths(node, lw::stringifyRecurrentKind(kind).upper());
  return RecurrentLayer(node, *a).import(
      node.build.transpose(node.inputs[1], {2, 0, 1}),
      node.build.transpose(node.inputs[2], {0, 2, 1}));
}

ArrayRef<OpEntry> mlir::lw::importer::recurrentOps() {
  static const OpEntry entries[] = {
      {"LSTM", 7, 3, importRecurrent<RecurrentKind::LSTM>,
       "`lw.recurrent` of an `lw.pointwise_conv_2d`; no Y_c where "
       "sequence_lens "
       "are known only at run time",
       Integers::Own},
      {"GRU", 7, 3, importRecurrent<RecurrentKind::GRU>,
       "`lw.recurrent` of an `lw.pointwise_conv_2d`", Integers::Own},
      {"RNN", 7, 3, importRecurrent<RecurrentKind::RNN>,
       "`lw.recurrent` of an `lw.pointwise_conv_2d`", Integers::Own},
      {"com.microsoft.DynamicQuantizeLSTM", 1, 3, importQuantizedLstm,
       "`lw.recurrent` of weights of 8 bits, DynamicQuantizeLinear and "
       "MatMulInteger; weights and sequence_lens known at import",
       Integers::Own},
  };
  return entries;
}
