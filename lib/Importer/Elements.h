//===- Elements.h - Element types inside a network and at its edges
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_IMPORTER_ELEMENTS_H
#define LW_LIB_IMPORTER_ELEMENTS_H

#include "Node.h"

namespace mlir::lw::importer {

/// "float32", "uint8", ...
StringRef elementName(Element element);

/// The element type of tensors that hold such elements.
Type elementType(Builder &builder, Element element);

inline bool isByte(Element element) {
  return element == Element::U8 || element == Element::S8;
}
inline bool isWide(Element element) {
  return element == Element::I32 || element == Element::I64;
}
inline bool isInteger(Element element) {
  return element != Element::Float && element != Element::Bool;
}

/// An element type of ONNX: what holds it inside of the network, and how it
/// lies in the arrays at the network's edges. Floats of all types are computed
/// in f32, int16 and uint16 in i32, uint32 and uint64 in i64.
struct EdgeType {
  int32_t dataType = 0; ///< TensorProto.DataType
  Element element = Element::Float;
  Type type; ///< Of the array's elements; of bool, bytes of 0 and 1.
  bool isUnsigned = false;

  /// std::nullopt for types without arithmetic (strings, complex numbers, ...).
  static std::optional<EdgeType> get(MLIRContext *context, int32_t dataType);

  bool isBool() const { return element == Element::Bool; }
};

/// The network's argument, as it is held inside.
TensorRef fromEdge(GraphBuilder &build, Value argument, const EdgeType &edge);
/// The opposite, in ONNX order.
Value toEdge(GraphBuilder &build, const TensorRef &tensor,
             const EdgeType &edge);

/// The TensorProto.DataType of such elements.
int32_t dataTypeOf(Element element);

/// What the elements of a tensor are; of a constant, as it was stored.
Element elementOf(const TensorRef &tensor);

/// The one element type of all operands, or an error: what the activations
/// among them are, to which constants adapt.
FailureOr<Element> commonElement(Node &node, ArrayRef<TensorRef> operands);

/// A value whose elements are `from`, as `Cast` converts it to `to`: floats are
/// truncated, integers wrap, everything but 0 is true.
Value convert(GraphBuilder &build, Value value, Element from, Element to);

/// The same for a tensor; constants are converted at import.
TensorRef convert(GraphBuilder &build, const TensorRef &tensor, Element to);

/// Integers (held in i32 or i64) as an ONNX type wraps them.
Value wrap(GraphBuilder &build, Value value, const EdgeType &edge);
int64_t wrap(int64_t value, int32_t dataType);

/// `value` in every element of a tensor of the given shape and type.
Value splat(GraphBuilder &build, ArrayRef<int64_t> shape, Type elementType,
            double value);
/// The same with extents of 1 in the rank and of the type of `like`, for
/// broadcasting.
Value splatLike(GraphBuilder &build, Value like, double value);

/// A comparison of two values, which broadcast.
template <typename Op> Value compare(GraphBuilder &build, Value a, Value b) {
  auto shape =
      *broadcastShapes(GraphBuilder::shapeOf(a), GraphBuilder::shapeOf(b));
  return Op::create(build.builder, build.loc,
                    RankedTensorType::get(shape, build.builder.getI1Type()), a,
                    b);
}

/// `a` where `condition` holds, else `b`; all three broadcast.
Value select(GraphBuilder &build, Value condition, Value a, Value b);

} // namespace mlir::lw::importer

#endif // LW_LIB_IMPORTER_ELEMENTS_H
