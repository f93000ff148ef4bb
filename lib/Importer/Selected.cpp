//===- Selected.cpp - Tensors of as many elements as a mask selects
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

// How many elements NonZero finds is not known before the network runs, but no
// more than the mask has. All of them are computed; what ends with as many
// elements as it would have otherwise, a sum or an update, leaves out those
// that are not selected.

#include "Selected.h"
#include "Composition.h"
#include "Elements.h"
#include "OpTable.h"
#include "llvm/ADT/StringSet.h"
#include <limits>

using namespace mlir;
using namespace mlir::lw::importer;

namespace {

using Result = FailureOr<std::optional<Selection>>;

/// One node, and what its inputs hold.
class SelectedNode {
public:
  SelectedNode(Node &node, const ::onnx::NodeProto &proto,
               ArrayRef<std::optional<Selection>> selections)
      : node(node), proto(proto), kind(proto.op_type()), selections(selections),
        c(node) {}

  Result run();

private:
  const std::optional<Selection> &at(size_t i) const { return selections[i]; }
  bool isSelected(size_t i) const {
    return i < selections.size() && selections[i];
  }
  bool isOnly(size_t i) const;
  Result refuse();
  /// The node as it is; the results hold the selected along `axis`.
  Result keep(int64_t axis);

  Result importNonZero();
  Result importElementwise();
  Result importMoved();
  Result importExpand();
  Result importGather();
  Result importReshape();
  Result importReduction();
  Result importScatter();

  /// Input `i` with `other` in the place of what is not selected.
  TensorRef fill(size_t i, const TensorRef &other);

  Node &node;
  const ::onnx::NodeProto &proto;
  StringRef kind;
  ArrayRef<std::optional<Selection>> selections;
  Composition c;
};

} // namespace

/// Whether input `i` alone holds what a mask selects.
bool SelectedNode::isOnly(size_t i) const {
  for (size_t k = 0; k < selections.size(); ++k)
    if (isSelected(k) != (k == i))
      return false;
  return true;
}

Result SelectedNode::refuse() {
  return node.error("not supported with an input " + kSelected);
}

Result SelectedNode::keep(int64_t axis) {
  const Selection *first = nullptr;
  for (const std::optional<Selection> &selection : selections) {
    if (!selection)
      continue;
    if (first && first->source != selection->source)
      return refuse();
    first = &*selection;
  }
  if (failed(importByTable(node, proto)))
    return failure();
  return std::optional(Selection{first->source, first->mask, axis});
}

TensorRef SelectedNode::fill(size_t i, const TensorRef &other) {
  const TensorRef &x = node.inputs[i];
  Shape shape(x->rank(), 1);
  shape[at(i)->axis] = x->shape[at(i)->axis];
  return c.op("Where",
              {c.reshape(at(i)->mask, shape), x, c.op("CastLike", {other, x})});
}

//===----------------------------------------------------------------------===//
// What gives and what keeps selected elements
//===----------------------------------------------------------------------===//

Result SelectedNode::importNonZero() {
  const TensorRef &x = node.inputs[0];
  int64_t rank = x->rank(), count = countElements(x->shape).value_or(0);
  if (rank == 0 || count == 0 || count > kMaxFoldedElements / rank)
    return node.error("expects an input known at import, or of rank 1 and more "
                      "and at most 2^24 coordinates");
  Shape strides = computeStrides(x->shape);
  std::vector<int64_t> coordinates;
  for (int64_t axis = 0; axis < rank; ++axis)
    for (int64_t i = 0; i < count; ++i)
      coordinates.push_back(i / strides[axis] % x->shape[axis]);
  TensorRef mask = c.reshape(
      c.op("Cast", x, c.attribute("to", int64_t(::onnx::TensorProto::BOOL))),
      {count});
  if (failed(c.finish(GraphBuilder::fromConstant(
          makeInts({rank, count}, std::move(coordinates))))))
    return failure();
  return std::optional(Selection{x, mask, 1});
}

/// Dimensions are counted from the last one.
Result SelectedNode::importElementwise() {
  int64_t rank = 0, fromEnd = 0;
  for (auto [i, input] : llvm::enumerate(node.inputs)) {
    if (!input)
      continue;
    rank = std::max(rank, input->rank());
    if (isSelected(i))
      fromEnd = input->rank() - at(i)->axis;
  }
  for (auto [i, input] : llvm::enumerate(node.inputs)) {
    if (!input)
      continue;
    int64_t rank = input->rank();
    bool fits = isSelected(i) ? rank - at(i)->axis == fromEnd
                              : rank < fromEnd || // broadcast
                                    input->shape[rank - fromEnd] == 1;
    // Integers that are not selected may be divided by zero.
    if (!fits || ((kind == "Div" || kind == "Mod") && i == 1 && isSelected(i) &&
                  elementOf(input) != Element::Float))
      return refuse();
  }
  return keep(rank - fromEnd);
}

/// Transpose, Squeeze, Unsqueeze, Slice, Split and Concat.
Result SelectedNode::importMoved() {
  const TensorRef &x = node.inputs[0];
  int64_t rank = x->rank();
  if (kind == "Concat") {
    auto axis = node.axis(node.intAttr("axis", 1), rank);
    if (failed(axis))
      return failure();
    for (size_t i = 0; i < node.inputs.size(); ++i)
      if (!isSelected(i) || at(i)->axis != at(0)->axis || at(i)->axis == *axis)
        return refuse();
    return keep(at(0)->axis);
  }
  if (!isOnly(0))
    return refuse();
  int64_t selected = at(0)->axis;
  if (kind == "Transpose") {
    std::optional<Shape> order = node.intsAttr("perm");
    if (!order)
      return keep(rank - 1 - selected);
    return keep(llvm::find(*order, selected) - order->begin());
  }
  if (kind == "Split") {
    auto axis = node.axis(node.intAttr("axis", 0), rank);
    if (failed(axis))
      return failure();
    return *axis == selected ? refuse() : keep(selected);
  }
  auto given =
      kind == "Slice" ? node.intsOf("axes", 3, 10) : node.intsOf("axes", 1, 13);
  if (failed(given))
    return failure();
  if (!*given) // all of extent 1, or all from the first on
    return refuse();
  int64_t resultRank = kind == "Unsqueeze" ? rank + (*given)->size() : rank;
  SmallVector<bool> named(resultRank, false);
  for (int64_t value : **given) {
    auto axis = node.axis(value, resultRank);
    if (failed(axis))
      return failure();
    named[*axis] = true;
  }
  if (kind == "Unsqueeze") {
    int64_t old = -1;
    for (auto [axis, isNew] : llvm::enumerate(named))
      if (!isNew && ++old == selected)
        return keep(axis);
    return refuse();
  }
  if (named[selected])
    return refuse();
  return keep(
      kind == "Slice"
          ? selected
          : selected - llvm::count(ArrayRef(named).take_front(selected), true));
}

/// To extents that are all known, the selected one left as it is.
Result SelectedNode::importExpand() {
  FailureOr<Shape> wanted = node.constantInts(1, "shape");
  if (failed(wanted))
    return failure();
  int64_t rank = node.inputs[0]->rank(), length = wanted->size();
  int64_t fromEnd = rank - at(0)->axis;
  if (!isOnly(0) || (length >= fromEnd && (*wanted)[length - fromEnd] != 1))
    return refuse();
  return keep(std::max(rank, length) - fromEnd);
}

/// Gather and GatherND.
Result SelectedNode::importGather() {
  if (kind == "GatherND") {
    bool isPlain = isOnly(1) && node.intAttr("batch_dims", 0) == 0 &&
                   at(1)->axis + 1 < node.inputs[1]->rank();
    return isPlain ? keep(at(1)->axis) : refuse();
  }
  auto axis = node.axis(node.intAttr("axis", 0), node.inputs[0]->rank());
  if (failed(axis))
    return failure();
  if (isOnly(1))
    return keep(*axis + at(1)->axis);
  if (!isOnly(0) || at(0)->axis == *axis)
    return refuse();
  int64_t more = node.inputs[1]->rank() - 1;
  return keep(at(0)->axis + (at(0)->axis > *axis ? more : 0));
}

/// The extent stays one that the shape does not name, with as much before it.
Result SelectedNode::importReshape() {
  if (!isOnly(0))
    return refuse();
  FailureOr<Shape> wanted = node.constantInts(1, "shape");
  if (failed(wanted))
    return failure();
  ArrayRef<int64_t> from = node.shape(0);
  int64_t selected = at(0)->axis;
  int64_t before = *countElements(from.take_front(selected));
  for (auto [i, extent] : llvm::enumerate(*wanted)) {
    int64_t axis = i;
    bool isCopied =
        extent == 0 && axis == selected && node.intAttr("allowzero", 0) == 0;
    if (extent != -1 && !isCopied)
      continue;
    Result result = keep(axis);
    if (failed(result))
      return failure();
    ArrayRef<int64_t> shape = node.results[0]->shape;
    if (shape[axis] != from[selected] ||
        *countElements(shape.take_front(axis)) != before)
      return refuse();
    return result;
  }
  return refuse();
}

//===----------------------------------------------------------------------===//
// What leaves out the rest
//===----------------------------------------------------------------------===//

/// What a reduction has no use for; none for other operators.
static std::optional<float> neutralNumber(StringRef reduction) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  return llvm::StringSwitch<std::optional<float>>(reduction)
      .Cases({"ReduceSum", "ReduceMean", "ReduceL1", "ReduceL2",
              "ReduceSumSquare", "ReduceLogSum"},
             0.0f)
      .Case("ReduceProd", 1.0f)
      .Cases({"ReduceMax", "ReduceLogSumExp"}, -kInfinity)
      .Case("ReduceMin", kInfinity)
      .Default(std::nullopt);
}

Result SelectedNode::importReduction() {
  if (!isOnly(0))
    return refuse();
  const TensorRef x = node.inputs[0];
  int64_t rank = x->rank(), selected = at(0)->axis;
  auto given = node.intsOf("axes", 1, kind == "ReduceSum" ? 13 : 18);
  if (failed(given))
    return failure();
  Shape axes = given->value_or(Shape());
  if (axes.empty() && node.intAttr("noop_with_empty_axes", 0))
    return keep(selected);
  SmallVector<bool> reduced(rank, axes.empty());
  for (int64_t value : axes) {
    auto axis = node.axis(value, rank);
    if (failed(axis))
      return failure();
    reduced[*axis] = true;
  }
  if (!reduced[selected]) {
    int64_t gone = llvm::count(ArrayRef(reduced).take_front(selected), true);
    return keep(node.intAttr("keepdims", 1) ? selected : selected - gone);
  }
  float neutral = *neutralNumber(kind);
  if (elementOf(x) != Element::Float && !std::isfinite(neutral))
    return refuse();
  node.inputs[0] = fill(0, c.number(neutral));
  if (c.hasFailed() || failed(importByTable(node, proto)))
    return failure();
  if (kind != "ReduceMean")
    return std::optional<Selection>();
  // The mean of all of them, times how many there are of one that is selected.
  TensorRef chosen =
      c.op("Cast", at(0)->mask,
           c.attribute("to", int64_t(::onnx::TensorProto::FLOAT)));
  TensorRef share = c.op("ReduceMean", {chosen, c.integers({0})},
                         c.attribute("keepdims", int64_t(0)));
  if (failed(c.finish(c.op("Div", {node.results[0], share}))))
    return failure();
  return std::optional<Selection>();
}

/// Updates that are not selected go to where nothing is.
Result SelectedNode::importScatter() {
  bool isPlain = node.inputs.size() == 3 && !isSelected(0) && isSelected(1) &&
                 isSelected(2) && at(1)->source == at(2)->source &&
                 at(1)->axis == at(2)->axis;
  if (kind == "ScatterND")
    isPlain = isPlain && at(1)->axis + 1 < node.inputs[1]->rank();
  if (!isPlain)
    return refuse();
  constexpr int64_t kNowhere = std::numeric_limits<int32_t>::max();
  node.inputs[1] = fill(1, c.integer(kNowhere));
  if (c.hasFailed() || failed(importByTable(node, proto)))
    return failure();
  return std::optional<Selection>();
}

//===----------------------------------------------------------------------===//
// All operators
//===----------------------------------------------------------------------===//

Result SelectedNode::run() {
  static const llvm::StringSet<> elementwise = {
      "Abs",         "Add",         "And",
      "Cast",        "Ceil",        "Clip",
      "Cos",         "Div",         "Elu",
      "Equal",       "Erf",         "Exp",
      "Floor",       "Gelu",        "Greater",
      "HardSwish",   "Identity",    "GreaterOrEqual",
      "HardSigmoid", "Less",        "Log",
      "LeakyRelu",   "LessOrEqual", "Max",
      "Min",         "Mish",        "Mod",
      "Mul",         "Neg",         "Not",
      "Or",          "Pow",         "Reciprocal",
      "Relu",        "Round",       "Sigmoid",
      "Sign",        "Sin",         "Softplus",
      "Sqrt",        "Sub",         "Tanh",
      "Where",       "Xor"};
  static const llvm::StringSet<> moved = {"Transpose", "Squeeze", "Unsqueeze",
                                          "Slice",     "Split",   "Concat"};
  if (!proto.domain().empty() && proto.domain() != "ai.onnx")
    return refuse();
  if (kind == "NonZero" && !isSelected(0))
    return importNonZero();
  if (elementwise.contains(kind))
    return importElementwise();
  if (moved.contains(kind))
    return importMoved();
  if (kind == "Expand")
    return importExpand();
  if (kind == "Gather" || kind == "GatherND")
    return importGather();
  if (kind == "Reshape")
    return importReshape();
  if (neutralNumber(kind))
    return importReduction();
  if (kind == "ScatterND" || kind == "ScatterElements")
    return importScatter();
  return refuse();
}

FailureOr<std::optional<Selection>> mlir::lw::importer::importSelected(
    Node &node, const ::onnx::NodeProto &proto,
    ArrayRef<std::optional<Selection>> selections) {
  bool counts = llvm::any_of(selections, [](const auto &selection) {
    return selection && !selection->counts.empty();
  });
  if (counts || proto.op_type() == "Shape")
    return importCounts(node, proto, selections);
  return SelectedNode(node, proto, selections).run();
}
