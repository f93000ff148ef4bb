//===- Normalization.cpp - Softmax and normalizations
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Broadcast.h"
#include "OpTable.h"
#include "Rows.h"
#include "lw/Dialect/IR/LwRowOps.h"
#include <cmath>

using namespace mlir;
using namespace mlir::lw::importer;

//===----------------------------------------------------------------------===//
// Softmax
//===----------------------------------------------------------------------===//

static Value emitSoftmax(GraphBuilder &build, Value x, int64_t axis,
                         bool isLog) {
  return lw::SoftmaxOp::create(build.builder, build.loc, x.getType(), x, axis,
                               isLog);
}

/// Before opset 13 the tensor counts as a matrix whose columns are all
/// dimensions from `axis` on; from then on `axis` alone is normalized.
static LogicalResult finishSoftmax(Node &node, bool isLog) {
  const TensorRef &input = node.inputs[0];
  int64_t rank = input->rank();
  if (rank == 0)
    return node.error("expects an input of rank 1 or more");
  if (failed(node.checkShape(input->shape)))
    return failure();
  FailureOr<int64_t> axis = node.axis(
      node.intAttr("axis", node.opset < 13 ? (rank > 1 ? 1 : 0) : -1), rank);
  if (failed(axis))
    return failure();
  GraphBuilder &build = node.build;
  ArrayRef<int64_t> shape = input->shape;
  // The single dimension of the matrix view that is wider than 1, if it is one.
  SmallVector<int64_t> wide;
  for (int64_t i = *axis; i < rank; ++i)
    if (shape[i] != 1)
      wide.push_back(i);
  if (node.opset < 13 && wide.size() > 1) {
    Shape matrix = {*countElements(shape.take_front(*axis)),
                    *countElements(shape.drop_front(*axis))};
    Value value = build.getPlain(build.reshape(input, matrix));
    value = emitSoftmax(build, value, 1, isLog);
    return node.finish(build.reshape(GraphBuilder::fromValue(value), shape));
  }
  if (node.opset < 13 && wide.size() == 1)
    axis = wide.front();
  Permutation layout = GraphBuilder::commonLayout(input, rank);
  Value value = build.get(input, layout);
  int64_t position = llvm::find(layout, *axis) - layout.begin();
  return node.finish(emitSoftmax(build, value, position, isLog), layout);
}

static LogicalResult importSoftmax(Node &node) {
  return finishSoftmax(node, /*isLog=*/false);
}

static LogicalResult importLogSoftmax(Node &node) {
  return finishSoftmax(node, /*isLog=*/true);
}

//===----------------------------------------------------------------------===//
// Normalizations
//===----------------------------------------------------------------------===//

namespace {

/// A normalization of a tensor along some of its dimensions, in ONNX order.
struct Normalization {
  lw::NormKind kind = lw::NormKind::Deviation;
  float epsilon = 0;
  SmallVector<int64_t> axes;
  TensorRef scale, bias; // of the rank of the tensor, or null
};

} // namespace

/// The positions of dimensions in a value that lies as `layout` says.
static SmallVector<int64_t> positionsOf(ArrayRef<int64_t> axes,
                                        ArrayRef<int32_t> layout) {
  SmallVector<int64_t> positions;
  for (auto [position, axis] : llvm::enumerate(layout))
    if (llvm::is_contained(axes, static_cast<int64_t>(axis)))
      positions.push_back(position);
  return positions;
}

static TensorRef emitNormalize(GraphBuilder &build, const TensorRef &x,
                               const Normalization &norm) {
  Permutation layout = GraphBuilder::commonLayout(x, x->rank());
  Value value = build.get(x, layout);
  auto parameter = [&](const TensorRef &tensor) {
    return tensor ? build.get(tensor, layout) : Value();
  };
  OpBuilder &b = build.builder;
  return GraphBuilder::fromValue(
      lw::NormalizeOp::create(
          b, build.loc, value.getType(), value, parameter(norm.scale),
          parameter(norm.bias),
          b.getDenseI64ArrayAttr(positionsOf(norm.axes, layout)),
          b.getF32FloatAttr(norm.epsilon),
          lw::NormKindAttr::get(b.getContext(), norm.kind)),
      layout);
}

static LogicalResult readEpsilon(Node &node, float absent,
                                 Normalization &norm) {
  norm.epsilon = node.floatAttr("epsilon", absent);
  if (norm.epsilon >= 0 && std::isfinite(norm.epsilon))
    return success();
  return node.error("expects an epsilon that is not negative, found " +
                    std::to_string(norm.epsilon));
}

/// All dimensions from attribute `axis` on.
static LogicalResult readTrailingAxes(Node &node, int64_t rank,
                                      Normalization &norm) {
  if (rank == 0)
    return node.error("expects an input of rank 1 or more");
  FailureOr<int64_t> first = node.axis(node.intAttr("axis", -1), rank);
  if (failed(first))
    return failure();
  for (int64_t axis = *first; axis < rank; ++axis)
    norm.axes.push_back(axis);
  return success();
}

/// Input `i`, if there is one, broadcast to the rank of `shape`.
static LogicalResult readParameter(Node &node, size_t i,
                                   ArrayRef<int64_t> shape, TensorRef &result) {
  TensorRef input = node.input(i);
  if (!input)
    return success();
  std::optional<Shape> joined = broadcastShapes(shape, input->shape);
  if (!joined || ArrayRef<int64_t>(*joined) != shape)
    return node.error("expects input " + Twine(i) + " to broadcast to " +
                      formatShape(shape) + ", found shape " +
                      formatShape(input->shape));
  Shape extended(shape.size() - input->shape.size(), 1);
  extended.append(input->shape);
  result = node.build.reshape(input, extended);
  return success();
}

/// Input `i` with one element for each of `count` extents along dimension
/// `axis` of `rank`.
static LogicalResult readPerChannel(Node &node, size_t i, int64_t rank,
                                    int64_t axis, int64_t count,
                                    TensorRef &result) {
  const TensorRef &input = node.inputs[i];
  if (ArrayRef<int64_t>(input->shape) != ArrayRef<int64_t>(count))
    return node.error("expects input " + Twine(i) + " of shape " +
                      formatShape(count) + ", found " +
                      formatShape(input->shape));
  Shape shape(rank, 1);
  shape[axis] = count;
  result = node.build.reshape(input, shape);
  return success();
}

/// The mean and the inverse of the deviation of each row, further outputs of a
/// layer normalization.
static void finishStatistics(Node &node, const TensorRef &x,
                             const Normalization &norm) {
  GraphBuilder &build = node.build;
  Permutation layout = GraphBuilder::commonLayout(x, x->rank());
  SmallVector<int64_t> axes = positionsOf(norm.axes, layout);
  Value value = build.get(x, layout), mean = emitMean(build, value, axes);
  if (norm.kind == lw::NormKind::Deviation)
    value = build.binary<tosa::SubOp>(value, mean);
  Value variance = emitMean(build, build.mul(value, value), axes);
  variance = build.binary<tosa::AddOp>(variance,
                                       build.number(x->rank(), norm.epsilon));
  Value inverse =
      build.unary<tosa::ReciprocalOp>(emitSquareRoot(build, variance));
  node.results.push_back(GraphBuilder::fromValue(mean, layout));
  node.results.push_back(GraphBuilder::fromValue(inverse, layout));
}

static LogicalResult importLayerNormalization(Node &node) {
  const TensorRef &x = node.inputs[0];
  Normalization norm;
  if (failed(node.checkShape(x->shape)) ||
      failed(readEpsilon(node, 1e-5f, norm)) ||
      failed(readTrailingAxes(node, x->rank(), norm)) ||
      failed(readParameter(node, 1, x->shape, norm.scale)) ||
      failed(readParameter(node, 2, x->shape, norm.bias)))
    return failure();
  node.results.push_back(emitNormalize(node.build, x, norm));
  if (node.outputCount() > 1)
    finishStatistics(node, x, norm);
  return success();
}

static LogicalResult importRmsNormalization(Node &node) {
  const TensorRef &x = node.inputs[0];
  Normalization norm;
  norm.kind = lw::NormKind::Rms;
  if (failed(node.checkShape(x->shape)) ||
      failed(readEpsilon(node, 1e-5f, norm)) ||
      failed(readTrailingAxes(node, x->rank(), norm)) ||
      failed(readParameter(node, 1, x->shape, norm.scale)))
    return failure();
  return node.finish(emitNormalize(node.build, x, norm));
}

/// Layer normalization, or that by the root mean square, of a sum: the inputs
/// are two tensors, the scale, the shift and a bias of the sum. The last output
/// is the sum.
static LogicalResult importSkip(Node &node, lw::NormKind kind) {
  bool centers = kind == lw::NormKind::Deviation;
  SmallVector<TensorRef> terms = {node.inputs[0], node.inputs[1]};
  if (TensorRef bias = node.input(centers ? 4 : 3))
    terms.push_back(bias);
  Broadcast operands;
  if (failed(operands.collect(node, terms)))
    return failure();
  if (ArrayRef<int64_t>(operands.shape) != node.shape(0))
    return node.error("expects what is added to broadcast to " +
                      formatShape(node.shape(0)));
  GraphBuilder &build = node.build;
  Value value = operands.values[0];
  for (Value term : llvm::drop_begin(operands.values))
    value = build.binary<tosa::AddOp>(value, term);
  TensorRef sum = GraphBuilder::fromValue(value, operands.layout);
  Normalization norm;
  norm.kind = kind;
  if (failed(readEpsilon(node, 1e-12f, norm)) ||
      failed(readTrailingAxes(node, sum->rank(), norm)) ||
      failed(readParameter(node, 2, sum->shape, norm.scale)) ||
      (centers && failed(readParameter(node, 3, sum->shape, norm.bias))))
    return failure();
  node.results.push_back(emitNormalize(build, sum, norm));
  if (node.outputCount() > 1) {
    finishStatistics(node, sum, norm);
    node.results.push_back(sum);
  }
  return success();
}

template <lw::NormKind kind> static LogicalResult importSkipNorm(Node &node) {
  return importSkip(node, kind);
}

static LogicalResult importInstanceNormalization(Node &node) {
  const TensorRef &x = node.inputs[0];
  int64_t rank = x->rank();
  if (rank < 3)
    return node.error("expects an input of rank 3 or more, found shape " +
                      formatShape(x->shape));
  Normalization norm;
  if (failed(node.checkShape(x->shape)) ||
      failed(readEpsilon(node, 1e-5f, norm)) ||
      failed(readPerChannel(node, 1, rank, 1, x->shape[1], norm.scale)) ||
      failed(readPerChannel(node, 2, rank, 1, x->shape[1], norm.bias)))
    return failure();
  for (int64_t axis = 2; axis < rank; ++axis)
    norm.axes.push_back(axis);
  return node.finish(emitNormalize(node.build, x, norm));
}

/// Channels [C] as groups of them [G, C / G]; before opset 21 scale and shift
/// are those of whole groups.
static LogicalResult importGroupNormalization(Node &node) {
  TensorRef x = node.inputs[0];
  if (x->rank() < 3)
    return node.error("expects an input of rank 3 or more, found shape " +
                      formatShape(x->shape));
  int64_t channels = x->shape[1], groups = node.intAttr("num_groups", 0);
  if (groups < 1 || channels % groups != 0)
    return node.error("expects 'num_groups' to divide the " + Twine(channels) +
                      " channels, found " + Twine(groups));
  if (failed(node.checkShape(x->shape)))
    return failure();
  GraphBuilder &build = node.build;
  Shape shape(x->shape);
  int64_t pixels = *countElements(ArrayRef(shape).drop_front(2));
  Shape grouped = {shape[0], groups, channels / groups, pixels};
  int64_t count = node.opset < 21 ? groups : channels;
  Shape perGroup = {1, groups, count / groups, 1};
  Normalization norm;
  norm.axes = {2, 3};
  if (failed(readEpsilon(node, 1e-5f, norm)) ||
      failed(readPerChannel(node, 1, 1, 0, count, norm.scale)) ||
      failed(readPerChannel(node, 2, 1, 0, count, norm.bias)))
    return failure();
  norm.scale = build.reshape(norm.scale, perGroup);
  norm.bias = build.reshape(norm.bias, perGroup);
  TensorRef result = emitNormalize(build, build.reshape(x, grouped), norm);
  return node.finish(build.reshape(result, shape));
}

static LogicalResult importLpNormalization(Node &node) {
  const TensorRef &x = node.inputs[0];
  int64_t p = node.intAttr("p", 2);
  if (p != 1 && p != 2)
    return node.error("expects 'p' to be 1 or 2, found " + Twine(p));
  if (x->rank() == 0)
    return node.error("expects an input of rank 1 or more");
  FailureOr<int64_t> axis = node.axis(node.intAttr("axis", -1), x->rank());
  if (failed(axis) || failed(node.checkShape(x->shape)))
    return failure();
  Normalization norm;
  norm.kind = p == 1 ? lw::NormKind::L1 : lw::NormKind::L2;
  norm.axes = {*axis};
  return node.finish(emitNormalize(node.build, x, norm));
}

static LogicalResult importMeanVarianceNormalization(Node &node) {
  const TensorRef &x = node.inputs[0];
  int64_t rank = x->rank();
  Normalization norm;
  for (int64_t value : node.intsAttr("axes").value_or(Shape{0, 2, 3})) {
    FailureOr<int64_t> axis = node.axis(value, rank);
    if (failed(axis))
      return failure();
    if (!llvm::is_contained(norm.axes, *axis))
      norm.axes.push_back(*axis);
  }
  if (norm.axes.empty())
    for (int64_t axis = 0; axis < rank; ++axis)
      norm.axes.push_back(axis);
  if (rank == 0 || failed(node.checkShape(x->shape)))
    return node.error("expects an input of rank 1 or more");
  // ONNX adds 1e-9 to the root.
  norm.epsilon = 1e-18f;
  return node.finish(emitNormalize(node.build, x, norm));
}

ArrayRef<OpEntry> mlir::lw::importer::normalizationOps() {
  static const OpEntry entries[] = {
      {"GroupNormalization", 18, 3, importGroupNormalization,
       "`lw.normalize`; scale and shift of a group"},
      {"GroupNormalization", 21, 3, importGroupNormalization,
       "`lw.normalize`; scale and shift of a channel"},
      {"InstanceNormalization", 6, 3, importInstanceNormalization,
       "`lw.normalize`"},
      // Without a version of its own before opset 17, in files of onnxruntime.
      {"LayerNormalization", 1, 2, importLayerNormalization,
       "`lw.normalize`; Mean and InvStdDev where they are used"},
      {"LogSoftmax", 1, 1, importLogSoftmax,
       "`lw.softmax`; all dimensions from axis on"},
      {"LogSoftmax", 13, 1, importLogSoftmax, "`lw.softmax`; one axis"},
      {"LpNormalization", 1, 1, importLpNormalization, "`lw.normalize`"},
      {"MeanVarianceNormalization", 9, 1, importMeanVarianceNormalization,
       "`lw.normalize`"},
      {"RMSNormalization", 23, 2, importRmsNormalization, "`lw.normalize`"},
      {"SimplifiedLayerNormalization", 1, 2, importRmsNormalization,
       "`lw.normalize`; onnxruntime's name of RMSNormalization"},
      {"Softmax", 1, 1, importSoftmax,
       "`lw.softmax`; all dimensions from axis on"},
      {"Softmax", 13, 1, importSoftmax, "`lw.softmax`; one axis"},
      {"com.microsoft.SkipLayerNormalization", 1, 3,
       importSkipNorm<lw::NormKind::Deviation>,
       "`tosa.add`, `lw.normalize`; all outputs"},
      {"com.microsoft.SkipSimplifiedLayerNormalization", 1, 3,
       importSkipNorm<lw::NormKind::Rms>,
       "`tosa.add`, `lw.normalize`; all outputs"},
  };
  return entries;
}
