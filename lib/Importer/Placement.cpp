//===- Placement.cpp - Operators that place parts in an image
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Families.h"
#include "lw/Dialect/IR/TransposedConv.h"

using namespace mlir;
using namespace mlir::lw::importer;

/// What is too large loses as much on both sides, what is too small gets zeros.
static LogicalResult importCenterCropPad(Node &node) {
  FailureOr<Shape> wanted = node.constantInts(1, "shape");
  if (failed(wanted))
    return failure();
  const TensorRef &input = node.inputs[0];
  int64_t rank = input->rank();
  Shape axes;
  for (int64_t i = 0; i < rank; ++i)
    axes.push_back(i);
  if (std::optional<Shape> given = node.intsAttr("axes")) {
    axes.clear();
    for (int64_t value : *given) {
      FailureOr<int64_t> axis = node.axis(value, rank);
      if (failed(axis))
        return failure();
      axes.push_back(*axis);
    }
  }
  if (axes.size() != wanted->size())
    return node.error("expects " + Twine(axes.size()) +
                      " extents in 'shape', found " + Twine(wanted->size()));
  Shape shape(input->shape), start(rank, 0), size = shape, before(rank, 0),
                                             after(rank, 0);
  for (auto [axis, extent] : llvm::zip(axes, *wanted)) {
    shape[axis] = extent;
    if (extent < size[axis]) {
      start[axis] = (size[axis] - extent) / 2;
      size[axis] = extent;
    } else {
      before[axis] = (extent - size[axis]) / 2;
      after[axis] = extent - size[axis] - before[axis];
    }
  }
  if (failed(node.checkShape(input->shape)) || failed(node.checkShape(shape)))
    return failure();
  GraphBuilder &build = node.build;
  Permutation layout = GraphBuilder::commonLayout(input, rank);
  Value value =
      build.slice(build.get(input, layout), permuteShape(start, layout),
                  permuteShape(size, layout));
  return node.finish(build.pad(value, permuteShape(before, layout),
                               permuteShape(after, layout), 0.0f),
                     layout);
}

/// Blocks are added up where they overlap: a transposed convolution whose
/// filters have a one where the element belongs.
static LogicalResult importCol2Im(Node &node) {
  FailureOr<Shape> image = node.constantInts(1, "image_shape"),
                   block = node.constantInts(2, "block_shape");
  if (failed(image) || failed(block) || failed(node.checkRank(0, 3)))
    return failure();
  size_t rank = image->size();
  if (rank < 1 || rank > 2 || block->size() != rank)
    return node.error("expects an image of one or two dimensions and a block "
                      "of as many, found " +
                      formatShape(*image) + " and " + formatShape(*block));
  Shape strides = node.intsAttr("strides").value_or(Shape(rank, 1)),
        dilations = node.intsAttr("dilations").value_or(Shape(rank, 1)),
        pads = node.intsAttr("pads").value_or(Shape(2 * rank, 0));
  auto areAtLeast = [](ArrayRef<int64_t> values, size_t count, int64_t least) {
    return values.size() == count && llvm::all_of(values, [&](int64_t value) {
             return value >= least && value < (int64_t(1) << 24);
           });
  };
  if (!areAtLeast(*image, rank, 1) || !areAtLeast(*block, rank, 1) ||
      !areAtLeast(strides, rank, 1) || !areAtLeast(dilations, rank, 1) ||
      !areAtLeast(pads, 2 * rank, 0))
    return node.error("expects positive shapes, strides and dilations, and "
                      "pads of at least 0, of " +
                      Twine(rank) + " dimensions");
  lw::TransposedConv conv;
  std::array<int64_t, 2> blocks = {1, 1};
  conv.kernel = {1, 1};
  conv.out = {1, 1};
  for (size_t i = 0; i < rank; ++i) {
    size_t axis = i + 2 - rank;
    conv.kernel[axis] = (*block)[i];
    conv.strides[axis] = strides[i];
    conv.dilations[axis] = dilations[i];
    conv.cropped[axis] = pads[i];
    conv.out[axis] = (*image)[i];
    int64_t slack = (*image)[i] + pads[i] + pads[i + rank] -
                    ((*block)[i] - 1) * dilations[i] - 1;
    blocks[axis] = slack < 0 ? 0 : slack / strides[i] + 1;
  }
  ArrayRef<int64_t> in = node.shape(0);
  int64_t elements = conv.kernel[0] * conv.kernel[1];
  if (in[1] % elements != 0 || in[2] != blocks[0] * blocks[1])
    return node.error("expects an input of a multiple of " + Twine(elements) +
                      " rows and " + Twine(blocks[0] * blocks[1]) +
                      " blocks, found shape " + formatShape(in));
  conv.groups = in[1] / elements;
  if (failed(node.checkShape(in)) ||
      failed(node.checkShape({in[0], conv.groups, conv.out[0], conv.out[1]})))
    return failure();
  std::vector<float> filter;
  for (int64_t place = 0; place < elements; ++place)
    for (int64_t channel = 0; channel < in[1]; ++channel)
      filter.push_back(channel % elements == place ? 1.0f : 0.0f);
  GraphBuilder &build = node.build;
  Value input = build.getNhwc(
      build.reshape(node.inputs[0], {in[0], in[1], blocks[0], blocks[1]}));
  TensorRef result = GraphBuilder::fromNhwc(lw::emitTransposedConv(
      build.builder, build.loc, input, filter, /*bias=*/Value(), conv));
  Shape shape = {in[0], conv.groups};
  shape.append(image->begin(), image->end());
  return node.finish(build.reshape(result, shape));
}

/// One where the greatest element along the axis is first, zero elsewhere.
/// Before opset 13 all dimensions from the axis on are one.
static LogicalResult importHardmax(Node &node) {
  const TensorRef &input = node.inputs[0];
  bool joined = node.opset < 13;
  FailureOr<int64_t> axis =
      node.axis(node.intAttr("axis", joined ? 1 : -1), input->rank());
  if (failed(axis) || failed(node.checkShape(input->shape)))
    return failure();
  GraphBuilder &build = node.build;
  OpBuilder &builder = build.builder;
  ArrayRef<int64_t> in = input->shape;
  int64_t outer = *countElements(in.take_front(*axis)),
          extent = joined ? *countElements(in.drop_front(*axis)) : in[*axis],
          inner = joined ? 1 : *countElements(in.drop_front(*axis + 1));
  Shape shape = {outer, extent, inner};
  Value x = build.getPlain(build.reshape(input, shape));
  Type i32 = builder.getI32Type();
  Value first = tosa::ArgMaxOp::create(
      builder, build.loc, RankedTensorType::get({outer, inner}, i32), x,
      static_cast<uint32_t>(1));
  first = build.reshapeValue(first, {outer, 1, inner});
  SmallVector<int32_t> numbers;
  for (int64_t i = 0; i < extent; ++i)
    numbers.push_back(static_cast<int32_t>(i));
  auto type = RankedTensorType::get({1, extent, 1}, i32);
  Value places =
      tosa::ConstOp::create(builder, build.loc, type,
                            DenseElementsAttr::get(type, ArrayRef(numbers)));
  Value equal = tosa::EqualOp::create(
      builder, build.loc, RankedTensorType::get(shape, builder.getI1Type()),
      places, first);
  Value result =
      tosa::SelectOp::create(builder, build.loc, x.getType(), equal,
                             build.number(3, 1.0f), build.number(3, 0.0f));
  return node.finish(build.reshape(GraphBuilder::fromValue(result), in));
}

ArrayRef<OpEntry> mlir::lw::importer::placementOps() {
  static const OpEntry entries[] = {
      {"CenterCropPad", 18, 2, importCenterCropPad,
       "`tosa.slice` and `tosa.pad`; shape known at import"},
      {"Col2Im", 18, 3, importCol2Im,
       "as ConvTranspose; one or two dimensions, shapes known at import"},
      {"Hardmax", 1, 1, importHardmax, "`tosa.argmax` and `tosa.select`"},
  };
  return entries;
}
