//===- ControlFlow.cpp - If, Loop and Scan
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A compiled network has no control flow: a condition that is known at import
// chooses its branch, any other the results of both; loops are unrolled. Where
// a loop ends by a condition that is known only at run time, its steps go on to
// the trip count, and what they give is taken while the condition holds.
//
//===----------------------------------------------------------------------===//

#include "Composition.h"
#include "Elements.h"
#include "Graph.h"
#include "OpTable.h"
#include "Stacking.h"

using namespace mlir;
using namespace mlir::lw::importer;

/// More steps than this are taken for a loop that had better be no unrolled
/// one.
static constexpr int64_t kMaxSteps = 2048;

/// A condition or a count that is known at import: its one number.
static std::optional<double> knownNumber(const TensorRef &tensor) {
  if (!tensor || !tensor->constant || tensor->constant->size() != 1)
    return std::nullopt;
  return tensor->constant->number(0);
}

//===----------------------------------------------------------------------===//
// If
//===----------------------------------------------------------------------===//

/// Fails unless the condition, which is known only at run time, is one bool.
static LogicalResult checkCondition(Node &node, const TensorRef &condition) {
  if (condition->sequence || elementOf(condition) != Element::Bool ||
      countElements(condition->shape) != 1)
    return node.error("expects a condition of one bool, found shape " +
                      formatShape(condition->shape));
  return success();
}

/// `a` where the condition holds, else `b`, which are what `results` says.
static FailureOr<TensorRef> choose(Node &node, const TensorRef &condition,
                                   const TensorRef &a, const TensorRef &b,
                                   StringRef results) {
  GraphBuilder &build = node.build;
  if (a->sequence || b->sequence)
    return node.error("its condition is known only at run time, and " +
                      results + " a sequence");
  // One number is one whatever its rank.
  bool isNumber = countElements(a->shape) == 1 && countElements(b->shape) == 1;
  if ((a->shape != b->shape && !isNumber) || elementOf(a) != elementOf(b))
    return node.error(
        "its condition is known only at run time, and " + results + " " +
        elementName(elementOf(a)) + " " + formatShape(a->shape) + " and " +
        elementName(elementOf(b)) + " " + formatShape(b->shape) +
        ": fix the condition, for example by --input-value=NAME:NUMBER for the "
        "input that it depends on");
  const Shape &shape = a->rank() < b->rank() ? b->shape : a->shape;
  Value held =
      build.reshapeValue(build.getPlain(condition), Shape(shape.size(), 1));
  Element element = elementOf(a);
  auto value = [&](const TensorRef &x) {
    return build.reshapeValue(build.getPlain(convert(build, x, element)),
                              shape);
  };
  TensorRef result =
      GraphBuilder::fromValue(select(build, held, value(a), value(b)));
  result->element = element;
  return result;
}

static LogicalResult importIf(Node &node) {
  TensorRef condition = node.inputs[0];
  const ::onnx::GraphProto *branches[2] = {node.graphAttr("else_branch"),
                                           node.graphAttr("then_branch")};
  if (node.hasFailed())
    return failure();
  if (std::optional<double> known = knownNumber(condition)) {
    auto results = node.graph->importSubgraph(*branches[*known != 0], {});
    if (failed(results))
      return failure();
    node.results = *results;
    return success();
  }
  if (failed(checkCondition(node, condition)))
    return failure();
  auto otherwise = node.graph->importSubgraph(*branches[0], {});
  if (failed(otherwise))
    return failure();
  auto then = node.graph->importSubgraph(*branches[1], {});
  if (failed(then))
    return failure();
  if (then->size() != otherwise->size())
    return node.error("its branches have " + Twine(then->size()) + " and " +
                      Twine(otherwise->size()) + " outputs");
  for (auto [a, b] : llvm::zip(*then, *otherwise)) {
    FailureOr<TensorRef> result =
        choose(node, condition, a, b, "its branches give");
    if (failed(result))
      return failure();
    node.results.push_back(*result);
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Loop and Scan
//===----------------------------------------------------------------------===//

/// The condition of the next step: that of this one and what the step gives.
static TensorRef narrow(Node &node, const TensorRef &condition,
                        const TensorRef &next) {
  if (knownNumber(condition))
    return next;
  if (std::optional<double> known = knownNumber(next))
    return *known != 0 ? condition : next;
  Composition c(node);
  return c.op("And", {c.reshape(condition, {}), c.reshape(next, {})});
}

static LogicalResult importLoop(Node &node) {
  const ::onnx::GraphProto *body = node.graphAttr("body");
  if (!body)
    return failure();
  std::optional<double> count = knownNumber(node.input(0));
  if (node.input(0) && !count)
    return node.error("expects a trip count that is known at import: fix the "
                      "shapes, or by --input-value=NAME:NUMBER the input that "
                      "it depends on");
  TensorRef condition = node.input(1);
  if (!condition)
    condition = GraphBuilder::fromConstant(makeBools({}, {1}));
  SmallVector<TensorRef> carried(
      ArrayRef(node.inputs)
          .drop_front(std::min<size_t>(2, node.inputs.size())));
  if (llvm::is_contained(carried, nullptr))
    return node.error("expects all values that it carries to be given");
  int64_t scans = body->output_size() - 1 - carried.size();
  if (scans < 0)
    return node.error("its body has " + Twine(body->output_size()) +
                      " outputs, for a condition and " + Twine(carried.size()) +
                      " values");
  SmallVector<SmallVector<TensorRef>> scanned(scans);
  // A step runs where all before it did, so that each sees what the last one
  // gives; only the results stop where the condition does.
  SmallVector<TensorRef> results(carried);
  for (int64_t i = 0; !count || i < *count; ++i) {
    std::optional<double> known = knownNumber(condition);
    if (known && *known == 0)
      break;
    if (!known) {
      if (failed(checkCondition(node, condition)))
        return failure();
      for (int64_t k = 0; k < scans; ++k)
        if (node.isUsed(carried.size() + k))
          return node.error("output " + Twine(carried.size() + k) +
                            " has a row for each step, and how many run is "
                            "known only at run time: carry a tensor of all "
                            "steps, and write a row of it in each");
    }
    if (i == kMaxSteps)
      return node.error("has more than " + Twine(kMaxSteps) +
                        " steps, each of which would be code of its own" +
                        (known ? ""
                               : "; a trip count bounds those of a loop "
                                 "that ends at run time"));
    SmallVector<TensorRef> inputs = {
        GraphBuilder::fromConstant(makeInts({}, {i})),
        GraphBuilder::fromConstant(makeBools({}, {1}))};
    llvm::append_range(inputs, carried);
    auto given = node.graph->importSubgraph(*body, inputs);
    if (failed(given))
      return failure();
    for (size_t k = 0; k < carried.size(); ++k) {
      FailureOr<TensorRef> result = carried[k] = (*given)[1 + k];
      if (!known && node.isUsed(k))
        result = choose(node, condition, carried[k], results[k],
                        "after and before a step a value is");
      if (failed(result))
        return failure();
      results[k] = *result;
    }
    for (int64_t k = 0; k < scans; ++k)
      scanned[k].push_back((*given)[1 + carried.size() + k]);
    condition = narrow(node, condition, given->front());
    if (!condition)
      return failure();
  }
  node.results = results;
  for (auto [k, parts] : llvm::enumerate(scanned)) {
    if (!node.isUsed(carried.size() + k)) {
      node.results.push_back(nullptr);
      continue;
    }
    FailureOr<TensorRef> stacked = stack(node, parts, 0);
    if (failed(stacked))
      return failure();
    node.results.push_back(*stacked);
  }
  return success();
}

static LogicalResult importScan(Node &node) {
  const ::onnx::GraphProto *body = node.graphAttr("body");
  int64_t count = node.intAttr("num_scan_inputs", 0);
  if (!body || node.hasFailed())
    return failure();
  if (count < 1 || count > static_cast<int64_t>(node.inputs.size()))
    return node.error("expects num_scan_inputs from 1 to " +
                      Twine(node.inputs.size()) + ", found " + Twine(count));
  size_t states = node.inputs.size() - count;
  int64_t scans = body->output_size() - static_cast<int64_t>(states);
  if (scans < 0 || llvm::is_contained(node.inputs, nullptr))
    return node.error("its body has " + Twine(body->output_size()) +
                      " outputs, for " + Twine(states) + " states");
  auto read = [&](StringRef name, int64_t size) -> FailureOr<Shape> {
    Shape values = node.intsAttr(name).value_or(Shape(size, 0));
    if (static_cast<int64_t>(values.size()) != size)
      return node.error("expects " + Twine(size) + " " + name + ", found " +
                        Twine(values.size()));
    return values;
  };
  FailureOr<Shape> axes = read("scan_input_axes", count),
                   backwards = read("scan_input_directions", count),
                   outAxes = read("scan_output_axes", scans),
                   outBackwards = read("scan_output_directions", scans);
  if (failed(axes) || failed(backwards) || failed(outAxes) ||
      failed(outBackwards))
    return failure();
  int64_t steps = -1;
  for (int64_t k = 0; k < count; ++k) {
    const TensorRef &input = node.inputs[states + k];
    FailureOr<int64_t> axis = node.axis((*axes)[k], input->rank());
    if (failed(axis))
      return failure();
    (*axes)[k] = *axis;
    if (steps >= 0 && steps != input->shape[*axis])
      return node.error("expects inputs of equal length, found " +
                        Twine(steps) + " and " + Twine(input->shape[*axis]));
    steps = input->shape[*axis];
  }
  if (steps > kMaxSteps)
    return node.error("has " + Twine(steps) + " steps, more than " +
                      Twine(kMaxSteps) +
                      ", each of which would be code of its own");
  SmallVector<TensorRef> carried(ArrayRef(node.inputs).take_front(states));
  SmallVector<SmallVector<TensorRef>> scanned(scans);
  for (int64_t i = 0; i < steps; ++i) {
    SmallVector<TensorRef> inputs(carried);
    for (int64_t k = 0; k < count; ++k)
      inputs.push_back(takeIndex(node.build, node.inputs[states + k],
                                 (*axes)[k],
                                 (*backwards)[k] ? steps - 1 - i : i));
    auto results = node.graph->importSubgraph(*body, inputs);
    if (failed(results))
      return failure();
    carried.assign(results->begin(), results->begin() + states);
    for (int64_t k = 0; k < scans; ++k) {
      auto &parts = scanned[k];
      parts.insert((*outBackwards)[k] ? parts.begin() : parts.end(),
                   (*results)[states + k]);
    }
  }
  node.results = carried;
  for (int64_t k = 0; k < scans; ++k) {
    FailureOr<TensorRef> stacked = stack(node, scanned[k], (*outAxes)[k]);
    if (failed(stacked))
      return failure();
    node.results.push_back(*stacked);
  }
  return success();
}

ArrayRef<OpEntry> mlir::lw::importer::controlFlowOps() {
  static const OpEntry entries[] = {
      {"If", 1, 1, importIf,
       "the branch that a condition known at import takes; else both, and "
       "`tosa.select`",
       Integers::Own, /*sequences=*/true},
      {"Loop", 1, 0, importLoop,
       "its steps, up to 2048; how many may be known only at run time where "
       "the "
       "trip count bounds them and no output has a row for each",
       Integers::Own,
       /*sequences=*/true},
      {"Scan", 9, 1, importScan, "its steps, up to 2048", Integers::Own,
       /*sequences=*/true},
  };
  return entries;
}
