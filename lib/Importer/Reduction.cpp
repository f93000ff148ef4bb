//===- Reduction.cpp - Reductions
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Fold.h"
#include "IntegerArithmetic.h"
#include "OpTable.h"
#include "Rows.h"
#include <cmath>
#include <limits>

using namespace mlir;
using namespace mlir::lw::importer;

namespace {

enum class ReduceKind {
  L1,
  L2,
  LogSum,
  LogSumExp,
  Max,
  Mean,
  Min,
  Prod,
  Sum,
  SumSquare
};

} // namespace

//===----------------------------------------------------------------------===//
// Constants
//===----------------------------------------------------------------------===//

/// What nothing is reduced to, and the next value of an accumulator.
static double startOf(ReduceKind kind) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  if (kind == ReduceKind::Max)
    return -infinity;
  if (kind == ReduceKind::Min)
    return infinity;
  return kind == ReduceKind::Prod ? 1 : 0;
}

static double accumulate(ReduceKind kind, double sum, double x) {
  switch (kind) {
  case ReduceKind::L1:
    return sum + std::abs(x);
  case ReduceKind::L2:
  case ReduceKind::SumSquare:
    return sum + x * x;
  case ReduceKind::LogSumExp:
    return sum + std::exp(x);
  case ReduceKind::Max: // skips NaN
    return x > sum ? x : sum;
  case ReduceKind::Min:
    return x < sum ? x : sum;
  case ReduceKind::Prod:
    return sum * x;
  case ReduceKind::LogSum:
  case ReduceKind::Mean:
  case ReduceKind::Sum:
    return sum + x;
  }
  llvm_unreachable("covered switch");
}

static double finish(ReduceKind kind, double sum, int64_t count) {
  if (kind == ReduceKind::L2)
    return std::sqrt(sum);
  if (kind == ReduceKind::LogSum || kind == ReduceKind::LogSumExp)
    return std::log(sum);
  return kind == ReduceKind::Mean ? sum / count : sum;
}

/// The same of integers; false where a result leaves the range of int64.
static bool accumulate(ReduceKind kind, int64_t &sum, int64_t x) {
  bool overflows = false;
  switch (kind) {
  case ReduceKind::Max:
    sum = std::max(sum, x);
    break;
  case ReduceKind::Min:
    sum = std::min(sum, x);
    break;
  case ReduceKind::Prod:
    overflows = llvm::MulOverflow(sum, x, sum);
    break;
  case ReduceKind::SumSquare:
    overflows = llvm::MulOverflow(x, x, x);
    break;
  case ReduceKind::L1:
    overflows = x < 0 && llvm::SubOverflow(int64_t(0), x, x);
    break;
  default:
    break;
  }
  if (kind != ReduceKind::Max && kind != ReduceKind::Min &&
      kind != ReduceKind::Prod)
    overflows |= static_cast<bool>(llvm::AddOverflow(sum, x, sum));
  return !overflows;
}

static int64_t integerStartOf(ReduceKind kind) {
  if (kind == ReduceKind::Max)
    return std::numeric_limits<int64_t>::min();
  if (kind == ReduceKind::Min)
    return std::numeric_limits<int64_t>::max();
  return kind == ReduceKind::Prod ? 1 : 0;
}

/// Whether the result for integers is computed in real numbers.
static bool isReal(ReduceKind kind) {
  return kind == ReduceKind::L2 || kind == ReduceKind::LogSum ||
         kind == ReduceKind::LogSumExp;
}

/// Reduces a constant, also one without elements.
static LogicalResult foldReduce(Node &node, ReduceKind kind,
                                ArrayRef<bool> reduced, bool keepDims) {
  const Constant &x = *node.inputs[0]->constant;
  int64_t rank = x.shape.size(), count = 1;
  Shape kept, shape;
  for (int64_t axis = 0; axis < rank; ++axis) {
    kept.push_back(reduced[axis] ? 1 : x.shape[axis]);
    count *= reduced[axis] ? x.shape[axis] : 1;
    if (!reduced[axis] || keepDims)
      shape.push_back(kept.back());
  }
  if (failed(checkFoldedShape(node, kept)))
    return failure();
  Shape from = computeStrides(x.shape), to = computeStrides(kept);
  auto placeOf = [&](int64_t i) {
    int64_t place = 0;
    for (int64_t axis = 0; axis < rank; ++axis)
      if (!reduced[axis])
        place += i / from[axis] % x.shape[axis] * to[axis];
    return place;
  };
  int64_t size = 1;
  for (int64_t extent : kept)
    size *= extent;
  if (x.isFloat) {
    std::vector<double> sums(size, startOf(kind));
    for (int64_t i = 0; i < x.size(); ++i)
      sums[placeOf(i)] = accumulate(kind, sums[placeOf(i)], x.floats[i]);
    std::vector<float> results;
    for (double sum : sums)
      results.push_back(static_cast<float>(finish(kind, sum, count)));
    return node.finish(
        GraphBuilder::fromConstant(makeFloats(shape, std::move(results))));
  }
  if (kind == ReduceKind::L2 || kind == ReduceKind::LogSum ||
      kind == ReduceKind::LogSumExp || (kind == ReduceKind::Mean && count == 0))
    return node.error("integers that are known at import are not supported "
                      "here; cast them to float before");
  std::vector<int64_t> sums(size, integerStartOf(kind));
  for (int64_t i = 0; i < x.size(); ++i)
    if (!accumulate(kind, sums[placeOf(i)], x.ints[i]))
      return node.error("integer arithmetic overflows");
  if (kind == ReduceKind::Mean)
    for (int64_t &sum : sums)
      sum /= count;
  for (int64_t &sum : sums)
    sum = wrap(sum, x.fileType);
  return node.finish(
      GraphBuilder::fromConstant(makeInts(shape, std::move(sums), x.fileType)));
}

//===----------------------------------------------------------------------===//
// Activations
//===----------------------------------------------------------------------===//

static Value emitStep(GraphBuilder &build, ReduceKind kind, Value value,
                      int64_t axis) {
  switch (kind) {
  case ReduceKind::Max:
    return build.reduce<tosa::ReduceMaxOp>(value, axis,
                                           tosa::NanPropagationMode::IGNORE);
  case ReduceKind::Min:
    return build.reduce<tosa::ReduceMinOp>(value, axis,
                                           tosa::NanPropagationMode::IGNORE);
  case ReduceKind::Prod:
    return build.reduce<tosa::ReduceProductOp>(value, axis);
  default:
    return build.reduce<tosa::ReduceSumOp>(value, axis);
  }
}

Value mlir::lw::importer::emitSquareRoot(GraphBuilder &build, Value x) {
  int64_t rank = GraphBuilder::shapeOf(x).size();
  return build.binary<tosa::PowOp>(x, build.number(rank, 0.5f));
}

/// One step for each axis; with `join` neighbours are reduced as one.
static Value emitSteps(GraphBuilder &build, ReduceKind kind, Value value,
                       ArrayRef<int64_t> axes, bool join) {
  Shape joined, shape;
  SmallVector<int64_t> steps;
  bool before = false;
  for (auto [axis, extent] : llvm::enumerate(GraphBuilder::shapeOf(value))) {
    bool reduced = llvm::is_contained(axes, static_cast<int64_t>(axis));
    shape.push_back(reduced ? 1 : extent);
    if (join && reduced && before) {
      joined.back() *= extent;
    } else {
      if (reduced)
        steps.push_back(joined.size());
      joined.push_back(extent);
    }
    before = reduced;
  }
  value = build.reshapeValue(value, joined);
  for (int64_t axis : steps)
    value = emitStep(build, kind, value, axis);
  return build.reshapeValue(value, shape);
}

/// Reduces `value` along `axes`, dimensions of its own.
static Value emitReduce(GraphBuilder &build, ReduceKind kind, Value value,
                        ArrayRef<int64_t> axes, bool join) {
  int64_t rank = GraphBuilder::shapeOf(value).size(), count = 1;
  for (int64_t axis : axes)
    count *= GraphBuilder::shapeOf(value)[axis];
  auto steps = [&](ReduceKind kind, Value value) {
    return emitSteps(build, kind, value, axes, join);
  };
  switch (kind) {
  case ReduceKind::L1:
    return steps(ReduceKind::Sum, build.unary<tosa::AbsOp>(value));
  case ReduceKind::L2:
    return emitSquareRoot(build,
                          steps(ReduceKind::Sum, build.mul(value, value)));
  case ReduceKind::SumSquare:
    return steps(ReduceKind::Sum, build.mul(value, value));
  case ReduceKind::LogSum:
    return build.unary<tosa::LogOp>(steps(ReduceKind::Sum, value));
  case ReduceKind::LogSumExp: {
    // An infinite maximum would leave NaN of the differences.
    constexpr float most = std::numeric_limits<float>::max();
    Value greatest = build.clamp(steps(ReduceKind::Max, value), -most, most);
    Value sum = steps(
        ReduceKind::Sum,
        build.unary<tosa::ExpOp>(build.binary<tosa::SubOp>(value, greatest)));
    return build.binary<tosa::AddOp>(build.unary<tosa::LogOp>(sum), greatest);
  }
  case ReduceKind::Mean:
    value = steps(kind, value);
    if (getElementTypeOrSelf(value).isInteger())
      return divideInts(build, value, splatLike(build, value, count));
    return build.mul(value, build.number(rank, 1.0f / count));
  default:
    return steps(kind, value);
  }
}

Value mlir::lw::importer::emitMean(GraphBuilder &build, Value value,
                                   ArrayRef<int64_t> axes) {
  return emitReduce(build, ReduceKind::Mean, value, axes, /*join=*/false);
}

/// The mean of each channel of images, which are held with channels last.
static Value emitImageMean(GraphBuilder &build, Value value) {
  OpBuilder &builder = build.builder;
  ArrayRef<int64_t> shape = GraphBuilder::shapeOf(value);
  return tosa::AvgPool2dOp::create(
      builder, build.loc, build.type({shape[0], 1, 1, shape[3]}), value,
      builder.getDenseI64ArrayAttr({shape[1], shape[2]}),
      builder.getDenseI64ArrayAttr({1, 1}),
      builder.getDenseI64ArrayAttr({0, 0, 0, 0}),
      TypeAttr::get(builder.getF32Type()));
}

/// Axes are an attribute before opset `axesInput` and an input from then on.
static LogicalResult importReduce(Node &node, ReduceKind kind,
                                  int64_t axesInput) {
  const TensorRef &input = node.inputs[0];
  int64_t rank = input->rank();
  auto axes = node.intsOf("axes", 1, axesInput);
  if (failed(axes))
    return failure();
  bool keepDims = node.intAttr("keepdims", 1) != 0;
  SmallVector<bool> reduced(rank, false);
  for (int64_t value : axes->value_or(Shape())) {
    FailureOr<int64_t> axis = node.axis(value, rank);
    if (failed(axis))
      return failure();
    reduced[*axis] = true;
  }
  if (axes->value_or(Shape()).empty()) {
    // Along no axis, or along all of them.
    reduced.assign(rank, node.intAttr("noop_with_empty_axes", 0) == 0);
  }
  if (input->constant)
    return foldReduce(node, kind, reduced, keepDims);
  if (failed(node.checkShape(input->shape)))
    return failure();

  GraphBuilder &build = node.build;
  Element element = elementOf(input);
  bool isLogic = element == Element::Bool &&
                 (kind == ReduceKind::Max || kind == ReduceKind::Min);
  if (element == Element::Bool && !isLogic)
    return node.error("expects numbers, found bool; cast it before");
  // Maxima and minima of bool are those of 0 and 1. Roots and logarithms of
  // integers are those of real numbers.
  Element held = isByte(element) || isLogic ? Element::I32 : element;
  if (isReal(kind))
    held = Element::Float;
  TensorRef widened = convert(build, input, held);
  Permutation layout = GraphBuilder::commonLayout(widened, rank);
  Value value = build.get(widened, layout);
  Shape shape;
  SmallVector<int64_t> positions;
  for (int64_t axis = 0; axis < rank; ++axis) {
    if (!reduced[axis] || keepDims)
      shape.push_back(reduced[axis] ? 1 : input->shape[axis]);
    if (reduced[axis])
      positions.push_back(llvm::find(layout, axis) - layout.begin());
  }
  bool isImageMean = kind == ReduceKind::Mean && rank == 4 &&
                     held == Element::Float && layout == GraphBuilder::nhwc() &&
                     reduced == SmallVector<bool>{false, false, true, true};
  value = isImageMean ? emitImageMean(build, value)
                      : emitReduce(build, kind, value, positions,
                                   layout == identityPermutation(rank));
  TensorRef result =
      GraphBuilder::fromValue(convert(build, value, held, element), layout);
  result->element = element;
  return node.finish(build.reshape(result, shape));
}

/// The axes became an input of the sum before those of the others.
template <ReduceKind kind> static LogicalResult importReduction(Node &node) {
  return importReduce(node, kind, kind == ReduceKind::Sum ? 13 : 18);
}

ArrayRef<OpEntry> mlir::lw::importer::reductionOps() {
  static const OpEntry entries[] = {
      {"ReduceL1", 1, 1, importReduction<ReduceKind::L1>,
       "`tosa.abs`, `tosa.reduce_sum`", Integers::Own},
      {"ReduceL2", 1, 1, importReduction<ReduceKind::L2>,
       "`tosa.mul`, `tosa.reduce_sum`, `tosa.pow` with 0.5", Integers::Own},
      {"ReduceLogSum", 1, 1, importReduction<ReduceKind::LogSum>,
       "`tosa.reduce_sum`, `tosa.log`", Integers::Own},
      {"ReduceLogSumExp", 1, 1, importReduction<ReduceKind::LogSumExp>,
       "`tosa.exp` of what is less than the maximum, `tosa.reduce_sum`, "
       "`tosa.log`",
       Integers::Own},
      {"ReduceMax", 1, 1, importReduction<ReduceKind::Max>, "`tosa.reduce_max`",
       Integers::Own},
      {"ReduceMean", 1, 1, importReduction<ReduceKind::Mean>,
       "`tosa.reduce_sum`, `tosa.mul`; over height and width of an image "
       "`tosa.avg_pool2d`",
       Integers::Own},
      {"ReduceMin", 1, 1, importReduction<ReduceKind::Min>, "`tosa.reduce_min`",
       Integers::Own},
      {"ReduceProd", 1, 1, importReduction<ReduceKind::Prod>,
       "`tosa.reduce_product`", Integers::Own},
      {"ReduceSum", 1, 1, importReduction<ReduceKind::Sum>, "`tosa.reduce_sum`",
       Integers::Own},
      {"ReduceSumSquare", 1, 1, importReduction<ReduceKind::SumSquare>,
       "`tosa.mul`, `tosa.reduce_sum`", Integers::Own},
  };
  return entries;
}
