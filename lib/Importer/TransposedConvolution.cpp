//===- TransposedConvolution.cpp - ConvTranspose
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Families.h"
#include "Volume.h"
#include "lw/Dialect/IR/TransposedConv.h"

using namespace mlir;
using namespace mlir::lw::importer;

namespace {

/// The attributes of the node, [vertical, horizontal].
struct Attributes {
  std::array<int64_t, 2> kernel, strides = {1, 1}, dilations = {1, 1};
  std::array<int64_t, 2> more = {0, 0}; // output_padding
  std::array<int64_t, 4> pads = {0, 0, 0, 0};
  std::optional<std::array<int64_t, 2>> out; // output_shape
};

} // namespace

/// Sets one value, or two, for each spatial dimension; that of a signal is the
/// horizontal one.
template <size_t count>
static LogicalResult readInts(Node &node, StringRef name, int64_t least,
                              std::array<int64_t, count> &result) {
  constexpr int64_t kMost = int64_t(1) << 24;
  std::optional<Shape> values = node.intsAttr(name);
  if (!values)
    return success();
  int64_t rank = node.inputs[0]->rank() - 2;
  if (static_cast<int64_t>(values->size()) !=
      rank * static_cast<int64_t>(count / 2))
    return node.error("expects attribute '" + name + "' to have " +
                      Twine(rank * static_cast<int64_t>(count / 2)) +
                      " values (" + Twine(rank) +
                      " spatial dimensions), found " + Twine(values->size()));
  for (auto [i, value] : llvm::enumerate(*values)) {
    if (value < least || value > kMost)
      return node.error("expects attribute '" + name + "' to be at least " +
                        Twine(least) + " and at most 2^24, found " +
                        Twine(value));
    result[rank == 2 ? i : 2 * i + 1] = value;
  }
  return success();
}

static FailureOr<Attributes> readAttributes(Node &node,
                                            ArrayRef<int64_t> kernel) {
  Attributes result;
  result.kernel = {kernel[0], kernel[1]};
  std::array<int64_t, 2> out = {1, 1};
  if (failed(readInts(node, "kernel_shape", 1, result.kernel)) ||
      failed(readInts(node, "strides", 1, result.strides)) ||
      failed(readInts(node, "dilations", 1, result.dilations)) ||
      failed(readInts(node, "output_padding", 0, result.more)) ||
      failed(readInts(node, "pads", 0, result.pads)) ||
      failed(readInts(node, "output_shape", 1, out)))
    return failure();
  if (ArrayRef<int64_t>(result.kernel) != kernel)
    return node.error("expects attribute 'kernel_shape' to be that of the "
                      "weights (" +
                      formatShape(kernel) + "), found " +
                      formatShape(result.kernel));
  if (node.attribute("output_shape"))
    result.out = out;
  return result;
}

/// What the output leaves out of the whole result, and its extents.
static LogicalResult setExtents(Node &node, const Attributes &attributes,
                                ArrayRef<int64_t> in,
                                lw::TransposedConv &conv) {
  std::string autoPad = node.stringAttr("auto_pad", "NOTSET");
  bool same = autoPad == "SAME_UPPER" || autoPad == "SAME_LOWER";
  if (!same && autoPad != "NOTSET" && autoPad != "VALID" && !autoPad.empty())
    return node.error("expects attribute 'auto_pad' to be NOTSET, SAME_UPPER, "
                      "SAME_LOWER or VALID, found '" +
                      autoPad + "'");
  for (int axis = 0; axis < 2; ++axis) {
    int64_t stride = conv.strides[axis];
    int64_t whole = (in[axis] - 1) * stride + attributes.more[axis] +
                    (conv.kernel[axis] - 1) * conv.dilations[axis] + 1;
    int64_t &out = conv.out[axis];
    if (attributes.out || same) {
      out = attributes.out ? (*attributes.out)[axis] : in[axis] * stride;
      int64_t total = std::max<int64_t>(whole - out, 0);
      conv.cropped[axis] =
          autoPad == "SAME_UPPER" ? total / 2 : total - total / 2;
      continue;
    }
    bool padded = autoPad != "VALID";
    conv.cropped[axis] = padded ? attributes.pads[axis] : 0;
    out = whole - conv.cropped[axis] - (padded ? attributes.pads[axis + 2] : 0);
    if (out < 1)
      return node.error("expects pads " + formatShape(attributes.pads) +
                        " to leave something of the result, whose extent is " +
                        Twine(whole));
  }
  return success();
}

/// Weights are [Cin, Cout / groups, KH, KW].
static LogicalResult importConvTranspose(Node &node) {
  if (node.inputs[0]->rank() == 5)
    return importVolumeTransposed(node);
  FailureOr<TensorRef> image = asImage(node, 0);
  if (failed(image))
    return failure();
  FailureOr<TensorRef> kernels = asImage(node, 1);
  if (failed(kernels) || failed(node.checkRank(1, node.inputs[0]->rank())))
    return failure();
  Shape in = (*image)->shape, weights = (*kernels)->shape;
  int64_t groups = node.intAttr("group", 1);
  if (groups < 1 || in[1] % groups != 0)
    return node.error("expects attribute 'group' to divide input channels (" +
                      Twine(in[1]) + "), found " + Twine(groups));
  if (weights[0] != in[1])
    return node.error("expects weights for " + Twine(in[1]) +
                      " input channels, found shape " + formatShape(weights));
  int64_t filters = weights[1] * groups;
  FailureOr<Attributes> attributes =
      readAttributes(node, ArrayRef(weights).drop_front(2));
  if (failed(attributes))
    return failure();
  lw::TransposedConv conv;
  conv.kernel = attributes->kernel;
  conv.strides = attributes->strides;
  conv.dilations = attributes->dilations;
  conv.groups = groups;
  if (failed(setExtents(node, *attributes, ArrayRef(in).drop_front(2), conv)) ||
      failed(node.checkShape({in[0], conv.out[0], conv.out[1], filters})))
    return failure();
  // Each place between neighbours has a convolution.
  constexpr int64_t kMostPlaces = 4096;
  if (conv.strides[0] * conv.strides[1] > kMostPlaces)
    return node.error("expects strides of at most " + Twine(kMostPlaces) +
                      " pixels together, found " + formatShape(conv.strides));
  if (node.input(2) && node.shape(2) != ArrayRef<int64_t>(filters))
    return node.error("expects bias of shape [" + Twine(filters) + "], found " +
                      formatShape(node.shape(2)));
  ConstantRef filter = (*kernels)->constant;
  if (!filter || !filter->isFloat)
    return node.error("expects weights of floats that are known at import; "
                      "make them an initializer");
  filter = permuteConstant(filter, {2, 3, 0, 1});
  GraphBuilder &build = node.build;
  Value bias = node.input(2) ? build.getPlain(node.inputs[2]) : Value();
  return finishImage(node, lw::emitTransposedConv(build.builder, build.loc,
                                                  build.getNhwc(*image),
                                                  filter->floats, bias, conv));
}

ArrayRef<OpEntry> mlir::lw::importer::transposedConvolutionOps() {
  static const OpEntry entries[] = {
      {"ConvTranspose", 1, 2, importConvTranspose,
       "`lw.conv_2d` for the pixels between neighbours and `lw.interleave`; "
       "one "
       "to three spatial dimensions, groups, dilations, auto_pad and "
       "output_shape of one or two, "
       "output_padding; weights known at import"},
  };
  return entries;
}
