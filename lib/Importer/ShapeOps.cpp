//===- ShapeOps.cpp - Operators that rearrange or forward
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "OpTable.h"
#include "lw/Dialect/IR/LwOps.h"

using namespace mlir;
using namespace mlir::lw::importer;

static LogicalResult importIdentity(Node &node) {
  return node.finish(node.inputs[0]);
}

/// At inference dropout forwards its input; the mask is all true.
static LogicalResult importDropout(Node &node) {
  if (node.input(2) && !node.input(2)->constant)
    return node.error("expects 'training_mode' to be known at import; give it "
                      "with --input-value=NAME:0 where it is an input");
  const TensorRef &x = node.inputs[0], ratio = node.input(1);
  bool dropsNothing = ratio && ratio->constant &&
                      ratio->constant->size() == 1 &&
                      ratio->constant->number(0) == 0;
  if (node.input(2) && node.input(2)->constant->size() == 1 &&
      node.input(2)->constant->number(0) != 0 && !dropsNothing)
    return node.error("training_mode = true is not supported; export the "
                      "network for inference");
  node.results.push_back(x);
  // Nothing is dropped: the mask, before opset 10 of floats, is 1 everywhere.
  if (node.isUsed(1) && countElements(x->shape))
    node.results.push_back(GraphBuilder::fromConstant(broadcastConstant(
        node.opset < 10 ? makeFloats({}, {1.0f}) : makeBools({}, {1}),
        x->shape)));
  return success();
}

//===----------------------------------------------------------------------===//
// Reshape and its relatives
//===----------------------------------------------------------------------===//

/// Reshape-Transpose-Reshape of [N, C, H, W] through [N, groups, C / groups, H,
/// W] is a channel shuffle; `node.build` erases the steps when unused.
static Value emitShuffle(Node &node, const Tensor::ShuffleStep &step) {
  return lw::ChannelShuffleOp::create(node.build.builder, node.build.loc,
                                      node.build.getNhwc(step.source),
                                      static_cast<uint64_t>(step.groups));
}

static LogicalResult finishReshape(Node &node, ArrayRef<int64_t> shape) {
  const TensorRef &input = node.inputs[0];
  if (countElements(input->shape) != countElements(shape))
    return node.error("expects as many elements as the input " +
                      formatShape(input->shape) + ", found shape " +
                      formatShape(shape));
  if (input->shuffle && input->shuffle->transposed &&
      ArrayRef<int64_t>(input->shuffle->source->shape) == shape)
    return node.finish(
        GraphBuilder::fromNhwc(emitShuffle(node, *input->shuffle)));
  if (!input->constant && failed(node.checkShape(shape)))
    return failure();
  TensorRef result = node.build.reshape(input, shape);
  ArrayRef<int64_t> from = input->shape;
  if (!result->constant && result->element == Element::Float &&
      from.size() == 4 && shape.size() == 5 && shape[0] == from[0] &&
      shape[1] * shape[2] == from[1] && shape[3] == from[2] &&
      shape[4] == from[3])
    result->shuffle = {input, shape[1], /*transposed=*/false};
  return node.finish(result);
}

static LogicalResult importReshape(Node &node) {
  FailureOr<Shape> wanted = node.constantInts(1, "shape");
  if (failed(wanted))
    return failure();
  bool allowZero = node.intAttr("allowzero", 0) != 0;
  ArrayRef<int64_t> from = node.shape(0);
  Shape shape;
  int64_t known = 1;
  std::optional<size_t> unknown;
  for (auto [i, extent] : llvm::enumerate(*wanted)) {
    if (extent == 0 && !allowZero) {
      if (i >= from.size())
        return node.error("extent 0 of shape " + formatShape(*wanted) +
                          " copies one that the input " + formatShape(from) +
                          " does not have");
      extent = from[i];
    }
    if (extent == -1 && !unknown) {
      unknown = i;
      shape.push_back(1);
      continue;
    }
    if (extent < 0 || llvm::MulOverflow(known, extent, known) ||
        known > kMaxElements)
      return node.error("bad shape " + formatShape(*wanted));
    shape.push_back(extent);
  }
  int64_t count = countElements(from).value_or(0);
  if (unknown && known > 0)
    shape[*unknown] = count / known;
  return finishReshape(node, shape);
}

static LogicalResult importFlatten(Node &node) {
  int64_t rank = node.inputs[0]->rank();
  int64_t axis = node.intAttr("axis", 1);
  if (axis < -rank || axis > rank)
    return node.error("expects attribute 'axis' from " + Twine(-rank) + " to " +
                      Twine(rank) + ", found " + Twine(axis));
  if (axis < 0)
    axis += rank;
  Shape shape = {1, 1};
  for (auto [i, extent] : llvm::enumerate(node.shape(0)))
    shape[static_cast<int64_t>(i) < axis ? 0 : 1] *= extent;
  return finishReshape(node, shape);
}

/// Marks the axes, an error when one is out of range or named twice.
static FailureOr<SmallVector<bool>> markAxes(Node &node, ArrayRef<int64_t> axes,
                                             int64_t rank) {
  SmallVector<bool> marked(rank, false);
  for (int64_t value : axes) {
    FailureOr<int64_t> axis = node.axis(value, rank);
    if (failed(axis))
      return failure();
    if (marked[*axis])
      return node.error("axis " + Twine(value) + " is named twice");
    marked[*axis] = true;
  }
  return marked;
}

static LogicalResult importSqueeze(Node &node) {
  auto axes = node.intsOf("axes", 1, 13);
  if (failed(axes))
    return failure();
  int64_t rank = node.inputs[0]->rank();
  FailureOr<SmallVector<bool>> drop =
      markAxes(node, axes->value_or(Shape()), rank);
  if (failed(drop))
    return failure();
  Shape shape;
  for (auto [i, extent] : llvm::enumerate(node.shape(0))) {
    if ((*drop)[i] && extent != 1)
      return node.error("expects extent 1 of axis " + Twine(i) +
                        ", found shape " + formatShape(node.shape(0)));
    if (*axes ? !(*drop)[i] : extent != 1)
      shape.push_back(extent);
  }
  return finishReshape(node, shape);
}

static LogicalResult importUnsqueeze(Node &node) {
  auto axes = node.intsOf("axes", 1, 13);
  if (failed(axes))
    return failure();
  if (!*axes)
    return node.error("expects 'axes'");
  ArrayRef<int64_t> from = node.shape(0);
  int64_t rank = from.size() + (*axes)->size();
  FailureOr<SmallVector<bool>> added = markAxes(node, **axes, rank);
  if (failed(added))
    return failure();
  Shape shape;
  for (bool isNew : *added) {
    shape.push_back(isNew ? 1 : from.front());
    if (!isNew)
      from = from.drop_front();
  }
  return finishReshape(node, shape);
}

//===----------------------------------------------------------------------===//
// Transpose and its relatives
//===----------------------------------------------------------------------===//

static LogicalResult importTranspose(Node &node) {
  const TensorRef &input = node.inputs[0];
  int64_t rank = input->rank();
  Permutation permutation = identityPermutation(rank);
  std::reverse(permutation.begin(), permutation.end());
  if (std::optional<Shape> perm = node.intsAttr("perm")) {
    if (static_cast<int64_t>(perm->size()) != rank)
      return node.error("expects attribute 'perm' of " + Twine(rank) +
                        " values, found " + Twine(perm->size()));
    FailureOr<SmallVector<bool>> marked = markAxes(node, *perm, rank);
    if (failed(marked))
      return failure();
    for (auto [i, axis] : llvm::enumerate(*perm))
      permutation[i] = axis < 0 ? axis + rank : axis;
  }
  TensorRef result = node.build.transpose(input, permutation);
  if (input->shuffle && !input->shuffle->transposed &&
      permutation == Permutation{0, 2, 1, 3, 4}) {
    result->shuffle = input->shuffle;
    result->shuffle->transposed = true;
  }
  return node.finish(result);
}

/// Reshape, transpose, reshape.
static LogicalResult regroup(Node &node, ArrayRef<int64_t> split,
                             ArrayRef<int32_t> permutation,
                             ArrayRef<int64_t> merged) {
  GraphBuilder &build = node.build;
  TensorRef parts = build.reshape(node.inputs[0], split);
  return node.finish(
      build.reshape(build.transpose(parts, permutation), merged));
}

static LogicalResult importDepthToSpace(Node &node) {
  if (failed(node.checkRank(0, 4)))
    return failure();
  ArrayRef<int64_t> in = node.shape(0);
  int64_t block = node.intAttr("blocksize", 0);
  if (block < 1 || block > in[1] || in[1] % (block * block) != 0)
    return node.error("expects attribute 'blocksize' whose square divides the "
                      "channels (" +
                      Twine(in[1]) + "), found " + Twine(block));
  int64_t depth = in[1] / (block * block);
  Shape merged = {in[0], depth, in[2] * block, in[3] * block};
  std::string mode = node.stringAttr("mode", "DCR");
  if (mode == "DCR")
    return regroup(node, {in[0], block, block, depth, in[2], in[3]},
                   {0, 3, 4, 1, 5, 2}, merged);
  if (mode == "CRD")
    return regroup(node, {in[0], depth, block, block, in[2], in[3]},
                   {0, 1, 4, 2, 5, 3}, merged);
  return node.error("expects attribute 'mode' to be DCR or CRD, found '" +
                    mode + "'");
}

static LogicalResult importSpaceToDepth(Node &node) {
  if (failed(node.checkRank(0, 4)))
    return failure();
  ArrayRef<int64_t> in = node.shape(0);
  int64_t block = node.intAttr("blocksize", 0);
  if (block < 1 || in[2] % block != 0 || in[3] % block != 0)
    return node.error(
        "expects attribute 'blocksize' to divide the extents of " +
        formatShape(in) + ", found " + Twine(block));
  int64_t height = in[2] / block, width = in[3] / block;
  std::string mode = node.stringAttr("mode", "DCR");
  if (mode != "DCR" && mode != "CRD")
    return node.error("expects attribute 'mode' to be DCR or CRD, found '" +
                      mode + "'");
  Shape split = {in[0], in[1], height, block, width, block},
        merged = {in[0], in[1] * block * block, height, width};
  if (mode == "DCR")
    return regroup(node, split, {0, 3, 5, 1, 2, 4}, merged);
  return regroup(node, split, {0, 1, 3, 5, 2, 4}, merged);
}

ArrayRef<OpEntry> mlir::lw::importer::shapeOps() {
  static const OpEntry entries[] = {
      {"DepthToSpace", 1, 1, importDepthToSpace,
       "`tosa.reshape` and `tosa.transpose`", Integers::Moved},
      {"Dropout", 7, 1, importDropout, "nothing; inference only",
       Integers::Moved},
      {"Flatten", 1, 1, importFlatten,
       "`tosa.reshape`; before a Gemm its weights are permuted instead of the "
       "activations",
       Integers::Moved},
      {"Identity", 1, 1, importIdentity, "nothing", Integers::Moved,
       /*sequences=*/true},
      {"Reshape", 5, 2, importReshape,
       "`tosa.reshape`, or with a Transpose and another Reshape "
       "`lw.channel_shuffle`; shape known at import",
       Integers::Moved},
      {"SpaceToDepth", 1, 1, importSpaceToDepth,
       "`tosa.reshape` and `tosa.transpose`", Integers::Moved},
      {"Squeeze", 1, 1, importSqueeze, "`tosa.reshape`; axes an attribute",
       Integers::Moved},
      {"Squeeze", 13, 1, importSqueeze,
       "`tosa.reshape`; axes an input known at "
       "import",
       Integers::Moved},
      {"Transpose", 1, 1, importTranspose,
       "nothing, or `tosa.transpose` where an operator needs the order",
       Integers::Moved},
      {"Unsqueeze", 1, 1, importUnsqueeze, "`tosa.reshape`; axes an attribute",
       Integers::Moved},
      {"Unsqueeze", 13, 2, importUnsqueeze,
       "`tosa.reshape`; axes an input known at import", Integers::Moved},
  };
  return entries;
}
