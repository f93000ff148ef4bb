//===- Orders.cpp - Orders and shapes of the tensors of a graph
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Graph.h"
#include "llvm/ADT/STLExtras.h"

using namespace mlir;
using namespace mlir::lw::exporter;

namespace {

/// Dimensions that are as many elements before and after a reshape. Those of
/// extent 1 are in no `from`, as they can be anywhere.
struct Group {
  SmallVector<int64_t, 4> from, to;
};

} // namespace

/// The dimensions of `order` that are not 1.
static Order wideOf(ArrayRef<int64_t> shape, ArrayRef<int64_t> order) {
  Order wide;
  for (int64_t dim : order)
    if (shape[dim] != 1)
      wide.push_back(dim);
  return wide;
}

/// Whether two orders of a shape are the same sequence of elements.
static bool sameElements(ArrayRef<int64_t> shape, ArrayRef<int64_t> a,
                         ArrayRef<int64_t> b) {
  return wideOf(shape, a) == wideOf(shape, b);
}

/// The least groups, in order; all dimensions of `to` are in one.
static SmallVector<Group> groupDimensions(ArrayRef<int64_t> from,
                                          ArrayRef<int64_t> to) {
  SmallVector<Group> groups;
  Order wide = wideOf(from, identityOrder(from.size()));
  size_t i = 0, j = 0;
  while (i < wide.size()) {
    Group &group = groups.emplace_back();
    int64_t elements = from[wide[i]], made = 1;
    group.from.push_back(wide[i++]);
    while (elements != made) {
      if (made < elements) {
        made *= to[j];
        group.to.push_back(j++);
      } else {
        elements *= from[wide[i]];
        group.from.push_back(wide[i++]);
      }
    }
  }
  if (groups.empty())
    groups.emplace_back();
  for (; j < to.size(); ++j)
    groups.back().to.push_back(j);
  return groups;
}

/// The order of a tensor that is reshaped from one in the order `held`, when no
/// elements change places; `shape` is that of the source.
static std::optional<Order> carryOrder(ArrayRef<Group> groups,
                                       ArrayRef<int64_t> shape,
                                       ArrayRef<int64_t> held) {
  Order order, wide = wideOf(shape, held);
  ArrayRef<int64_t> rest = wide;
  for (size_t i = 0; i < groups.size(); ++i) {
    const Group *next = llvm::find_if(groups, [&](const Group &group) {
      return rest.take_front(group.from.size()) == ArrayRef(group.from);
    });
    if (next == groups.end())
      return std::nullopt;
    order.append(next->to);
    rest = rest.drop_front(next->from.size());
  }
  return order;
}

/// The order of the source in which dimensions that become one lie together, so
/// that they are then in `order`; empty where some are split.
static Order joinedOrder(ArrayRef<Group> groups, ArrayRef<int64_t> shape,
                         ArrayRef<int64_t> to, ArrayRef<int64_t> order) {
  Order result;
  for (int64_t dim : wideOf(to, order)) {
    const Group *group = llvm::find_if(groups, [&](const Group &group) {
      return wideOf(to, group.to) == Order{dim};
    });
    if (group == groups.end())
      return {};
    result.append(group->from);
  }
  for (auto [dim, extent] : llvm::enumerate(shape))
    if (extent == 1)
      result.push_back(dim);
  return result;
}

std::string Graph::reshapeNode(StringRef name, ArrayRef<int64_t> shape) {
  return node("Reshape", {name.str(), ints(shape)});
}

/// Holds a tensor that is a reshaped one, if possible in `order`.
void Graph::materialize(const TensorRef &tensor, ArrayRef<int64_t> order) {
  const TensorRef &source = tensor->reshaped;
  SmallVector<Group> groups = groupDimensions(source->shape, tensor->shape);
  std::string name;
  Order held;
  for (const Tensor::Stored &stored : source->stored) {
    auto carried = carryOrder(groups, source->shape, stored.order);
    if (!carried ||
        (!name.empty() && !sameElements(tensor->shape, *carried, order)))
      continue;
    name = stored.name;
    held = *carried;
  }
  if (name.empty()) {
    Order from = joinedOrder(groups, source->shape, tensor->shape, order);
    held = Order(order);
    if (from.empty()) {
      from = identityOrder(source->rank());
      held = identityOrder(tensor->rank());
    }
    name = get(source, from);
  }
  tensor->stored.push_back(
      {held, reshapeNode(name, permute(tensor->shape, held))});
}

std::string Graph::get(const TensorRef &tensor, ArrayRef<int64_t> order) {
  auto find = [&]() -> const Tensor::Stored * {
    for (const Tensor::Stored &stored : tensor->stored)
      if (ArrayRef<int64_t>(stored.order) == order)
        return &stored;
    return nullptr;
  };
  if (const Tensor::Stored *stored = find())
    return stored->name;
  if (tensor->constant) {
    TensorRef permuted = permuteConstant(*tensor->constant, order);
    std::string name = initializer(*permuted->constant);
    tensor->stored.push_back({Order(order), name});
    return name;
  }
  if (tensor->stored.empty())
    materialize(tensor, order);
  if (const Tensor::Stored *stored = find())
    return stored->name;
  std::string name;
  for (const Tensor::Stored &stored : tensor->stored)
    if (name.empty() && sameElements(tensor->shape, stored.order, order))
      name = reshapeNode(stored.name, permute(tensor->shape, order));
  if (name.empty()) {
    const Tensor::Stored &stored = tensor->stored.front();
    Shape permutation;
    for (int64_t dim : order)
      permutation.push_back(llvm::find(stored.order, dim) -
                            stored.order.begin());
    name = node("Transpose", {stored.name}, {attribute("perm", permutation)});
  }
  tensor->stored.push_back({Order(order), name});
  return name;
}

std::string Graph::getPlain(const TensorRef &tensor) {
  return get(tensor, identityOrder(tensor->rank()));
}

TensorRef Graph::transpose(const TensorRef &tensor, ArrayRef<int64_t> order) {
  if (tensor->constant)
    return permuteConstant(*tensor->constant, order);
  if (tensor->stored.empty())
    materialize(tensor, identityOrder(tensor->rank()));
  auto result = std::make_shared<Tensor>();
  result->shape = permute(tensor->shape, order);
  result->type = tensor->type;
  for (const Tensor::Stored &stored : tensor->stored) {
    Order moved;
    for (int64_t dim : stored.order)
      moved.push_back(positionOf(order, dim));
    result->stored.push_back({moved, stored.name});
  }
  return result;
}

TensorRef Graph::reshape(const TensorRef &tensor, ArrayRef<int64_t> shape) {
  if (ArrayRef<int64_t>(tensor->shape) == shape)
    return tensor;
  auto result = std::make_shared<Tensor>();
  result->shape = Shape(shape);
  result->type = tensor->type;
  if (tensor->constant) {
    auto constant = std::make_shared<Constant>(*tensor->constant);
    constant->shape = result->shape;
    result->constant = std::move(constant);
    return result;
  }
  result->reshaped = tensor->isPending() ? tensor->reshaped : tensor;
  for (TensorRef source = tensor->reshaped; source; source = source->reshaped)
    if (ArrayRef<int64_t>(source->shape) == shape)
      return source;
  return result;
}

std::string Graph::flatten(const TensorRef &tensor, Order &within,
                           Shape &extents) {
  const TensorRef &source = tensor->reshaped;
  if (!tensor->isPending() || source->rank() < 3 ||
      source->shape[0] != tensor->shape[0])
    return "";
  const Tensor::Stored &stored = source->stored.front();
  if (stored.order[0] != 0)
    return "";
  for (const Tensor::Stored &other : source->stored)
    if (sameElements(source->shape, other.order, identityOrder(source->rank())))
      return "";
  for (int64_t dim : ArrayRef(stored.order).drop_front())
    within.push_back(dim - 1);
  extents.append(source->shape.begin() + 1, source->shape.end());
  if (source->flattened.empty())
    source->flattened =
        node("Flatten", {stored.name}, {attribute("axis", int64_t(1))});
  return source->flattened;
}

/// The order that a tensor is in, or could be without a Transpose.
static Order naturalOrder(const TensorRef &tensor) {
  Order plain = identityOrder(tensor->rank());
  for (const Tensor::Stored &stored : tensor->stored)
    if (!sameElements(tensor->shape, stored.order, plain))
      return stored.order;
  if (!tensor->isPending())
    return tensor->stored.front().order;
  const TensorRef &source = tensor->reshaped;
  return carryOrder(groupDimensions(source->shape, tensor->shape),
                    source->shape, naturalOrder(source))
      .value_or(plain);
}

Order Graph::commonOrder(ArrayRef<TensorRef> tensors) {
  Order plain = identityOrder(tensors.front()->rank());
  for (const TensorRef &tensor : tensors) {
    if (tensor->constant)
      continue;
    Order order = naturalOrder(tensor);
    if (!sameElements(tensor->shape, order, plain))
      return order;
  }
  for (const TensorRef &tensor : tensors)
    if (!tensor->constant && !tensor->stored.empty())
      return tensor->stored.front().order;
  return plain;
}
