//===- RecurrentLengths.cpp - Sequences of lengths known at run time
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Composition.h"
#include "Recurrent.h"
#include "Stacking.h"

using namespace mlir;
using namespace mlir::lw::importer;
using AttributeProto = Composition::AttributeProto;
using Proto = ::onnx::TensorProto;

namespace {

/// A recurrent layer over whole sequences, each direction by itself. Backwards
/// every sample is turned so that its end is that of the sequences.
class LengthsLayer {
public:
  LengthsLayer(Node &node, StringRef op)
      : node(node), op(op), c(node), steps(node.shape(0)[0]),
        batch(node.shape(0)[1]) {}

  LogicalResult import();

private:
  struct Direction {
    TensorRef all, last; // [T, N, H] and [1, N, H]
  };
  Direction run(int64_t d, bool isReverse, int64_t directions);
  SmallVector<AttributeProto> attributes(int64_t d, bool isReverse,
                                         int64_t directions);
  TensorRef take(const TensorRef &x, const TensorRef &indices);
  TensorRef turn(const TensorRef &x, bool isBack);

  Node &node;
  StringRef op;
  Composition c;
  int64_t steps, batch;
  TensorRef lengths, times, isInside; // [N, 1], [T] and [T, N, 1]
};

} // namespace

/// Of every sample of `[T, N, C]` the steps that `indices`, [N, S, 1], name.
TensorRef LengthsLayer::take(const TensorRef &x, const TensorRef &indices) {
  return c.transpose(c.op("GatherND", {c.transpose(x, {1, 0, 2}), indices},
                          c.attribute("batch_dims", int64_t(1))),
                     {1, 0, 2});
}

/// Each sample's steps so that its last one becomes the last of all, or back.
TensorRef LengthsLayer::turn(const TensorRef &x, bool isBack) {
  TensorRef whole = c.integer(steps);
  TensorRef from = c.op(isBack ? "Sub" : "Add", {times, lengths});
  if (isBack)
    from = c.op("Where",
                {c.op("Less", {from, c.integer(0)}), c.add(from, whole), from});
  else
    from = c.op("Where", {c.op("Less", {from, whole}), from,
                          c.op("Sub", {from, whole})});
  return take(x, c.reshape(from, {batch, steps, 1}));
}

SmallVector<AttributeProto> LengthsLayer::attributes(int64_t d, bool isReverse,
                                                     int64_t directions) {
  SmallVector<AttributeProto> result = {c.attribute(
      "direction", isReverse ? StringRef("reverse") : StringRef("forward"))};
  for (StringRef name :
       {"hidden_size", "clip", "input_forget", "linear_before_reset",
        "activation_alpha", "activation_beta"})
    if (const AttributeProto *attribute = node.attribute(name))
      result.push_back(*attribute);
  if (const AttributeProto *all = node.attribute("activations")) {
    AttributeProto own = *all;
    own.clear_strings();
    int64_t count = all->strings_size() / directions;
    for (int64_t i = d * count; i < (d + 1) * count; ++i)
      own.add_strings(all->strings(static_cast<int>(i)));
    result.push_back(own);
  }
  return result;
}

LengthsLayer::Direction LengthsLayer::run(int64_t d, bool isReverse,
                                          int64_t directions) {
  SmallVector<TensorRef> operands = {node.inputs[0]};
  if (isReverse)
    operands[0] = turn(operands[0], /*isBack=*/false);
  for (size_t i = 1; i < node.inputs.size(); ++i)
    operands.push_back(i == 4 || !node.inputs[i]
                           ? nullptr
                           : takeRange(node.build, node.inputs[i], 0, d, 1));
  SmallVector<TensorRef> results =
      c.results(op, operands, 2, attributes(d, isReverse, directions));
  TensorRef all = c.op("Squeeze", {results[0], c.integers({1})});
  if (isReverse)
    all = turn(all, /*isBack=*/true);
  all = c.op("Where", {isInside, all, c.number(0.0f)});
  if (!all)
    return {};
  TensorRef last =
      isReverse ? takeRange(node.build, all, 0, 0, 1)
                : take(all, c.reshape(c.op("Sub", {lengths, c.integer(1)}),
                                      {batch, 1, 1}));
  return {all, last};
}

LogicalResult LengthsLayer::import() {
  std::string direction = node.stringAttr("direction", "forward");
  int64_t directions = direction == "bidirectional" ? 2 : 1;
  if (node.isUsed(2))
    return node.error("output Y_c of sequences whose lengths, input 4, are "
                      "known only at run time is not supported; fix them by "
                      "--input-value=NAME:NUMBERS, or take Y_h");
  if (node.intAttr("layout", 0) != 0 ||
      (directions == 2 && (node.attribute("activation_alpha") ||
                           node.attribute("activation_beta"))))
    return node.error("expects layout 0 and activations without parameters "
                      "where the lengths of sequences, input 4, are known only "
                      "at run time");
  if (Shape(node.shape(4)) != Shape{batch})
    return node.error("expects sequence_lens of shape " + formatShape({batch}) +
                      ", found " + formatShape(node.shape(4)));
  std::vector<int64_t> places;
  for (int64_t step = 0; step < steps; ++step)
    places.push_back(step);
  times = c.integers(places);
  lengths = c.reshape(
      c.op("Cast", node.inputs[4], c.attribute("to", int64_t(Proto::INT64))),
      {batch, 1});
  isInside = c.reshape(c.transpose(c.op("Less", {times, lengths}), {1, 0}),
                       {steps, batch, 1});
  SmallVector<TensorRef> all, last;
  for (int64_t d = 0; d < directions; ++d) {
    Direction result = run(d, d == 1 || direction == "reverse", directions);
    all.push_back(c.op("Unsqueeze", {result.all, c.integers({1})}));
    last.push_back(result.last);
  }
  return c.finish({c.op("Concat", all, c.attribute("axis", int64_t(1))),
                   c.op("Concat", last, c.attribute("axis", int64_t(0)))});
}

LogicalResult mlir::lw::importer::importOfLengths(Node &node, StringRef op) {
  return LengthsLayer(node, op).import();
}
