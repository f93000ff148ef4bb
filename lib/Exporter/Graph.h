//===- Graph.h - An ONNX graph in the making
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_EXPORTER_GRAPH_H
#define LW_LIB_EXPORTER_GRAPH_H

#include "../Importer/Proto.h"
#include "mlir/IR/Operation.h"
#include "mlir/IR/Value.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mlir::lw::exporter {

using ::onnx::TensorProto;
using Shape = SmallVector<int64_t, 6>;
/// Dimension i of an ONNX tensor is dimension order[i] of what it holds; that
/// of images is {0, 3, 1, 2}.
using Order = SmallVector<int64_t, 6>;
using Attributes = std::vector<::onnx::AttributeProto>;

/// Elements known at export, row-major.
struct Constant {
  Shape shape;
  int32_t type;
  std::string bytes;
};

struct Tensor;
using TensorRef = std::shared_ptr<Tensor>;

/// A value of the network: a constant, or held by one or more ONNX tensors,
/// each in an order of dimensions of its own. Transposing and reshaping is
/// bookkeeping until an operator demands an order or a shape.
struct Tensor {
  struct Stored {
    Order order;
    std::string name;
  };

  Shape shape;
  int32_t type; // TensorProto::DataType
  std::shared_ptr<const Constant> constant;
  SmallVector<Stored, 2> stored;
  /// These elements, row-major, with other extents; the only source of a tensor
  /// that nobody has asked for yet.
  TensorRef reshaped;
  /// The ONNX tensor whose dimensions from the second on are made one, see
  /// `Graph::flatten`.
  std::string flattened;

  int64_t rank() const { return shape.size(); }
  bool isPending() const { return !constant && stored.empty(); }
  /// Number of elements.
  int64_t count() const;
  /// The integer that every element of a constant is.
  std::optional<int64_t> splat() const;
};

::onnx::AttributeProto attribute(StringRef name, int64_t value);
::onnx::AttributeProto attribute(StringRef name, float value);
::onnx::AttributeProto attribute(StringRef name, ArrayRef<int64_t> values);
::onnx::AttributeProto attribute(StringRef name, StringRef value);
::onnx::AttributeProto floatsAttribute(StringRef name, ArrayRef<float> values);
::onnx::AttributeProto stringsAttribute(StringRef name,
                                        ArrayRef<std::string> values);

Order identityOrder(int64_t rank);
/// NCHW of a value whose last dimension is the channel, of any rank.
Order channelsFirst(int64_t rank);
Shape permute(ArrayRef<int64_t> shape, ArrayRef<int64_t> order);
/// Where dimension `dim` is in an order.
int64_t positionOf(ArrayRef<int64_t> order, int64_t dim);

TensorRef makeTensor(ArrayRef<int64_t> shape, int32_t type,
                     ArrayRef<int64_t> order, std::string name);
TensorRef makeFloats(ArrayRef<int64_t> shape, ArrayRef<float> values);
TensorRef makeInts(ArrayRef<int64_t> values);
/// Integers of 8 or 32 bits.
TensorRef makeIntegers(ArrayRef<int64_t> shape, int32_t type,
                       ArrayRef<int32_t> values);
/// The constant with its dimensions in another order.
/// Integers of any type, all `value`.
TensorRef makeSplat(ArrayRef<int64_t> shape, int32_t type, int64_t value);
/// The constant, null where it cannot be read.
TensorRef readTensor(Value value);
TensorRef permuteConstant(const Constant &constant, ArrayRef<int64_t> order);

/// Makes the nodes and initializers of one graph.
class Graph {
public:
  explicit Graph(::onnx::GraphProto &proto) : proto(proto) {}

  /// Names what follows after the layer of `op`.
  void startLayer(Operation *op);
  /// A name that no tensor has, like `wanted`.
  std::string tensorName(const Twine &wanted);

  //===--------------------------------------------------------------------===//
  // Tensors
  //===--------------------------------------------------------------------===//

  /// The tensor of a value that was set, or is a constant; else null.
  TensorRef find(Value value);
  void set(Value value, TensorRef tensor) { tensors[value] = tensor; }

  /// The name of the ONNX tensor that holds `tensor` in the given order; adds
  /// what it takes.
  std::string get(const TensorRef &tensor, ArrayRef<int64_t> order);
  std::string getPlain(const TensorRef &tensor);
  /// The same; an initializer is called LAYER_`part`.
  std::string getParameter(const TensorRef &tensor, StringRef part);

  TensorRef transpose(const TensorRef &tensor, ArrayRef<int64_t> order);
  TensorRef reshape(const TensorRef &tensor, ArrayRef<int64_t> shape);

  /// A matrix of the rows of `tensor`, which an image was reshaped to, whose
  /// columns are in the order in which the image is held: `within` is the order
  /// of the image's `extents` from the second on. Empty when `tensor` is no
  /// such image or has its own order for nothing.
  std::string flatten(const TensorRef &tensor, Order &within, Shape &extents);

  /// The first order that is not row-major among tensors of one rank.
  static Order commonOrder(ArrayRef<TensorRef> tensors);

  //===--------------------------------------------------------------------===//
  // Nodes
  //===--------------------------------------------------------------------===//

  /// Adds a node and returns the name of its output.
  std::string node(StringRef type, ArrayRef<std::string> inputs,
                   Attributes attributes = {});
  /// The same of a node with several outputs. Those without a name are left
  /// out; the others are called after the layer and it, but for the first.
  SmallVector<std::string> nodeOf(StringRef type, ArrayRef<std::string> inputs,
                                  ArrayRef<StringRef> outputs,
                                  Attributes attributes);

  /// An operator on single elements, in whatever order and shape they are;
  /// `more` are further inputs.
  TensorRef unary(StringRef type, const TensorRef &x,
                  ArrayRef<std::string> more = {}, Attributes attributes = {},
                  std::optional<int32_t> resultType = std::nullopt);
  /// The same on pairs of elements; ranks are equal, extents equal or 1.
  TensorRef binary(StringRef type, const TensorRef &a, const TensorRef &b,
                   std::optional<int32_t> resultType = std::nullopt);
  /// The same elements as another type, as ONNX's Cast makes them.
  TensorRef cast(const TensorRef &x, int32_t type);

  std::string ints(ArrayRef<int64_t> values) {
    return getPlain(makeInts(values));
  }
  std::string number(float value) { return getPlain(makeFloats({}, value)); }

  /// What `tensor` stands for with the parameters `quantization`; null at
  /// first.
  TensorRef &dequantized(const TensorRef &tensor, Attribute quantization) {
    return reals[{tensor, quantization.getAsOpaquePointer()}];
  }

  /// Makes `name` the output of the graph that holds `tensor`.
  void makeOutput(const TensorRef &tensor, StringRef name);

private:
  std::string initializer(const Constant &constant);
  std::string reshapeNode(StringRef name, ArrayRef<int64_t> shape);
  void materialize(const TensorRef &tensor, ArrayRef<int64_t> order);

  ::onnx::GraphProto &proto;
  /// Of the operation at hand, and what its initializers are called after it.
  std::string layer, part = "constant";
  llvm::StringSet<> nodeNames, tensorNames;
  llvm::DenseMap<Value, TensorRef> tensors;
  llvm::DenseMap<uint64_t, SmallVector<int, 1>> initializers; // by hash
  std::map<std::pair<TensorRef, const void *>, TensorRef> reals;
  /// Index of the node, and which of its outputs it is, by the output's name.
  llvm::StringMap<std::pair<int, int>> producers;
};

} // namespace mlir::lw::exporter

#endif // LW_LIB_EXPORTER_GRAPH_H
