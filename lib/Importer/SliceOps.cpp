//===- SliceOps.cpp - Operators that take apart and put together
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Fold.h"
#include "IndexOperands.h"
#include "Interpolate.h"

using namespace mlir;
using namespace mlir::lw::importer;

//===----------------------------------------------------------------------===//
// Slice and Split
//===----------------------------------------------------------------------===//

namespace {

/// A part of a tensor, one entry per dimension in ONNX order. Positive steps
/// only, `reversed` dimensions are turned around first.
struct Part {
  Shape start, step, size;
  SmallVector<bool> reversed;

  explicit Part(ArrayRef<int64_t> shape)
      : start(shape.size(), 0), step(shape.size(), 1), size(shape),
        reversed(shape.size(), false) {}
};

} // namespace

/// tosa.slice has no steps: a dimension of n * step elements is seen as n rows
/// of `step`, of which the first column is taken. What the last row lacks is
/// padded; nobody reads it.
static Value emitSlice(GraphBuilder &build, Value value, const Part &part,
                       ArrayRef<int32_t> layout) {
  Shape in(GraphBuilder::shapeOf(value)), start, size, padding, split, taken,
      out;
  bool strided = false;
  for (auto [i, axis] : llvm::enumerate(layout)) {
    int64_t step = part.step[axis], count = part.size[axis];
    if (part.reversed[axis])
      value = tosa::ReverseOp::create(build.builder, build.loc, value.getType(),
                                      value, static_cast<uint32_t>(i));
    start.push_back(part.start[axis]);
    size.push_back(count * step);
    padding.push_back(
        std::max<int64_t>(part.start[axis] + count * step - in[i], 0));
    out.push_back(count);
    split.push_back(count);
    taken.push_back(count);
    if (step > 1) {
      strided = true;
      split.push_back(step);
      taken.push_back(1);
    }
  }
  value = build.pad(value, Shape(in.size(), 0), padding, 0.0f);
  value = build.slice(value, start, size);
  if (!strided)
    return value;
  value = build.reshapeValue(value, split);
  value = build.slice(value, Shape(split.size(), 0), taken);
  return build.reshapeValue(value, out);
}

static LogicalResult finishPart(Node &node, const Part &part) {
  const TensorRef &input = node.inputs[0];
  GraphBuilder &build = node.build;
  if (input->constant) {
    Shape start = part.start, step = part.step;
    for (size_t axis = 0; axis < start.size(); ++axis)
      if (part.reversed[axis]) {
        start[axis] = input->shape[axis] - 1 - start[axis];
        step[axis] = -step[axis];
      }
    return node.finish(GraphBuilder::fromConstant(
        sliceConstant(*input->constant, start, step, part.size)));
  }
  // Without elements nothing is left to compute.
  if (llvm::is_contained(part.size, 0))
    return node.finish(GraphBuilder::fromConstant(makeEmpty(part.size, input)));
  Permutation layout = GraphBuilder::commonLayout(input, input->rank());
  Value value = build.get(input, layout);
  return node.finish(emitSlice(build, value, part, layout), layout);
}

/// NumPy's rules for one dimension.
static LogicalResult setRange(Node &node, Part &part, int64_t axis,
                              int64_t start, int64_t end, int64_t step) {
  int64_t extent = node.shape(0)[axis];
  if (step == 0)
    return node.error("expects steps other than 0");
  // A step past the end takes one element however long it is.
  step = std::min(std::max(step, -kMaxElements), kMaxElements);
  auto clampTo = [&](int64_t x, int64_t least, int64_t most) {
    if (x < 0)
      x = x < -extent ? -1 : x + extent;
    return std::min(std::max(x, least), most);
  };
  if (step < 0) {
    // The same range seen from the other end.
    start = clampTo(start, -1, extent - 1);
    end = clampTo(end, -1, extent - 1);
    part.reversed[axis] = true;
    start = extent - 1 - start;
    end = extent - 1 - end;
    step = -step;
  } else {
    start = clampTo(start, 0, extent);
    end = clampTo(end, 0, extent);
  }
  int64_t count = end > start ? (end - start + step - 1) / step : 0;
  part.start[axis] = start;
  part.step[axis] = count > 1 ? step : 1;
  part.size[axis] = count;
  return success();
}

/// Attributes before opset 10, inputs from then on.
static LogicalResult importSlice(Node &node) {
  auto starts = node.intsOf("starts", 1, 10);
  auto ends = node.intsOf("ends", 2, 10);
  if (failed(starts) || failed(ends))
    return failure();
  if (!*starts || !*ends)
    return node.error("expects 'starts' and 'ends'");
  auto axes = node.intsOf("axes", 3, 10);
  if (failed(axes))
    return failure();
  size_t count = (*starts)->size();
  Shape steps(count, 1);
  if (node.opset >= 10 && node.input(4)) {
    FailureOr<Shape> given = node.constantInts(4, "steps");
    if (failed(given))
      return failure();
    steps = *given;
  }
  Shape targets;
  for (size_t i = 0; i < count; ++i)
    targets.push_back(i);
  if (*axes)
    targets = **axes;
  if ((*ends)->size() != count || targets.size() != count ||
      steps.size() != count)
    return node.error("expects as many ends (" + Twine((*ends)->size()) +
                      "), axes (" + Twine(targets.size()) + ") and steps (" +
                      Twine(steps.size()) + ") as starts (" + Twine(count) +
                      ")");
  Part part(node.shape(0));
  for (size_t i = 0; i < count; ++i) {
    FailureOr<int64_t> axis = node.axis(targets[i], node.inputs[0]->rank());
    if (failed(axis) || failed(setRange(node, part, *axis, (**starts)[i],
                                        (**ends)[i], steps[i])))
      return failure();
  }
  return finishPart(node, part);
}

static LogicalResult importSplit(Node &node) {
  auto split = node.intsOf("split", 1, 13);
  FailureOr<int64_t> axis =
      node.axis(node.intAttr("axis", 0), node.inputs[0]->rank());
  if (failed(split) || failed(axis))
    return failure();
  int64_t extent = node.shape(0)[*axis];
  int64_t parts = node.outputCount();
  Shape sizes;
  if (*split) {
    sizes = **split;
  } else {
    if (node.intAttr("num_outputs", parts) != parts)
      return node.error("expects attribute 'num_outputs' to be the number of "
                        "outputs (" +
                        Twine(parts) + ")");
    // The last part may be smaller.
    int64_t size = llvm::divideCeil(extent, parts);
    for (int64_t i = 0; i < parts; ++i)
      sizes.push_back(std::max<int64_t>(std::min(size, extent - i * size), 0));
  }
  int64_t sum = 0;
  for (int64_t size : sizes)
    if (size < 0 || llvm::AddOverflow(sum, size, sum))
      return node.error("expects no negative part, found " +
                        formatShape(sizes));
  if (sum != extent || static_cast<int64_t>(sizes.size()) != parts)
    return node.error("expects " + Twine(parts) + " parts that add up to " +
                      Twine(extent) + ", found " + formatShape(sizes));
  Part part(node.shape(0));
  for (int64_t size : sizes) {
    part.size[*axis] = size;
    if (failed(finishPart(node, part)))
      return failure();
    part.start[*axis] += size;
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Concat and Pad
//===----------------------------------------------------------------------===//

static LogicalResult importConcat(Node &node) {
  int64_t rank = node.inputs[0]->rank();
  if (!node.attribute("axis"))
    return node.error("expects an attribute 'axis'");
  FailureOr<int64_t> axis = node.axis(node.intAttr("axis", 0), rank);
  if (failed(axis))
    return failure();
  Shape shape(node.shape(0));
  shape[*axis] = 0;
  SmallVector<ConstantRef> constants;
  for (const TensorRef &input : node.inputs) {
    if (!input || input->rank() != rank)
      return node.error("expects inputs of one rank");
    for (int64_t i = 0; i < rank; ++i)
      if (i != *axis && input->shape[i] != shape[i])
        return node.error("expects inputs that differ in axis " + Twine(*axis) +
                          " only, found shapes " + formatShape(node.shape(0)) +
                          " and " + formatShape(input->shape));
    shape[*axis] += input->shape[*axis];
    if (!countElements(shape))
      return node.error("shape " + formatShape(shape) +
                        " has more than 2^31 elements");
    if (input->constant)
      constants.push_back(input->constant);
  }
  if (constants.size() == node.inputs.size()) {
    for (const ConstantRef &constant : constants)
      if (constant->isFloat != constants.front()->isFloat)
        return node.error("expects inputs of one element type");
    if (failed(checkFoldedShape(node, shape)))
      return failure();
    return node.finish(
        GraphBuilder::fromConstant(concatConstants(constants, *axis)));
  }
  GraphBuilder &build = node.build;
  FailureOr<Element> element = commonElement(node, node.inputs);
  if (failed(element))
    return failure();
  Permutation layout = GraphBuilder::commonLayout(node.inputs, rank);
  SmallVector<Value> values;
  for (const TensorRef &input : node.inputs)
    if (input->shape[*axis] != 0)
      values.push_back(build.get(convert(build, input, *element), layout));
  if (values.size() == 1)
    return node.finish(values.front(), layout);
  int64_t position = llvm::find(layout, *axis) - layout.begin();
  return node.finish(build.concat(values, position), layout);
}

/// Attributes before opset 11, inputs from then on.
static LogicalResult importPad(Node &node) {
  std::string mode = node.stringAttr("mode", "constant");
  if (mode != "constant" && mode != "reflect" && mode != "edge" &&
      mode != "wrap")
    return node.error("expects attribute 'mode' to be constant, reflect, edge "
                      "or wrap, found '" +
                      mode + "'");
  auto pads = node.intsOf("pads", 1, 11);
  if (failed(pads))
    return failure();
  if (!*pads)
    return node.error("expects 'pads'");
  double fill = 0.0;
  if (node.opset < 11) {
    fill = node.floatAttr("value", 0.0f);
  } else if (node.input(2)) {
    const ConstantRef &value = node.input(2)->constant;
    if (!value)
      return node.error("expects 'constant_value' to be known at import");
    if (value->size() != 1)
      return node.error("expects 'constant_value' to be one number");
    fill = value->number(0);
  }
  const TensorRef &input = node.inputs[0];
  int64_t rank = input->rank();
  Shape axes;
  for (int64_t i = 0; i < rank; ++i)
    axes.push_back(i);
  if (node.opset >= 18 && node.input(3)) {
    FailureOr<Shape> given = node.constantInts(3, "axes");
    if (failed(given))
      return failure();
    axes = *given;
  }
  int64_t count = axes.size();
  if (static_cast<int64_t>((*pads)->size()) != 2 * count)
    return node.error("expects " + Twine(2 * count) + " pads, found " +
                      Twine((*pads)->size()));

  // Negative pads cut off.
  Shape before(rank, 0), after(rank, 0), shape(node.shape(0));
  Part part(node.shape(0));
  for (int64_t i = 0; i < count; ++i) {
    FailureOr<int64_t> axis = node.axis(axes[i], rank);
    if (failed(axis))
      return failure();
    int64_t low = (**pads)[i], high = (**pads)[i + count];
    if (std::max(std::abs(low), std::abs(high)) > kMaxElements ||
        low == std::numeric_limits<int64_t>::min() ||
        high == std::numeric_limits<int64_t>::min())
      return node.error("pads " + formatShape(**pads) + " are too large");
    before[*axis] = std::max<int64_t>(low, 0);
    after[*axis] = std::max<int64_t>(high, 0);
    part.start[*axis] = std::max<int64_t>(-low, 0);
    part.size[*axis] -=
        std::max<int64_t>(-low, 0) + std::max<int64_t>(-high, 0);
    shape[*axis] += low + high;
  }
  if (llvm::any_of(part.size, [](int64_t extent) { return extent < 0; }))
    return node.error("pads " + formatShape(**pads) +
                      " cut off more than the input " +
                      formatShape(input->shape) + " has");
  if (failed(node.checkShape(shape)))
    return failure();
  if (mode != "constant")
    return finishPad(node, mode, before, after, part.start, part.size);
  GraphBuilder &build = node.build;
  if (llvm::is_contained(part.size, 0)) {
    if (failed(checkFoldedShape(node, shape)))
      return failure();
    return node.finish(GraphBuilder::fromConstant(
        broadcastConstant(elementOf(input) == Element::Float
                              ? makeFloats({}, {static_cast<float>(fill)})
                              : makeInts({}, {static_cast<int64_t>(fill)},
                                         dataTypeOf(elementOf(input))),
                          shape)));
  }
  Permutation layout = GraphBuilder::commonLayout(input, rank);
  Value value = emitSlice(build, build.get(input, layout), part, layout);
  Value padded = build.pad(value, permuteShape(before, layout),
                           permuteShape(after, layout), 0.0f);
  if (padded != value) {
    // An integer need not be a float.
    auto pad = padded.getDefiningOp<tosa::PadOp>();
    OpBuilder::InsertionGuard guard(build.builder);
    build.builder.setInsertionPoint(pad);
    pad.getPadConstMutable().assign(
        splat(build, {1}, getElementTypeOrSelf(padded), fill));
  }
  return node.finish(padded, layout);
}

ArrayRef<OpEntry> mlir::lw::importer::sliceOps() {
  static const OpEntry entries[] = {
      {"Concat", 4, 1, importConcat, "`tosa.concat`", Integers::Moved},
      {"Pad", 2, 1, importPad,
       "`tosa.pad`, `lw.interpolate` in modes reflect and edge; pads an "
       "attribute",
       Integers::Moved},
      {"Pad", 11, 2, importPad,
       "`tosa.pad`, `lw.interpolate` in modes reflect, edge and wrap; pads, "
       "value and axes inputs known at import",
       Integers::Moved},
      {"Slice", 1, 1, importSlice,
       "`tosa.slice`; starts, ends and axes are attributes", Integers::Moved},
      {"Slice", 10, 3, importSlice,
       "`tosa.slice`, `tosa.reverse` for negative and `tosa.reshape` for "
       "larger "
       "steps; all inputs known at import",
       Integers::Moved},
      {"Split", 2, 1, importSplit, "`tosa.slice`; split an attribute",
       Integers::Moved},
      {"Split", 13, 1, importSplit,
       "`tosa.slice`; split an input known at import", Integers::Moved},
  };
  return entries;
}
