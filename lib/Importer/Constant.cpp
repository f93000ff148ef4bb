//===- Constant.cpp - Tensors known at import
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Constant.h"
#include "Proto.h"
#include "lw/Support/LargePages.h"
#include "llvm/ADT/Sequence.h"
#include "llvm/Support/MathExtras.h"
#include <numeric>

using namespace mlir;
using namespace mlir::lw::importer;

namespace mlir::lw::importer {

std::optional<int64_t> countElements(ArrayRef<int64_t> shape) {
  int64_t count = 1;
  for (int64_t extent : shape)
    if (extent < 0 || llvm::MulOverflow(count, extent, count) ||
        count > kMaxElements)
      return std::nullopt;
  return count;
}

Permutation identityPermutation(size_t rank) {
  Permutation result(rank);
  std::iota(result.begin(), result.end(), 0);
  return result;
}

Shape permuteShape(ArrayRef<int64_t> shape, ArrayRef<int32_t> permutation) {
  Shape result;
  for (int32_t axis : permutation)
    result.push_back(shape[axis]);
  return result;
}

Shape computeStrides(ArrayRef<int64_t> shape) {
  Shape strides(shape.size(), 1);
  for (size_t i = shape.size(); i > 1; --i)
    strides[i - 2] = strides[i - 1] * shape[i - 1];
  return strides;
}

std::optional<Shape> broadcastShapes(ArrayRef<int64_t> a, ArrayRef<int64_t> b) {
  Shape result(std::max(a.size(), b.size()), 1);
  for (size_t i = 0; i < result.size(); ++i) {
    int64_t left = i < a.size() ? a[a.size() - 1 - i] : 1;
    int64_t right = i < b.size() ? b[b.size() - 1 - i] : 1;
    if (left != right && left != 1 && right != 1)
      return std::nullopt;
    result[result.size() - 1 - i] = left == 1 ? right : left;
  }
  return result;
}

ConstantRef makeFloats(ArrayRef<int64_t> shape, std::vector<float> values) {
  auto result = std::make_shared<Constant>();
  result->shape.assign(shape.begin(), shape.end());
  result->floats = std::move(values);
  return result;
}

ConstantRef makeInts(ArrayRef<int64_t> shape, std::vector<int64_t> values,
                     int32_t fileType) {
  auto result = std::make_shared<Constant>();
  result->shape.assign(shape.begin(), shape.end());
  result->isFloat = false;
  result->fileType = fileType;
  result->ints = std::move(values);
  return result;
}

ConstantRef makeBools(ArrayRef<int64_t> shape, std::vector<int64_t> values) {
  return makeInts(shape, std::move(values), ::onnx::TensorProto::BOOL);
}

ConstantRef gatherElements(const Constant &source, ArrayRef<int64_t> shape,
                           ArrayRef<int64_t> indices) {
  if (source.isFloat) {
    std::vector<float> values;
    values.reserve(indices.size());
    for (int64_t i : indices)
      values.push_back(source.floats[i]);
    return makeFloats(shape, std::move(values));
  }
  std::vector<int64_t> values;
  values.reserve(indices.size());
  for (int64_t i : indices)
    values.push_back(source.ints[i]);
  return makeInts(shape, std::move(values), source.fileType);
}

/// Calls `visit` with the index of every element of a strided view, row-major.
template <typename Visit>
static void walkView(ArrayRef<int64_t> shape, ArrayRef<int64_t> strides,
                     int64_t offset, Visit visit) {
  Shape position(shape.size(), 0);
  int64_t index = offset;
  for (int64_t left = countElements(shape).value_or(0); left > 0; --left) {
    visit(index);
    for (size_t axis = shape.size(); axis-- > 0;) {
      index += strides[axis];
      if (++position[axis] < shape[axis])
        break;
      index -= strides[axis] * shape[axis];
      position[axis] = 0;
    }
  }
}

/// The elements of a strided view, row-major. Where those of a row lie apart,
/// a line of cache of them is copied from all rows before the next: each line
/// is read once, else once for each of its elements.
template <typename T>
static std::vector<T> readView(const std::vector<T> &from,
                               ArrayRef<int64_t> shape,
                               ArrayRef<int64_t> strides, int64_t offset) {
  std::vector<T> result;
  size_t count = countElements(shape).value_or(0);
  lw::reserveLarge(result, count);
  result.resize(count);
  if (result.empty() || shape.empty()) {
    for (T &element : result)
      element = from[offset];
    return result;
  }
  int64_t row = shape.back(), stride = strides.back();
  int64_t width = stride == 1 ? row : 64 / sizeof(T);
  for (int64_t begin = 0; begin < row; begin += width) {
    int64_t end = std::min(begin + width, row);
    T *to = result.data();
    walkView(shape.drop_back(), strides.drop_back(), offset, [&](int64_t i) {
      for (int64_t x = begin; x < end; ++x)
        to[x] = from[i + x * stride];
      to += row;
    });
  }
  return result;
}

ConstantRef copyView(const Constant &source, ArrayRef<int64_t> shape,
                     ArrayRef<int64_t> strides, int64_t offset) {
  int64_t count = countElements(shape).value_or(0);
  auto result = std::make_shared<Constant>();
  result->shape.assign(shape.begin(), shape.end());
  result->isFloat = source.isFloat;
  result->fileType = source.fileType;
  auto copy = [&](const auto &from, auto &to) {
    using T = std::decay_t<decltype(from[0])>;
    if (count && (from.repeated() || from.size() == 1))
      to = ElementVector<T>::repeat(from[0], count);
    else
      to = readView(from.get(), shape, strides, offset);
  };
  if (source.isFloat)
    copy(source.floats, result->floats);
  else
    copy(source.ints, result->ints);
  if (source.steps) {
    result->steps = copyView(*source.steps, shape, strides, offset);
    result->scales = copyView(*source.scales, shape, strides, offset);
  }
  return result;
}

ConstantRef reshapeConstant(const ConstantRef &source,
                            ArrayRef<int64_t> shape) {
  auto result = std::make_shared<Constant>(*source);
  result->shape.assign(shape.begin(), shape.end());
  if (source->steps) {
    result->steps = reshapeConstant(source->steps, shape);
    result->scales = reshapeConstant(source->scales, shape);
  }
  return result;
}

ConstantRef permuteConstant(const ConstantRef &source,
                            ArrayRef<int32_t> permutation) {
  Shape shape = permuteShape(source->shape, permutation);
  Shape strides = permuteShape(computeStrides(source->shape), permutation);
  return copyView(*source, shape, strides, 0);
}

ConstantRef broadcastConstant(const ConstantRef &source,
                              ArrayRef<int64_t> shape) {
  Shape strides(shape.size(), 0);
  Shape sourceStrides = computeStrides(source->shape);
  size_t lead = shape.size() - source->shape.size();
  for (size_t i = 0; i < source->shape.size(); ++i)
    if (source->shape[i] != 1)
      strides[lead + i] = sourceStrides[i];
  return copyView(*source, shape, strides, 0);
}

} // namespace mlir::lw::importer
