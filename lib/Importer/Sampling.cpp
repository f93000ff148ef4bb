//===- Sampling.cpp - GridSample, AffineGrid, RoiAlign and MaxRoiPool
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Fold.h"
#include "IndexOperands.h"
#include "Volume.h"
#include "lw/Dialect/IR/LwIndexOps.h"
#include <limits>

using namespace mlir;
using namespace mlir::lw::importer;

//===----------------------------------------------------------------------===//
// GridSample and AffineGrid
//===----------------------------------------------------------------------===//

static LogicalResult importGridSample(Node &node) {
  ArrayRef<int64_t> in = node.shape(0), grid = node.shape(1);
  int64_t rank = in.size();
  if (rank != 4 && rank != 5)
    return node.error("expects an image or a volume, an input of rank 4 or 5, "
                      "found shape " +
                      formatShape(in));
  if (grid.size() != in.size() || grid[0] != in[0] || grid.back() != rank - 2)
    return node.error("expects a grid, input 1, of " + Twine(in[0]) +
                      " samples with " + Twine(rank - 2) +
                      " coordinates a point, found shape " + formatShape(grid));
  std::string mode = node.stringAttr("mode", "linear");
  if (mode.substr(0, 2) == "bi") // before opset 20
    mode = mode.substr(2);
  if (mode != "nearest" && mode != "linear" && mode != "cubic")
    return node.error("expects attribute 'mode' to be nearest, linear or "
                      "cubic, found '" +
                      mode + "'");
  std::string padding = node.stringAttr("padding_mode", "zeros");
  if (padding != "zeros" && padding != "border" && padding != "reflection")
    return node.error("expects attribute 'padding_mode' to be zeros, border or "
                      "reflection, found '" +
                      padding + "'");
  if (failed(node.checkShape(in)) || failed(node.checkShape(grid)))
    return failure();
  GraphBuilder &build = node.build;
  Permutation order = channelsLast(rank);
  Shape shape(grid.drop_back());
  shape.push_back(in[1]);
  return node.finish(
      lw::GridSampleOp::create(build.builder, build.loc, build.type(shape),
                               build.get(node.inputs[0], order),
                               build.getPlain(node.inputs[1]), mode, padding,
                               node.intAttr("align_corners", 0) != 0),
      order);
}

/// The coordinates, and 1, of every point of a grid.
static std::vector<float> basePoints(ArrayRef<int64_t> extents,
                                     bool alignCorners) {
  int64_t dims = extents.size();
  std::vector<float> points;
  for (int64_t i = 0, e = *countElements(extents); i < e; ++i) {
    // The last dimension comes first.
    int64_t rest = i;
    for (int64_t d = dims - 1; d >= 0; --d) {
      int64_t extent = extents[d], at = rest % extent;
      rest /= extent;
      if (alignCorners)
        points.push_back(extent == 1 ? 0.0f : 2.0 * at / (extent - 1) - 1.0);
      else
        points.push_back((2.0 * at + 1.0) / extent - 1.0);
    }
    points.push_back(1.0f);
  }
  return points;
}

static LogicalResult importAffineGrid(Node &node) {
  FailureOr<Shape> size = node.constantInts(1, "size");
  if (failed(size))
    return failure();
  int64_t dims = static_cast<int64_t>(size->size()) - 2;
  if (dims != 2 && dims != 3)
    return node.error("expects a size, input 1, of 4 or 5 extents, found " +
                      Twine(size->size()));
  if (failed(node.checkShape(*size)))
    return failure();
  int64_t batch = size->front();
  if (node.shape(0) != ArrayRef<int64_t>({batch, dims, dims + 1}))
    return node.error("expects input 0 of shape " +
                      formatShape({batch, dims, dims + 1}) + ", found " +
                      formatShape(node.shape(0)));
  ArrayRef<int64_t> extents = ArrayRef(*size).drop_front(2);
  int64_t points = *countElements(extents);
  if (failed(checkFoldedShape(node, {batch, points, dims + 1})))
    return failure();
  std::vector<float> one =
      basePoints(extents, node.intAttr("align_corners", 0) != 0);
  std::vector<float> all;
  for (int64_t n = 0; n < batch; ++n)
    all.insert(all.end(), one.begin(), one.end());
  GraphBuilder &build = node.build;
  Value base = build.floats({batch, points, dims + 1}, all);
  Value grid = tosa::MatMulOp::create(build.builder, build.loc,
                                      build.type({batch, points, dims}), base,
                                      build.get(node.inputs[0], {0, 2, 1}));
  Shape shape = {batch};
  llvm::append_range(shape, extents);
  shape.push_back(dims);
  return node.finish(GraphBuilder::fromValue(build.reshapeValue(grid, shape)));
}

//===----------------------------------------------------------------------===//
// Regions
//===----------------------------------------------------------------------===//

/// Checks an image and its regions, of `columns` numbers each.
static LogicalResult checkRegions(Node &node, int64_t columns) {
  if (failed(node.checkRank(0, 4)) || failed(node.checkRank(1, 2)))
    return failure();
  if (node.shape(1)[1] != columns)
    return node.error("expects regions, input 1, of " + Twine(columns) +
                      " numbers each, found shape " +
                      formatShape(node.shape(1)));
  for (int i = 0; i < 2; ++i)
    if (elementOf(node.inputs[i]) != Element::Float)
      return node.error("expects input " + Twine(i) + " to be float32");
  return success();
}

static LogicalResult importRoiAlign(Node &node) {
  if (failed(checkRegions(node, 4)))
    return failure();
  int64_t regions = node.shape(1)[0];
  if (node.shape(2) != ArrayRef<int64_t>{regions})
    return node.error("expects one batch index, input 2, for each of " +
                      Twine(regions) + " regions, found shape " +
                      formatShape(node.shape(2)));
  std::string mode = node.stringAttr("mode", "avg");
  if (mode != "avg" && mode != "max")
    return node.error("expects attribute 'mode' to be avg or max, found '" +
                      mode + "'");
  std::string transformation =
      node.stringAttr("coordinate_transformation_mode",
                      node.opset < 16 ? "output_half_pixel" : "half_pixel");
  if (transformation != "half_pixel" && transformation != "output_half_pixel")
    return node.error("expects attribute 'coordinate_transformation_mode' to "
                      "be half_pixel or output_half_pixel, found '" +
                      transformation + "'");
  int64_t ratio = node.intAttr("sampling_ratio", 0);
  Shape shape = {regions, node.intAttr("output_height", 1),
                 node.intAttr("output_width", 1), node.shape(0)[1]};
  FailureOr<Value> images = indexValue(node, 2);
  if (failed(images) || failed(node.checkShape(shape)))
    return failure();
  if (ratio < 0 || ratio > 1024)
    return node.error("expects attribute 'sampling_ratio' from 0 to 1024, "
                      "found " +
                      Twine(ratio));
  GraphBuilder &build = node.build;
  return node.finish(lw::RoiAlignOp::create(
                         build.builder, build.loc, build.type(shape),
                         build.getNhwc(node.inputs[0]),
                         build.getPlain(node.inputs[1]), *images,
                         APFloat(node.floatAttr("spatial_scale", 1.0f)), ratio,
                         mode == "max", transformation == "half_pixel"),
                     GraphBuilder::nhwc());
}

static LogicalResult importMaxRoiPool(Node &node) {
  if (failed(checkRegions(node, 5)))
    return failure();
  Shape pooled = node.intsAttr("pooled_shape").value_or(Shape());
  if (pooled.size() != 2)
    return node.error("expects attribute 'pooled_shape' of 2 extents, found " +
                      Twine(pooled.size()));
  Shape shape = {node.shape(1)[0], pooled[0], pooled[1], node.shape(0)[1]};
  if (failed(node.checkShape(shape)))
    return failure();
  GraphBuilder &build = node.build;
  return node.finish(
      lw::MaxRoiPoolOp::create(build.builder, build.loc, build.type(shape),
                               build.getNhwc(node.inputs[0]),
                               build.getPlain(node.inputs[1]),
                               APFloat(node.floatAttr("spatial_scale", 1.0f))),
      GraphBuilder::nhwc());
}

//===----------------------------------------------------------------------===//
// NonMaxSuppression
//===----------------------------------------------------------------------===//

/// Input `i`, one number known at import; `absent` where it is left out.
static FailureOr<float> numberOf(Node &node, size_t i, StringRef what,
                                 float absent) {
  if (!node.input(i))
    return absent;
  FailureOr<std::vector<float>> values = node.constantFloats(i, what);
  if (failed(values))
    return failure();
  if (values->size() != 1)
    return node.error("expects one number '" + what + "', input " + Twine(i) +
                      ", found " + Twine(values->size()));
  return values->front();
}

/// The result has a row for every box that could be chosen.
static LogicalResult importNonMaxSuppression(Node &node) {
  if (failed(node.checkRank(0, 3)) || failed(node.checkRank(1, 3)))
    return failure();
  ArrayRef<int64_t> scores = node.shape(1);
  if (node.shape(0) != ArrayRef<int64_t>({scores[0], scores[2], 4}))
    return node.error("expects boxes, input 0, of shape " +
                      formatShape({scores[0], scores[2], 4}) + ", found " +
                      formatShape(node.shape(0)));
  FailureOr<float> most = numberOf(node, 2, "max_output_boxes_per_class", 0);
  FailureOr<float> iou = numberOf(node, 3, "iou_threshold", 0);
  FailureOr<float> least = numberOf(node, 4, "score_threshold",
                                    -std::numeric_limits<float>::infinity());
  if (failed(most) || failed(iou) || failed(least))
    return failure();
  if (!(*most >= 1))
    return node.error("expects 'max_output_boxes_per_class', input 2, of at "
                      "least 1: without it nothing is chosen");
  if (!(*iou >= 0 && *iou <= 1))
    return node.error("expects 'iou_threshold' from 0 to 1, found " +
                      std::to_string(*iou));
  int64_t center = node.intAttr("center_point_box", 0);
  if (center != 0 && center != 1)
    return node.error("expects attribute 'center_point_box' to be 0 or 1, "
                      "found " +
                      Twine(center));
  int64_t rows = scores[0] * scores[1] *
                 static_cast<int64_t>(
                     std::min<float>(*most, static_cast<float>(scores[2])));
  if (failed(node.checkShape({rows, 3})))
    return failure();
  GraphBuilder &build = node.build;
  OpBuilder &b = build.builder;
  Value value = lw::NonMaxSuppressionOp::create(
      b, build.loc, RankedTensorType::get({rows, 3}, b.getI64Type()),
      build.getPlain(node.inputs[0]), build.getPlain(node.inputs[1]),
      APFloat(*iou), APFloat(*least), center == 1);
  return node.finish(tensorOf(value, Element::I64));
}

ArrayRef<OpEntry> mlir::lw::importer::samplingOps() {
  static const OpEntry entries[] = {
      {"AffineGrid", 20, 2, importAffineGrid,
       "`tosa.matmul`; size known at import"},
      {"GridSample", 16, 2, importGridSample,
       "`lw.grid_sample`; images and volumes, every mode"},
      {"MaxRoiPool", 1, 2, importMaxRoiPool, "`lw.max_roi_pool`"},
      {"NonMaxSuppression", 10, 3, importNonMaxSuppression,
       "`lw.non_max_suppression`; as many rows as boxes could be chosen, those "
       "behind the last one -1; numbers known at import"},
      {"RoiAlign", 10, 3, importRoiAlign, "`lw.roi_align`", Integers::Own},
  };
  return entries;
}
