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

namespace {

/// What a layer gives, in the order of dimensions of layout 0: states of all
/// steps `[T, D, N, H]`, the last state and the last cell `[D, N, H]`.
struct Outputs {
  Value all, hidden, cell;
};

/// A recurrent layer with its operands.
class Layer {
public:
  Layer(Node &node, const RecurrentAttributes &attributes)
      : node(node), build(node.build), a(attributes) {}

  /// The layer's weights for the inputs, `[I, D, G*H]`, and for the state,
  /// `[D, H, G*H]`.
  LogicalResult import(const TensorRef &inputWeights,
                       const TensorRef &stateWeights);

private:
  LogicalResult checkOperands();
  LogicalResult checkShape(StringRef name, size_t i, ArrayRef<int64_t> shape);
  LogicalResult readLengths();
  void readBias();
  /// An initial state, null for zeros.
  Value initial(size_t i);
  Outputs run(Value x, Value hidden, Value cell);
  Value project(Value x);
  Outputs runGroups(Value x, Value hidden, Value cell);
  void finish(const Outputs &outputs);

  Node &node;
  GraphBuilder &build;
  const RecurrentAttributes &a;
  int64_t steps = 0, batch = 0, inputs = 0;
  bool withCell = false;
  SmallVector<int64_t> lengths; // of the samples; empty where all are whole
  TensorRef filter;             // [1, 1, I, D*G*H]
  Value weights, bias, lastBias, peepholes;
};

} // namespace

LogicalResult Layer::checkShape(StringRef name, size_t i,
                                ArrayRef<int64_t> shape) {
  if (!node.input(i) || ArrayRef<int64_t>(node.input(i)->shape) == shape)
    return success();
  return node.error("expects " + name + " of shape " + formatShape(shape) +
                    ", found " + formatShape(node.shape(i)));
}

LogicalResult Layer::checkOperands() {
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

LogicalResult Layer::readLengths() {
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
void Layer::readBias() {
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

Value Layer::initial(size_t i) {
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
Value Layer::project(Value x) {
  ArrayRef<int64_t> shape = GraphBuilder::shapeOf(x);
  int64_t rows = shape[0] * shape[1], columns = a.directions() * a.rows();
  Value product;
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
  return build.reshapeValue(product, {shape[0], shape[1], columns});
}

Outputs Layer::run(Value x, Value hidden, Value cell) {
  OpBuilder &b = build.builder;
  ArrayRef<int64_t> shape = GraphBuilder::shapeOf(x);
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
      a.direction, project(x), weights, lastBias, hidden, cell, peepholes,
      b.getStrArrayAttr(names), b.getDenseF32ArrayAttr(alphas),
      b.getDenseF32ArrayAttr(betas),
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
Outputs Layer::runGroups(Value x, Value hidden, Value cell) {
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
        run(build.slice(x, {0, first, 0}, {length, end - first, inputs}),
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

void Layer::finish(const Outputs &outputs) {
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

LogicalResult Layer::import(const TensorRef &inputWeights,
                            const TensorRef &stateWeights) {
  TensorRef x = node.inputs[0];
  if (a.batchFirst)
    x = build.transpose(x, {1, 0, 2});
  steps = x->shape[0];
  batch = x->shape[1];
  inputs = x->shape[2];
  int64_t directions = a.directions();
  if (failed(checkOperands()) || failed(readLengths()) ||
      failed(node.checkShape({steps + 1, directions, batch, a.rows()})))
    return failure();
  withCell = a.kind == RecurrentKind::LSTM && node.outputCount() > 2;
  filter = build.reshape(inputWeights, {1, 1, inputs, directions * a.rows()});
  weights = build.getPlain(stateWeights);
  readBias();
  Value hidden = initial(5), cell;
  if (a.kind == RecurrentKind::LSTM) {
    cell = initial(6);
    if (node.input(7))
      peepholes = build.getPlain(node.input(7));
  }
  Value value = build.getPlain(x);
  finish(lengths.empty() ? run(value, hidden, cell)
                         : runGroups(value, hidden, cell));
  return success();
}

/// The attributes, with the extents of the weights `[D, rows(i), columns(i)]`
/// checked; `transposed` weights have their rows last.
static FailureOr<RecurrentAttributes> readLayer(Node &node, RecurrentKind kind,
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
      readLayer(node, kind, /*transposed=*/false);
  if (failed(a))
    return failure();
  return Layer(node, *a).import(
      node.build.transpose(node.inputs[1], {2, 0, 1}),
      node.build.transpose(node.inputs[2], {0, 2, 1}));
}

/// Weights `[D, I, 4*H]` of 8 bits as floats; scales and zero points are of a
/// direction or of a column.
static FailureOr<ConstantRef> dequantizeWeights(Node &node, size_t i,
                                                size_t scaleInput) {
  TensorRef weights = node.inputs[i], scale = node.input(scaleInput),
            zero = node.input(scaleInput + 1);
  if (!weights->constant || weights->constant->isFloat || !scale ||
      !scale->constant || !scale->constant->isFloat ||
      (zero && (!zero->constant || zero->constant->isFloat)))
    return node.error("expects weights of 8 bits, scales and zero points that "
                      "are known at import");
  int64_t directions = weights->shape[0], columns = weights->shape[2];
  int64_t perDirection = weights->shape[1] * columns;
  auto position = [&](const TensorRef &tensor,
                      int64_t element) -> std::optional<int64_t> {
    int64_t count = *countElements(tensor->shape);
    int64_t d = element / perDirection;
    if (count == 1)
      return 0;
    if (count == directions)
      return d;
    if (count == directions * columns)
      return d * columns + element % columns;
    return std::nullopt;
  };
  std::vector<float> values;
  for (auto [element, value] : llvm::enumerate(weights->constant->ints)) {
    std::optional<int64_t> at = position(scale, element);
    std::optional<int64_t> zeroAt = zero ? position(zero, element) : 0;
    if (!at || !zeroAt)
      return node.error("expects a scale and a zero point for each direction "
                        "or column of the weights");
    int64_t offset = zero ? zero->constant->ints[*zeroAt] : 0;
    values.push_back(static_cast<float>(value - offset) *
                     scale->constant->floats[*at]);
  }
  return makeFloats(weights->shape, std::move(values));
}

static LogicalResult importQuantizedLstm(Node &node) {
  FailureOr<RecurrentAttributes> a =
      readLayer(node, RecurrentKind::LSTM, /*transposed=*/true);
  if (failed(a))
    return failure();
  FailureOr<ConstantRef> w = dequantizeWeights(node, 1, 8);
  FailureOr<ConstantRef> r = dequantizeWeights(node, 2, 10);
  if (failed(w) || failed(r))
    return failure();
  return Layer(node, *a).import(
      node.build.transpose(GraphBuilder::fromConstant(*w), {1, 0, 2}),
      GraphBuilder::fromConstant(*r));
}

ArrayRef<OpEntry> mlir::lw::importer::recurrentOps() {
  static const OpEntry entries[] = {
      {"LSTM", 7, 3, importRecurrent<RecurrentKind::LSTM>,
       "`lw.recurrent` of an `lw.pointwise_conv_2d`; sequence_lens known at "
       "import",
       Integers::Own},
      {"GRU", 7, 3, importRecurrent<RecurrentKind::GRU>,
       "`lw.recurrent` of an `lw.pointwise_conv_2d`; sequence_lens known at "
       "import",
       Integers::Own},
      {"RNN", 7, 3, importRecurrent<RecurrentKind::RNN>,
       "`lw.recurrent` of an `lw.pointwise_conv_2d`; sequence_lens known at "
       "import",
       Integers::Own},
      {"com.microsoft.DynamicQuantizeLSTM", 1, 3, importQuantizedLstm,
       "as LSTM, of the dequantized weights; activations are not rounded to 8 "
       "bits",
       Integers::Own},
  };
  return entries;
}
