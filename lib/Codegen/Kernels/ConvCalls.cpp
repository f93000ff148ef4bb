//===- ConvCalls.cpp - What the calls of all convolution kernels share
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Kernels/ConvCalls.h"
#include "Kernels/SharedWeights.h"
#include "Kernels/Support.h"
#include "lw/Dialect/IR/Constants.h"
#include "lw/Dialect/IR/ShortSums.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace mlir::lw;

/// Of each output channel: the sum of its weights, and of their magnitudes.
static std::vector<std::pair<int64_t, int64_t>>
sumsOfWeights(ConvolutionOpInterface conv) {
  std::vector<int32_t> filter = *readIntegers(conv.getConvFilters().front());
  int64_t channels = conv.getConvGeometry().outChannels;
  std::vector<std::pair<int64_t, int64_t>> sums(channels);
  for (auto [i, w] : llvm::enumerate(filter)) {
    // [KH, KW, C, M] of a depthwise filter is [KH, KW, C*M].
    sums[i % channels].first += w;
    sums[i % channels].second += std::abs(w);
  }
  return sums;
}

/// The bias, less what the input's zero point adds to every sum.
static std::vector<int32_t> biasOf(ConvolutionOpInterface conv) {
  std::vector<std::pair<int64_t, int64_t>> sums = sumsOfWeights(conv);
  std::vector<int32_t> bias(sums.size(), 0);
  if (Value value = conv.getConvBias())
    bias = *readIntegers(value);
  int64_t zero = conv.getConvQuantization().getInput().getZeroPoint();
  for (auto [b, sum] : llvm::zip(bias, sums))
    b = static_cast<int32_t>(static_cast<uint32_t>(b) -
                             static_cast<uint32_t>(zero * sum.first));
  return bias;
}

/// Whether a value before rounding may lie outside of what i32 holds.
static bool isWide(ConvolutionOpInterface conv, const Requantization &r) {
  if (r.residualMultiplier > 1e6f)
    return true;
  constexpr double kSafe = 1 << 30;
  std::vector<int32_t> bias(r.multipliers.size(), 0);
  if (Value value = conv.getConvBias())
    bias = *readIntegers(value);
  std::vector<std::pair<int64_t, int64_t>> sums = sumsOfWeights(conv);
  for (auto [multiplier, b, sum] : llvm::zip(r.multipliers, bias, sums)) {
    // A sum that wraps may be anything.
    double most =
        std::min(255.0 * sum.second + std::abs(double(b)), 2147483648.0);
    if (most * multiplier > kSafe)
      return true;
  }
  return false;
}

static void describeQuantized(ConvolutionOpInterface conv, ConvSpec &spec) {
  spec.hasBias = true;
  std::vector<int32_t> filter = *readIntegers(conv.getConvFilters().front());
  spec.leastWeight = llvm::is_contained(filter, -128);
  if (spec.target->shortPairs && !isa<DepthwiseConv2DOp>(conv))
    spec.shortProducts = productsOfShortSums(ArrayRef(filter), spec.g);
  Requantization r = getRequantization(conv);
  ConvQuantAttr quant = conv.getConvQuantization();
  QuantizedEpilogue &q = spec.quantized.emplace();
  q.zero = r.outputZero;
  q.low = r.low;
  q.high = r.high;
  if (QuantAttr output = quant.getOutput()) {
    q.isUnsigned = output.getIsUnsigned();
    q.wide = isWide(conv, r);
  }
  if (QuantAttr residual = quant.getResidual()) {
    q.residualIsUnsigned = residual.getIsUnsigned();
    q.residualZero = r.residualZero;
    q.residualMultiplier = r.residualMultiplier;
  }
}

void mlir::lw::describe(ConvolutionOpInterface conv, const TargetInfo &target,
                        ConvSpec &spec) {
  spec.g = conv.getConvGeometry();
  spec.in = getLayout(conv.getConvInput());
  spec.out = getLayout(conv->getResult(0));
  if (Value residual = conv.getConvResidual())
    spec.residual = getLayout(residual);
  spec.hasBias = static_cast<bool>(conv.getConvBias());
  spec.activation = conv.getConvActivation();
  spec.target = &target;
  spec.unit = target.unitOf(spec.in.type);
  spec.vector = spec.unit->lanes;
  spec.bfloatWeights =
      spec.in.type.isF32() &&
      getElementTypeOrSelf(conv.getConvFilters().front()).isBF16();
  spec.panel =
      getWeightPanel(conv, conv.getConvQuantization() ? kBytePanelAttrName
                                                      : kWeightPanelAttrName);
  if (conv.getConvQuantization())
    describeQuantized(conv, spec);
}

bool mlir::lw::isConvolution(Operation *op) {
  auto conv = dyn_cast<ConvolutionOpInterface>(op);
  return conv && !isa<SeparableConv2DOp>(op) && !conv.getConvQuantization() &&
         llvm::all_of(conv.getConvFilters(), isConstantFloat) &&
         (!conv.getConvBias() || isConstantFloat(conv.getConvBias())) &&
         isStaticFloats(op->getResult(0)) &&
         isStaticFloats(conv.getConvInput()) &&
         (!conv.getConvResidual() || isStaticFloats(conv.getConvResidual()));
}

bool mlir::lw::isQuantizedConvolution(Operation *op) {
  auto conv = dyn_cast<ConvolutionOpInterface>(op);
  return conv && conv.getConvQuantization() &&
         isConstantInteger(conv.getConvFilters().front()) &&
         (!conv.getConvBias() || isConstantInteger(conv.getConvBias())) &&
         conv.getConvInput().getType().hasStaticShape();
}

bool mlir::lw::makesBlocks(const TargetInfo &target,
                           ConvolutionOpInterface conv) {
  auto fits = [&](Value value) {
    Type type = getElementTypeOrSelf(value);
    return !type.isBF16() || target.blockOf(type) == target.lanes();
  };
  return fits(conv->getResult(0)) &&
         (!conv.getConvResidual() || fits(conv.getConvResidual()));
}

bool mlir::lw::multiplies(const DotUnit &unit, Operation *op) {
  ConvQuantAttr quant = cast<ConvolutionOpInterface>(op).getConvQuantization();
  return !quant || quant.getInput().getIsUnsigned() == unit.unsignedInputs;
}

KernelKey mlir::lw::addConvolution(KernelKey key, const ConvSpec &s,
                                   KernelAttrInterface plan) {
  key.add(s.g).add(s.in).add(s.out);
  if (s.residual)
    key.add(*s.residual);
  if (const auto &q = s.quantized)
    key.add({q->isUnsigned, q->residualIsUnsigned, q->zero, q->residualZero,
             q->low, q->high, q->wide, s.leastWeight, s.shortProducts})
        .add(q->residualMultiplier);
  return key.add({s.hasBias}).add(s.activation).add(plan);
}

ConvBuffers ConvPlaces::in(ValueRange arguments, Value input) const {
  auto at = [&](size_t i) { return i ? arguments[i] : Value(); };
  return {input,           at(weights),  at(bias),
          at(multipliers), at(residual), at(result)};
}

ConvPlaces mlir::lw::addOperands(KernelCalls &calls,
                                 ConvolutionOpInterface conv,
                                 const ConstantData &packed, int64_t channels,
                                 SmallVectorImpl<Value> &arguments,
                                 int64_t pixels) {
  auto add = [&](Value value) {
    arguments.push_back(value);
    return arguments.size() - 1;
  };
  // Whole vectors, zero-filled.
  auto addPadded = [&](auto elements) {
    elements.resize(channels);
    return add(
        calls.global(ConstantData::get(conv.getContext(), ArrayRef(elements)),
                     conv.getLoc()));
  };
  ConvPlaces places;
  places.weights = add(calls.global(packed, conv.getLoc()));
  if (conv.getConvQuantization()) {
    places.bias = addPadded(biasOf(conv));
    if (Requantization r = getRequantization(conv); !r.multipliers.empty())
      places.multipliers = addPadded(r.multipliers);
  } else if (Value bias = conv.getConvBias()) {
    std::vector<float> once = *readConstant(bias), repeated;
    for (int64_t i = 0; i < pixels; ++i)
      llvm::append_range(repeated, once);
    places.bias = addPadded(std::move(repeated));
  }
  if (Value residual = conv.getConvResidual())
    places.residual = add(calls.bufferOf(residual));
  places.result = add(calls.bufferOf(conv->getResult(0)));
  return places;
}

FloatElements mlir::lw::filterOf(ConvolutionOpInterface conv) {
  Value filter = conv.getConvFilters().front();
  Attribute constant;
  matchPattern(filter, m_Constant(&constant));
  if (auto resource = dyn_cast<DenseF32ResourceElementsAttr>(constant))
    if (auto elements = resource.tryGetAsArrayRef())
      return FloatElements(*elements);
  auto elements = dyn_cast<DenseElementsAttr>(constant);
  if (elements && !elements.isSplat() && elements.getElementType().isF32()) {
    // The raw buffer is the row-major array.
    ArrayRef<char> raw = elements.getRawData();
    return FloatElements(ArrayRef(reinterpret_cast<const float *>(raw.data()),
                                  elements.getNumElements()));
  }
  return FloatElements(*readConstant(filter));
}

std::vector<int8_t> mlir::lw::quantizedFilterOf(ConvolutionOpInterface conv) {
  std::vector<int32_t> filter = *readIntegers(conv.getConvFilters().front());
  return std::vector<int8_t>(filter.begin(), filter.end());
}

LogicalResult mlir::lw::verifyHalo(Operation *op, const Halo &halo) {
  Layout in = getLayout(op->getOperand(0));
  static constexpr const char *kSides[4] = {"top", "bottom", "left", "right"};
  for (int i = 0; i < 4; ++i)
    if (in.halo[i] < halo[i])
      return op->emitError("expects a ")
             << kSides[i] << " halo of at least " << halo[i]
             << " around its input, found " << in.halo[i];
  return success();
}

LogicalResult mlir::lw::verifyBlocks(Operation *op, const TargetInfo &target,
                                     bool rowMajor) {
  auto verify = [&](Value value, StringRef what) -> LogicalResult {
    Layout l = getLayout(value);
    int64_t vector = target.blockOf(l.type);
    if (l.block == vector || (rowMajor && l.block == l.c))
      return success();
    return op->emitError("expects the ")
           << what << " in blocks of one vector (" << vector << ")"
           << (rowMajor ? " or row-major" : "") << ", found a block of "
           << l.block;
  };
  if (failed(verify(op->getResult(0), "result")))
    return failure();
  Value residual = cast<ConvolutionOpInterface>(op).getConvResidual();
  return residual ? verify(residual, "residual") : success();
}
