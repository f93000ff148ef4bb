//===- Graph.cpp - The nodes of a graph, imported as they are needed
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Graph.h"
#include "OpTable.h"
#include "TensorData.h"
#include "mlir/IR/Diagnostics.h"
#include "llvm/ADT/ScopeExit.h"

using namespace mlir;
using namespace mlir::lw::importer;

/// Graphs inside one another, and calls; more is taken for a recursion.
static constexpr int64_t kMaxDepth = 64;

LogicalResult FileContext::error(const Twine &message) {
  ++errors;
  emitError(build.builder.getUnknownLoc()) << path << ": " << message;
  return failure();
}

LogicalResult GraphImporter::readInitializers(const ::onnx::GraphProto &graph) {
  // Nothing is taken from the message.
  return readInitializers(const_cast<::onnx::GraphProto &>(graph),
                          /*takes=*/false);
}

LogicalResult GraphImporter::readInitializers(::onnx::GraphProto &graph,
                                              bool takes) {
  auto add = [&](StringRef name,
                 llvm::Expected<ConstantRef> tensor) -> LogicalResult {
    TensorRef constant;
    if (tensor)
      constant = GraphBuilder::fromConstant(*tensor);
    else // is an error where somebody uses it
      unreadable[name] = llvm::toString(tensor.takeError());
    if (!define(name, constant))
      return file.error("initializer '" + name + "' is defined twice");
    return success();
  };
  for (const auto &sparse : graph.sparse_initializer())
    if (failed(
            add(sparse.values().name(), readSparseTensor(sparse, file.folder))))
      return failure();
  for (int i = 0; i < graph.initializer_size(); ++i) {
    const ::onnx::TensorProto &proto = graph.initializer(i);
    if (failed(add(proto.name(), readTensor(proto, file.folder))))
      return failure();
    if (!takes)
      continue;
    // The decoded copy replaces the one in the message.
    ::onnx::TensorProto &taken = *graph.mutable_initializer(i);
    delete taken.release_raw_data();
    google::protobuf::RepeatedField<float>().Swap(taken.mutable_float_data());
  }
  return success();
}

LogicalResult GraphImporter::addNodes(const NodeList &list) {
  for (const ::onnx::NodeProto &node : list) {
    nodes.push_back(&node);
    addReader(node);
    for (const std::string &output : node.output())
      if (!output.empty() &&
          (isDefined(output) || !producers.try_emplace(output, &node).second))
        return file.error("tensor '" + output + "' is defined twice");
  }
  return success();
}

TensorRef GraphImporter::lookup(StringRef name) const {
  auto found = tensors.find(name);
  if (found != tensors.end())
    return found->second;
  if (producers.count(name) || !outer)
    return nullptr;
  return outer->lookup(name);
}

LogicalResult GraphImporter::demand(StringRef wanted, const Twine &user) {
  // Depth first without recursion; a node is imported after its operands.
  SmallVector<std::pair<const ::onnx::NodeProto *, int>> stack;
  auto visit = [&](StringRef name, const Twine &user) -> LogicalResult {
    if (auto bad = unreadable.find(name); bad != unreadable.end())
      return file.error("initializer '" + name + "': " + bad->second);
    if (name.empty() || isDefined(name) || leftOut.contains(name) ||
        missing.contains(name))
      return success();
    const ::onnx::NodeProto *node = producers.lookup(name);
    if (!node && outer)
      return outer->demand(name, user);
    if (!node)
      return file.error("tensor '" + name + "', used by " + user +
                        ", is neither an input, an initializer nor the output "
                        "of a node");
    State &state = states[node];
    if (state == State::Open)
      return file.error("the graph is cyclic through tensor '" + name + "'");
    if (state == State::Unseen) {
      state = State::Open;
      stack.push_back({node, 0});
    }
    return success();
  };
  if (failed(visit(wanted, user)))
    return failure();
  while (!stack.empty()) {
    auto &[node, next] = stack.back();
    if (next == node->input_size()) {
      const ::onnx::NodeProto *complete = node;
      if (failed(importOrSkip(*complete)))
        return failure();
      states[complete] = State::Done;
      stack.pop_back();
      continue;
    }
    const std::string &input = node->input(next++);
    if (failed(visit(input, "node '" + nodeName(*node) + "' (" +
                                node->op_type() + ")")))
      return failure();
  }
  return success();
}

LogicalResult GraphImporter::import(ArrayRef<StringRef> names) {
  std::vector<const ::onnx::NodeProto *> nodes = reachable(names);
  llvm::erase_if(nodes, [&](const ::onnx::NodeProto *node) {
    bool isAmbiguous = false;
    return functionOf(*node, isAmbiguous) || isAmbiguous;
  });
  std::string unsupported = describeUnsupported(nodes, opset);
  if (!unsupported.empty() &&
      failed(file.error(
          "operators that are not supported: " + unsupported +
          ". `lw-translate --print-onnx-ops` lists those that are; remove the "
          "nodes or export the model with supported ones")) &&
      file.depth > 0)
    return failure();
  for (StringRef name : names)
    ++readers[name];
  for (StringRef name : names)
    if (failed(demand(name, "the network's outputs")))
      return failure();
  if (file.depth > 0 || file.errors == 0)
    return success();
  if (file.otherBatch)
    return file.error("--batch=" + Twine(*file.otherBatch) +
                      " replaces a batch of 1 that the file fixes; where a "
                      "node above cannot have another, leave the flag out or "
                      "export the network with a symbolic batch");
  return failure();
}

/// In the network's own graph what fails is left out, and what needs it.
LogicalResult GraphImporter::importOrSkip(const ::onnx::NodeProto &proto) {
  bool isReady = llvm::none_of(proto.input(), [&](const std::string &input) {
    return missing.contains(input);
  });
  if (file.depth > 0) // What is missing has had its message.
    return isReady ? importNode(proto) : failure();
  constexpr int64_t kMostErrors = 20;
  bool isAmbiguous = false;
  bool isKnown = findOp(tableName(proto), opset) ||
                 functionOf(proto, isAmbiguous) || isAmbiguous;
  if (isKnown && isReady) {
    int64_t before = file.errors;
    if (succeeded(importNode(proto)))
      return success();
    // Errors of nodes are not counted where they are made.
    file.errors = before + 1;
    if (file.errors >= kMostErrors)
      return file.error("more than " + Twine(kMostErrors) +
                        " errors; the rest is not looked at");
  }
  for (const std::string &output : proto.output())
    if (!output.empty())
      setMissing(output);
  return success();
}

LogicalResult GraphImporter::importNode(const ::onnx::NodeProto &proto) {
  GraphBuilder &build = file.build;
  Node node(proto, opset, file.path, file.folder, build);
  node.graph = this;
  build.loc = NameLoc::get(build.builder.getStringAttr(
      node.name().empty() ? proto.op_type() : node.name()));
  for (const std::string &input : proto.input()) {
    bool isLeftOut = input.empty() || leftOut.contains(input);
    node.inputs.push_back(isLeftOut ? nullptr : lookup(input));
    if (!isLeftOut && !node.inputs.back())
      return node.error("input '" + input +
                        "' is an output that is not supported (indices, masks, "
                        "running statistics and labels of strings are not)");
  }
  if (file.otherBatch && failed(fitBatch(node, proto)))
    return failure();
  bool isAmbiguous = false;
  const ::onnx::FunctionProto *function = functionOf(proto, isAmbiguous);
  if (isAmbiguous)
    return node.error("several functions of the file have this name: overloads "
                      "are not supported; inline them, for example with "
                      "onnx.inliner");
  if (function) {
    for (const std::string &input : proto.input())
      if (selectionOf(input))
        return node.error("input '" + input + "' is " + kSelected);
    if (failed(importFunction(node, proto, *function)))
      return failure();
  } else if (failed(importOperator(node, proto))) {
    return failure();
  }
  for (int i = 0; i < proto.output_size(); ++i) {
    if (proto.output(i).empty())
      continue;
    // Indices, masks and running statistics have none.
    if (i < static_cast<int>(node.results.size()) && node.results[i])
      redefine(proto.output(i), node.results[i]);
  }
  for (const std::string &input : proto.input())
    release(input);
  return success();
}

FailureOr<SmallVector<TensorRef>>
GraphImporter::importSubgraph(const ::onnx::GraphProto &graph,
                              ArrayRef<TensorRef> inputs) {
  Location location = file.build.loc;
  ++file.depth;
  llvm::scope_exit leave([&] {
    --file.depth;
    file.build.loc = location;
  });
  if (file.depth > kMaxDepth)
    return file.error("graph '" + graph.name() + "' is nested too deep");
  if (graph.input_size() != static_cast<int>(inputs.size()))
    return file.error("graph '" + graph.name() + "' expects " +
                      Twine(graph.input_size()) + " inputs, is given " +
                      Twine(inputs.size()));
  GraphImporter inner(file, opset, this);
  for (auto [input, tensor] : llvm::zip(graph.input(), inputs))
    if (!inner.define(input.name(), tensor))
      return file.error("input '" + input.name() + "' is defined twice");
  SmallVector<StringRef> names;
  for (const auto &output : graph.output())
    names.push_back(output.name());
  if (failed(inner.readInitializers(graph)) ||
      failed(inner.addNodes(graph.node())) || failed(inner.import(names)))
    return failure();
  SmallVector<TensorRef> results;
  for (StringRef name : names) {
    results.push_back(inner.lookup(name));
    if (!results.back())
      return file.error("output '" + name + "' of graph '" + graph.name() +
                        "' is not supported");
    if (inner.selectionOf(name))
      return file.error("output '" + name + "' of graph '" + graph.name() +
                        "' is " + kSelected);
  }
  return results;
}

//===----------------------------------------------------------------------===//
// Functions of the file
//===----------------------------------------------------------------------===//

const ::onnx::FunctionProto *
GraphImporter::functionOf(const ::onnx::NodeProto &node,
                          bool &isAmbiguous) const {
  if (findOp(tableName(node), opset))
    return nullptr;
  auto found = file.functions.find(tableName(node));
  if (found == file.functions.end())
    return nullptr;
  isAmbiguous = !found->second;
  return found->second;
}

using AttributeList =
    google::protobuf::RepeatedPtrField<::onnx::AttributeProto>;

/// The attributes of a function that have defaults: a field of IR version 9,
/// which older headers do not know.
static AttributeList defaultsOf(const ::onnx::FunctionProto &function) {
  constexpr int kAttributeProto = 11;
  AttributeList result;
  const google::protobuf::UnknownFieldSet &fields =
      function.GetReflection()->GetUnknownFields(function);
  for (int i = 0; i < fields.field_count(); ++i) {
    const google::protobuf::UnknownField &field = fields.field(i);
    ::onnx::AttributeProto attribute;
    if (field.number() == kAttributeProto &&
        field.type() == google::protobuf::UnknownField::TYPE_LENGTH_DELIMITED &&
        attribute.ParseFromString(field.length_delimited()))
      *result.Add() = attribute;
  }
  return result;
}

/// Attributes that refer to those of the function become what the call gives
/// them, else their defaults, else are left out; so do those of nodes
/// inside.
static void resolveAttributes(::onnx::NodeProto &node,
                              const ::onnx::NodeProto &call,
                              const AttributeList &defaults) {
  auto given = [&](const std::string &name) -> const ::onnx::AttributeProto * {
    for (const auto &attribute : call.attribute())
      if (attribute.name() == name)
        return &attribute;
    for (const auto &attribute : defaults)
      if (attribute.name() == name)
        return &attribute;
    return nullptr;
  };
  AttributeList resolved;
  for (const ::onnx::AttributeProto &attribute : node.attribute()) {
    if (attribute.ref_attr_name().empty()) {
      *resolved.Add() = attribute;
    } else if (const auto *value = given(attribute.ref_attr_name())) {
      ::onnx::AttributeProto &copy = *resolved.Add();
      copy = *value;
      copy.set_name(attribute.name());
    }
  }
  for (::onnx::AttributeProto &attribute : resolved)
    if (attribute.has_g())
      for (::onnx::NodeProto &inner : *attribute.mutable_g()->mutable_node())
        resolveAttributes(inner, call, defaults);
  node.mutable_attribute()->Swap(&resolved);
}

LogicalResult
GraphImporter::importFunction(Node &node, const ::onnx::NodeProto &call,
                              const ::onnx::FunctionProto &function) {
  Location location = file.build.loc;
  ++file.depth;
  llvm::scope_exit leave([&] {
    --file.depth;
    file.build.loc = location;
  });
  if (file.depth > kMaxDepth)
    return node.error("functions call each other too deep");
  int64_t version = opset;
  for (const auto &import : function.opset_import())
    if (import.domain().empty() || import.domain() == "ai.onnx")
      version = import.version();
  if (version < kOldestOpset || version > kNewestOpset)
    return node.error("the function expects opset " + Twine(version) +
                      "; supported are " + Twine(kOldestOpset) + " to " +
                      Twine(kNewestOpset));
  if (static_cast<int>(node.inputs.size()) > function.input_size())
    return node.error("expects at most " + Twine(function.input_size()) +
                      " inputs, found " + Twine(node.inputs.size()));
  GraphImporter inner(file, version);
  for (auto [i, name] : llvm::enumerate(function.input())) {
    if (!node.input(i))
      inner.leaveOut(name);
    else if (!inner.define(name, node.input(i)))
      return node.error("input '" + name +
                        "' of the function is defined twice");
  }
  AttributeList defaults = defaultsOf(function);
  NodeList nodes = function.node();
  for (::onnx::NodeProto &inside : nodes)
    resolveAttributes(inside, call, defaults);
  SmallVector<StringRef> names;
  for (auto [i, name] : llvm::enumerate(function.output()))
    if (node.isUsed(i))
      names.push_back(name);
  if (failed(inner.addNodes(nodes)) || failed(inner.import(names)))
    return failure();
  for (StringRef name : names)
    if (inner.selectionOf(name))
      return node.error("output '" + name + "' of the function is " +
                        kSelected);
  for (auto [i, name] : llvm::enumerate(function.output()))
    node.results.push_back(node.isUsed(i) ? inner.lookup(name) : nullptr);
  return success();
}
