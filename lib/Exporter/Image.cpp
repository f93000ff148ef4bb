//===- Image.cpp - Operations on images
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Image.h"
#include "lw/Dialect/IR/LwImageOps.h"

using namespace mlir;
using namespace mlir::lw::exporter;

/// The groups of channels become dimensions of their own, in their order, and
/// these places between the pixels.
LogicalResult mlir::lw::exporter::emitInterleave(Graph &graph, Operation *op,
                                                 const OpEntry &) {
  auto interleave = cast<lw::InterleaveOp>(op);
  ArrayRef<int64_t> out = cast<ShapedType>(interleave.getType()).getShape(),
                    strides = interleave.getStrides();
  Order nchw = channelsFirst(4);
  SmallVector<std::string> inputs;
  int64_t channels = 0;
  int32_t type = 0;
  for (Value input : interleave.getInputs()) {
    TensorRef x = graph.find(input);
    inputs.push_back(graph.get(x, nchw));
    channels += x->shape[3];
    type = x->type;
  }
  std::string name = inputs.front();
  if (inputs.size() > 1)
    name = graph.node("Concat", inputs, {attribute("axis", int64_t(1))});
  int64_t height = out[1] / strides[0], width = out[2] / strides[1];
  Shape groups = {out[0], channels / out[3], out[3], height, width};
  Shape places = {out[0], strides[0], strides[1], out[3], height, width};
  name = graph.node("Reshape", {name, graph.ints(groups)});
  name = graph.node("Gather", {name, graph.ints(interleave.getOrder())},
                    {attribute("axis", int64_t(1))});
  name = graph.node("Reshape", {name, graph.ints(places)});
  name = graph.node("Transpose", {name},
                    {attribute("perm", Order{0, 3, 4, 1, 5, 2})});
  name = graph.node("Reshape", {name, graph.ints(permute(out, nchw))});
  graph.set(interleave, makeTensor(out, type, nchw, name));
  return success();
}

/// A sum of products, each of elements that are gathered.
LogicalResult mlir::lw::exporter::emitInterpolate(Graph &graph, Operation *op,
                                                  const OpEntry &) {
  auto interpolate = cast<lw::InterpolateOp>(op);
  TensorRef x = graph.find(interpolate.getInput());
  Order order = Graph::commonOrder(x);
  int64_t place = positionOf(order, interpolate.getAxis());
  int64_t taps = interpolate.taps();
  ArrayRef<int64_t> out = cast<ShapedType>(interpolate.getType()).getShape();
  ArrayRef<int32_t> indices = interpolate.getIndices();
  ArrayRef<float> weights = interpolate.getWeights();
  int64_t extent = out[interpolate.getAxis()];
  Shape weightShape(out.size(), 1);
  weightShape[place] = extent;
  std::string source = graph.get(x, order), sum;
  for (int64_t t = 0; t < taps; ++t) {
    Shape chosen;
    std::vector<float> factors;
    for (int64_t i = 0; i < extent; ++i) {
      chosen.push_back(indices[i * taps + t]);
      if (!weights.empty())
        factors.push_back(weights[i * taps + t]);
    }
    std::string name = graph.node("Gather", {source, graph.ints(chosen)},
                                  {attribute("axis", place)});
    if (!weights.empty())
      name = graph.node(
          "Mul", {name, graph.getPlain(makeFloats(weightShape, factors))});
    sum = t == 0 ? name : graph.node("Add", {sum, name});
  }
  graph.set(interpolate, makeTensor(out, x->type, order, sum));
  return success();
}
