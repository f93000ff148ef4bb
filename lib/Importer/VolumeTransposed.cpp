//===- VolumeTransposed.cpp - ConvTranspose with three spatial dimensions
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Composition.h"
#include "Volume.h"

using namespace mlir;
using namespace mlir::lw::importer;

/// Attribute `name` of `count` numbers from `least` on.
static FailureOr<Shape> readInts(Node &node, StringRef name, size_t count,
                                 int64_t least, int64_t absent) {
  Shape values = node.intsAttr(name).value_or(Shape(count, absent));
  if (values.size() != count || llvm::any_of(values, [&](int64_t value) {
        return value < least || value > (int64_t(1) << 24);
      }))
    return node.error("expects attribute '" + name + "' of " + Twine(count) +
                      " numbers of at least " + Twine(least) + ", found " +
                      formatShape(values));
  return values;
}

/// Planes are images, of which each tap of the depth makes others; these are
/// added where they belong. Weights are [Cin, Cout / groups, KD, KH, KW].
LogicalResult mlir::lw::importer::importVolumeTransposed(Node &node) {
  if (failed(node.checkRank(0, 5)) || failed(node.checkRank(1, 5)))
    return failure();
  if (std::string pad = node.stringAttr("auto_pad", "NOTSET");
      (pad != "NOTSET" && pad != "VALID") || node.attribute("output_shape"))
    return node.error("expects pads and output_padding with three spatial "
                      "dimensions; auto_pad and output_shape are not "
                      "supported there");
  FailureOr<Shape> strides = readInts(node, "strides", 3, 1, 1),
                   dilations = readInts(node, "dilations", 3, 1, 1),
                   more = readInts(node, "output_padding", 3, 0, 0),
                   pads = readInts(node, "pads", 6, 0, 0);
  if (failed(strides) || failed(dilations) || failed(more) || failed(pads))
    return failure();
  Shape in(node.shape(0)), weights(node.shape(1));
  int64_t groups = node.intAttr("group", 1), filters = weights[1] * groups;
  if (node.input(2) && node.shape(2) != ArrayRef<int64_t>(filters))
    return node.error("expects bias of shape [" + Twine(filters) + "], found " +
                      formatShape(node.shape(2)));
  int64_t stride = (*strides)[0], taps = weights[2];
  int64_t spread = (in[2] - 1) * stride + 1;
  int64_t whole = spread + (taps - 1) * (*dilations)[0] + (*more)[0];
  int64_t out = whole - (*pads)[0] - (*pads)[3];
  if (out < 1)
    return node.error("expects pads " + formatShape(*pads) +
                      " to leave something of the result, whose depth is " +
                      Twine(whole));

  Composition c(node);
  auto tail = [](const Shape &values) { return ArrayRef(values).take_back(2); };
  Shape flatPads = {(*pads)[1], (*pads)[2], (*pads)[4], (*pads)[5]};
  Composition::AttributeProto attributes[] = {
      c.attribute("strides", tail(*strides)),
      c.attribute("dilations", tail(*dilations)),
      c.attribute("output_padding", tail(*more)), c.attribute("pads", flatPads),
      c.attribute("group", groups)};
  TensorRef planes = c.reshape(c.transpose(node.inputs[0], {0, 2, 1, 3, 4}),
                               {in[0] * in[2], in[1], in[3], in[4]});
  TensorRef sum;
  Shape made;
  for (int64_t tap = 0; tap < taps; ++tap) {
    TensorRef filter = c.op("Slice", {node.inputs[1], c.integers({tap}),
                                      c.integers({tap + 1}), c.integers({2})});
    filter = c.op("Squeeze", {filter, c.integers({2})});
    TensorRef part = c.op("ConvTranspose", {planes, filter}, attributes);
    if (!part)
      return failure();
    made = part->shape;
    int64_t plane = made[1] * made[2] * made[3];
    // Zeros between the planes.
    part = c.reshape(part, {in[0], in[2], 1, plane});
    part = c.op("Pad", {part, c.integers({0, 0, 0, 0, 0, 0, stride - 1, 0})});
    part = c.reshape(part, {in[0], in[2] * stride, plane});
    part = c.op("Slice",
                {part, c.integers({0}), c.integers({spread}), c.integers({1})});
    int64_t before = tap * (*dilations)[0];
    part =
        c.op("Pad",
             {part, c.integers({0, before, 0, 0, whole - spread - before, 0})});
    sum = sum ? c.add(sum, part) : part;
  }
  sum = c.op("Slice", {sum, c.integers({(*pads)[0]}),
                       c.integers({(*pads)[0] + out}), c.integers({1})});
  sum = c.transpose(c.reshape(sum, {in[0], out, made[1], made[2], made[3]}),
                    {0, 2, 1, 3, 4});
  if (node.input(2))
    sum = c.add(sum, c.reshape(node.inputs[2], {filters, 1, 1, 1}));
  return c.finish(sum);
}
