//===- Sequences.cpp - Sequences of tensors and optional values
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A sequence is a list of tensors while the network is imported; nothing of it
// is left afterwards.
//
//===----------------------------------------------------------------------===//

#include "Graph.h"
#include "OpTable.h"
#include "Stacking.h"

using namespace mlir;
using namespace mlir::lw::importer;

using Elements = std::vector<TensorRef>;

static TensorRef makeSequence(Elements elements) {
  auto result = std::make_shared<Tensor>();
  result->sequence = std::make_shared<const Elements>(std::move(elements));
  return result;
}

/// The elements of input `i`; null after an error.
static const Elements *elementsOf(Node &node, size_t i) {
  if (node.inputs[i]->sequence)
    return node.inputs[i]->sequence.get();
  (void)node.error("expects input " + Twine(i) + " to be a sequence");
  return nullptr;
}

/// Input `i` as a position in a sequence, from the end where it is negative;
/// `absent` where it is left out.
static FailureOr<int64_t> positionOf(Node &node, size_t i, int64_t size,
                                     int64_t absent) {
  if (!node.input(i))
    return absent;
  FailureOr<Shape> values = node.constantInts(i, "position");
  if (failed(values))
    return failure();
  if (values->size() != 1)
    return node.error("expects one position, found " + Twine(values->size()));
  int64_t position = values->front();
  if (position < -size || position > size)
    return node.error("position " + Twine(position) +
                      " is outside of a sequence of " + Twine(size));
  return position < 0 ? position + size : position;
}

static LogicalResult importConstruct(Node &node) {
  if (llvm::any_of(node.inputs, [](const TensorRef &input) {
        return !input || input->sequence;
      }))
    return node.error("expects tensors");
  return node.finish(
      makeSequence(Elements(node.inputs.begin(), node.inputs.end())));
}

static LogicalResult importEmpty(Node &node) {
  return node.finish(makeSequence({}));
}

static LogicalResult importInsert(Node &node) {
  const Elements *elements = elementsOf(node, 0);
  if (!elements)
    return failure();
  int64_t size = elements->size();
  FailureOr<int64_t> position = positionOf(node, 2, size, size);
  if (failed(position))
    return failure();
  Elements result = *elements;
  result.insert(result.begin() + *position, node.inputs[1]);
  return node.finish(makeSequence(std::move(result)));
}

/// A position of an element that exists.
static FailureOr<int64_t> elementPosition(Node &node, const Elements &elements,
                                          size_t input) {
  int64_t size = elements.size();
  FailureOr<int64_t> position = positionOf(node, input, size, size - 1);
  if (failed(position))
    return failure();
  if (*position < 0 || *position >= size)
    return node.error("position " + Twine(*position) +
                      " is outside of a sequence of " + Twine(size));
  return position;
}

static LogicalResult importErase(Node &node) {
  const Elements *elements = elementsOf(node, 0);
  if (!elements)
    return failure();
  FailureOr<int64_t> position = elementPosition(node, *elements, 1);
  if (failed(position))
    return failure();
  Elements result = *elements;
  result.erase(result.begin() + *position);
  return node.finish(makeSequence(std::move(result)));
}

static LogicalResult importAt(Node &node) {
  const Elements *elements = elementsOf(node, 0);
  if (!elements)
    return failure();
  FailureOr<int64_t> position = elementPosition(node, *elements, 1);
  if (failed(position))
    return failure();
  return node.finish((*elements)[*position]);
}

static LogicalResult importLength(Node &node) {
  const Elements *elements = elementsOf(node, 0);
  if (!elements)
    return failure();
  return node.finish(GraphBuilder::fromConstant(
      makeInts({}, {static_cast<int64_t>(elements->size())})));
}

static LogicalResult importConcatFromSequence(Node &node) {
  const Elements *elements = elementsOf(node, 0);
  if (!elements)
    return failure();
  int64_t axis = node.intAttr("axis", 0);
  FailureOr<TensorRef> result = node.intAttr("new_axis", 0)
                                    ? stack(node, *elements, axis)
                                    : join(node, *elements, axis);
  return failed(result) ? failure() : node.finish(*result);
}

static LogicalResult importSplitToSequence(Node &node) {
  const TensorRef &input = node.inputs[0];
  if (input->sequence)
    return node.error("expects a tensor");
  FailureOr<int64_t> axis = node.axis(node.intAttr("axis", 0), input->rank());
  if (failed(axis))
    return failure();
  int64_t extent = input->shape[*axis];
  Shape sizes(extent, 1);
  bool keeps = node.intAttr("keepdims", 1) != 0 || node.input(1);
  if (node.input(1)) {
    FailureOr<Shape> split = node.constantInts(1, "split");
    if (failed(split))
      return failure();
    sizes = *split;
    if (node.shape(1).empty()) {
      if (sizes[0] < 1)
        return node.error("expects parts of at least 1, found " +
                          Twine(sizes[0]));
      int64_t each = sizes[0];
      sizes.assign(extent / each, each);
      if (extent % each != 0)
        sizes.push_back(extent % each);
    }
  }
  int64_t sum = 0;
  for (int64_t size : sizes) {
    if (size < 0)
      return node.error("expects parts of at least 0, found " + Twine(size));
    sum += size;
  }
  if (sum != extent)
    return node.error("parts of " + Twine(sum) + " do not make up an axis of " +
                      Twine(extent));
  Elements result;
  int64_t first = 0;
  for (int64_t size : sizes) {
    result.push_back(keeps ? takeRange(node.build, input, *axis, first, size)
                           : takeIndex(node.build, input, *axis, first));
    first += size;
  }
  return node.finish(makeSequence(std::move(result)));
}

/// The body once for each position of the sequences.
static LogicalResult importMap(Node &node) {
  const ::onnx::GraphProto *body = node.graphAttr("body");
  const Elements *elements = body ? elementsOf(node, 0) : nullptr;
  if (!elements)
    return failure();
  std::vector<Elements> results(body->output_size());
  for (size_t i = 0; i < elements->size(); ++i) {
    SmallVector<TensorRef> inputs;
    for (const TensorRef &input : node.inputs) {
      if (!input || (input->sequence && input->sequence->size() <= i))
        return node.error("expects sequences of equal length");
      inputs.push_back(input->sequence ? (*input->sequence)[i] : input);
    }
    auto outputs = node.graph->importSubgraph(*body, inputs);
    if (failed(outputs))
      return failure();
    for (auto [result, output] : llvm::zip(results, *outputs))
      result.push_back(output);
  }
  for (Elements &result : results)
    node.results.push_back(makeSequence(std::move(result)));
  return success();
}

//===----------------------------------------------------------------------===//
// Optional values: what there is stands for itself
//===----------------------------------------------------------------------===//

static LogicalResult importOptional(Node &node) {
  if (!node.input(0))
    return node.error("an optional without a value is not supported");
  return node.finish(node.inputs[0]);
}

static LogicalResult importHasElement(Node &node) {
  bool has = static_cast<bool>(node.input(0));
  return node.finish(GraphBuilder::fromConstant(makeBools({}, {has})));
}

ArrayRef<OpEntry> mlir::lw::importer::sequenceOps() {
  constexpr Integers kOwn = Integers::Own;
  static const OpEntry entries[] = {
      {"SequenceConstruct", 11, 1, importConstruct, "nothing", kOwn, true},
      {"SequenceEmpty", 11, 0, importEmpty, "nothing", kOwn, true},
      {"SequenceInsert", 11, 2, importInsert, "nothing; position constant",
       kOwn, true},
      {"SequenceErase", 11, 1, importErase, "nothing; position constant", kOwn,
       true},
      {"SequenceAt", 11, 2, importAt, "nothing; position constant", kOwn, true},
      {"SequenceLength", 11, 1, importLength, "a constant", kOwn, true},
      {"SequenceMap", 17, 1, importMap, "its body for each element", kOwn,
       true},
      {"ConcatFromSequence", 11, 1, importConcatFromSequence, "`tosa.concat`",
       kOwn, true},
      {"SplitToSequence", 11, 1, importSplitToSequence,
       "`tosa.slice`; split constant", kOwn},
      {"Optional", 15, 0, importOptional, "nothing", kOwn, true},
      {"OptionalGetElement", 15, 1, importOptional, "nothing", kOwn, true},
      {"OptionalHasElement", 15, 0, importHasElement, "a constant", kOwn, true},
  };
  return entries;
}
