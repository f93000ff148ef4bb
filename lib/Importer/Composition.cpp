//===- Composition.cpp - Operators in terms of other operators
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Composition.h"
#include "Graph.h"
#include "OpTable.h"

using namespace mlir;
using namespace mlir::lw::importer;

using AttributeProto = Composition::AttributeProto;

SmallVector<TensorRef>
Composition::results(StringRef op, ArrayRef<TensorRef> inputs, size_t count,
                     ArrayRef<AttributeProto> attributes) {
  SmallVector<TensorRef> none(count);
  failed |= node.hasFailed();
  if (failed)
    return none;
  ::onnx::NodeProto proto;
  proto.set_name(node.name());
  proto.set_op_type(op.str());
  for (const AttributeProto &attribute : attributes)
    *proto.add_attribute() = attribute;
  // Outputs have names where they are used.
  for (size_t i = 0; i < count; ++i)
    proto.add_output(std::to_string(i));
  const FileContext &file = node.graph->context();
  Node inner(proto, kOpset, file.path, file.folder, node.build);
  inner.graph = node.graph;
  inner.inputs.assign(inputs.begin(), inputs.end());
  failed = mlir::failed(importByTable(inner, proto));
  if (failed)
    return none;
  inner.results.resize(count);
  return inner.results;
}

TensorRef Composition::op(StringRef op, ArrayRef<TensorRef> inputs,
                          ArrayRef<AttributeProto> attributes) {
  return results(op, inputs, 1, attributes).front();
}

static AttributeProto named(StringRef name,
                            AttributeProto::AttributeType type) {
  AttributeProto attribute;
  attribute.set_name(name.str());
  attribute.set_type(type);
  return attribute;
}

AttributeProto Composition::attribute(StringRef name, int64_t value) {
  AttributeProto result = named(name, AttributeProto::INT);
  result.set_i(value);
  return result;
}

AttributeProto Composition::attribute(StringRef name, float value) {
  AttributeProto result = named(name, AttributeProto::FLOAT);
  result.set_f(value);
  return result;
}

AttributeProto Composition::attribute(StringRef name, StringRef value) {
  AttributeProto result = named(name, AttributeProto::STRING);
  result.set_s(value.str());
  return result;
}

AttributeProto Composition::attribute(StringRef name,
                                      ArrayRef<int64_t> values) {
  AttributeProto result = named(name, AttributeProto::INTS);
  for (int64_t value : values)
    result.add_ints(value);
  return result;
}

TensorRef Composition::number(float value) { return floats({}, {value}); }

TensorRef Composition::floats(ArrayRef<int64_t> shape,
                              std::vector<float> values) {
  return GraphBuilder::fromConstant(makeFloats(shape, std::move(values)));
}

TensorRef Composition::fill(ArrayRef<int64_t> shape, float value) {
  return floats(shape, std::vector<float>(*countElements(shape), value));
}

TensorRef Composition::integer(int64_t value) {
  return GraphBuilder::fromConstant(makeInts({}, {value}));
}

TensorRef Composition::integers(ArrayRef<int64_t> values) {
  return GraphBuilder::fromConstant(
      makeInts({static_cast<int64_t>(values.size())},
               std::vector<int64_t>(values.begin(), values.end())));
}

TensorRef Composition::reshape(const TensorRef &x, ArrayRef<int64_t> shape) {
  return op("Reshape", {x, integers(shape)});
}

TensorRef Composition::transpose(const TensorRef &x,
                                 ArrayRef<int64_t> permutation) {
  return op("Transpose", x, attribute("perm", permutation));
}

LogicalResult Composition::finish(ArrayRef<TensorRef> results) {
  failed |= node.hasFailed();
  if (failed)
    return failure();
  node.results.assign(results.begin(), results.end());
  return success();
}
