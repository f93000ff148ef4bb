//===- TensorUtils.cpp - Reshaping and transposing tensors
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "TensorUtils.h"
#include "lw/Dialect/IR/Constants.h"
#include "lw/Dialect/IR/Quantization.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

using namespace mlir;

Value lw::splitDimension(ImplicitLocOpBuilder &b, Value value, unsigned dim,
                         int64_t outer, int64_t inner) {
  RankedTensorType type = tensorTypeOf(value);
  SmallVector<int64_t> shape(type.getShape());
  shape[dim] = outer;
  shape.insert(shape.begin() + dim + 1, inner);
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(b, b.getLoc(), value);
  sizes[dim] = b.getIndexAttr(outer);
  sizes.insert(sizes.begin() + dim + 1, b.getIndexAttr(inner));
  SmallVector<ReassociationIndices> groups;
  for (int64_t i = 0, next = 0; i < type.getRank(); ++i) {
    groups.push_back({next++});
    if (i == dim)
      groups.back().push_back(next++);
  }
  return tensor::ExpandShapeOp::create(
      b, RankedTensorType::get(shape, type.getElementType()), value, groups,
      sizes);
}

Value lw::mergeDimensions(ImplicitLocOpBuilder &b, Value value, unsigned dim) {
  SmallVector<ReassociationIndices> groups;
  for (int64_t i = 0, rank = tensorTypeOf(value).getRank(); i < rank; ++i) {
    if (i == dim + 1)
      groups.back().push_back(i);
    else
      groups.push_back({i});
  }
  return b.createOrFold<tensor::CollapseShapeOp>(value, groups);
}

Value lw::transpose(ImplicitLocOpBuilder &b, Value value,
                    ArrayRef<int64_t> permutation) {
  SmallVector<OpFoldResult> from = tensor::getMixedSizes(b, b.getLoc(), value);
  SmallVector<OpFoldResult> to;
  for (int64_t dim : permutation)
    to.push_back(from[dim]);
  Value init =
      tensor::EmptyOp::create(b, to, tensorTypeOf(value).getElementType());
  return linalg::TransposeOp::create(b, value, init, permutation)->getResult(0);
}

/// The elements of a row-major array of `shape` with its dimensions permuted.
template <typename T>
static std::vector<T> permute(ArrayRef<T> elements, ArrayRef<int64_t> shape,
                              ArrayRef<int64_t> permutation) {
  // Walks the result in row-major order with a counter of its indices.
  unsigned rank = permutation.size();
  SmallVector<int64_t> strideOf(rank, 1), stride, extent, index(rank, 0);
  for (int i = rank - 2; i >= 0; --i)
    strideOf[i] = strideOf[i + 1] * shape[i + 1];
  for (int64_t dim : permutation) {
    stride.push_back(strideOf[dim]);
    extent.push_back(shape[dim]);
  }
  std::vector<T> result(elements.size());
  int64_t offset = 0;
  for (T &element : result) {
    element = elements[offset];
    for (int i = rank - 1; i >= 0; --i) {
      offset += stride[i];
      if (++index[i] < extent[i])
        break;
      offset -= stride[i] * extent[i];
      index[i] = 0;
    }
  }
  return result;
}

Value lw::transposeConstant(OpBuilder &builder, Location location, Value value,
                            ArrayRef<int64_t> permutation,
                            RankedTensorType type) {
  auto from = dyn_cast<RankedTensorType>(value.getType());
  if (!from || !from.hasStaticShape())
    return {};
  if (isConstantInteger(value)) {
    std::optional<std::vector<int32_t>> integers = readIntegers(value);
    return integers ? createIntegers(builder, location, type,
                                     permute(ArrayRef(*integers),
                                             from.getShape(), permutation))
                    : Value();
  }
  if (!isa<FloatType>(from.getElementType()))
    return {};
  auto transposed = [&](const auto &elements) -> Value {
    if (!elements)
      return {};
    auto permuted = permute(ArrayRef(*elements), from.getShape(), permutation);
    return createConstant(builder, location, type, ArrayRef(permuted));
  };
  // Most weights are f32, and many.
  unsigned width = from.getElementType().getIntOrFloatBitWidth();
  if (width > 64)
    return {};
  return width > 32 ? transposed(readConstantF64(value))
                    : transposed(readConstant(value));
}
