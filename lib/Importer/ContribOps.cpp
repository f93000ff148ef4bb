//===- ContribOps.cpp - Further operators of onnxruntime's domain
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Those that exporters write where ONNX has none, or had none at their opset,
// and those of image generators. Each becomes operators of ONNX.
//
//===----------------------------------------------------------------------===//

#include "Composition.h"
#include "Families.h"

using namespace mlir;
using namespace mlir::lw::importer;

using AttributeProto = Composition::AttributeProto;

//===----------------------------------------------------------------------===//
// Those that ONNX has, too
//===----------------------------------------------------------------------===//

static constexpr char kGatherND[] = "GatherND", kPad[] = "Pad",
                      kRange[] = "Range";

template <const char *op> static LogicalResult importSame(Node &node) {
  Composition c(node);
  SmallVector<AttributeProto> attributes;
  if (const AttributeProto *mode = node.attribute("mode"))
    attributes.push_back(*mode);
  return c.finish(c.op(op, node.inputs, attributes));
}

static LogicalResult importTrilu(Node &node) {
  Composition c(node);
  return c.finish(c.op("Trilu", node.inputs,
                       c.attribute("upper", node.intAttr("upper", 1))));
}

/// Modes have other names than those of ONNX since opset 20.
static LogicalResult importGridSample(Node &node) {
  Composition c(node);
  std::string mode = node.stringAttr("mode", "bilinear");
  StringRef newer = mode == "bilinear"  ? "linear"
                    : mode == "bicubic" ? "cubic"
                                        : StringRef(mode);
  return c.finish(
      c.op("GridSample", node.inputs,
           {c.attribute("mode", newer),
            c.attribute("padding_mode",
                        StringRef(node.stringAttr("padding_mode", "zeros"))),
            c.attribute("align_corners", node.intAttr("align_corners", 0))}));
}

static LogicalResult importExpandDims(Node &node) {
  Composition c(node);
  return c.finish(
      c.op("Unsqueeze", {node.inputs[0], c.reshape(node.inputs[1], {1})}));
}

/// What follows the indices is for training.
static LogicalResult importTorchEmbedding(Node &node) {
  Composition c(node);
  return c.finish(c.op("Gather", {node.inputs[0], node.inputs[1]}));
}

//===----------------------------------------------------------------------===//
// Integers of 8 bits
//===----------------------------------------------------------------------===//

/// The reals of input `i`, whose scale and zero point follow it.
static TensorRef dequantize(Node &node, Composition &c, size_t i) {
  return c.op("DequantizeLinear",
              {node.input(i), node.input(i + 1), node.input(i + 2)});
}

/// As integers by the scale that is input `scale` and the zero point behind it.
static TensorRef quantize(Node &node, Composition &c, const TensorRef &reals,
                          size_t scale) {
  return c.op("QuantizeLinear",
              {reals, node.input(scale), node.input(scale + 1)});
}

static LogicalResult importQLinearReduceMean(Node &node) {
  Composition c(node);
  std::optional<Shape> axes = node.intsAttr("axes");
  TensorRef mean =
      c.op("ReduceMean",
           {dequantize(node, c, 0), axes ? c.integers(*axes) : nullptr},
           c.attribute("keepdims", node.intAttr("keepdims", 1)));
  return c.finish(quantize(node, c, mean, 3));
}

static LogicalResult importQLinearWhere(Node &node) {
  Composition c(node);
  TensorRef chosen = c.op("Where", {node.inputs[0], dequantize(node, c, 1),
                                    dequantize(node, c, 4)});
  return c.finish(quantize(node, c, chosen, 7));
}

//===----------------------------------------------------------------------===//
// Image generators
//===----------------------------------------------------------------------===//

static LogicalResult importBiasAdd(Node &node) {
  Composition c(node);
  return c.finish(c.add(c.add(node.inputs[0], node.inputs[1]), node.inputs[2]));
}

/// The first half of the channels times Gelu of the second one.
static LogicalResult importBiasSplitGelu(Node &node) {
  Composition c(node);
  SmallVector<TensorRef> halves =
      c.results("Split", c.add(node.inputs[0], node.inputs[1]), 2,
                {c.attribute("axis", int64_t(-1)),
                 c.attribute("num_outputs", int64_t(2))});
  return c.finish(c.mul(halves[0], c.op("Gelu", halves[1])));
}

/// GroupNorm, and SkipGroupNorm that adds two inputs before, of channels that
/// are the last or the second dimension.
static LogicalResult importGroupNorm(Node &node) {
  if (failed(node.checkRank(0, 4)) || failed(node.checkRank(1, 1)) ||
      failed(node.checkRank(2, 1)))
    return failure();
  bool isLast = node.intAttr("channels_last", 1) != 0;
  int64_t activation = node.intAttr("activation", 0);
  if (activation != 0 && activation != 1)
    return node.error("expects attribute 'activation' of 0 or 1, found " +
                      Twine(activation));
  Composition c(node);
  TensorRef x = node.inputs[0];
  for (size_t i = 3; i < node.inputs.size(); ++i) {
    TensorRef added = node.inputs[i];
    if (!added)
      continue;
    // One number a channel, or a channel of a sample.
    if (added->rank() < 3) {
      Shape shape(added->shape);
      shape.insert(isLast ? shape.end() - 1 : shape.end(), 2, 1);
      added = c.reshape(added, shape);
    }
    x = c.add(x, added);
  }
  TensorRef sum = x;
  if (isLast)
    x = c.transpose(x, {0, 3, 1, 2});
  TensorRef y =
      c.op("GroupNormalization", {x, node.inputs[1], node.inputs[2]},
           {c.attribute("num_groups", node.intAttr("groups", 0)),
            c.attribute("epsilon", node.floatAttr("epsilon", 1e-5f))});
  if (activation == 1)
    y = c.op("Swish", y);
  if (isLast)
    y = c.transpose(y, {0, 2, 3, 1});
  return c.finish({y, sum});
}

//===----------------------------------------------------------------------===//
// Matrices
//===----------------------------------------------------------------------===//

/// The distances of all rows of one matrix from all of another.
static LogicalResult importCDist(Node &node) {
  if (failed(node.checkRank(0, 2)) || failed(node.checkRank(1, 2)))
    return failure();
  std::string metric = node.stringAttr("metric", "sqeuclidean");
  if (metric != "sqeuclidean" && metric != "euclidean")
    return node.error("expects attribute 'metric' to be 'sqeuclidean' or "
                      "'euclidean', found '" +
                      metric + "'");
  Composition c(node);
  TensorRef difference =
      c.op("Sub", {c.op("Unsqueeze", {node.inputs[0], c.integers({1})}),
                   c.op("Unsqueeze", {node.inputs[1], c.integers({0})})});
  return c.finish(c.op(metric == "euclidean" ? "ReduceL2" : "ReduceSumSquare",
                       {difference, c.integers({2})},
                       c.attribute("keepdims", int64_t(0))));
}

/// The determinants of what is left without a row and a column each, over that
/// of the matrix.
static LogicalResult importInverse(Node &node) {
  ArrayRef<int64_t> shape = node.shape(0);
  int64_t rank = shape.size();
  if (rank < 2 || shape[rank - 1] != shape[rank - 2])
    return node.error("expects square matrices, found shape " +
                      formatShape(shape));
  int64_t size = shape.back();
  Composition c(node);
  if (size == 1)
    return c.finish(c.op("Reciprocal", node.inputs[0]));
  std::vector<int64_t> others;
  std::vector<float> signs;
  for (int64_t i = 0; i < size; ++i)
    for (int64_t j = 0; j < size; ++j) {
      if (i != j)
        others.push_back(j);
      signs.push_back((i + j) % 2 ? -1.0f : 1.0f);
    }
  TensorRef rest = c.reshape(c.integers(others), {size, size - 1});
  // [..., i, rows, j, columns] as [..., j, i, rows, columns].
  TensorRef minors = c.op("Gather", {node.inputs[0], rest},
                          c.attribute("axis", int64_t(rank - 2)));
  minors = c.op("Gather", {minors, rest}, c.attribute("axis", int64_t(rank)));
  Shape order;
  for (int64_t d = 0; d < rank - 2; ++d)
    order.push_back(d);
  order.append({rank, rank - 2, rank - 1, rank + 1});
  minors = c.mul(c.op("Det", c.transpose(minors, order)),
                 c.floats({size, size}, signs));
  TensorRef whole =
      c.op("Unsqueeze", {c.op("Det", node.inputs[0]), c.integers({-2, -1})});
  return c.finish(c.op("Div", {minors, whole}));
}

ArrayRef<OpEntry> mlir::lw::importer::contribOps() {
  static const OpEntry entries[] = {
      {"com.microsoft.BiasAdd", 1, 3, importBiasAdd, "Add"},
      {"com.microsoft.BiasSplitGelu", 1, 2, importBiasSplitGelu,
       "Add, Gelu and Mul"},
      {"com.microsoft.CDist", 1, 2, importCDist, "Sub and ReduceSumSquare"},
      {"com.microsoft.ExpandDims", 1, 2, importExpandDims, "as Unsqueeze",
       Integers::Own},
      {"com.microsoft.GatherND", 1, 2, importSame<kGatherND>, "as GatherND",
       Integers::Own},
      {"com.microsoft.GridSample", 1, 2, importGridSample, "as GridSample"},
      {"com.microsoft.GroupNorm", 1, 3, importGroupNorm,
       "GroupNormalization and Swish"},
      {"com.microsoft.Inverse", 1, 1, importInverse,
       "determinants; up to 6 x 6"},
      {"com.microsoft.Pad", 1, 2, importSame<kPad>, "as Pad", Integers::Own},
      {"com.microsoft.QLinearReduceMean", 1, 5, importQLinearReduceMean,
       "ReduceMean of reals between dequantize and quantize", Integers::Own},
      {"com.microsoft.QLinearWhere", 1, 9, importQLinearWhere,
       "Where between dequantize and quantize", Integers::Own},
      {"com.microsoft.Range", 1, 2, importSame<kRange>, "as Range",
       Integers::Own},
      {"com.microsoft.SkipGroupNorm", 1, 4, importGroupNorm,
       "Add, GroupNormalization and Swish; all outputs"},
      {"com.microsoft.TorchEmbedding", 1, 2, importTorchEmbedding, "as Gather",
       Integers::Own},
      {"com.microsoft.Trilu", 1, 1, importTrilu, "as Trilu", Integers::Own},
  };
  return entries;
}
