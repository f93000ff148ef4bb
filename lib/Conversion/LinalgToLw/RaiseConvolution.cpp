//===- RaiseConvolution.cpp - Named linalg convolutions to lw
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "../TensorUtils.h"
#include "LinalgToLw.h"
#include "lw/Dialect/IR/LwOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlir::lw;

namespace {

enum class Kind { Standard, Depthwise, Grouped };

/// What tells one named convolution from another.
struct NamedForm {
  Kind kind;
  bool channelsFirst;
  /// From linalg's filter to [KH, KW, Cin/groups, Cout], with the group before
  /// the output channel, and to [KH, KW, C, M].
  SmallVector<int64_t> filterPermutation;
  /// Grouped or with a multiplier: two dimensions are Cout, from this on.
  bool splitOutput = false;
  bool splitInput = false;

  /// Position of the (first) channel dimension of activations.
  unsigned channelDim() const { return channelsFirst ? 1 : 3; }
};

std::optional<NamedForm> getNamedForm(Operation *op) {
  using Form = std::optional<NamedForm>;
  return llvm::TypeSwitch<Operation *, Form>(op)
      .Case([](linalg::Conv2DNhwcHwcfOp) -> Form {
        return NamedForm{Kind::Standard, false, {0, 1, 2, 3}};
      })
      .Case([](linalg::Conv2DNhwcFhwcOp) -> Form {
        return NamedForm{Kind::Standard, false, {1, 2, 3, 0}};
      })
      .Case([](linalg::Conv2DNchwFchwOp) -> Form {
        return NamedForm{Kind::Standard, true, {2, 3, 1, 0}};
      })
      .Case([](linalg::DepthwiseConv2DNhwcHwcOp) -> Form {
        return NamedForm{Kind::Depthwise, false, {0, 1, 2}};
      })
      .Case([](linalg::DepthwiseConv2DNchwChwOp) -> Form {
        return NamedForm{Kind::Depthwise, true, {1, 2, 0}};
      })
      .Case([](linalg::DepthwiseConv2DNhwcHwcmOp) -> Form {
        return NamedForm{Kind::Depthwise, false, {0, 1, 2, 3}, true};
      })
      .Case([](linalg::Conv2DNhwgcGfhwcOp) -> Form {
        return NamedForm{Kind::Grouped, false, {2, 3, 4, 0, 1}, true, true};
      })
      .Case([](linalg::Conv2DNgchwGfchwOp) -> Form {
        return NamedForm{Kind::Grouped, true, {3, 4, 2, 0, 1}, true, true};
      })
      .Case([](linalg::Conv2DNgchwFgchwOp) -> Form {
        return NamedForm{Kind::Grouped, true, {3, 4, 2, 1, 0}, true, true};
      })
      .Default([](Operation *) -> Form { return std::nullopt; });
}

//===----------------------------------------------------------------------===//
// Operands
//===----------------------------------------------------------------------===//

bool isZero(Value value) {
  return value && matchPattern(value, m_AnyZeroFloat());
}

/// A zero tensor.pad of the image dimensions only becomes part of `padding`
/// (top, bottom, left, right); returns what it pads.
Value absorbPad(Value input, bool channelsFirst,
                std::array<int64_t, 4> &padding) {
  auto pad = input.getDefiningOp<tensor::PadOp>();
  if (!pad || !pad->hasOneUse() || !isZero(pad.getConstantPaddingValue()))
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

/// Shapes that lw can express: float, known but for the batch, not empty.
bool hasRaisableTypes(linalg::LinalgOp op) {
  Type elementType = getElementTypeOrSelf(op->getOperand(0).getType());
  if (!isa<FloatType>(elementType))
    return false;
  for (auto [index, operand] : llvm::enumerate(op->getOperands())) {
    RankedTensorType type = tensorTypeOf(operand);
    // The filter has no batch.
    ArrayRef<int64_t> fixed = type.getShape().drop_front(index == 1 ? 0 : 1);
    if (type.getElementType() != elementType ||
        llvm::is_contained(type.getShape(), 0) ||
        llvm::any_of(fixed, ShapedType::isDynamic))
      return false;
  }
  return true;
}

struct RaiseConvolution : OpInterfaceRewritePattern<linalg::LinalgOp> {
  using OpInterfaceRewritePattern::OpInterfaceRewritePattern;
  LogicalResult matchAndRewrite(linalg::LinalgOp op,
                                PatternRewriter &rewriter) const override {
    std::optional<NamedForm> form = getNamedForm(op);
    if (!form || !op.hasPureTensorSemantics() || !hasRaisableTypes(op))
      return rewriter.notifyMatchFailure(op, "not a convolution to be raised");
    Value input = op->getOperand(0), init = op->getOperand(2);
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
    input = absorbPad(input, form->channelsFirst, padding);
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
    Value result;
    if (form->kind == Kind::Depthwise)
      result = DepthwiseConv2DOp::create(b, convType, input, filter, bias,
                                         residual, strides, padding, dilations,
                                         ActivationAttr(), ConvQuantAttr());
    else
      result = Conv2DOp::create(b, convType, input, filter, bias, residual,
                                strides, padding, dilations,
                                form->kind == Kind::Grouped ? outer : 1,
                                ActivationAttr(), ConvQuantAttr());

    if (form->channelsFirst)
      result = transpose(b, result, {0, 3, 1, 2});
    if (form->splitOutput)
      result = splitDimension(b, result, form->channelDim(), outer, inner);
    rewriter.replaceOp(op, result);
    return success();
  }
};

/// A convolution of rows as one of images that are one row high.
struct WidenConvolution : OpInterfaceRewritePattern<linalg::LinalgOp> {
  using OpInterfaceRewritePattern::OpInterfaceRewritePattern;

  /// The new dimension is beside the last, or before the last of the two.
  static Value widen(ImplicitLocOpBuilder &b, Value value, unsigned dim) {
    if (auto fill = value.getDefiningOp<linalg::FillOp>();
        fill && isZeroTensor(value)) {
      SmallVector<OpFoldResult> sizes =
          tensor::getMixedSizes(b, b.getLoc(), value);
      sizes.insert(sizes.begin() + dim, b.getIndexAttr(1));
      Value empty = tensor::EmptyOp::create(
          b, sizes, tensorTypeOf(value).getElementType());
      return linalg::FillOp::create(b, fill.getInputs()[0], empty).getResult(0);
    }
    // A pad of the rows is one of the images.
    auto pad = value.getDefiningOp<tensor::PadOp>();
    if (pad && pad.getConstantPaddingValue()) {
      SmallVector<OpFoldResult> low = pad.getMixedLowPad(),
                                high = pad.getMixedHighPad();
      low.insert(low.begin() + dim, b.getIndexAttr(0));
      high.insert(high.begin() + dim, b.getIndexAttr(0));
      return tensor::PadOp::create(b, Type(), widen(b, pad.getSource(), dim),
                                   low, high, pad.getConstantPaddingValue());
    }
    // The vector of a bias stays one.
    if (auto bias = value.getDefiningOp<linalg::BroadcastOp>();
        bias && tensorTypeOf(bias.getInput()).getRank() == 1) {
      SmallVector<int64_t> kept;
      unsigned channel = 3;
      for (unsigned d = 0; d < 3; ++d)
        if (!llvm::is_contained(bias.getDimensions(), d))
          channel = d < dim ? d : d + 1;
      for (unsigned d = 0; d < 4; ++d)
        if (d != channel)
          kept.push_back(d);
      SmallVector<OpFoldResult> sizes =
          tensor::getMixedSizes(b, b.getLoc(), value);
      sizes.insert(sizes.begin() + dim, b.getIndexAttr(1));
      Value empty = tensor::EmptyOp::create(
          b, sizes, tensorTypeOf(value).getElementType());
      return linalg::BroadcastOp::create(b, bias.getInput(), empty, kept)
          ->getResult(0);
    }
    return splitDimension(b, value, dim, 1,
                          tensorTypeOf(value).getDimSize(dim));
  }

  LogicalResult matchAndRewrite(linalg::LinalgOp op,
                                PatternRewriter &rewriter) const override {
    bool first =
        isa<linalg::Conv1DNcwFcwOp, linalg::DepthwiseConv1DNcwCwOp>(op);
    bool last = isa<linalg::Conv1DNwcWcfOp, linalg::DepthwiseConv1DNwcWcOp>(op);
    if ((!first && !last) || !op.hasPureTensorSemantics())
      return failure();
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    bool depthwise =
        isa<linalg::DepthwiseConv1DNcwCwOp, linalg::DepthwiseConv1DNwcWcOp>(op);
    unsigned row = first ? 2 : 1;
    Value input = widen(b, op->getOperand(0), row);
    Value filter = splitDimension(b, op->getOperand(1),
                                  !first      ? 0
                                  : depthwise ? 1
                                              : 2,
                                  1,
                                  tensorTypeOf(op->getOperand(1))
                                      .getDimSize(!first      ? 0
                                                  : depthwise ? 1
                                                              : 2));
    Value init = widen(b, op->getOperand(2), row);
    auto pair = [&](StringRef name) {
      auto attribute = op->getAttrOfType<DenseIntElementsAttr>(name);
      int64_t value = attribute ? *attribute.value_begin<int64_t>() : 1;
      return b.getI64TensorAttr({1, value});
    };
    auto create = [&](auto tag) -> Value {
      using Op = decltype(tag);
      return Op::create(b, init.getType(), ValueRange{input, filter}, init,
                        pair("strides"), pair("dilations"))
          .getResult(0);
    };
    Value result = first ? depthwise
                               ? create(linalg::DepthwiseConv2DNchwChwOp())
                               : create(linalg::Conv2DNchwFchwOp())
                   : depthwise ? create(linalg::DepthwiseConv2DNhwcHwcOp())
                               : create(linalg::Conv2DNhwcHwcfOp());
    rewriter.replaceOp(op, mergeDimensions(b, result, row));
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
  patterns.add<RaiseConvolution, WidenConvolution>(patterns.getContext());
}
