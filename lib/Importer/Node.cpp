//===- Node.cpp - One ONNX node while it is imported
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Node.h"
#include "TensorData.h"
#include "mlir/IR/Diagnostics.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace mlir::lw::importer;
using AttributeProto = ::onnx::AttributeProto;

std::string mlir::lw::importer::formatShape(ArrayRef<int64_t> shape) {
  std::string result = "[";
  for (auto [i, extent] : llvm::enumerate(shape))
    result += (i ? ", " : "") + std::to_string(extent);
  return result + "]";
}

const std::string &mlir::lw::importer::nodeName(const ::onnx::NodeProto &node) {
  return node.name().empty() && node.output_size() ? node.output(0)
                                                   : node.name();
}

std::string Node::describe() const {
  return "node '" + name() + "' (" + proto.op_type() + ", opset " +
         std::to_string(opset) + ")";
}

LogicalResult Node::error(const Twine &message) {
  if (!failed)
    emitError(build.builder.getUnknownLoc())
        << file << ": " << describe() << ": " << message;
  failed = true;
  return failure();
}

//===----------------------------------------------------------------------===//
// Operands
//===----------------------------------------------------------------------===//

FailureOr<Shape> Node::constantInts(size_t i, StringRef what) {
  if (!input(i))
    return error("expects an input '" + what + "'");
  if (!input(i)->constant)
    return error("expects '" + what +
                 "' to be known at import; make it a constant, for example "
                 "with onnx-simplifier and fixed input shapes");
  if (input(i)->constant->isFloat)
    return error("expects '" + what + "' to be integers");
  if (input(i)->constant->shape.size() > 1)
    return error("expects '" + what + "' of rank 0 or 1, found shape " +
                 formatShape(input(i)->shape));
  return Shape(ArrayRef<int64_t>(input(i)->constant->ints));
}

FailureOr<std::vector<float>> Node::constantFloats(size_t i, StringRef what) {
  if (!input(i))
    return error("expects an input '" + what + "'");
  if (!input(i)->constant)
    return error("expects '" + what + "' to be known at import");
  const Constant &constant = *input(i)->constant;
  if (constant.isFloat)
    return constant.floats.get();
  return std::vector<float>(constant.ints.begin(), constant.ints.end());
}

FailureOr<std::optional<Shape>> Node::intsOf(StringRef name, size_t i,
                                             int64_t since) {
  if (opset < since)
    return intsAttr(name);
  if (!input(i))
    return std::optional<Shape>();
  FailureOr<Shape> values = constantInts(i, name);
  if (mlir::failed(values))
    return failure();
  Shape result = *values;
  return std::optional<Shape>(std::move(result));
}

//===----------------------------------------------------------------------===//
// Attributes
//===----------------------------------------------------------------------===//

const AttributeProto *Node::attribute(StringRef name) const {
  for (const AttributeProto &attribute : proto.attribute())
    if (attribute.name() == name)
      return &attribute;
  return nullptr;
}

const AttributeProto *Node::typedAttribute(StringRef name, int type,
                                           StringRef typeName) {
  const AttributeProto *found = attribute(name);
  if (!found)
    return nullptr;
  if (!found->ref_attr_name().empty()) {
    (void)error("attribute '" + name +
                "' refers to a function's attribute, which is not supported");
    return nullptr;
  }
  // Files of the first IR versions carry no type.
  if (found->type() != type && found->type() != AttributeProto::UNDEFINED) {
    (void)error("expects attribute '" + name + "' to be of type " + typeName +
                ", found type " + Twine(static_cast<int>(found->type())));
    return nullptr;
  }
  return found;
}

int64_t Node::intAttr(StringRef name, int64_t absent) {
  const AttributeProto *found =
      typedAttribute(name, AttributeProto::INT, "int");
  return found ? found->i() : absent;
}

float Node::floatAttr(StringRef name, float absent) {
  const AttributeProto *found =
      typedAttribute(name, AttributeProto::FLOAT, "float");
  return found ? found->f() : absent;
}

std::string Node::stringAttr(StringRef name, StringRef absent) {
  const AttributeProto *found =
      typedAttribute(name, AttributeProto::STRING, "string");
  return found ? found->s() : absent.str();
}

std::optional<Shape> Node::intsAttr(StringRef name) {
  const AttributeProto *found =
      typedAttribute(name, AttributeProto::INTS, "ints");
  if (!found)
    return std::nullopt;
  return Shape(found->ints().begin(), found->ints().end());
}

std::optional<std::vector<float>> Node::floatsAttr(StringRef name) {
  const AttributeProto *found =
      typedAttribute(name, AttributeProto::FLOATS, "floats");
  if (!found)
    return std::nullopt;
  return std::vector<float>(found->floats().begin(), found->floats().end());
}

const ::onnx::GraphProto *Node::graphAttr(StringRef name) {
  const AttributeProto *found =
      typedAttribute(name, AttributeProto::GRAPH, "graph");
  if (!found || !found->has_g()) {
    (void)error("expects a graph as attribute '" + name + "'");
    return nullptr;
  }
  return &found->g();
}

ConstantRef Node::tensorAttr(const AttributeProto &attribute) {
  llvm::Expected<ConstantRef> tensor = readTensor(attribute.t(), path);
  if (tensor)
    return *tensor;
  (void)error("attribute '" + attribute.name() +
              "': " + llvm::toString(tensor.takeError()));
  return nullptr;
}

//===----------------------------------------------------------------------===//
// Checks
//===----------------------------------------------------------------------===//

FailureOr<int64_t> Node::axis(int64_t value, int64_t rank) {
  if (value < -rank || value >= rank)
    return error("expects an axis from " + Twine(-rank) + " to " +
                 Twine(rank - 1) + ", found " + Twine(value));
  return value < 0 ? value + rank : value;
}

LogicalResult Node::checkRank(size_t i, int64_t rank) {
  if (inputs[i]->rank() == rank)
    return checkShape(inputs[i]->shape);
  return error("expects input " + Twine(i) + " of rank " + Twine(rank) +
               ", found shape " + formatShape(shape(i)));
}

LogicalResult Node::checkShape(ArrayRef<int64_t> shape) {
  if (static_cast<int64_t>(shape.size()) > kMaxRank)
    return error("tensors of rank " + Twine(shape.size()) +
                 " are not supported, only up to " + Twine(kMaxRank));
  for (int64_t extent : shape)
    if (extent < 1)
      return error("expects extents of at least 1, found shape " +
                   formatShape(shape));
  if (!countElements(shape))
    return error("shape " + formatShape(shape) +
                 " has more than 2^31 elements");
  return success();
}

FailureOr<Shape> Node::broadcast(ArrayRef<int64_t> a, ArrayRef<int64_t> b) {
  std::optional<Shape> shape = broadcastShapes(a, b);
  if (!shape)
    return error("shapes " + formatShape(a) + " and " + formatShape(b) +
                 " do not broadcast");
  if (mlir::failed(checkShape(*shape)))
    return failure();
  return *shape;
}
