//===- Stacking.cpp - Tensors along an axis, one by one
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Stacking.h"
#include "Elements.h"

using namespace mlir;
using namespace mlir::lw::importer;

TensorRef mlir::lw::importer::takeRange(GraphBuilder &build,
                                        const TensorRef &tensor, int64_t axis,
                                        int64_t first, int64_t count) {
  Shape size = tensor->shape;
  if (first == 0 && count == size[axis])
    return tensor;
  size[axis] = count;
  if (count == 0)
    return GraphBuilder::fromConstant(
        elementOf(tensor) == Element::Float
            ? makeFloats(size, {})
            : makeInts(size, {}, dataTypeOf(elementOf(tensor))));
  if (tensor->constant) {
    Shape strides = computeStrides(tensor->shape);
    return GraphBuilder::fromConstant(
        copyView(*tensor->constant, size, strides, first * strides[axis]));
  }
  Shape start(size.size(), 0);
  start[axis] = first;
  TensorRef result =
      GraphBuilder::fromValue(build.slice(build.getPlain(tensor), start, size));
  result->element = tensor->element;
  return result;
}

TensorRef mlir::lw::importer::takeIndex(GraphBuilder &build,
                                        const TensorRef &tensor, int64_t axis,
                                        int64_t index) {
  Shape shape = tensor->shape;
  shape.erase(shape.begin() + axis);
  return build.reshape(takeRange(build, tensor, axis, index, 1), shape);
}

/// Constants along an axis, all floats or all integers.
static TensorRef joinConstants(ArrayRef<TensorRef> parts, int64_t axis,
                               ArrayRef<int64_t> shape) {
  bool isFloat = parts.front()->constant->isFloat;
  std::vector<float> floats;
  std::vector<int64_t> ints;
  int64_t outer = 1;
  for (int64_t extent : shape.take_front(axis))
    outer *= extent;
  for (int64_t i = 0; i < outer; ++i)
    for (const TensorRef &part : parts) {
      int64_t count = part->constant->size() / outer;
      auto append = [&](auto &to, const auto &from) {
        to.insert(to.end(), from.begin() + i * count,
                  from.begin() + (i + 1) * count);
      };
      if (isFloat)
        append(floats, part->constant->floats);
      else
        append(ints, part->constant->ints);
    }
  return GraphBuilder::fromConstant(
      isFloat ? makeFloats(shape, std::move(floats))
              : makeInts(shape, std::move(ints),
                         parts.front()->constant->fileType));
}

FailureOr<TensorRef>
mlir::lw::importer::join(Node &node, ArrayRef<TensorRef> parts, int64_t axis) {
  if (parts.empty())
    return node.error("gives an empty tensor: there is nothing to join");
  const TensorRef &first = parts.front();
  FailureOr<int64_t> along = node.axis(axis, first->rank());
  if (failed(along))
    return failure();
  Shape shape = first->shape;
  shape[*along] = 0;
  for (const TensorRef &part : parts) {
    Shape other = part->shape;
    if (part->sequence || other.size() != shape.size() ||
        elementOf(part) != elementOf(first))
      return node.error("expects tensors of one rank and element type to join");
    shape[*along] += other[*along];
    other[*along] = shape[*along];
    if (other != shape)
      return node.error("expects tensors of one shape to join, found " +
                        formatShape(first->shape) + " and " +
                        formatShape(part->shape));
  }
  if (failed(node.checkShape(shape)))
    return failure();
  if (parts.size() == 1)
    return first;
  if (llvm::all_of(parts, [](const TensorRef &part) {
        return static_cast<bool>(part->constant);
      }))
    return joinConstants(parts, *along, shape);
  SmallVector<Value> values;
  for (const TensorRef &part : parts)
    values.push_back(node.build.getPlain(part));
  TensorRef result = GraphBuilder::fromValue(node.build.concat(values, *along));
  result->element = elementOf(first);
  return result;
}

FailureOr<TensorRef>
mlir::lw::importer::stack(Node &node, ArrayRef<TensorRef> parts, int64_t axis) {
  if (parts.empty())
    return node.error("gives an empty tensor: it has no steps");
  FailureOr<int64_t> along = node.axis(axis, parts.front()->rank() + 1);
  if (failed(along))
    return failure();
  SmallVector<TensorRef> extended;
  for (const TensorRef &part : parts) {
    if (part->sequence || part->rank() < *along)
      return node.error("expects tensors of one rank to stack");
    Shape shape = part->shape;
    shape.insert(shape.begin() + *along, 1);
    extended.push_back(node.build.reshape(part, shape));
  }
  return join(node, extended, *along);
}
