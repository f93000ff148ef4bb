//===- Labels.cpp - Strings that a classifier gives its classes
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Labels.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;
using namespace mlir::lw::importer;

using Strings = google::protobuf::RepeatedPtrField<std::string>;

/// The strings among a node's attributes; null without any.
static const Strings *labelsOf(const ::onnx::NodeProto &node) {
  for (const ::onnx::AttributeProto &attribute : node.attribute()) {
    if (attribute.strings_size() && attribute.name() != "keys_strings")
      return &attribute.strings();
    if (attribute.t().string_data_size())
      return &attribute.t().string_data();
  }
  return nullptr;
}

/// What stands nearest to the output comes first: a table of names behind the
/// classifier's own.
static const Strings *findLabels(const ::onnx::GraphProto &graph,
                                 StringRef output) {
  llvm::StringSet<> seen;
  std::vector<StringRef> open = {output};
  for (size_t next = 0; next < open.size(); ++next) {
    StringRef name = open[next];
    if (name.empty() || !seen.insert(name).second)
      continue;
    for (const ::onnx::TensorProto &tensor : graph.initializer())
      if (tensor.name() == name && tensor.string_data_size())
        return &tensor.string_data();
    for (const ::onnx::NodeProto &node : graph.node()) {
      if (!llvm::is_contained(node.output(), name))
        continue;
      if (const Strings *labels = labelsOf(node))
        return labels;
      open.insert(open.end(), node.input().begin(), node.input().end());
    }
  }
  return nullptr;
}

std::string mlir::lw::importer::describeLabels(const ::onnx::GraphProto &graph,
                                               StringRef output) {
  constexpr int kMostLabels = 20;
  const Strings *labels = findLabels(graph, output);
  if (!labels)
    return "";
  int count = std::min(labels->size(), kMostLabels);
  std::string text = "; its classes: " +
                     llvm::join(labels->begin(), labels->begin() + count, ", ");
  if (count < labels->size())
    text += " and " + std::to_string(labels->size() - count) + " more";
  return text;
}
