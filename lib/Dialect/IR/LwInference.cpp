//===- LwInference.cpp - Shape inference shared with verification
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "LwInference.h"
#include "mlir/IR/Diagnostics.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::lw;
using namespace mlir::lw::detail;

static bool isDynamic(int64_t extent) { return ShapedType::isDynamic(extent); }

/// True when two extents may be equal.
static bool agree(int64_t a, int64_t b) {
  return isDynamic(a) || isDynamic(b) || a == b;
}

std::optional<int64_t> mlir::lw::convOutputExtent(int64_t in, int64_t kernel,
                                                  int64_t stride,
                                                  int64_t before, int64_t after,
                                                  int64_t dilation) {
  if (isDynamic(in) || isDynamic(kernel))
    return ShapedType::kDynamic;
  int64_t span, padded;
  if (llvm::MulOverflow(dilation, kernel - 1, span) ||
      llvm::AddOverflow(in, before, padded) ||
      llvm::AddOverflow(padded, after, padded) || span >= padded)
    return std::nullopt;
  return (padded - span - 1) / stride + 1;
}

/// Window attributes: lengths, then signs.
static LogicalResult verifyWindow(std::optional<Location> location,
                                  const ConvSignature &s) {
  auto check = [&](ArrayRef<int64_t> values, size_t length, int64_t least,
                   StringRef name) -> LogicalResult {
    if (values.size() != length)
      return emitOptionalError(location, "expects ", name, " to have ", length,
                               " values, found ", values.size());
    for (int64_t value : values)
      if (value < least)
        return emitOptionalError(location, "expects ", name, " to be at least ",
                                 least, ", found ", value);
    return success();
  };
  if (failed(check(s.strides, 2, 1, "strides")) ||
      failed(check(s.padding, 4, 0, "padding")) ||
      failed(check(s.dilations, 2, 1, "dilations")))
    return failure();
  if (s.groups < 1)
    return emitOptionalError(
        location, "expects groups to be at least 1, found ", s.groups);
  return success();
}

static LogicalResult verifyRank(std::optional<Location> location,
                                ShapedType type, int64_t rank, StringRef name) {
  if (!type || !type.hasRank())
    return emitOptionalError(location, "expects ", name,
                             " to be a ranked tensor");
  if (type.getRank() != rank)
    return emitOptionalError(location, "expects ", name, " of rank ", rank,
                             ", found rank ", type.getRank());
  for (int64_t extent : type.getShape())
    if (!isDynamic(extent) && extent < 1)
      return emitOptionalError(location, "expects extents of ", name,
                               " to be at least 1, found ", extent);
  return success();
}

/// Channel constraints of each variant; fills the channel fields of `g`.
static LogicalResult inferChannels(std::optional<Location> location,
                                   const ConvSignature &s, ConvGeometry &g) {
  int64_t filterIn = s.filter.getDimSize(2);
  int64_t filterOut = s.filter.getDimSize(3);
  int64_t in = g.inChannels;

  if (s.variant == ConvVariant::Standard ||
      s.variant == ConvVariant::Pointwise) {
    if (!isDynamic(in) && in % s.groups != 0)
      return emitOptionalError(location, "expects input channels (", in,
                               ") to be divisible by groups (", s.groups, ")");
    if (!isDynamic(filterOut) && filterOut % s.groups != 0)
      return emitOptionalError(location, "expects output channels (", filterOut,
                               ") to be divisible by groups (", s.groups, ")");
    if (!isDynamic(in) && !agree(filterIn, in / s.groups))
      return emitOptionalError(location, "expects filter input channels (",
                               filterIn, ") to be input channels / groups (",
                               in, " / ", s.groups, " = ", in / s.groups, ")");
    g.groups = s.groups;
    g.outChannels = filterOut;
    return success();
  }

  if (!agree(filterIn, in))
    return emitOptionalError(location, "expects depthwise filter channels (",
                             filterIn, ") to be input channels (", in, ")");
  g.groups = isDynamic(in) ? filterIn : in;
  g.multiplier = filterOut;
  int64_t depthwiseOut = ShapedType::kDynamic;
  if (!isDynamic(g.groups) && !isDynamic(filterOut) &&
      llvm::MulOverflow(g.groups, filterOut, depthwiseOut))
    return emitOptionalError(location, "channel count overflows: ", g.groups,
                             " x ", filterOut);
  g.outChannels = depthwiseOut;
  if (s.variant == ConvVariant::Depthwise)
    return success();

  if (!agree(s.pointwiseFilter.getDimSize(2), depthwiseOut))
    return emitOptionalError(
        location, "expects pointwise filter input channels (",
        s.pointwiseFilter.getDimSize(2), ") to be input channels * terms (",
        g.groups, " * ", filterOut, " = ", depthwiseOut, ")");
  g.outChannels = s.pointwiseFilter.getDimSize(3);
  return success();
}

static LogicalResult verifyUnitKernel(std::optional<Location> location,
                                      ShapedType filter) {
  if (!agree(filter.getDimSize(0), 1) || !agree(filter.getDimSize(1), 1))
    return emitOptionalError(location, "expects a 1x1 pointwise filter, found ",
                             filter.getDimSize(0), "x", filter.getDimSize(1));
  return success();
}

/// Element types agree, and bias and residual fit the output.
static LogicalResult verifyEpilogue(std::optional<Location> location,
                                    const ConvSignature &s,
                                    const ConvGeometry &g) {
  // Of quantized convolutions, verifyQuantization does.
  bool quantized = s.input.getElementType().isInteger(8);
  auto agrees = [&](ShapedType type, bool isFilter) {
    Type element = s.input.getElementType();
    if (!type || type.getElementType() == element)
      return true;
    // Weights may be stored in half of the bytes; what is added to the sum of a
    // convolution of either type may be of the other.
    Type other = type.getElementType();
    return (element.isF32() && other.isBF16()) ||
           (!isFilter && element.isBF16() && other.isF32());
  };
  for (auto [type, isFilter] :
       {std::pair(s.filter, true), std::pair(s.pointwiseFilter, true),
        std::pair(s.bias, false), std::pair(s.residual, false)})
    if (!quantized && !agrees(type, isFilter))
      return emitOptionalError(location,
                               "expects all operands to have element "
                               "type ",
                               s.input.getElementType(), ", found ",
                               type.getElementType());
  if (s.bias && !agree(s.bias.getDimSize(0), g.outChannels))
    return emitOptionalError(location, "expects bias extent (",
                             s.bias.getDimSize(0), ") to be output channels (",
                             g.outChannels, ")");
  if (!s.residual)
    return success();
  const int64_t expected[4] = {g.batch, g.outHeight, g.outWidth, g.outChannels};
  for (int i = 0; i < 4; ++i)
    if (!agree(s.residual.getDimSize(i), expected[i]))
      return emitOptionalError(location, "expects residual dimension ", i, " (",
                               s.residual.getDimSize(i),
                               ") to be that of the output (", expected[i],
                               ")");
  return success();
}

FailureOr<ConvGeometry>
mlir::lw::detail::inferGeometry(std::optional<Location> location,
                                const ConvSignature &s) {
  bool separable = s.variant == ConvVariant::Separable;
  if (failed(verifyWindow(location, s)) ||
      failed(verifyRank(location, s.input, 4, "input")) ||
      failed(verifyRank(location, s.filter, 4, "filter")) ||
      (separable && failed(verifyRank(location, s.pointwiseFilter, 4,
                                      "pointwise filter"))) ||
      (s.bias && failed(verifyRank(location, s.bias, 1, "bias"))) ||
      (s.residual && failed(verifyRank(location, s.residual, 4, "residual"))))
    return failure();
  if (s.variant == ConvVariant::Pointwise &&
      failed(verifyUnitKernel(location, s.filter)))
    return failure();
  if (separable && failed(verifyUnitKernel(location, s.pointwiseFilter)))
    return failure();

  ConvGeometry g;
  g.batch = s.input.getDimSize(0);
  g.inHeight = s.input.getDimSize(1);
  g.inWidth = s.input.getDimSize(2);
  g.inChannels = s.input.getDimSize(3);
  g.kernelHeight = s.filter.getDimSize(0);
  g.kernelWidth = s.filter.getDimSize(1);
  std::copy_n(s.strides.begin(), 2, g.strides.begin());
  std::copy_n(s.padding.begin(), 4, g.padding.begin());
  std::copy_n(s.dilations.begin(), 2, g.dilations.begin());
  if (failed(inferChannels(location, s, g)))
    return failure();

  auto extent = [&](int64_t in, int64_t kernel, int axis) {
    return convOutputExtent(in, kernel, g.strides[axis], g.padding[2 * axis],
                            g.padding[2 * axis + 1], g.dilations[axis]);
  };
  std::optional<int64_t> height = extent(g.inHeight, g.kernelHeight, 0);
  std::optional<int64_t> width = extent(g.inWidth, g.kernelWidth, 1);
  if (!height || !width)
    return emitOptionalError(
        location, "expects the ", g.kernelHeight, "x", g.kernelWidth,
        " window (dilation ", g.dilations[0], "x", g.dilations[1],
        ") to fit the padded input (", g.inHeight, "x", g.inWidth,
        " with padding ", g.padding[0], ", ", g.padding[1], ", ", g.padding[2],
        ", ", g.padding[3], ")");
  g.outHeight = *height;
  g.outWidth = *width;
  if (failed(verifyEpilogue(location, s, g)))
    return failure();
  return g;
}
