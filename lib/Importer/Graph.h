//===- Graph.h - The nodes of a graph, imported as they are needed
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_IMPORTER_GRAPH_H
#define LW_LIB_IMPORTER_GRAPH_H

#include "Selected.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"

namespace mlir::lw::importer {

using NodeList = google::protobuf::RepeatedPtrField<::onnx::NodeProto>;

/// What all graphs of a file share.
struct FileContext {
  std::string path, folder;
  GraphBuilder &build;
  /// Functions that the file defines, by "domain.name"; null where several have
  /// one name.
  llvm::StringMap<const ::onnx::FunctionProto *> functions = {};
  /// Graphs and functions that are being imported, one inside another.
  int64_t depth = 0;
  /// The batch in place of a 1 that the file fixes, if so.
  std::optional<int64_t> otherBatch = {};
  /// Errors so far of the network's own graph, which goes on without what
  /// fails so that everything that is not supported is said at once.
  int64_t errors = 0;
  /// What quotients that are held as products divide, see `divideExactly`.
  struct Quotient {
    TensorRef dividend, divisor;
  };
  llvm::DenseMap<Value, Quotient> quotients = llvm::DenseMap<Value, Quotient>();

  LogicalResult error(const Twine &message);
};

/// The values of a graph, of a branch or loop body inside another graph, whose
/// values it sees, or of a function. Nodes are imported once something asks for
/// what they compute: of a branch that is not taken, nothing is.
class GraphImporter {
public:
  GraphImporter(FileContext &file, int64_t opset,
                GraphImporter *outer = nullptr)
      : file(file), opset(opset), outer(outer) {}

  FileContext &context() const { return file; }

  /// With `takes`, the file's message loses what has been read.
  LogicalResult readInitializers(const ::onnx::GraphProto &graph);
  LogicalResult readInitializers(::onnx::GraphProto &graph, bool takes);
  LogicalResult addNodes(const NodeList &list);

  /// False when the name has a value already.
  bool define(StringRef name, TensorRef tensor) {
    return tensors.try_emplace(name, std::move(tensor)).second;
  }
  void redefine(StringRef name, TensorRef tensor) {
    tensors[name] = std::move(tensor);
  }
  /// A value that an error keeps from being known: what needs it is skipped.
  void setMissing(StringRef name) { missing.insert(name); }
  /// An input of a function that its caller leaves out.
  void leaveOut(StringRef name) { leftOut.insert(name); }
  bool isDefined(StringRef name) const { return tensors.count(name); }
  /// A value here or in a graph around; null when nothing has been imported
  /// that gives it.
  TensorRef lookup(StringRef name) const;

  /// What of the value a mask selects; none where it is whole.
  std::optional<Selection> selectionOf(StringRef name) const;

  /// Imports all that the values need; lists every operator among it that is
  /// not supported.
  LogicalResult import(ArrayRef<StringRef> names);

  /// The outputs of a graph that is an attribute of one of this graph's nodes.
  FailureOr<SmallVector<TensorRef>>
  importSubgraph(const ::onnx::GraphProto &graph, ArrayRef<TensorRef> inputs);

private:
  enum class State { Unseen, Open, Done };

  LogicalResult demand(StringRef name, const Twine &user);
  /// The nodes that the values need, in the file's order.
  std::vector<const ::onnx::NodeProto *> reachable(ArrayRef<StringRef> names);
  /// Counts what the node reads, and the graphs inside it.
  void addReader(const ::onnx::NodeProto &node);
  /// Forgets a constant that `name` stands for when its last reader has read
  /// it: it lives in the network then, which may be as large again.
  void release(StringRef name);
  LogicalResult importNode(const ::onnx::NodeProto &proto);
  LogicalResult importOrSkip(const ::onnx::NodeProto &proto);
  LogicalResult fitBatch(Node &node, const ::onnx::NodeProto &proto);
  /// By its row in the table, or as what a mask selects.
  LogicalResult importOperator(Node &node, const ::onnx::NodeProto &proto);
  /// What the sum that the node computes counts, if that is a mask's elements.
  const Selection *countedBy(const ::onnx::NodeProto &proto) const;
  LogicalResult importFunction(Node &node, const ::onnx::NodeProto &call,
                               const ::onnx::FunctionProto &function);
  const ::onnx::FunctionProto *functionOf(const ::onnx::NodeProto &node,
                                          bool &isAmbiguous) const;

  FileContext &file;
  const int64_t opset;
  GraphImporter *outer;
  llvm::StringMap<TensorRef> tensors;
  llvm::StringMap<std::string> unreadable; // initializers, and why
  llvm::StringSet<> leftOut, missing;
  llvm::StringMap<Selection> selections; // of those that are not whole
  /// How many inputs of nodes that are not imported yet have a name.
  llvm::StringMap<int64_t> readers;
  std::vector<const ::onnx::NodeProto *> nodes;
  llvm::StringMap<const ::onnx::NodeProto *> producers;
  llvm::DenseMap<const ::onnx::NodeProto *, State> states;
};

} // namespace mlir::lw::importer

#endif // LW_LIB_IMPORTER_GRAPH_H
