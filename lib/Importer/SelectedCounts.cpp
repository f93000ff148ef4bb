//===- SelectedCounts.cpp - How many elements a mask selects
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

// In shapes the number of elements that a mask selects stands for an extent,
// which is that of the mask here. As a number, it is summed up.

#include "Composition.h"
#include "Elements.h"
#include "Graph.h"
#include "OpTable.h"

using namespace mlir;
using namespace mlir::lw::importer;

namespace {

using Result = FailureOr<std::optional<Selection>>;

/// One node, and what its inputs hold.
class CountingNode {
public:
  CountingNode(Node &node, const ::onnx::NodeProto &proto,
               ArrayRef<std::optional<Selection>> selections)
      : node(node), proto(proto), kind(proto.op_type()), selections(selections),
        c(node) {}

  Result run();

private:
  bool isCount(size_t i) const {
    return i < selections.size() && selections[i] &&
           !selections[i]->counts.empty();
  }
  bool isElements(size_t i) const {
    return i < selections.size() && selections[i] &&
           selections[i]->counts.empty();
  }
  bool isKnown(size_t i, ArrayRef<int64_t> values) const;
  bool isRearranged() const;
  std::optional<int64_t> onlyCount(size_t i) const;
  Result keep(const Selection &like, int64_t axis);

  Result importShape();
  Result rearrange();
  Result importExpand(int64_t place);
  Result importReshape(int64_t place);
  Result importRange();
  Result sumUp();

  Node &node;
  const ::onnx::NodeProto &proto;
  StringRef kind;
  ArrayRef<std::optional<Selection>> selections;
  Composition c;
};

} // namespace

/// Whether input `i` is known and holds these numbers, or is left out.
bool CountingNode::isKnown(size_t i, ArrayRef<int64_t> values) const {
  const TensorRef input = node.input(i);
  if (!input)
    return true;
  if (isCount(i) || !input->constant || input->constant->isFloat)
    return false;
  return llvm::equal(input->constant->ints, values);
}

/// Where the only count of input `i` is.
std::optional<int64_t> CountingNode::onlyCount(size_t i) const {
  const std::vector<int64_t> &counts = selections[i]->counts;
  if (llvm::count(counts, 1) != 1)
    return std::nullopt;
  return llvm::find(counts, 1) - counts.begin();
}

Result CountingNode::keep(const Selection &like, int64_t axis) {
  if (failed(importByTable(node, proto)))
    return failure();
  return std::optional(Selection{like.source, like.mask, axis});
}

Result CountingNode::importShape() {
  const Selection &selection = *selections[0];
  int64_t rank = node.inputs[0]->rank();
  int64_t start = node.intAttr("start", 0);
  start = std::clamp<int64_t>(start < 0 ? start + rank : start, 0, rank);
  if (failed(importByTable(node, proto)))
    return failure();
  std::vector<int64_t> counts(node.results[0]->shape[0], 0);
  int64_t place = selection.axis - start;
  if (place < 0 || place >= static_cast<int64_t>(counts.size()))
    return std::optional<Selection>();
  counts[place] = 1;
  return std::optional(
      Selection{selection.source, selection.mask, 0, std::move(counts)});
}

/// The inputs whose elements the result has.
static bool isMoved(StringRef kind, size_t i) {
  if (kind == "Concat")
    return true;
  return kind == "Where" ? i > 0 : i == 0;
}

bool CountingNode::isRearranged() const {
  if (kind == "Cast") {
    int64_t to = node.intAttr("to", 0);
    if (to != ::onnx::TensorProto::INT64 && to != ::onnx::TensorProto::INT32)
      return false;
  } else if (!llvm::is_contained({"Concat", "Gather", "Identity", "Reshape",
                                  "Slice", "Squeeze", "Unsqueeze", "Where"},
                                 kind)) {
    return false;
  }
  const Selection *first = nullptr;
  for (auto [i, input] : llvm::enumerate(node.inputs)) {
    if (!input)
      continue;
    if (!input->constant || isElements(i) || (isCount(i) && !isMoved(kind, i)))
      return false;
    if (!isCount(i))
      continue;
    if (first && first->source != selections[i]->source)
      return false;
    first = &*selections[i];
  }
  return true;
}

/// The marks of counts go where the elements go.
Result CountingNode::rearrange() {
  const FileContext &file = node.graph->context();
  Node marks(proto, node.opset, file.path, file.folder, node.build);
  marks.graph = node.graph;
  const Selection *first = nullptr;
  for (auto [i, input] : llvm::enumerate(node.inputs)) {
    marks.inputs.push_back(input);
    if (!input || !isMoved(kind, i))
      continue;
    std::vector<int64_t> values(input->constant->size(), 0);
    if (isCount(i)) {
      first = &*selections[i];
      values = first->counts;
    }
    marks.inputs.back() = GraphBuilder::fromConstant(
        makeInts(input->constant->shape, std::move(values)));
  }
  if (failed(importByTable(node, proto)) || failed(importByTable(marks, proto)))
    return failure();
  ArrayRef<int64_t> counts = marks.results[0]->constant->ints;
  if (!llvm::is_contained(counts, 1))
    return std::optional<Selection>();
  return std::optional(Selection{first->source, first->mask, 0, counts.vec()});
}

/// The dimension is new, or has one element, or those that are selected.
Result CountingNode::importExpand(int64_t place) {
  const TensorRef &x = node.inputs[0];
  int64_t length = node.shape(1)[0], rank = std::max(x->rank(), length);
  int64_t axis = place + rank - length, own = axis - (rank - x->rank());
  bool fits = isElements(0) ? selections[0]->axis == own &&
                                  selections[0]->source == selections[1]->source
                            : own < 0 || x->shape[own] == 1;
  return fits && !isCount(0) ? keep(*selections[1], axis) : sumUp();
}

Result CountingNode::importReshape(int64_t place) {
  if (!isElements(0) || selections[0]->source != selections[1]->source)
    return sumUp();
  const TensorRef x = node.inputs[0];
  int64_t selected = selections[0]->axis;
  Result result = keep(*selections[0], place);
  if (failed(result))
    return failure();
  ArrayRef<int64_t> from = x->shape, shape = node.results[0]->shape;
  if (shape[place] != from[selected] ||
      *countElements(shape.take_front(place)) !=
          *countElements(from.take_front(selected)))
    return node.error("not supported with an input " + kSelected);
  return result;
}

/// The number of each one among those that are selected.
Result CountingNode::importRange() {
  const Selection &like = *selections[1];
  TensorRef chosen =
      c.op("Cast", like.mask,
           c.attribute("to", int64_t(::onnx::TensorProto::INT64)));
  TensorRef number =
      c.op("Sub", {c.op("CumSum", {chosen, c.integer(0)}), c.integer(1)});
  if (failed(c.finish(c.op("CastLike", {number, node.inputs[1]}))))
    return failure();
  return std::optional(Selection{like.source, like.mask, 0});
}

/// Counts are numbers like others from here on.
Result CountingNode::sumUp() {
  SmallVector<std::optional<Selection>> left(selections);
  for (size_t i = 0; i < left.size(); ++i) {
    if (!isCount(i))
      continue;
    TensorRef input = node.inputs[i];
    TensorRef chosen =
        c.op("Cast", left[i]->mask,
             c.attribute("to", int64_t(::onnx::TensorProto::INT64)));
    TensorRef sum = c.op("ReduceSum", {chosen, c.integers({0})},
                         c.attribute("keepdims", int64_t(0)));
    TensorRef marks = GraphBuilder::fromConstant(
        makeBools(input->constant->shape, std::move(left[i]->counts)));
    node.inputs[i] =
        c.op("Where", {marks, c.op("CastLike", {sum, input}), input});
    left[i] = std::nullopt;
  }
  if (c.hasFailed())
    return failure();
  if (llvm::any_of(left, [](auto &selection) { return !!selection; }))
    return importSelected(node, proto, left);
  if (failed(importByTable(node, proto)))
    return failure();
  return std::optional<Selection>();
}

Result CountingNode::run() {
  if (kind == "Shape" && isElements(0))
    return importShape();
  if (isRearranged())
    return rearrange();
  // No extent is negative, as exporters ask of each.
  auto isNegative = [&](size_t i) {
    const TensorRef input = node.input(i);
    return input && input->constant && !input->constant->isFloat &&
           llvm::all_of(input->constant->ints, [](int64_t x) { return x < 0; });
  };
  if (kind == "Equal" && (isNegative(0) || isNegative(1))) {
    if (failed(importByTable(node, proto)))
      return failure();
    return std::optional<Selection>();
  }
  if (isCount(1)) {
    std::optional<int64_t> place = onlyCount(1);
    if (kind == "Expand" && place)
      return importExpand(*place);
    if (kind == "Reshape" && place)
      return importReshape(*place);
    if (kind == "Range" && isKnown(0, {0}) && isKnown(2, {1}))
      return importRange();
  }
  if (kind == "ConstantOfShape" && onlyCount(0))
    return keep(*selections[0], *onlyCount(0));
  // From the first to the last of those that are selected.
  if (kind == "Slice" && isElements(0) && isCount(2) &&
      node.inputs[2]->constant->size() == 1 &&
      selections[0]->source == selections[2]->source && isKnown(1, {0}) &&
      isKnown(3, {selections[0]->axis}) &&
      (node.input(3) || selections[0]->axis == 0) && isKnown(4, {1}))
    return keep(*selections[0], selections[0]->axis);
  return sumUp();
}

FailureOr<std::optional<Selection>> mlir::lw::importer::importCounts(
    Node &node, const ::onnx::NodeProto &proto,
    ArrayRef<std::optional<Selection>> selections) {
  return CountingNode(node, proto, selections).run();
}
