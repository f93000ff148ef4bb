//===- Readers.cpp - What is read in a graph, and until when
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Graph.h"
#include "OpTable.h"

using namespace mlir;
using namespace mlir::lw::importer;

std::vector<const ::onnx::NodeProto *>
GraphImporter::reachable(ArrayRef<StringRef> names) {
  llvm::DenseSet<const ::onnx::NodeProto *> seen;
  SmallVector<StringRef> open(names);
  while (!open.empty()) {
    const ::onnx::NodeProto *node = producers.lookup(open.pop_back_val());
    if (!node || !seen.insert(node).second)
      continue;
    open.append(node->input().begin(), node->input().end());
  }
  std::vector<const ::onnx::NodeProto *> inOrder;
  llvm::copy_if(nodes, std::back_inserter(inOrder),
                [&](const auto *node) { return seen.contains(node); });
  return inOrder;
}

void GraphImporter::addReader(const ::onnx::NodeProto &node) {
  for (const std::string &input : node.input())
    ++readers[input];
  auto addGraph = [&](const ::onnx::GraphProto &graph) {
    // A node is imported once, what is inside it perhaps many times. Readers
    // there are never done.
    for (const auto &output : graph.output())
      ++readers[output.name()];
    for (const ::onnx::NodeProto &inner : graph.node())
      addReader(inner);
  };
  for (const ::onnx::AttributeProto &attribute : node.attribute()) {
    addGraph(attribute.g());
    for (const ::onnx::GraphProto &graph : attribute.graphs())
      addGraph(graph);
  }
}

std::optional<Selection> GraphImporter::selectionOf(StringRef name) const {
  if (auto found = selections.find(name); found != selections.end())
    return found->second;
  if (isDefined(name) || producers.count(name) || !outer)
    return std::nullopt;
  return outer->selectionOf(name);
}

const Selection *
GraphImporter::countedBy(const ::onnx::NodeProto &proto) const {
  if (proto.op_type() != "ReduceSum" || proto.input_size() != 1 ||
      selections.empty())
    return nullptr;
  // PyTorch's exporter sums the mask, cast to integers, in a row.
  const ::onnx::NodeProto *node = producers.lookup(proto.input(0));
  auto isWide = [](const ::onnx::AttributeProto &attribute) {
    return attribute.name() == "to" &&
           attribute.i() == ::onnx::TensorProto::INT64;
  };
  if (!node || node->op_type() != "Cast" ||
      llvm::none_of(node->attribute(), isWide))
    return nullptr;
  StringRef name = node->input(0);
  node = producers.lookup(name);
  if (node && node->op_type() == "Reshape")
    name = node->input(0);
  TensorRef mask = lookup(name);
  if (!mask || mask->element != Element::Bool)
    return nullptr;
  for (const auto &selection : selections)
    if (selection.second.source == mask)
      return &selection.second;
  return nullptr;
}

LogicalResult GraphImporter::importOperator(Node &node,
                                            const ::onnx::NodeProto &proto) {
  SmallVector<std::optional<Selection>> inputs;
  for (const std::string &input : proto.input())
    inputs.push_back(selectionOf(input));
  bool selects =
      llvm::any_of(inputs, [](auto &input) { return !!input; }) ||
      (proto.op_type() == "NonZero" && proto.domain().empty() &&
       node.input(0) && !node.input(0)->constant && !node.input(0)->sequence);
  if (!selects) {
    if (failed(importByTable(node, proto)))
      return failure();
    if (const Selection *counted = countedBy(proto);
        counted && !node.intAttr("noop_with_empty_axes", 0)) {
      TensorRef &sum = node.results[0];
      sum = GraphBuilder::fromConstant(
          makeInts(sum->shape, {counted->mask->shape[0]}));
      selections[proto.output(0)] = {counted->source, counted->mask, 0, {1}};
    }
    return success();
  }
  auto selection = importSelected(node, proto, inputs);
  if (failed(selection))
    return failure();
  if (*selection)
    for (const std::string &output : proto.output())
      selections[output] = **selection;
  return success();
}

void GraphImporter::release(StringRef name) {
  auto left = readers.find(name);
  if (left == readers.end() || --left->second > 0)
    return;
  auto tensor = tensors.find(name);
  if (tensor != tensors.end() && tensor->second && tensor->second->constant)
    tensor->second = nullptr;
}
