//===- Ordering.cpp - TopK, ArgMax, CumSum and what picks by position
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Fold.h"
#include "IndexOperands.h"
#include "lw/Dialect/IR/LwIndexOps.h"

using namespace mlir;
using namespace mlir::lw::importer;

FailureOr<int64_t> mlir::lw::importer::onlyInteger(Node &node, StringRef name,
                                                   StringRef expected) {
  FailureOr<Shape> given = node.constantInts(1, name);
  if (failed(given))
    return failure();
  if (given->size() != 1)
    return node.error("expects one " + expected + ", input 1, found " +
                      Twine(given->size()));
  return given->front();
}

//===----------------------------------------------------------------------===//
// TopK, ArgMax and ArgMin
//===----------------------------------------------------------------------===//

/// Input 0 in ONNX order, with elements that a signed comparison orders.
static FailureOr<Value> orderedValue(Node &node) {
  const TensorRef &input = node.inputs[0];
  Element element = elementOf(input);
  if (element == Element::Bool)
    return node.error("bool elements have no order; cast them before");
  if (element == Element::U8)
    return node.build.getPlain(convert(node.build, input, Element::I32));
  return plainValue(node.build, input);
}

static Value createTopK(GraphBuilder &build, Value value, int64_t axis,
                        int64_t k, bool largest) {
  Shape shape(GraphBuilder::shapeOf(value));
  shape[axis] = k;
  auto type = RankedTensorType::get(shape, build.builder.getI64Type());
  return lw::TopKOp::create(build.builder, build.loc, type, value, axis,
                            largest);
}

static LogicalResult importTopK(Node &node) {
  const TensorRef &input = node.inputs[0];
  FailureOr<int64_t> axis = node.axis(node.intAttr("axis", -1), input->rank());
  if (failed(axis) || failed(node.checkShape(input->shape)))
    return failure();
  int64_t k = 0;
  if (node.opset < 10) {
    k = node.intAttr("k", 0);
  } else {
    FailureOr<int64_t> given = onlyInteger(node, "K", "number K");
    if (failed(given))
      return failure();
    k = *given;
  }
  if (k < 0 || k > input->shape[*axis])
    return node.error("expects K from 0 to the extent of axis " + Twine(*axis) +
                      ", " + Twine(input->shape[*axis]) + ", found " +
                      Twine(k));
  if (k == 0) {
    Shape shape(input->shape);
    shape[*axis] = 0;
    node.results.push_back(GraphBuilder::fromConstant(makeEmpty(shape, input)));
    node.results.push_back(GraphBuilder::fromConstant(makeInts(shape, {})));
    return success();
  }
  bool largest = node.intAttr("largest", 1) != 0;
  if (input->constant) {
    for (const ConstantRef &result :
         sortConstant(*input->constant, *axis, k, largest))
      node.results.push_back(GraphBuilder::fromConstant(result));
    return success();
  }
  FailureOr<Value> ordered = orderedValue(node);
  if (failed(ordered))
    return failure();
  GraphBuilder &build = node.build;
  Value indices = createTopK(build, *ordered, *axis, k, largest);
  Value value = plainValue(build, input);
  Value values = lw::GatherElementsOp::create(
      build.builder, build.loc,
      build.type(GraphBuilder::shapeOf(indices), value), value, indices, *axis);
  node.results.push_back(tensorOf(values, elementOf(input)));
  node.results.push_back(tensorOf(indices, Element::I64));
  return success();
}

/// Along dimension `axis` of a tensor of reals, where the largest is; the
/// result lacks that dimension.
static Value createArgMax(GraphBuilder &build, Value value, int64_t axis) {
  Shape shape(GraphBuilder::shapeOf(value));
  shape.erase(shape.begin() + axis);
  auto type = RankedTensorType::get(shape, build.builder.getI32Type());
  return tosa::ArgMaxOp::create(build.builder, build.loc, type, value,
                                static_cast<uint32_t>(axis));
}

static LogicalResult finishArg(Node &node, bool largest) {
  const TensorRef &input = node.inputs[0];
  FailureOr<int64_t> axis = node.axis(node.intAttr("axis", 0), input->rank());
  if (failed(axis) || failed(node.checkShape(input->shape)))
    return failure();
  GraphBuilder &build = node.build;
  bool last = node.intAttr("select_last_index", 0) != 0;
  int64_t extent = input->shape[*axis];
  Shape shape(input->shape);
  if (node.intAttr("keepdims", 1) != 0)
    shape[*axis] = 1;
  else
    shape.erase(shape.begin() + *axis);
  bool isReal = elementOf(input) == Element::Float;
  Permutation layout = isReal ? GraphBuilder::commonLayout(input, input->rank())
                              : identityPermutation(input->rank());
  int64_t position = llvm::find(layout, *axis) - layout.begin();
  FailureOr<Value> ordered =
      isReal ? FailureOr<Value>(build.get(input, layout)) : orderedValue(node);
  if (failed(ordered))
    return failure();
  Value value = *ordered;
  if (last)
    value = tosa::ReverseOp::create(build.builder, build.loc, value.getType(),
                                    value, static_cast<uint32_t>(position));
  Value indices;
  Permutation rest;
  for (int32_t from : layout)
    if (from != *axis)
      rest.push_back(from - (from > *axis ? 1 : 0));
  if (isReal) {
    if (!largest)
      value = build.negate(value);
    indices = createArgMax(build, value, position);
  } else {
    indices = createTopK(build, value, position, 1, largest);
    Shape dropped(GraphBuilder::shapeOf(indices));
    dropped.erase(dropped.begin() + position);
    indices = build.reshapeValue(indices, dropped);
  }
  TensorRef result = GraphBuilder::fromValue(indices, rest);
  result->element = isReal ? Element::I32 : Element::I64;
  result = convert(build, result, Element::I64);
  if (last) {
    Value at = build.get(result, rest);
    result = GraphBuilder::fromValue(
        build.binary<tosa::SubOp>(splatLike(build, at, extent - 1), at), rest);
    result->element = Element::I64;
  }
  return node.finish(build.reshape(result, shape));
}

static LogicalResult importArgMax(Node &node) {
  return finishArg(node, /*largest=*/true);
}

static LogicalResult importArgMin(Node &node) {
  return finishArg(node, /*largest=*/false);
}

//===----------------------------------------------------------------------===//
// CumSum
//===----------------------------------------------------------------------===//

static LogicalResult importCumSum(Node &node) {
  const TensorRef &input = node.inputs[0];
  FailureOr<int64_t> given = onlyInteger(node, "axis", "axis");
  if (failed(given))
    return failure();
  FailureOr<int64_t> axis = node.axis(*given, input->rank());
  if (failed(axis) || failed(node.checkShape(input->shape)))
    return failure();
  Element element = elementOf(input);
  if (element == Element::Bool || isByte(element))
    return node.error("sums of " + elementName(element) +
                      " are not supported; cast to int32 before");
  GraphBuilder &build = node.build;
  Value value = plainValue(build, input);
  return node.finish(tensorOf(
      lw::CumSumOp::create(build.builder, build.loc, value.getType(), value,
                           *axis, node.intAttr("exclusive", 0) != 0,
                           node.intAttr("reverse", 0) != 0),
      element));
}

//===----------------------------------------------------------------------===//
// Positions known at import
//===----------------------------------------------------------------------===//

static LogicalResult importTrilu(Node &node) {
  const TensorRef &input = node.inputs[0];
  int64_t rank = input->rank();
  if (rank < 2)
    return node.error("expects an input of rank 2 or more, found shape " +
                      formatShape(input->shape));
  int64_t k = 0;
  if (node.input(1)) {
    FailureOr<int64_t> given = onlyInteger(node, "k", "number k");
    if (failed(given))
      return failure();
    k = std::clamp<int64_t>(*given, -kMaxElements, kMaxElements);
  }
  bool upper = node.intAttr("upper", 1) != 0;
  int64_t rows = input->shape[rank - 2], columns = input->shape[rank - 1];
  auto isKept = [&](int64_t row, int64_t column) {
    return upper ? column - row >= k : column - row <= k;
  };
  if (input->constant) {
    auto result = std::make_shared<Constant>(*input->constant);
    result->steps = result->scales = nullptr;
    for (int64_t i = 0, e = result->size(); i < e; ++i) {
      if (isKept(i / columns % rows, i % columns))
        continue;
      if (result->isFloat)
        result->floats[i] = 0.0f;
      else
        result->ints[i] = 0;
    }
    return node.finish(GraphBuilder::fromConstant(result));
  }
  if (failed(checkFoldedShape(node, {rows, columns})))
    return failure();
  GraphBuilder &build = node.build;
  SmallVector<bool> mask;
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t column = 0; column < columns; ++column)
      mask.push_back(isKept(row, column));
  Shape shape(rank - 2, 1);
  shape.append({rows, columns});
  auto type = RankedTensorType::get(shape, build.builder.getI1Type());
  Value condition =
      tosa::ConstOp::create(build.builder, build.loc, type,
                            DenseElementsAttr::get(type, ArrayRef<bool>(mask)));
  Value value = plainValue(build, input);
  return node.finish(
      tensorOf(select(build, condition, value, splatLike(build, value, 0.0)),
               elementOf(input)));
}

static LogicalResult importEyeLike(Node &node) {
  if (failed(node.checkRank(0, 2)) ||
      failed(checkFoldedShape(node, node.shape(0))))
    return failure();
  int64_t k = node.intAttr("k", 0);
  int64_t rows = node.shape(0)[0], columns = node.shape(0)[1];
  std::vector<float> values(rows * columns, 0.0f);
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t column = 0; column < columns; ++column)
      values[row * columns + column] = column - row == k;
  std::optional<EdgeType> type;
  if (node.attribute("dtype")) {
    int64_t dataType = node.intAttr("dtype", 0);
    type = EdgeType::get(node.build.builder.getContext(),
                         static_cast<int32_t>(dataType));
    if (!type)
      return node.error("expects attribute 'dtype' to be a type of numbers, "
                        "found " +
                        Twine(dataType));
  }
  Element element = type ? type->element : elementOf(node.inputs[0]);
  if (element == Element::Float)
    return node.finish(
        GraphBuilder::fromConstant(makeFloats({rows, columns}, values)));
  return node.finish(GraphBuilder::fromConstant(
      makeInts({rows, columns}, {values.begin(), values.end()},
               type ? type->dataType : dataTypeOf(element))));
}

static LogicalResult importCompress(Node &node) {
  TensorRef input = node.inputs[0];
  FailureOr<Shape> condition = node.constantInts(1, "condition");
  if (failed(condition))
    return failure();
  int64_t axis = 0;
  if (node.attribute("axis")) {
    FailureOr<int64_t> given =
        node.axis(node.intAttr("axis", 0), input->rank());
    if (failed(given))
      return failure();
    axis = *given;
  } else {
    std::optional<int64_t> count = countElements(input->shape);
    if (!count)
      return node.checkShape(input->shape);
    input = node.build.reshape(input, {*count});
  }
  Shape indices;
  for (auto [i, kept] : llvm::enumerate(*condition))
    if (kept)
      indices.push_back(i);
  Shape shape(input->shape);
  if (!indices.empty() && indices.back() >= shape[axis])
    return node.error("expects a condition of at most " + Twine(shape[axis]) +
                      " elements, found " + Twine(condition->size()));
  shape[axis] = indices.size();
  return finishSelected(node, input, axis, indices, shape);
}

static LogicalResult importReverseSequence(Node &node) {
  const TensorRef &input = node.inputs[0];
  int64_t batchAxis = node.intAttr("batch_axis", 1);
  int64_t timeAxis = node.intAttr("time_axis", 0);
  if (input->rank() < 2 || batchAxis + timeAxis != 1 ||
      batchAxis * timeAxis != 0)
    return node.error("expects an input of rank 2 or more whose batch_axis and "
                      "time_axis are 0 and 1");
  FailureOr<Shape> lengths = node.constantInts(1, "sequence_lens");
  if (failed(lengths))
    return failure();
  int64_t batch = input->shape[batchAxis], time = input->shape[timeAxis];
  if (static_cast<int64_t>(lengths->size()) != batch)
    return node.error("expects one length for each of " + Twine(batch) +
                      " sequences, found " + Twine(lengths->size()));
  Shape indices;
  for (int64_t row = 0; row < batch * time; ++row) {
    int64_t b = batchAxis == 0 ? row / time : row % batch;
    int64_t t = batchAxis == 0 ? row % time : row / batch;
    int64_t length = (*lengths)[b];
    if (length < 1 || length > time)
      return node.error("expects lengths from 1 to " + Twine(time) +
                        ", found " + Twine(length));
    int64_t from = t < length ? length - 1 - t : t;
    indices.push_back(batchAxis == 0 ? b * time + from : from * batch + b);
  }
  Shape rows = {batch * time};
  llvm::append_range(rows, ArrayRef(input->shape).drop_front(2));
  Shape shape(input->shape);
  if (failed(finishSelected(node, node.build.reshape(input, rows), 0, indices,
                            rows)))
    return failure();
  return node.finish(node.build.reshape(node.results.pop_back_val(), shape));
}

static LogicalResult importNonZero(Node &node) {
  const ConstantRef &x = node.inputs[0]->constant;
  if (!x)
    return node.error("expects an input known at import, as the extent of the "
                      "result depends on it; cut the network off before");
  int64_t rank = x->shape.size();
  Shape strides = computeStrides(x->shape);
  std::vector<int64_t> found;
  for (int64_t i = 0; i < x->size(); ++i)
    if (x->number(i) != 0)
      found.push_back(i);
  std::vector<int64_t> values;
  for (int64_t axis = 0; axis < rank; ++axis)
    for (int64_t i : found)
      values.push_back(i / strides[axis] % x->shape[axis]);
  return node.finish(GraphBuilder::fromConstant(
      makeInts({rank, static_cast<int64_t>(found.size())}, std::move(values))));
}

ArrayRef<OpEntry> mlir::lw::importer::orderingOps() {
  static const OpEntry entries[] = {
      {"ArgMax", 1, 1, importArgMax, "`tosa.argmax`; of integers `lw.top_k`",
       Integers::Own},
      {"ArgMin", 1, 1, importArgMin,
       "`tosa.negate` and `tosa.argmax`; of integers `lw.top_k`",
       Integers::Own},
      {"Compress", 9, 2, importCompress,
       "`tosa.gather`; condition known at import", Integers::Own},
      {"CumSum", 11, 2, importCumSum, "`lw.cum_sum`; axis known at import",
       Integers::Own},
      {"EyeLike", 9, 1, importEyeLike, "folded", Integers::Own},
      {"NonZero", 9, 1, importNonZero,
       "folded; of an input that is not known at import where the result is "
       "summed or scattered",
       Integers::Own},
      {"ReverseSequence", 10, 2, importReverseSequence,
       "`tosa.gather`; lengths known at import", Integers::Own},
      {"TopK", 1, 1, importTopK,
       "`lw.top_k` and `lw.gather_elements`, always sorted; k an attribute",
       Integers::Own},
      {"TopK", 10, 2, importTopK,
       "`lw.top_k` and `lw.gather_elements`, always sorted; k known at import",
       Integers::Own},
      {"Trilu", 14, 1, importTrilu, "`tosa.select`; k known at import",
       Integers::Own},
  };
  return entries;
}
