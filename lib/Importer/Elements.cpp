//===- Elements.cpp - Element types inside a network and at its edges
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Elements.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::lw::importer;
using Proto = ::onnx::TensorProto;

StringRef mlir::lw::importer::elementName(Element element) {
  switch (element) {
  case Element::Float:
    return "float32";
  case Element::U8:
    return "uint8";
  case Element::S8:
    return "int8";
  case Element::I32:
    return "int32";
  case Element::I64:
    return "int64";
  case Element::Bool:
    return "bool";
  }
  llvm_unreachable("all kinds are above");
}

Type mlir::lw::importer::elementType(Builder &builder, Element element) {
  switch (element) {
  case Element::Float:
    return builder.getF32Type();
  case Element::U8:
  case Element::S8:
    return builder.getI8Type();
  case Element::I32:
    return builder.getI32Type();
  case Element::I64:
    return builder.getI64Type();
  case Element::Bool:
    return builder.getI1Type();
  }
  llvm_unreachable("all kinds are above");
}

int32_t mlir::lw::importer::dataTypeOf(Element element) {
  switch (element) {
  case Element::Float:
    return Proto::FLOAT;
  case Element::U8:
    return Proto::UINT8;
  case Element::S8:
    return Proto::INT8;
  case Element::I32:
    return Proto::INT32;
  case Element::I64:
    return Proto::INT64;
  case Element::Bool:
    return Proto::BOOL;
  }
  llvm_unreachable("all kinds are above");
}

std::optional<EdgeType> EdgeType::get(MLIRContext *context, int32_t dataType) {
  Builder b(context);
  auto edge = [&](Element element, Type type, bool isUnsigned = false) {
    return EdgeType{dataType, element, type, isUnsigned};
  };
  switch (dataType) {
  case Proto::FLOAT:
    return edge(Element::Float, b.getF32Type());
  case Proto::DOUBLE:
    return edge(Element::Float, b.getF64Type());
  case Proto::FLOAT16:
    return edge(Element::Float, b.getF16Type());
  case Proto::BFLOAT16:
    return edge(Element::Float, b.getBF16Type());
  case Proto::INT8:
    return edge(Element::S8, b.getI8Type());
  case Proto::UINT8:
    return edge(Element::U8, b.getI8Type(), true);
  case Proto::INT16:
    return edge(Element::I32, b.getI16Type());
  case Proto::UINT16:
    return edge(Element::I32, b.getI16Type(), true);
  case Proto::INT32:
    return edge(Element::I32, b.getI32Type());
  case Proto::UINT32:
    return edge(Element::I64, b.getI32Type(), true);
  case Proto::INT64:
    return edge(Element::I64, b.getI64Type());
  case Proto::UINT64:
    return edge(Element::I64, b.getI64Type(), true);
  case Proto::BOOL:
    return edge(Element::Bool, b.getI8Type());
  default:
    return std::nullopt;
  }
}

//===----------------------------------------------------------------------===//
// Values
//===----------------------------------------------------------------------===//

static Value castTo(GraphBuilder &build, Value value, Type type) {
  if (getElementTypeOrSelf(value) == type)
    return value;
  return tosa::CastOp::create(
      build.builder, build.loc,
      RankedTensorType::get(GraphBuilder::shapeOf(value), type), value);
}

Value mlir::lw::importer::splat(GraphBuilder &build, ArrayRef<int64_t> shape,
                                Type elementType, double value) {
  auto type = RankedTensorType::get(shape, elementType);
  Attribute scalar =
      isa<FloatType>(elementType)
          ? Attribute(build.builder.getFloatAttr(elementType, value))
          : Attribute(build.builder.getIntegerAttr(
                elementType, static_cast<int64_t>(value)));
  return tosa::ConstOp::create(build.builder, build.loc, type,
                               DenseElementsAttr::get(type, scalar));
}

Value mlir::lw::importer::splatLike(GraphBuilder &build, Value like,
                                    double value) {
  return splat(build, Shape(GraphBuilder::shapeOf(like).size(), 1),
               getElementTypeOrSelf(like), value);
}

Value mlir::lw::importer::select(GraphBuilder &build, Value condition, Value a,
                                 Value b) {
  Shape shape = *broadcastShapes(
      GraphBuilder::shapeOf(condition),
      *broadcastShapes(GraphBuilder::shapeOf(a), GraphBuilder::shapeOf(b)));
  return tosa::SelectOp::create(build.builder, build.loc, build.type(shape, a),
                                condition, a, b);
}

/// The low `bits` of integers, as unsigned numbers.
static Value keepBits(GraphBuilder &build, Value value, unsigned bits) {
  return build.binary<tosa::BitwiseAndOp>(
      value,
      splatLike(build, value,
                static_cast<double>(llvm::maskTrailingOnes<uint64_t>(bits))));
}

/// tosa.cast rounds to nearest.
static Value truncate(GraphBuilder &build, Value value) {
  Value isNegative =
      compare<tosa::GreaterOp>(build, splatLike(build, value, 0.0), value);
  return select(build, isNegative, build.unary<tosa::CeilOp>(value),
                build.unary<tosa::FloorOp>(value));
}

Value mlir::lw::importer::convert(GraphBuilder &build, Value value,
                                  Element from, Element to) {
  if (from == to)
    return value;
  Builder &b = build.builder;
  if (from == Element::Float && isInteger(to)) {
    // Bytes wrap like wider integers.
    if (isByte(to)) {
      value = convert(build, value, from, Element::I32);
      return castTo(build, value, b.getI8Type());
    }
    return castTo(build, truncate(build, value), elementType(b, to));
  }
  if (from == Element::U8 && to != Element::Bool && !isByte(to)) {
    // tosa's bytes have a sign.
    Type wide = to == Element::I64 ? b.getI64Type() : b.getI32Type();
    value = keepBits(build, castTo(build, value, wide), 8);
  }
  return castTo(build, value, elementType(b, to));
}

Value mlir::lw::importer::wrap(GraphBuilder &build, Value value,
                               const EdgeType &edge) {
  Type type = getElementTypeOrSelf(value);
  if (edge.isBool() || !edge.type.isInteger() ||
      edge.type.getIntOrFloatBitWidth() >= type.getIntOrFloatBitWidth())
    return value;
  if (edge.isUnsigned)
    return keepBits(build, value, edge.type.getIntOrFloatBitWidth());
  return castTo(build, castTo(build, value, edge.type), type);
}

int64_t mlir::lw::importer::wrap(int64_t value, int32_t dataType) {
  switch (dataType) {
  case Proto::INT8:
    return static_cast<int8_t>(value);
  case Proto::UINT8:
    return static_cast<uint8_t>(value);
  case Proto::INT16:
    return static_cast<int16_t>(value);
  case Proto::UINT16:
    return static_cast<uint16_t>(value);
  case Proto::INT32:
    return static_cast<int32_t>(value);
  case Proto::UINT32:
    return static_cast<uint32_t>(value);
  default:
    return value;
  }
}

//===----------------------------------------------------------------------===//
// Tensors
//===----------------------------------------------------------------------===//

TensorRef mlir::lw::importer::fromEdge(GraphBuilder &build, Value argument,
                                       const EdgeType &edge) {
  Value value =
      castTo(build, argument, elementType(build.builder, edge.element));
  if (edge.isUnsigned && value != argument)
    value = keepBits(build, value, edge.type.getIntOrFloatBitWidth());
  TensorRef result = GraphBuilder::fromValue(value);
  result->element = edge.element;
  return result;
}

Value mlir::lw::importer::toEdge(GraphBuilder &build, const TensorRef &tensor,
                                 const EdgeType &edge) {
  TensorRef held = convert(build, tensor, edge.element);
  return castTo(build, build.getPlain(held), edge.type);
}

Element mlir::lw::importer::elementOf(const TensorRef &tensor) {
  if (!tensor->constant)
    return tensor->element;
  if (tensor->constant->isFloat)
    return Element::Float;
  switch (tensor->constant->fileType) {
  case Proto::UINT8:
    return Element::U8;
  case Proto::INT8:
    return Element::S8;
  case Proto::INT16:
  case Proto::UINT16:
  case Proto::INT32:
    return Element::I32;
  case Proto::BOOL:
    return Element::Bool;
  default:
    return Element::I64;
  }
}

FailureOr<Element>
mlir::lw::importer::commonElement(Node &node, ArrayRef<TensorRef> operands) {
  std::optional<Element> found;
  for (const TensorRef &operand : operands) {
    if (operand->constant)
      continue;
    if (found && *found != operand->element)
      return node.error("expects operands of one element type, found " +
                        elementName(*found) + " and " +
                        elementName(operand->element));
    found = operand->element;
  }
  return found ? *found : elementOf(operands.front());
}

/// The elements of a constant as a value.
static Value materialize(GraphBuilder &build, const Constant &constant,
                         Element element) {
  auto type = RankedTensorType::get(constant.shape,
                                    elementType(build.builder, element));
  auto create = [&](auto sample) {
    using T = decltype(sample);
    SmallVector<T> values;
    bool repeated = constant.floats.repeated() || constant.ints.repeated();
    int64_t count = repeated ? 1 : constant.size();
    values.reserve(count);
    for (int64_t i = 0; i < count; ++i)
      values.push_back(constant.isFloat ? static_cast<T>(constant.floats[i])
                                        : static_cast<T>(constant.ints[i]));
    return tosa::ConstOp::create(build.builder, build.loc, type,
                                 DenseElementsAttr::get(type, ArrayRef(values)))
        .getResult();
  };
  switch (element) {
  case Element::Float:
    return create(float());
  case Element::U8:
  case Element::S8:
    return create(int8_t());
  case Element::I32:
    return create(int32_t());
  case Element::I64:
    return create(int64_t());
  case Element::Bool:
    return create(bool());
  }
  llvm_unreachable("all kinds are above");
}

TensorRef mlir::lw::importer::convert(GraphBuilder &build,
                                      const TensorRef &tensor, Element to) {
  if (tensor->constant) {
    if (to == Element::Float)
      return tensor;
    TensorRef result =
        GraphBuilder::fromValue(materialize(build, *tensor->constant, to));
    result->element = to;
    return result;
  }
  if (tensor->element == to)
    return tensor;
  Permutation layout = GraphBuilder::layoutOf(tensor);
  TensorRef result = GraphBuilder::fromValue(
      convert(build, build.get(tensor, layout), tensor->element, to), layout);
  result->element = to;
  return result;
}
