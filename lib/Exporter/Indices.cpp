//===- Indices.cpp - Operations that indices steer or that find them
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "OpTable.h"
#include "Signedness.h"
#include "lw/Dialect/IR/LwIndexOps.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "llvm/ADT/StringSwitch.h"

using namespace mlir;
using namespace mlir::lw;
using namespace mlir::lw::exporter;

static ArrayRef<int64_t> shapeOf(Value value) {
  return cast<RankedTensorType>(value.getType()).getShape();
}

/// The only result of `op`, row-major, of elements like those of `like`.
static void finish(Graph &graph, Operation *op, const TensorRef &like,
                   std::string name) {
  ArrayRef<int64_t> shape = shapeOf(op->getResult(0));
  graph.set(op->getResult(0),
            makeTensor(shape, like->type, identityOrder(shape.size()),
                       std::move(name)));
}

/// Indices that an operator wants as int64.
static std::string wide(Graph &graph, Value indices) {
  return graph.getPlain(graph.cast(graph.find(indices), TensorProto::INT64));
}

static ::onnx::AttributeProto axisOf(int64_t axis) {
  return attribute("axis", axis);
}

//===----------------------------------------------------------------------===//
// Reading and writing at indices
//===----------------------------------------------------------------------===//

template <typename Op>
static LogicalResult emitGather(Graph &graph, Operation *op,
                                const OpEntry &entry) {
  TensorRef x = graph.find(op->getOperand(0));
  std::string name = graph.node(
      entry.becomes,
      {graph.getPlain(x), graph.getPlain(graph.find(op->getOperand(1)))},
      {axisOf(cast<Op>(op).getAxis())});
  finish(graph, op, x, name);
  return success();
}

static LogicalResult emitGatherND(Graph &graph, Operation *op,
                                  const OpEntry &entry) {
  auto gather = cast<GatherNDOp>(op);
  TensorRef x = graph.find(gather.getInput());
  int64_t batchDims = gather.getBatchDims();
  std::string name = graph.node(
      entry.becomes, {graph.getPlain(x), wide(graph, gather.getIndices())},
      {attribute("batch_dims", batchDims)});
  finish(graph, op, x, name);
  return success();
}

static LogicalResult emitOneHot(Graph &graph, Operation *op,
                                const OpEntry &entry) {
  auto oneHot = cast<OneHotOp>(op);
  // Not every engine has every type of values; of int64 and f32 all have them.
  TensorRef given = graph.find(oneHot.getValues());
  TensorRef values = graph.cast(
      given, isFloat(given->type) ? TensorProto::FLOAT : TensorProto::INT64);
  int64_t axis = oneHot.getAxis(), depth = shapeOf(oneHot.getOutput())[axis];
  TensorRef result =
      makeTensor(shapeOf(oneHot.getOutput()), values->type,
                 identityOrder(shapeOf(oneHot.getOutput()).size()),
                 graph.node(entry.becomes,
                            {wide(graph, oneHot.getIndices()),
                             graph.ints(depth), graph.getPlain(values)},
                            {axisOf(axis)}));
  graph.set(oneHot, graph.cast(result, given->type));
  return success();
}

template <typename Op>
static LogicalResult emitScatter(Graph &graph, Operation *op, const OpEntry &) {
  constexpr bool isElements = std::is_same_v<Op, ScatterElementsOp>;
  auto scatter = cast<Op>(op);
  StringRef reduction = scatter.getReduction();
  if (reduction == "max" || reduction == "min")
    return refuse(op, "the reduction ")
           << reduction << " is younger than the opset that is written; only "
           << "none, add and mul";
  TensorRef x = graph.find(scatter.getInput());
  SmallVector<std::string> inputs = {
      graph.getPlain(x), wide(graph, scatter.getIndices()),
      graph.getPlain(graph.find(scatter.getUpdates()))};
  Attributes attributes;
  if constexpr (isElements)
    attributes.push_back(axisOf(scatter.getAxis()));
  if (reduction != "none")
    attributes.push_back(attribute("reduction", reduction));
  finish(graph, op, x,
         graph.node(isElements ? "ScatterElements" : "ScatterND", inputs,
                    std::move(attributes)));
  return success();
}

//===----------------------------------------------------------------------===//
// Finding indices
//===----------------------------------------------------------------------===//

static LogicalResult emitArgMax(Graph &graph, Operation *op,
                                const OpEntry &entry) {
  auto argMax = cast<tosa::ArgMaxOp>(op);
  TensorRef x = graph.find(argMax.getInput());
  Order order = Graph::commonOrder(x);
  int64_t axis = positionOf(order, argMax.getAxis());
  Shape shape = x->shape;
  shape[argMax.getAxis()] = 1;
  TensorRef where =
      makeTensor(shape, TensorProto::INT64, order,
                 graph.node(entry.becomes, {graph.get(x, order)},
                            {axisOf(axis), attribute("keepdims", int64_t(1))}));
  graph.set(argMax,
            graph.reshape(graph.cast(where, elementTypeOf(argMax.getOutput())),
                          shapeOf(argMax.getOutput())));
  return success();
}

static LogicalResult emitTopK(Graph &graph, Operation *op,
                              const OpEntry &entry) {
  auto topK = cast<TopKOp>(op);
  TensorRef x = graph.find(topK.getInput());
  Order order = Graph::commonOrder(x);
  int64_t axis = positionOf(order, topK.getAxis());
  ArrayRef<int64_t> shape = shapeOf(topK.getOutput());
  int64_t largest = topK.getLargest();
  SmallVector<std::string> made = graph.nodeOf(
      entry.becomes, {graph.get(x, order), graph.ints(shape[topK.getAxis()])},
      {"Values", "Indices"}, {axisOf(axis), attribute("largest", largest)});
  graph.set(topK,
            graph.cast(makeTensor(shape, TensorProto::INT64, order, made[1]),
                       elementTypeOf(topK.getOutput())));
  return success();
}

static LogicalResult emitCumSum(Graph &graph, Operation *op,
                                const OpEntry &entry) {
  auto sum = cast<CumSumOp>(op);
  TensorRef x = graph.find(sum.getInput());
  Order order = Graph::commonOrder(x);
  int64_t axis = positionOf(order, sum.getAxis());
  Attributes attributes;
  if (sum.getExclusive())
    attributes.push_back(attribute("exclusive", int64_t(1)));
  if (sum.getReverse())
    attributes.push_back(attribute("reverse", int64_t(1)));
  std::string where = graph.getPlain(graph.reshape(makeInts(axis), {}));
  graph.set(sum,
            makeTensor(x->shape, x->type, order,
                       graph.node(entry.becomes, {graph.get(x, order), where},
                                  std::move(attributes))));
  return success();
}

/// As many rows as there can be: those that ONNX has, and then rows of -1.
static LogicalResult emitNonMaxSuppression(Graph &graph, Operation *op,
                                           const OpEntry &) {
  auto nms = cast<NonMaxSuppressionOp>(op);
  ArrayRef<int64_t> scores = shapeOf(nms.getScores());
  int64_t rows = shapeOf(nms.getOutput())[0];
  std::string chosen = graph.node(
      "NonMaxSuppression",
      {graph.getPlain(graph.find(nms.getBoxes())),
       graph.getPlain(graph.find(nms.getScores())),
       graph.ints(rows / (scores[0] * scores[1])),
       graph.number(nms.getIouThreshold().convertToFloat()),
       graph.number(nms.getScoreThreshold().convertToFloat())},
      {attribute("center_point_box", int64_t(nms.getCenterPoint()))});
  std::string none =
      graph.getPlain(graph.reshape(makeInts(Shape(3 * rows, -1)), {rows, 3}));
  std::string all =
      graph.node("Concat", {chosen, none}, {attribute("axis", int64_t(0))});
  graph.set(nms,
            makeTensor({rows, 3}, TensorProto::INT64, identityOrder(2),
                       graph.node("Slice", {all, graph.ints(0),
                                            graph.ints(rows), graph.ints(0)})));
  return success();
}

//===----------------------------------------------------------------------===//
// Points and regions of images
//===----------------------------------------------------------------------===//

static void finishImage(Graph &graph, Operation *op, std::string name) {
  graph.set(op->getResult(0),
            makeTensor(shapeOf(op->getResult(0)), TensorProto::FLOAT,
                       channelsFirst(4), std::move(name)));
}

static LogicalResult emitGridSample(Graph &graph, Operation *op,
                                    const OpEntry &) {
  auto sample = cast<GridSampleOp>(op);
  TensorRef x = graph.find(sample.getInput());
  if (x->rank() != 4)
    return refuse(op, "volumes are younger than the opset that is written; "
                      "only images");
  StringRef mode = llvm::StringSwitch<StringRef>(sample.getMode())
                       .Case("linear", "bilinear")
                       .Case("cubic", "bicubic")
                       .Default("nearest");
  finishImage(graph, op,
              graph.node("GridSample",
                         {graph.get(x, channelsFirst(4)),
                          graph.getPlain(graph.find(sample.getGrid()))},
                         {attribute("mode", mode),
                          attribute("padding_mode", sample.getPadding()),
                          attribute("align_corners",
                                    int64_t(sample.getAlignCorners()))}));
  return success();
}

static LogicalResult emitRoiAlign(Graph &graph, Operation *op,
                                  const OpEntry &entry) {
  auto align = cast<RoiAlignOp>(op);
  ArrayRef<int64_t> shape = shapeOf(align.getOutput());
  StringRef transform =
      align.getHalfPixel() ? "half_pixel" : "output_half_pixel";
  int64_t ratio = align.getSamplingRatio();
  finishImage(
      graph, op,
      graph.node(entry.becomes,
                 {graph.get(graph.find(align.getInput()), channelsFirst(4)),
                  graph.getPlain(graph.find(align.getRois())),
                  wide(graph, align.getBatchIndices())},
                 {attribute("coordinate_transformation_mode", transform),
                  attribute("mode", StringRef(align.getMax() ? "max" : "avg")),
                  attribute("output_height", shape[1]),
                  attribute("output_width", shape[2]),
                  attribute("sampling_ratio", ratio),
                  attribute("spatial_scale",
                            align.getSpatialScale().convertToFloat())}));
  return success();
}

static LogicalResult emitMaxRoiPool(Graph &graph, Operation *op,
                                    const OpEntry &entry) {
  auto pool = cast<MaxRoiPoolOp>(op);
  finishImage(
      graph, op,
      graph.node(
          entry.becomes,
          {graph.get(graph.find(pool.getInput()), channelsFirst(4)),
           graph.getPlain(graph.find(pool.getRois()))},
          {attribute("pooled_shape", shapeOf(pool.getOutput()).slice(1, 2)),
           attribute("spatial_scale",
                     pool.getSpatialScale().convertToFloat())}));
  return success();
}

ArrayRef<OpEntry> mlir::lw::exporter::indexOps() {
  static const OpEntry entries[] = {
      {tosa::ArgMaxOp::getOperationName(), emitArgMax, "ArgMax"},
      {CumSumOp::getOperationName(), emitCumSum, "CumSum"},
      {GatherElementsOp::getOperationName(), emitGather<GatherElementsOp>,
       "GatherElements"},
      {GatherNDOp::getOperationName(), emitGatherND, "GatherND"},
      {GatherOp::getOperationName(), emitGather<GatherOp>, "Gather"},
      {GridSampleOp::getOperationName(), emitGridSample, "GridSample; images"},
      {MaxRoiPoolOp::getOperationName(), emitMaxRoiPool, "MaxRoiPool"},
      {NonMaxSuppressionOp::getOperationName(), emitNonMaxSuppression,
       "NonMaxSuppression, Concat and Slice"},
      {OneHotOp::getOperationName(), emitOneHot, "OneHot"},
      {RoiAlignOp::getOperationName(), emitRoiAlign, "RoiAlign"},
      {ScatterElementsOp::getOperationName(), emitScatter<ScatterElementsOp>,
       "ScatterElements; reductions none, add and mul"},
      {ScatterNDOp::getOperationName(), emitScatter<ScatterNDOp>,
       "ScatterND; reductions none, add and mul"},
      {TopKOp::getOperationName(), emitTopK, "TopK"},
  };
  return entries;
}
