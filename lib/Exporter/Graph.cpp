//===- Graph.cpp - An ONNX graph in the making
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Graph.h"
#include "lw/Analysis/CostModel.h"
#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/xxhash.h"
#include <utility>

using namespace mlir;
using namespace mlir::lw::exporter;

//===----------------------------------------------------------------------===//
// Names
//===----------------------------------------------------------------------===//

/// `wanted`, with a number where that is taken.
static std::string uniqueName(llvm::StringSet<> &taken, const Twine &wanted) {
  std::string name = wanted.str();
  for (int64_t i = 2; !taken.insert(name).second; ++i)
    name = (wanted + "_" + Twine(i)).str();
  return name;
}

void Graph::startLayer(Operation *op) {
  layer = lw::layerName(op->getLoc());
  if (layer.empty())
    layer = op->getName().stripDialect().str();
}

std::string Graph::tensorName(const Twine &wanted) {
  return uniqueName(tensorNames, wanted);
}

/// Operators that stand around the one that a layer is named after.
static bool isAuxiliary(StringRef type) {
  return llvm::is_contained({"Cast", "DequantizeLinear", "Flatten", "Identity",
                             "QuantizeLinear", "Reshape", "Transpose"},
                            type);
}

std::string Graph::node(StringRef type, ArrayRef<std::string> inputs,
                        Attributes attributes) {
  return nodeOf(type, inputs, StringRef("output"), std::move(attributes))[0];
}

SmallVector<std::string> Graph::nodeOf(StringRef type,
                                       ArrayRef<std::string> inputs,
                                       ArrayRef<StringRef> outputs,
                                       Attributes attributes) {
  ::onnx::NodeProto &node = *proto.add_node();
  std::string name = layer;
  if (isAuxiliary(type) || !nodeNames.insert(name).second)
    name = uniqueName(nodeNames, Twine(layer) + "_" + type);
  node.set_name(name);
  node.set_op_type(type.str());
  for (const std::string &input : inputs)
    node.add_input(input);
  for (::onnx::AttributeProto &attribute : attributes)
    *node.add_attribute() = std::move(attribute);
  SmallVector<std::string> made;
  for (auto [index, output] : llvm::enumerate(outputs)) {
    made.push_back(output.empty() ? ""
                   : index == 0   ? tensorName(name)
                                  : tensorName(Twine(name) + "_" + output));
    node.add_output(made.back());
    if (!output.empty())
      producers[made.back()] = {proto.node_size() - 1, index};
  }
  return made;
}

void Graph::makeOutput(const TensorRef &tensor, StringRef name) {
  std::string held = getPlain(tensor);
  auto producer = producers.find(held);
  // Inputs, constants and what is an output already cannot be renamed.
  if (producer == producers.end()) {
    ::onnx::NodeProto &node = *proto.add_node();
    node.set_name(uniqueName(nodeNames, name));
    node.set_op_type("Identity");
    node.add_input(held);
    node.add_output(name.str());
    return;
  }
  auto [node, output] = producer->second;
  proto.mutable_node(node)->set_output(output, name.str());
  producers.erase(producer);
  for (::onnx::NodeProto &node : *proto.mutable_node())
    for (std::string &input : *node.mutable_input())
      if (input == held)
        input = name.str();
  for (Tensor::Stored &stored : tensor->stored)
    if (stored.name == held)
      stored.name = name.str();
}

//===----------------------------------------------------------------------===//
// Constants
//===----------------------------------------------------------------------===//

/// One initializer for all constants that are the same.
std::string Graph::initializer(const Constant &constant) {
  uint64_t hash = llvm::xxh3_64bits(constant.bytes);
  auto same = [&](const TensorProto &other) {
    return other.data_type() == constant.type &&
           llvm::equal(other.dims(), constant.shape) &&
           other.raw_data() == constant.bytes;
  };
  // The largest keys are reserved by the map.
  SmallVector<int, 1> &candidates = initializers[hash >> 1];
  for (int index : candidates)
    if (same(proto.initializer(index)))
      return proto.initializer(index).name();
  candidates.push_back(proto.initializer_size());
  TensorProto &made = *proto.add_initializer();
  made.set_name(tensorName(Twine(layer) + "_" + part));
  made.set_data_type(constant.type);
  for (int64_t extent : constant.shape)
    made.add_dims(extent);
  made.set_raw_data(constant.bytes);
  return made.name();
}

std::string Graph::getParameter(const TensorRef &tensor, StringRef part) {
  std::string usual = std::exchange(this->part, part.str());
  std::string name = getPlain(tensor);
  this->part = usual;
  return name;
}

TensorRef Graph::find(Value value) {
  if (TensorRef known = tensors.lookup(value))
    return known;
  auto type = dyn_cast<RankedTensorType>(value.getType());
  if (!type)
    return nullptr;
  TensorRef result = readTensor(value);
  if (result)
    tensors[value] = result;
  return result;
}

//===----------------------------------------------------------------------===//
// Operators on elements
//===----------------------------------------------------------------------===//

TensorRef Graph::unary(StringRef type, const TensorRef &x,
                       ArrayRef<std::string> more, Attributes attributes,
                       std::optional<int32_t> resultType) {
  if (x->isPending())
    return reshape(
        unary(type, x->reshaped, more, std::move(attributes), resultType),
        x->shape);
  Order order = commonOrder(x);
  SmallVector<std::string> inputs{get(x, order)};
  inputs.append(more.begin(), more.end());
  return makeTensor(x->shape, resultType.value_or(x->type), order,
                    node(type, inputs, std::move(attributes)));
}

TensorRef Graph::binary(StringRef type, const TensorRef &a, const TensorRef &b,
                        std::optional<int32_t> resultType) {
  // As long as both, or the one that is not a number, are reshaped alike.
  if (a->isPending() && b->isPending() && a->shape == b->shape &&
      a->reshaped->shape == b->reshaped->shape)
    return reshape(binary(type, a->reshaped, b->reshaped, resultType),
                   a->shape);
  auto ones = [](const TensorRef &x) { return Shape(x->rank(), 1); };
  if (a->isPending() && b->constant && b->count() == 1)
    return reshape(
        binary(type, a->reshaped, reshape(b, ones(a->reshaped)), resultType),
        a->shape);
  if (b->isPending() && a->constant && a->count() == 1)
    return reshape(
        binary(type, reshape(a, ones(b->reshaped)), b->reshaped, resultType),
        b->shape);
  Order order = commonOrder({a, b});
  Shape shape;
  for (auto [x, y] : llvm::zip_equal(a->shape, b->shape))
    shape.push_back(x == 1 ? y : x);
  std::string left = get(a, order), right = get(b, order);
  return makeTensor(shape, resultType.value_or(a->type), order,
                    node(type, {left, right}));
}

TensorRef Graph::cast(const TensorRef &x, int32_t type) {
  if (x->type == type)
    return x;
  return unary("Cast", x, {}, {attribute("to", static_cast<int64_t>(type))},
               type);
}
