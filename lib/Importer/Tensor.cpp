//===- Tensor.cpp - Values with a layout
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "GraphBuilder.h"
#include "lw/Dialect/IR/LwOps.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "llvm/ADT/STLExtras.h"

using namespace mlir;
using namespace mlir::lw::importer;

const Permutation &GraphBuilder::nhwc() {
  static const Permutation order = {0, 2, 3, 1};
  return order;
}

TensorRef GraphBuilder::fromConstant(ConstantRef constant) {
  auto tensor = std::make_shared<Tensor>();
  tensor->shape = constant->shape;
  tensor->constant = std::move(constant);
  return tensor;
}

TensorRef GraphBuilder::fromValue(Value value, ArrayRef<int32_t> permutation) {
  auto tensor = std::make_shared<Tensor>();
  tensor->shape.resize(permutation.size());
  for (auto [i, axis] : llvm::enumerate(permutation))
    tensor->shape[axis] = shapeOf(value)[i];
  tensor->stored.push_back({Permutation(permutation), value});
  Type type = getElementTypeOrSelf(value);
  if (type.isInteger(1))
    tensor->element = Element::Bool;
  else if (type.isInteger(32))
    tensor->element = Element::I32;
  else if (type.isInteger(64))
    tensor->element = Element::I64;
  return tensor;
}

TensorRef GraphBuilder::fromValue(Value value) {
  return fromValue(value, identityPermutation(shapeOf(value).size()));
}

TensorRef GraphBuilder::dequantize(const TensorRef &integers,
                                   lw::QuantAttr quantization) {
  auto result = std::make_shared<Tensor>();
  result->shape = integers->shape;
  result->integers = integers;
  result->quantization = quantization;
  // A shuffle of integers is one of reals.
  result->shuffle = integers->shuffle;
  if (result->shuffle)
    result->shuffle->source = dequantize(result->shuffle->source, quantization);
  return result;
}

TensorRef GraphBuilder::quantize(const TensorRef &tensor,
                                 lw::QuantAttr quantization) {
  if (tensor->integers && tensor->quantization == quantization) {
    if (tensor->shuffle && tensor->shuffle->source->integers) {
      tensor->integers->shuffle = tensor->shuffle;
      tensor->integers->shuffle->source = tensor->shuffle->source->integers;
    }
    return tensor->integers;
  }
  Permutation layout = layoutOf(tensor);
  Value value = get(tensor, layout);
  auto type = RankedTensorType::get(shapeOf(value), builder.getI8Type());
  TensorRef result = fromValue(
      lw::QuantizeOp::create(builder, loc, type, value, quantization), layout);
  result->element = quantization.getIsUnsigned() ? Element::U8 : Element::S8;
  return result;
}

TensorRef GraphBuilder::keepIntegers(const TensorRef &tensor) {
  const ConstantRef &constant = tensor->constant;
  if (!constant || !constant->steps || constant->size() == 0 ||
      !llvm::all_equal(constant->scales->floats))
    return nullptr;
  // Steps of one tensor lie within 255 of each other.
  auto [least, greatest] = std::minmax_element(constant->steps->ints.begin(),
                                               constant->steps->ints.end());
  int64_t zeroPoint = std::clamp<int64_t>(-128 - *least, -128, 127);
  if (*greatest + zeroPoint > 127 || *least + zeroPoint < -128)
    return nullptr;
  SmallVector<int8_t> bytes;
  for (int64_t step : constant->steps->ints)
    bytes.push_back(static_cast<int8_t>(step + zeroPoint));
  auto type = RankedTensorType::get(constant->shape, builder.getI8Type());
  TensorRef integers = fromValue(tosa::ConstOp::create(
      builder, loc, type,
      DenseElementsAttr::get(type, ArrayRef<int8_t>(bytes))));
  integers->element = Element::S8;
  return dequantize(
      integers,
      lw::QuantAttr::get(builder.getContext(), /*isUnsigned=*/false,
                         APFloat(constant->scales->floats.front()), zeroPoint));
}

TensorRef GraphBuilder::fromNhwc(Value value) {
  return fromValue(value, nhwc());
}

Permutation GraphBuilder::layoutOf(const TensorRef &tensor) {
  if (tensor->integers)
    return layoutOf(tensor->integers);
  if (!tensor->stored.empty())
    return tensor->stored.front().permutation;
  return identityPermutation(tensor->shape.size());
}

Permutation GraphBuilder::commonLayout(ArrayRef<TensorRef> tensors,
                                       int64_t rank) {
  Permutation plain = identityPermutation(rank);
  for (const TensorRef &tensor : tensors)
    if (tensor->rank() == rank && !tensor->constant)
      for (const Tensor::Stored &stored :
           tensor->integers ? tensor->integers->stored : tensor->stored)
        if (stored.permutation != plain)
          return stored.permutation;
  return plain;
}

/// The dimensions of extent other than 1, in the order of `permutation`.
static Permutation significant(ArrayRef<int64_t> shape,
                               ArrayRef<int32_t> permutation) {
  Permutation result;
  for (int32_t axis : permutation)
    if (shape[axis] != 1)
      result.push_back(axis);
  return result;
}

/// Floats of so many bytes are not copied into the context, where they would
/// be held once more: one matrix may be most of a network.
static constexpr size_t kLeastShared = size_t(1) << 20;

/// A constant of floats, which shares the memory of `data` where that is large.
static Value floatsOf(GraphBuilder &build, const ConstantRef &data) {
  ArrayRef<float> elements = data->floats.get();
  if (elements.size() * sizeof(float) < kLeastShared ||
      llvm::all_equal(elements))
    return build.floats(data->shape, elements);
  AsmResourceBlob blob = UnmanagedAsmResourceBlob::allocateInferAlign(
      elements, [owner = data->floats](void *, size_t, size_t) {});
  RankedTensorType type = build.type(data->shape);
  return tosa::ConstOp::create(
      build.builder, build.loc, type,
      DenseResourceElementsAttr::get(type, "constant", std::move(blob)));
}

Value GraphBuilder::get(const TensorRef &tensor,
                        ArrayRef<int32_t> permutation) {
  for (const Tensor::Stored &stored : tensor->stored)
    if (ArrayRef<int32_t>(stored.permutation) == permutation)
      return stored.value;

  Value result;
  if (tensor->integers) {
    result = lw::DequantizeOp::create(
        builder, loc, type(permuteShape(tensor->shape, permutation)),
        get(tensor->integers, permutation), tensor->quantization);
  } else if (tensor->constant) {
    // Integers reach a computation on activations only as its numbers.
    ConstantRef data = tensor->constant;
    if (permutation != ArrayRef<int32_t>(identityPermutation(tensor->rank())))
      data = permuteConstant(data, permutation);
    if (std::optional<float> value = data->floats.repeated())
      result = floats(data->shape, *value);
    else if (data->isFloat)
      result = floatsOf(*this, data);
    else
      result = floats(data->shape,
                      std::vector<float>(data->ints.begin(), data->ints.end()));
  } else {
    if (tensor->stored.empty()) {
      Value source = getPlain(tensor->flattened);
      tensor->stored.push_back({identityPermutation(tensor->shape.size()),
                                reshapeValue(source, tensor->shape)});
      return get(tensor, permutation);
    }
    // Prefer a value from which only dimensions of extent 1 have to move.
    Permutation wanted = significant(tensor->shape, permutation);
    const Tensor::Stored *source = &tensor->stored.front();
    for (const Tensor::Stored &stored : tensor->stored)
      if (significant(tensor->shape, stored.permutation) == wanted)
        source = &stored;
    if (significant(tensor->shape, source->permutation) == wanted) {
      result =
          reshapeValue(source->value, permuteShape(tensor->shape, permutation));
    } else {
      Permutation relative;
      for (int32_t axis : permutation)
        relative.push_back(llvm::find(source->permutation, axis) -
                           source->permutation.begin());
      result = transposeValue(source->value, relative);
    }
  }
  tensor->stored.push_back({Permutation(permutation), result});
  return result;
}

Value GraphBuilder::getPlain(const TensorRef &tensor) {
  return get(tensor, identityPermutation(tensor->shape.size()));
}

Value GraphBuilder::getNhwc(const TensorRef &tensor) {
  return get(tensor, nhwc());
}

TensorRef GraphBuilder::transpose(const TensorRef &tensor,
                                  ArrayRef<int32_t> permutation) {
  if (tensor->constant) {
    // Nodes that share weights share what they are made into.
    for (const auto &[order, known] : tensor->transposed)
      if (order == permutation)
        return known;
    tensor->transposed.push_back(
        {Permutation(permutation),
         fromConstant(permuteConstant(tensor->constant, permutation))});
    return tensor->transposed.back().second;
  }
  if (tensor->integers)
    return dequantize(transpose(tensor->integers, permutation),
                      tensor->quantization);
  if (tensor->stored.empty())
    getPlain(tensor);
  auto result = std::make_shared<Tensor>();
  result->shape = permuteShape(tensor->shape, permutation);
  result->element = tensor->element;
  Permutation inverse(permutation.size());
  for (auto [i, axis] : llvm::enumerate(permutation))
    inverse[axis] = i;
  for (const Tensor::Stored &stored : tensor->stored) {
    Permutation composed;
    for (int32_t axis : stored.permutation)
      composed.push_back(inverse[axis]);
    result->stored.push_back({composed, stored.value});
  }
  return result;
}

namespace {

/// Runs of dimensions before and after a reshape that hold the same elements;
/// only dimensions of extent other than 1.
struct Group {
  Permutation before, after;
};

} // namespace

static SmallVector<Group> groupDimensions(ArrayRef<int64_t> before,
                                          ArrayRef<int64_t> after) {
  Permutation from = significant(before, identityPermutation(before.size()));
  Permutation to = significant(after, identityPermutation(after.size()));
  SmallVector<Group> groups;
  for (size_t i = 0, j = 0; i < from.size() && j < to.size();) {
    Group group;
    int64_t left = before[from[i]], right = after[to[j]];
    group.before.push_back(from[i++]);
    group.after.push_back(to[j++]);
    while (left != right) {
      if (left < right) {
        left *= before[from[i]];
        group.before.push_back(from[i++]);
      } else {
        right *= after[to[j]];
        group.after.push_back(to[j++]);
      }
    }
    groups.push_back(group);
  }
  return groups;
}

/// The order of the dimensions after the reshape when those before it lie in
/// `order`, or std::nullopt when elements would have to change places.
static std::optional<Permutation> mapThroughGroups(ArrayRef<Group> groups,
                                                   ArrayRef<int32_t> order) {
  Permutation result;
  while (!order.empty()) {
    const Group *group = llvm::find_if(groups, [&](const Group &candidate) {
      return candidate.before.front() == order.front();
    });
    if (group == groups.end() || order.size() < group->before.size() ||
        order.take_front(group->before.size()) !=
            ArrayRef<int32_t>(group->before))
      return std::nullopt;
    result.append(group->after);
    order = order.drop_front(group->before.size());
  }
  return result;
}

/// A whole permutation whose significant dimensions are in the given order,
/// a familiar one where possible.
static Permutation completeOrder(ArrayRef<int64_t> shape,
                                 ArrayRef<int32_t> order, bool preferNhwc) {
  SmallVector<Permutation> familiar = {identityPermutation(shape.size())};
  if (shape.size() == 4)
    familiar.insert(preferNhwc ? familiar.begin() : familiar.end(),
                    GraphBuilder::nhwc());
  for (const Permutation &candidate : familiar)
    if (ArrayRef<int32_t>(significant(shape, candidate)) == order)
      return candidate;
  Permutation result(order);
  for (size_t axis = 0; axis < shape.size(); ++axis)
    if (shape[axis] == 1) {
      auto *position = result.begin();
      if (axis > 0)
        position = llvm::find(result, static_cast<int32_t>(axis - 1)) + 1;
      result.insert(position, static_cast<int32_t>(axis));
    }
  return result;
}

/// The order of the dimensions before a reshape after which a rank-4 tensor
/// lies in NHWC, or std::nullopt when groups would have to be torn apart.
static std::optional<Permutation> orderForNhwc(ArrayRef<Group> groups,
                                               ArrayRef<int64_t> after) {
  SmallVector<Group> inverse;
  for (const Group &group : groups)
    inverse.push_back({group.after, group.before});
  return mapThroughGroups(inverse, significant(after, GraphBuilder::nhwc()));
}

TensorRef GraphBuilder::reshape(const TensorRef &tensor,
                                ArrayRef<int64_t> shape) {
  if (ArrayRef<int64_t>(tensor->shape) == shape)
    return tensor;
  if (tensor->constant)
    return fromConstant(reshapeConstant(tensor->constant, shape));
  if (tensor->integers)
    return dequantize(reshape(tensor->integers, shape), tensor->quantization);
  if (tensor->stored.empty())
    getPlain(tensor);

  SmallVector<Group> groups = groupDimensions(tensor->shape, shape);
  Permutation plain = identityPermutation(tensor->shape.size());
  auto finish = [&](Value value, ArrayRef<int32_t> order, bool preferNhwc) {
    Permutation complete = completeOrder(shape, order, preferNhwc);
    TensorRef result =
        fromValue(reshapeValue(value, permuteShape(shape, complete)), complete);
    result->element = tensor->element;
    return result;
  };
  for (const Tensor::Stored &stored : tensor->stored)
    if (auto order = mapThroughGroups(
            groups, significant(tensor->shape, stored.permutation)))
      return finish(stored.value, *order, stored.permutation != plain);

  if (shape.size() == 2) {
    auto result = std::make_shared<Tensor>();
    result->shape.assign(shape.begin(), shape.end());
    result->flattened = tensor;
    result->element = tensor->element;
    return result;
  }
  if (shape.size() == 4)
    if (auto order = orderForNhwc(groups, shape))
      return finish(get(tensor, completeOrder(tensor->shape, *order, true)),
                    significant(shape, nhwc()), true);
  return finish(getPlain(tensor),
                significant(shape, identityPermutation(shape.size())), false);
}
