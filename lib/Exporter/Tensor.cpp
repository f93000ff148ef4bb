//===- Tensor.cpp - Orders, constants and attributes of ONNX graphs
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Graph.h"
#include "llvm/ADT/STLExtras.h"
#include <numeric>

using namespace mlir;
using namespace mlir::lw::exporter;

//===----------------------------------------------------------------------===//
// Attributes
//===----------------------------------------------------------------------===//

static ::onnx::AttributeProto
makeAttribute(StringRef name, ::onnx::AttributeProto::AttributeType type) {
  ::onnx::AttributeProto result;
  result.set_name(name.str());
  result.set_type(type);
  return result;
}

::onnx::AttributeProto mlir::lw::exporter::attribute(StringRef name,
                                                     int64_t value) {
  auto result = makeAttribute(name, ::onnx::AttributeProto::INT);
  result.set_i(value);
  return result;
}

::onnx::AttributeProto mlir::lw::exporter::attribute(StringRef name,
                                                     float value) {
  auto result = makeAttribute(name, ::onnx::AttributeProto::FLOAT);
  result.set_f(value);
  return result;
}

::onnx::AttributeProto mlir::lw::exporter::attribute(StringRef name,
                                                     ArrayRef<int64_t> values) {
  auto result = makeAttribute(name, ::onnx::AttributeProto::INTS);
  for (int64_t value : values)
    result.add_ints(value);
  return result;
}

::onnx::AttributeProto
mlir::lw::exporter::floatsAttribute(StringRef name, ArrayRef<float> values) {
  auto result = makeAttribute(name, ::onnx::AttributeProto::FLOATS);
  for (float value : values)
    result.add_floats(value);
  return result;
}

::onnx::AttributeProto mlir::lw::exporter::attribute(StringRef name,
                                                     StringRef value) {
  auto result = makeAttribute(name, ::onnx::AttributeProto::STRING);
  result.set_s(value.str());
  return result;
}

::onnx::AttributeProto
mlir::lw::exporter::stringsAttribute(StringRef name,
                                     ArrayRef<std::string> values) {
  auto result = makeAttribute(name, ::onnx::AttributeProto::STRINGS);
  for (const std::string &value : values)
    result.add_strings(value);
  return result;
}

//===----------------------------------------------------------------------===//
// Orders
//===----------------------------------------------------------------------===//

Order mlir::lw::exporter::identityOrder(int64_t rank) {
  Order order(rank);
  std::iota(order.begin(), order.end(), 0);
  return order;
}

Order mlir::lw::exporter::channelsFirst(int64_t rank) {
  Order order = identityOrder(rank);
  if (rank > 2)
    std::rotate(order.begin() + 1, order.end() - 1, order.end());
  return order;
}

Shape mlir::lw::exporter::permute(ArrayRef<int64_t> shape,
                                  ArrayRef<int64_t> order) {
  Shape result;
  for (int64_t dim : order)
    result.push_back(shape[dim]);
  return result;
}

int64_t mlir::lw::exporter::positionOf(ArrayRef<int64_t> order, int64_t dim) {
  return llvm::find(order, dim) - order.begin();
}

int64_t Tensor::count() const {
  return std::accumulate(shape.begin(), shape.end(), int64_t(1),
                         std::multiplies<>());
}

//===----------------------------------------------------------------------===//
// Tensors
//===----------------------------------------------------------------------===//

TensorRef mlir::lw::exporter::makeTensor(ArrayRef<int64_t> shape, int32_t type,
                                         ArrayRef<int64_t> order,
                                         std::string name) {
  auto tensor = std::make_shared<Tensor>();
  tensor->shape = Shape(shape);
  tensor->type = type;
  tensor->stored.push_back({Order(order), std::move(name)});
  return tensor;
}

/// The bytes of `values`, in the order of ONNX and of every processor that lw
/// runs on: the least first.
template <typename T>
static TensorRef makeConstant(ArrayRef<int64_t> shape, int32_t type,
                              ArrayRef<T> values) {
  auto constant = std::make_shared<Constant>();
  constant->shape = Shape(shape);
  constant->type = type;
  constant->bytes.assign(reinterpret_cast<const char *>(values.data()),
                         values.size() * sizeof(T));
  auto tensor = std::make_shared<Tensor>();
  tensor->shape = constant->shape;
  tensor->type = type;
  tensor->constant = std::move(constant);
  return tensor;
}

TensorRef mlir::lw::exporter::makeFloats(ArrayRef<int64_t> shape,
                                         ArrayRef<float> values) {
  return makeConstant(shape, TensorProto::FLOAT, values);
}

TensorRef mlir::lw::exporter::makeInts(ArrayRef<int64_t> values) {
  return makeConstant(static_cast<int64_t>(values.size()), TensorProto::INT64,
                      values);
}

TensorRef mlir::lw::exporter::makeIntegers(ArrayRef<int64_t> shape,
                                           int32_t type,
                                           ArrayRef<int32_t> values) {
  if (type == TensorProto::INT32)
    return makeConstant(shape, type, values);
  SmallVector<int8_t> bytes(values.begin(), values.end());
  return makeConstant(shape, type, ArrayRef<int8_t>(bytes));
}

TensorRef mlir::lw::exporter::permuteConstant(const Constant &constant,
                                              ArrayRef<int64_t> order) {
  int64_t rank = constant.shape.size();
  auto result = std::make_shared<Constant>(constant);
  result->shape = permute(constant.shape, order);
  if (order != ArrayRef<int64_t>(identityOrder(rank))) {
    SmallVector<int64_t> strides(rank, 1), moved, index(rank, 0);
    for (int64_t i = rank - 1; i > 0; --i)
      strides[i - 1] = strides[i] * constant.shape[i];
    moved.assign(permute(strides, order));
    int64_t count =
        std::accumulate(constant.shape.begin(), constant.shape.end(),
                        int64_t(1), std::multiplies<>());
    size_t size = count ? constant.bytes.size() / count : 0;
    for (int64_t i = 0, from = 0; i < count; ++i) {
      std::copy_n(constant.bytes.data() + from * size, size,
                  result->bytes.data() + i * size);
      for (int64_t dim = rank - 1; dim >= 0; --dim) {
        from += moved[dim];
        if (++index[dim] < result->shape[dim])
          break;
        from -= moved[dim] * index[dim];
        index[dim] = 0;
      }
    }
  }
  auto tensor = std::make_shared<Tensor>();
  tensor->shape = result->shape;
  tensor->type = result->type;
  tensor->constant = std::move(result);
  return tensor;
}
