//===- LwOps.cpp - Operations of the lw dialect
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Dialect/IR/LwOps.h"
#include "LwInference.h"
#include "lw/Dialect/IR/BatchNorm.h"
#include "lw/Dialect/IR/Constants.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/Support/MathExtras.h"
#include <cmath>

using namespace mlir;
using namespace mlir::lw;
using namespace mlir::lw::detail;

#include "lw/Dialect/IR/LwInterfaces.cpp.inc"

//===----------------------------------------------------------------------===//
// Convolutions
//===----------------------------------------------------------------------===//

static ShapedType shapedTypeOrNull(Value value) {
  return value ? cast<ShapedType>(value.getType()) : ShapedType();
}

/// What all variants have in common.
template <typename OpOrAdaptor>
static ConvSignature commonSignature(OpOrAdaptor &op, ConvVariant variant) {
  ConvSignature s;
  s.variant = variant;
  s.input = cast<ShapedType>(op.getInput().getType());
  s.bias = shapedTypeOrNull(op.getBias());
  s.residual = shapedTypeOrNull(op.getResidual());
  s.strides = op.getStrides();
  return s;
}

template <typename OpOrAdaptor>
static ConvSignature standardSignature(OpOrAdaptor &op) {
  ConvSignature s = commonSignature(op, ConvVariant::Standard);
  s.filter = cast<ShapedType>(op.getFilter().getType());
  s.padding = op.getPadding();
  s.dilations = op.getDilations();
  s.groups = op.getGroups();
  return s;
}

template <typename OpOrAdaptor>
static ConvSignature depthwiseSignature(OpOrAdaptor &op) {
  ConvSignature s = commonSignature(op, ConvVariant::Depthwise);
  s.filter = cast<ShapedType>(op.getFilter().getType());
  s.padding = op.getPadding();
  s.dilations = op.getDilations();
  return s;
}

template <typename OpOrAdaptor>
static ConvSignature pointwiseSignature(OpOrAdaptor &op) {
  ConvSignature s = commonSignature(op, ConvVariant::Pointwise);
  s.filter = cast<ShapedType>(op.getFilter().getType());
  return s;
}

template <typename OpOrAdaptor>
static ConvSignature separableSignature(OpOrAdaptor &op) {
  ConvSignature s = commonSignature(op, ConvVariant::Separable);
  s.filter = cast<ShapedType>(op.getDepthwiseFilter().getType());
  s.pointwiseFilter = cast<ShapedType>(op.getPointwiseFilter().getType());
  s.padding = op.getPadding();
  s.dilations = op.getDilations();
  return s;
}

/// Inferred result type of a convolution.
static LogicalResult inferConvType(std::optional<Location> location,
                                   const ConvSignature &signature,
                                   SmallVectorImpl<Type> &types) {
  FailureOr<ConvGeometry> g = inferGeometry(location, signature);
  if (failed(g))
    return failure();
  types.push_back(RankedTensorType::get(
      {g->batch, g->outHeight, g->outWidth, g->outChannels},
      signature.input.getElementType()));
  return success();
}

/// Product that stays at the largest value instead of wrapping.
static int64_t saturatingProduct(std::initializer_list<int64_t> factors) {
  int64_t product = 1;
  for (int64_t factor : factors)
    if (llvm::MulOverflow(product, factor, product))
      return std::numeric_limits<int64_t>::max();
  return product;
}

int64_t mlir::lw::detail::countParameters(Operation *convolution) {
  auto conv = cast<ConvolutionOpInterface>(convolution);
  int64_t count = 0;
  auto add = [&](Value value) {
    if (value)
      count += cast<ShapedType>(value.getType()).getNumElements();
  };
  for (Value filter : conv.getConvFilters())
    add(filter);
  add(conv.getConvBias());
  return count;
}

bool mlir::lw::detail::areCompatibleTypes(TypeRange inferred,
                                          TypeRange actual) {
  return inferred.size() == actual.size() &&
         llvm::all_of(llvm::zip(inferred, actual), [](auto pair) {
           auto [a, b] = pair;
           // What a quantized convolution results in is its verifier's
           // business.
           // Sums are f32, and may be rounded whatever they are of.
           Type from = getElementTypeOrSelf(a), to = getElementTypeOrSelf(b);
           bool sameElements = from == to || from.isInteger(8) ||
                               (from.isF32() && to.isBF16()) ||
                               (from.isBF16() && to.isF32());
           return sameElements && succeeded(verifyCompatibleShape(a, b));
         });
}

// The same glue for every variant: the signature function is the difference.
#define LW_DEFINE_CONVOLUTION(OP, SIGNATURE)                                   \
  LogicalResult OP::inferReturnTypes(                                          \
      MLIRContext *, std::optional<Location> location, ValueRange operands,    \
      DictionaryAttr attributes, OpaqueProperties properties,                  \
      RegionRange regions, SmallVectorImpl<Type> &types) {                     \
    OP::Adaptor adaptor(operands, attributes, properties, regions);            \
    return inferConvType(location, SIGNATURE(adaptor), types);                 \
  }                                                                            \
  LogicalResult OP::verify() {                                                 \
    if (failed(inferGeometry(getLoc(), SIGNATURE(*this))))                     \
      return failure();                                                        \
    return verifyQuantization(getLoc(), *this);                                \
  }                                                                            \
  ConvGeometry OP::getConvGeometry() {                                         \
    return *inferGeometry(std::nullopt, SIGNATURE(*this));                     \
  }

LW_DEFINE_CONVOLUTION(Conv2DOp, standardSignature)
LW_DEFINE_CONVOLUTION(DepthwiseConv2DOp, depthwiseSignature)
LW_DEFINE_CONVOLUTION(PointwiseConv2DOp, pointwiseSignature)
LW_DEFINE_CONVOLUTION(SeparableConv2DOp, separableSignature)
#undef LW_DEFINE_CONVOLUTION

int64_t Conv2DOp::getMacs() {
  ConvGeometry g = getConvGeometry();
  return saturatingProduct({g.batch, g.outHeight, g.outWidth, g.kernelHeight,
                            g.kernelWidth, g.inChannels / g.groups,
                            g.outChannels});
}

int64_t DepthwiseConv2DOp::getMacs() {
  ConvGeometry g = getConvGeometry();
  return saturatingProduct({g.batch, g.outHeight, g.outWidth, g.kernelHeight,
                            g.kernelWidth, g.outChannels});
}

int64_t PointwiseConv2DOp::getMacs() {
  ConvGeometry g = getConvGeometry();
  return saturatingProduct(
      {g.batch, g.outHeight, g.outWidth, g.inChannels, g.outChannels});
}

int64_t SeparableConv2DOp::getMacs() {
  ConvGeometry g = getConvGeometry();
  return saturatingProduct({g.batch, g.outHeight, g.outWidth, g.inChannels,
                            g.multiplier,
                            g.kernelHeight * g.kernelWidth + g.outChannels});
}

SmallVector<Value> SeparableConv2DOp::getConvFilters() {
  return {getDepthwiseFilter(), getPointwiseFilter()};
}

//===----------------------------------------------------------------------===//
// BatchNormOp
//===----------------------------------------------------------------------===//

LogicalResult BatchNormOp::verify() {
  auto type = dyn_cast<RankedTensorType>(getInput().getType());
  if (!type || type.getRank() < 2)
    return emitOpError("expects a ranked input of rank 2 or more");
  auto parameter = cast<ShapedType>(getScale().getType());
  int64_t channels = type.getShape().back();
  if (!ShapedType::isDynamic(channels) && parameter.hasStaticShape() &&
      parameter.getDimSize(0) != channels)
    return emitOpError("expects parameters of as many elements (")
           << parameter.getDimSize(0) << ") as the input has channels ("
           << channels << ")";
  if (parameter.getElementType() != type.getElementType())
    return emitOpError("expects parameters of element type ")
           << type.getElementType() << ", found " << parameter.getElementType();
  if (!(getEpsilon().convertToFloat() >= 0))
    return emitOpError("expects epsilon to be zero or positive, found ")
           << getEpsilon().convertToFloat();
  return success();
}

LogicalResult mlir::lw::checkParameters(BatchNormOp op) {
  const std::pair<StringRef, Value> parameters[] = {
      {"scale", op.getScale()},
      {"offset", op.getOffset()},
      {"mean", op.getMean()},
      {"variance", op.getVariance()}};
  double epsilon = op.getEpsilon().convertToFloat();
  for (auto [name, value] : parameters) {
    auto elements = readConstant(value);
    if (!elements)
      continue;
    for (auto [channel, element] : llvm::enumerate(*elements)) {
      if (!std::isfinite(element))
        return op.emitOpError("expects a finite ")
               << name << ", found " << element << " in channel " << channel;
      if (name == "variance" && !(element + epsilon > 0))
        return op.emitOpError(
                   "expects variance + epsilon to be positive, found ")
               << element << " + " << epsilon << " in channel " << channel;
    }
  }
  return success();
}

//===----------------------------------------------------------------------===//
// ChannelShuffleOp
//===----------------------------------------------------------------------===//

LogicalResult ChannelShuffleOp::verify() {
  auto type = dyn_cast<RankedTensorType>(getInput().getType());
  if (!type || type.getRank() < 2)
    return emitOpError("expects a ranked input of rank 2 or more");
  int64_t channels = type.getShape().back();
  int64_t groups = getGroups();
  if (groups < 1)
    return emitOpError("expects groups to be at least 1, found ") << groups;
  if (!ShapedType::isDynamic(channels) && channels % groups != 0)
    return emitOpError("expects channels (")
           << channels << ") to be divisible by groups (" << groups << ")";
  return success();
}

#define GET_OP_CLASSES
#include "lw/Dialect/IR/LwOps.cpp.inc"
