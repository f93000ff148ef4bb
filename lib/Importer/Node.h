//===- Node.h - One ONNX node while it is imported
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_IMPORTER_NODE_H
#define LW_LIB_IMPORTER_NODE_H

#include "GraphBuilder.h"
#include "Proto.h"

namespace mlir::lw::importer {

class GraphImporter;

/// The name of a node, or of its first output where it has none.
const std::string &nodeName(const ::onnx::NodeProto &node);

/// What a handler sees of the node that it imports: operands, attributes,
/// errors. Every error is emitted once, as the node's only one.
class Node {
public:
  Node(const ::onnx::NodeProto &proto, int64_t opset, StringRef file,
       StringRef folder, GraphBuilder &build)
      : build(build), opset(opset), proto(proto), file(file), path(folder) {}

  GraphBuilder &build;
  const int64_t opset;
  SmallVector<TensorRef> inputs; // null where an optional one is left out
  SmallVector<TensorRef> results;
  /// The result of a convolution is its accumulators, in int32.
  bool accumulates = false;
  /// The graph that the node is in.
  GraphImporter *graph = nullptr;

  //===--------------------------------------------------------------------===//
  // Operands and results
  //===--------------------------------------------------------------------===//

  TensorRef input(size_t i) const {
    return i < inputs.size() ? inputs[i] : nullptr;
  }
  ArrayRef<int64_t> shape(size_t i) const { return inputs[i]->shape; }
  size_t outputCount() const { return proto.output_size(); }
  /// Whether output `i` has a name.
  bool isUsed(size_t i) const {
    return i < outputCount() && !proto.output(i).empty();
  }

  LogicalResult finish(TensorRef result) {
    results.push_back(std::move(result));
    return success();
  }
  LogicalResult finish(Value value, ArrayRef<int32_t> layout) {
    return finish(GraphBuilder::fromValue(value, layout));
  }

  /// Input `i` as integers known at import; fails when it is not constant.
  FailureOr<Shape> constantInts(size_t i, StringRef what);
  /// The same for numbers.
  FailureOr<std::vector<float>> constantFloats(size_t i, StringRef what);
  /// Integers that are attribute `name` before `since` and input `i` from then
  /// on; std::nullopt when left out.
  FailureOr<std::optional<Shape>> intsOf(StringRef name, size_t i,
                                         int64_t since);

  //===--------------------------------------------------------------------===//
  // Attributes
  //===--------------------------------------------------------------------===//

  /// An attribute of the wrong type is an error of the node and reads as if it
  /// were left out.
  int64_t intAttr(StringRef name, int64_t absent);
  float floatAttr(StringRef name, float absent);
  std::string stringAttr(StringRef name, StringRef absent);
  std::optional<Shape> intsAttr(StringRef name);
  std::optional<std::vector<float>> floatsAttr(StringRef name);
  const ::onnx::AttributeProto *attribute(StringRef name) const;
  /// A graph, or null after an error.
  const ::onnx::GraphProto *graphAttr(StringRef name);
  /// A tensor attribute, or null after an error.
  ConstantRef tensorAttr(const ::onnx::AttributeProto &attribute);

  //===--------------------------------------------------------------------===//
  // Checks
  //===--------------------------------------------------------------------===//

  LogicalResult error(const Twine &message);
  bool hasFailed() const { return failed; }
  /// A non-negative axis below `rank`.
  FailureOr<int64_t> axis(int64_t value, int64_t rank);
  /// Also checks the shape.
  LogicalResult checkRank(size_t i, int64_t rank);
  /// Rank up to kMaxRank, extents of at least 1, up to kMaxElements elements.
  LogicalResult checkShape(ArrayRef<int64_t> shape);
  FailureOr<Shape> broadcast(ArrayRef<int64_t> a, ArrayRef<int64_t> b);

  /// "node 'name' (Conv, opset 13)".
  std::string describe() const;
  const std::string &name() const { return nodeName(proto); }
  /// Where external data lies.
  StringRef folder() const { return path; }

private:
  const ::onnx::AttributeProto *typedAttribute(StringRef name, int type,
                                               StringRef typeName);

  const ::onnx::NodeProto &proto;
  StringRef file, path;
  bool failed = false;
};

/// "[1, 3, 32, 32]".
std::string formatShape(ArrayRef<int64_t> shape);

} // namespace mlir::lw::importer

#endif // LW_LIB_IMPORTER_NODE_H
