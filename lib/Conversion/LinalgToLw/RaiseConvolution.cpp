//===- RaiseConvolution.cpp - Named linalg convolutions to lw
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "../TensorUtils.h"
#include "LinalgToLw.h"
#include "NamedForm.h"
#include "lw/Dialect/IR/LwOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace mlir::lw;

namespace {

//===----------------------------------------------------------------------===//
// Operands
//===----------------------------------------------------------------------===//

/// True for a scalar constant of this number.
bool isNumber(Value value, int64_t number) {
  APInt constant;
  return value && matchPattern(value, m_ConstantInt(&constant)) &&
         constant.getSExtValue() == number;
}

/// A tensor.pad of the image dimensions only, with zero or the zero point of
/// integers, becomes part of `padding` (top, bottom, left, right); returns what
/// it pads.
Value absorbPad(Value input, bool channelsFirst, int64_t zeroPoint,
                std::array<int64_t, 4> &padding) {
  auto pad = input.getDefiningOp<tensor::PadOp>();
  if (!pad || !pad->hasOneUse())
    return input;
  Value fill = pad.getConstantPaddingValue();
  if (zeroPoint ? !isNumber(fill, zeroPoint) : !isZero(fill))
    return input;
  std::optional<SmallVector<int64_t>> low =
      getConstantIntValues(pad.getMixedLowPad());
  std::optional<SmallVector<int64_t>> high =
      getConstantIntValues(pad.getMixedHighPad());
  if (!low || !high || low->size() != 4)
    return input;
  unsigned image = channelsFirst ? 2 : 1;
  for (unsigned dim = 0; dim < 4; ++dim) {
    bool inImage = dim == image || dim == image + 1;
    if ((*low)[dim] < 0 || (*high)[dim] < 0 ||
        (!inImage && ((*low)[dim] || (*high)[dim])) ||
        (inImage && pad.getSourceType().getDimSize(dim) < 1))
      return input;
  }
  padding = {(*low)[image], (*high)[image], (*low)[image + 1],
             (*high)[image + 1]};
  return pad.getSource();
}

/// The vector of channels that `init` repeats over all other dimensions, or
/// null. With `split`, the channels are two dimensions, merged in the result.
Value getBroadcastBias(ImplicitLocOpBuilder &b, Value init, unsigned channel,
                       bool split) {
  SmallVector<unsigned> channelDims{channel};
  if (split)
    channelDims.push_back(channel + 1);
  Value bias;
  if (auto broadcast = init.getDefiningOp<linalg::BroadcastOp>()) {
    SmallVector<unsigned> kept;
    for (unsigned dim = 0; dim < tensorTypeOf(init).getRank(); ++dim)
      if (!llvm::is_contained(broadcast.getDimensions(), dim))
        kept.push_back(dim);
    if (kept == channelDims)
      bias = broadcast.getInput();
  } else if (auto generic = init.getDefiningOp<linalg::GenericOp>()) {
    auto yield = cast<linalg::YieldOp>(generic.getBody()->getTerminator());
    if (generic->getNumResults() != 1 || generic.getNumDpsInputs() != 1 ||
        generic.getNumLoops() != generic.getNumParallelLoops() ||
        yield.getOperand(0) != generic.getBody()->getArgument(0))
      return {};
    SmallVector<AffineMap> maps = generic.getIndexingMapsArray();
    if (maps[0] == AffineMap::getMultiDimMapWithTargets(
                       generic.getNumLoops(), channelDims, init.getContext()) &&
        maps[1].isIdentity())
      bias = generic.getDpsInputOperand(0)->get();
  }
  return bias && split ? mergeDimensions(b, bias, 0) : bias;
}

//===----------------------------------------------------------------------===//
// The pattern
//===----------------------------------------------------------------------===//

/// Merges the two halves of the channels, and moves the channels last.
Value toActivation(ImplicitLocOpBuilder &b, Value value, bool split,
                   const NamedForm &form) {
  if (split)
    value = mergeDimensions(b, value, form.channelDim());
  return form.channelsFirst ? transpose(b, value, {0, 2, 3, 1}) : value;
}

/// The filter as lw wants it, done now for constants.
Value toFilter(ImplicitLocOpBuilder &b, Value filter, const NamedForm &form) {
  RankedTensorType from = tensorTypeOf(filter);
  SmallVector<int64_t> shape;
  for (int64_t dim : form.filterPermutation)
    shape.push_back(from.getDimSize(dim));
  bool identity = llvm::equal(form.filterPermutation,
                              llvm::seq<int64_t>(0, from.getRank()));
  if (identity && shape.size() == 4)
    return filter;
  if (shape.size() == 3)
    shape.push_back(1);
  if (shape.size() == 5) {
    shape[3] *= shape[4];
    shape.pop_back();
  }
  auto to = RankedTensorType::get(shape, from.getElementType());
  if (Value constant = transposeConstant(b, filter.getLoc(), filter,
                                         form.filterPermutation, to))
    return constant;
  if (!identity)
    filter = transpose(b, filter, form.filterPermutation);
  if (from.getRank() == 3)
    return splitDimension(b, filter, 2, shape[2], 1);
  return from.getRank() == 5 ? mergeDimensions(b, filter, 3) : filter;
}

/// Strides or dilations of a named convolution.
std::array<int64_t, 2> getPair(Operation *op, StringRef name) {
  auto attribute = op->getAttrOfType<DenseIntElementsAttr>(name);
  if (!attribute)
    return {1, 1};
  auto values = attribute.getValues<int64_t>();
  return {values[0], values[1]};
}

struct RaiseConvolution : OpInterfaceRewritePattern<linalg::LinalgOp> {
  using OpInterfaceRewritePattern::OpInterfaceRewritePattern;
  LogicalResult matchAndRewrite(linalg::LinalgOp op,
                                PatternRewriter &rewriter) const override {
    std::optional<NamedForm> form = getNamedForm(op);
    if (!form || !op.hasPureTensorSemantics() || !hasRaisableTypes(op, *form))
      return rewriter.notifyMatchFailure(op, "not a convolution to be raised");
    Value input = op->getOperand(0), init = op.getDpsInits()[0];
    ConvQuantAttr quant;
    if (!isa<FloatType>(tensorTypeOf(input).getElementType())) {
      quant = getQuantization(op, *form);
      if (!quant)
        return rewriter.notifyMatchFailure(op, "zero points that vary, or of "
                                               "the filter");
    }
    RankedTensorType resultType = tensorTypeOf(op->getResult(0));

    // linalg lets an output be smaller than the window positions allow.
    std::array<int64_t, 2> strides = getPair(op, "strides");
    std::array<int64_t, 2> dilations = getPair(op, "dilations");
    auto filterShape = tensorTypeOf(op->getOperand(1)).getShape();
    auto imageDim = [&](RankedTensorType type, int axis) {
      int64_t first = form->channelsFirst ? type.getRank() - 2 : 1;
      return type.getDimSize(first + axis);
    };
    for (int axis = 0; axis < 2; ++axis) {
      if (strides[axis] < 1 || dilations[axis] < 1)
        return rewriter.notifyMatchFailure(op, "stride or dilation below 1");
      std::optional<int64_t> extent =
          convOutputExtent(imageDim(tensorTypeOf(input), axis),
                           filterShape[form->filterPermutation[axis]],
                           strides[axis], 0, 0, dilations[axis]);
      if (!extent || *extent != imageDim(resultType, axis))
        return rewriter.notifyMatchFailure(op, "does not cover its input");
    }

    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    if (form->splitInput)
      input = mergeDimensions(b, input, form->channelDim());
    std::array<int64_t, 4> padding = {0, 0, 0, 0};
    input = absorbPad(input, form->channelsFirst,
                      quant ? quant.getInput().getZeroPoint() : 0, padding);
    input = toActivation(b, input, /*split=*/false, *form);
    Value filter = toFilter(b, op->getOperand(1), *form);
    Value bias, residual;
    bool split = form->splitOutput;
    if (auto expand = init.getDefiningOp<tensor::ExpandShapeOp>();
        expand && split &&
        expand.getReassociationIndices()[form->channelDim()].size() == 2) {
      init = expand.getSrc();
      split = false;
    }
    if (!isZeroTensor(init)) {
      bias = getBroadcastBias(b, init, form->channelDim(), split);
      if (!bias)
        residual = toActivation(b, init, split, *form);
    }

    int64_t outer = resultType.getDimSize(form->channelDim());
    int64_t inner =
        form->splitOutput ? resultType.getDimSize(form->channelDim() + 1) : 1;
    auto convType = RankedTensorType::get(
        {resultType.getDimSize(0), imageDim(resultType, 0),
         imageDim(resultType, 1), outer * inner},
        resultType.getElementType());
    // Accumulators have no residual.
    Value onto = quant ? std::exchange(residual, Value()) : Value();
    Value result;
    if (form->kind == ConvolutionKind::Depthwise)
      result = DepthwiseConv2DOp::create(b, convType, input, filter, bias,
                                         residual, strides, padding, dilations,
                                         ActivationAttr(), quant);
    else
      result = Conv2DOp::create(
          b, convType, input, filter, bias, residual, strides, padding,
          dilations, form->kind == ConvolutionKind::Grouped ? outer : 1,
          ActivationAttr(), quant);
    if (onto)
      result = tosa::AddOp::create(b, convType, result, onto);

    if (form->channelsFirst)
      result = transpose(b, result, {0, 3, 1, 2});
    if (form->splitOutput)
      result = splitDimension(b, result, form->channelDim(), outer, inner);
    rewriter.replaceOp(op, result);
    return success();
  }
};

} // namespace

bool lw::isZeroTensor(Value value) {
  if (auto fill = value.getDefiningOp<linalg::FillOp>())
    return isZero(fill.getInputs()[0]);
  return isZero(value);
}

void lw::populateRaiseConvolutionPatterns(RewritePatternSet &patterns) {
  patterns.add<RaiseConvolution>(patterns.getContext());
}
