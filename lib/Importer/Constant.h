//===- Constant.h - Tensors known at import
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_IMPORTER_CONSTANT_H
#define LW_LIB_IMPORTER_CONSTANT_H

#include "ElementVector.h"
#include "mlir/Support/LLVM.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace mlir::lw::importer {

using Shape = SmallVector<int64_t>;
using Permutation = SmallVector<int32_t>;

/// Largest number of elements of a tensor; more is taken for a damaged file.
constexpr int64_t kMaxElements = int64_t(1) << 31;
/// Largest number of dimensions of a tensor.
constexpr int64_t kMaxRank = 16;
/// Largest constant whose elements import computes one by one.
constexpr int64_t kMaxFoldedElements = int64_t(1) << 24;

/// The number of elements, or std::nullopt when an extent is negative or there
/// are more than kMaxElements.
std::optional<int64_t> countElements(ArrayRef<int64_t> shape);

/// 0, 1, ..., rank - 1.
Permutation identityPermutation(size_t rank);

/// result[i] = shape[permutation[i]].
Shape permuteShape(ArrayRef<int64_t> shape, ArrayRef<int32_t> permutation);

/// Row-major strides.
Shape computeStrides(ArrayRef<int64_t> shape);

/// The common shape of operands under ONNX (NumPy) broadcasting, or
/// std::nullopt when they do not fit.
std::optional<Shape> broadcastShapes(ArrayRef<int64_t> a, ArrayRef<int64_t> b);

struct Constant;
using ConstantRef = std::shared_ptr<const Constant>;

/// A tensor known at import. Every float type is held as f32, every integer
/// type and bool as int64.
struct Constant {
  Shape shape;
  bool isFloat = true;
  /// The TensorProto.DataType of integers; 0 for int64.
  int32_t fileType = 0;
  ElementVector<float> floats;
  ElementVector<int64_t> ints;
  /// Of floats that come from DequantizeLinear, in the same order: integers
  /// less their zero point, and the scale of each.
  ConstantRef steps, scales;

  int64_t size() const { return isFloat ? floats.size() : ints.size(); }
  double number(int64_t i) const {
    return isFloat ? static_cast<double>(floats[i])
                   : static_cast<double>(ints[i]);
  }
};

ConstantRef makeFloats(ArrayRef<int64_t> shape, std::vector<float> values);
ConstantRef makeInts(ArrayRef<int64_t> shape, std::vector<int64_t> values,
                     int32_t fileType = 0);
/// Values of 0 and 1.
ConstantRef makeBools(ArrayRef<int64_t> shape, std::vector<int64_t> values);

/// A tensor of `shape` whose element i is element `indices[i]` of `source`.
ConstantRef gatherElements(const Constant &source, ArrayRef<int64_t> shape,
                           ArrayRef<int64_t> indices);

/// A copy of the strided view of `source` with the given extents, strides and
/// first element.
ConstantRef copyView(const Constant &source, ArrayRef<int64_t> shape,
                     ArrayRef<int64_t> strides, int64_t offset);

ConstantRef reshapeConstant(const ConstantRef &source, ArrayRef<int64_t> shape);
ConstantRef permuteConstant(const ConstantRef &source,
                            ArrayRef<int32_t> permutation);
/// Repeats `source` along the extents that broadcasting stretches to `shape`.
ConstantRef broadcastConstant(const ConstantRef &source,
                              ArrayRef<int64_t> shape);

} // namespace mlir::lw::importer

#endif // LW_LIB_IMPORTER_CONSTANT_H
