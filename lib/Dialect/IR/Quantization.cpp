//===- Quantization.cpp - Arithmetic of quantized convolutions
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Dialect/IR/Quantization.h"
#include "LwInference.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/TypeUtilities.h"
#include <cmath>

using namespace mlir;
using namespace mlir::lw;

//===----------------------------------------------------------------------===//
// Attributes
//===----------------------------------------------------------------------===//

/// `<` (`u8` | `s8`) `,` scale `,` zero point `>`
Attribute QuantAttr::parse(AsmParser &parser, Type) {
  StringRef range;
  SMLoc location = parser.getCurrentLocation();
  APFloat scale(0.0f);
  int64_t zeroPoint;
  if (parser.parseLess() || parser.parseKeyword(&range))
    return {};
  if (range != "u8" && range != "s8") {
    parser.emitError(location) << "expected u8 or s8, found '" << range << "'";
    return {};
  }
  if (parser.parseComma() || parser.parseFloat(APFloat::IEEEsingle(), scale) ||
      parser.parseComma() || parser.parseInteger(zeroPoint) ||
      parser.parseGreater())
    return {};
  return getChecked([&] { return parser.emitError(location); },
                    parser.getContext(), range == "u8", scale, zeroPoint);
}

void QuantAttr::print(AsmPrinter &printer) const {
  printer << "<" << (getIsUnsigned() ? "u8" : "s8") << ", ";
  printer.printFloat(getScale());
  printer << ", " << getZeroPoint() << ">";
}

/// True for what a scale or a multiplier may be.
static bool isScale(float value) { return std::isnormal(value) && value > 0; }

/// True for what accumulators may be multiplied by: products stay finite.
static bool isMultiplier(float value) {
  return isScale(value) && value <= 0x1p64f;
}

LogicalResult QuantAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                bool isUnsigned, APFloat scale,
                                int64_t zeroPoint) {
  if (&scale.getSemantics() != &APFloat::IEEEsingle())
    return emitError() << "expects the scale to be f32";
  if (!isScale(scale.convertToFloat()))
    return emitError()
           << "expects the scale to be a positive normal number, found "
           << scale.convertToFloat();
  int64_t least = isUnsigned ? 0 : -128;
  if (zeroPoint < least || zeroPoint > least + 255)
    return emitError() << "expects the zero point to be in [" << least << ", "
                       << least + 255 << "], found " << zeroPoint;
  return success();
}

int64_t QuantAttr::saturate(float rounded) const {
  // Far outside of either range, yet whole numbers of f32.
  float bounded = std::clamp(rounded, -1024.0f, 1024.0f);
  return std::clamp(static_cast<int64_t>(bounded) + getZeroPoint(), least(),
                    greatest());
}

int64_t QuantAttr::quantize(float x) const {
  if (std::isnan(x))
    return getZeroPoint();
  return saturate(std::nearbyint(x / getScaleValue()));
}

QuantAttr QuantAttr::withUnsigned(bool isUnsigned) const {
  int64_t shift = isUnsigned == getIsUnsigned() ? 0 : isUnsigned ? 128 : -128;
  return QuantAttr::get(getContext(), isUnsigned, getScale(),
                        getZeroPoint() + shift);
}

LogicalResult
ConvQuantAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                      QuantAttr input, DenseF32ArrayAttr filter,
                      QuantAttr output, QuantAttr residual) {
  if (!filter)
    return success();
  for (auto [channel, scale] : llvm::enumerate(filter.asArrayRef()))
    if (!isScale(scale))
      return emitError() << "expects filter scales to be positive normal "
                            "numbers, found "
                         << scale << " for output channel " << channel;
  return success();
}

//===----------------------------------------------------------------------===//
// Requantization
//===----------------------------------------------------------------------===//

float mlir::lw::scaleRatio(float a, float b) {
  return static_cast<float>(static_cast<double>(a) / b);
}

float mlir::lw::scaleRatio(float a, float b, float c) {
  return static_cast<float>(static_cast<double>(a) * b / c);
}

Requantization mlir::lw::getRequantization(ConvolutionOpInterface conv) {
  ConvQuantAttr quant = conv.getConvQuantization();
  Requantization r;
  float input = quant.getInput().getScaleValue();
  r.inputZero = quant.getInput().getZeroPoint();
  if (quant.getFilter())
    for (float filter : quant.getFilter().asArrayRef())
      r.multipliers.push_back(scaleRatio(
          input, filter,
          quant.getOutput() ? quant.getOutput().getScaleValue() : 1.0f));
  QuantAttr output = quant.getOutput();
  if (!output)
    return r;
  if (QuantAttr residual = quant.getResidual()) {
    r.residualMultiplier =
        scaleRatio(residual.getScaleValue(), output.getScaleValue());
    r.residualZero = residual.getZeroPoint();
  }
  r.outputZero = output.getZeroPoint();
  r.low = output.least();
  r.high = output.greatest();
  if (ActivationAttr activation = conv.getConvActivation()) {
    bool clamp = activation.getKind() == ActivationKind::Clamp;
    r.low = output.quantize(clamp ? activation.getAlphaValue() : 0.0f);
    if (clamp)
      r.high = output.quantize(activation.getBetaValue());
  }
  return r;
}

LogicalResult
mlir::lw::detail::verifyQuantization(std::optional<Location> location,
                                     ConvolutionOpInterface conv) {
  auto error = [&](auto &&...parts) {
    return emitOptionalError(location, parts...);
  };
  ConvQuantAttr quant = conv.getConvQuantization();
  auto elementOf = [](Value value) {
    return value ? getElementTypeOrSelf(value.getType()) : Type();
  };
  Type input = elementOf(conv.getConvInput());
  Type bias = elementOf(conv.getConvBias());
  Type residual = elementOf(conv.getConvResidual());
  Type result = elementOf(conv->getResult(0));
  if (!quant) {
    if (!isa<FloatType>(input))
      return error("expects 'quantization' for an input of ", input);
    // Sums are f32, whatever of the two they are of and are rounded to.
    auto isEither = [](Type type) { return type.isF32() || type.isBF16(); };
    if (result != input && !(isEither(input) && isEither(result)))
      return error("expects a result of the input's element type ", input,
                   ", found ", result);
    return success();
  }
  if (conv.getConvFilters().size() != 1)
    return error("expects a separable convolution to be split before it is "
                 "quantized");
  Type filter = elementOf(conv.getConvFilters().front());
  if (!input.isInteger(8) || !filter.isInteger(8))
    return error("expects input and filter of a quantized convolution to be "
                 "i8, found ",
                 input, " and ", filter);
  if (bias && !bias.isInteger(32))
    return error("expects the bias of a quantized convolution to be i32, "
                 "found ",
                 bias);
  if (!result.isInteger(8) && !result.isInteger(32) && !result.isF32())
    return error("expects the result of a quantized convolution to be i8, f32 "
                 "or i32, found ",
                 result);
  if (residual && residual != result)
    return error("expects a residual of the result's element type ", result,
                 ", found ", residual);
  ActivationAttr activation = conv.getConvActivation();
  if (result.isInteger(32)) {
    if (quant.getFilter() || activation || residual)
      return error("expects neither filter scales nor activation nor residual "
                   "where the result is the accumulator");
  } else if (!quant.getFilter()) {
    return error("expects a filter scale per output channel");
  }
  if (result.isInteger(8) != static_cast<bool>(quant.getOutput()))
    return error("expects 'output' of the quantization where the result is i8, "
                 "and only there");
  if ((residual && residual.isInteger(8)) !=
      static_cast<bool>(quant.getResidual()))
    return error("expects 'residual' of the quantization where the residual "
                 "is i8, and only there");
  if (result.isInteger(8) && activation &&
      activation.getKind() != ActivationKind::Relu &&
      activation.getKind() != ActivationKind::Clamp)
    return error("expects the activation of a quantized result to be relu or "
                 "clamp; use lw.lookup for others");
  auto channels = cast<ShapedType>(conv->getResult(0).getType()).getDimSize(3);
  if (quant.getFilter() && !ShapedType::isDynamic(channels) &&
      quant.getFilter().size() != channels)
    return error("expects as many filter scales (", quant.getFilter().size(),
                 ") as output channels (", channels, ")");
  Requantization r = getRequantization(conv);
  for (auto [channel, multiplier] : llvm::enumerate(r.multipliers))
    if (!isMultiplier(multiplier))
      return error("expects input scale * filter scale / output scale to be a "
                   "normal number of at most 2^64, found ",
                   multiplier, " for output channel ", channel);
  if (quant.getResidual() && !isMultiplier(r.residualMultiplier))
    return error("expects residual scale / output scale to be a normal number "
                 "of at most 2^64, found ",
                 r.residualMultiplier);
  return success();
}

//===----------------------------------------------------------------------===//
// Element-wise operations
//===----------------------------------------------------------------------===//

OpFoldResult RequantizeOp::fold(FoldAdaptor) {
  return getFrom() == getTo() ? OpFoldResult(getInput()) : OpFoldResult();
}

/// Shapes of a binary operation: full, one pixel or one channel.
static LogicalResult verifyBinary(Operation *op, Value lhs, Value rhs,
                                  Value output) {
  auto out = dyn_cast<RankedTensorType>(output.getType());
  for (auto [name, value] :
       {std::pair<StringRef, Value>("lhs", lhs), {"rhs", rhs}}) {
    auto type = dyn_cast<RankedTensorType>(value.getType());
    bool fits = out && type && type.getRank() == out.getRank();
    for (int64_t i = 0; fits && i < out.getRank(); ++i)
      fits = type.getDimSize(i) == out.getDimSize(i) ||
             type.getDimSize(i) == 1 ||
             ShapedType::isDynamic(type.getDimSize(i));
    if (!fits)
      return op->emitOpError("expects ")
             << name << " to broadcast to the result, found " << value.getType()
             << " and " << output.getType();
  }
  return success();
}

/// A ratio of scales that integers are multiplied by.
static LogicalResult verifyMultiplier(Operation *op, StringRef what,
                                      float value) {
  if (isMultiplier(value))
    return success();
  return op->emitOpError("expects ")
         << what << " to be a normal number of at most 2^64, found " << value;
}

LogicalResult RequantizeOp::verify() {
  return verifyMultiplier(
      *this, "input scale / output scale",
      scaleRatio(getFrom().getScaleValue(), getTo().getScaleValue()));
}

LogicalResult AddOp::verify() {
  float out = getOutputQuant().getScaleValue();
  for (auto [what, quant] :
       {std::pair("lhs scale / output scale", getLhsQuant()),
        {"rhs scale / output scale", getRhsQuant()}})
    if (failed(verifyMultiplier(*this, what,
                                scaleRatio(quant.getScaleValue(), out))))
      return failure();
  return verifyBinary(*this, getLhs(), getRhs(), getOutput());
}

LogicalResult MulOp::verify() {
  if (failed(verifyMultiplier(*this, "lhs scale * rhs scale / output scale",
                              scaleRatio(getLhsQuant().getScaleValue(),
                                         getRhsQuant().getScaleValue(),
                                         getOutputQuant().getScaleValue()))))
    return failure();
  return verifyBinary(*this, getLhs(), getRhs(), getOutput());
}

//===----------------------------------------------------------------------===//
// Constants
//===----------------------------------------------------------------------===//

bool mlir::lw::isConstantInteger(Value value) {
  ElementsAttr elements;
  return value && matchPattern(value, m_Constant(&elements)) &&
         (elements.getElementType().isInteger(8) ||
          elements.getElementType().isInteger(32));
}

std::optional<std::vector<int32_t>> mlir::lw::readIntegers(Value value) {
  ElementsAttr constant;
  if (!isConstantInteger(value) || !matchPattern(value, m_Constant(&constant)))
    return std::nullopt;
  std::vector<int32_t> result;
  auto fromResource = [&](auto resource) {
    auto elements = resource.tryGetAsArrayRef();
    if (!elements)
      return false;
    result.assign(elements->begin(), elements->end());
    return static_cast<int64_t>(result.size()) == resource.getNumElements();
  };
  if (auto bytes = dyn_cast<DenseI8ResourceElementsAttr>(constant))
    return fromResource(bytes) ? std::optional(result) : std::nullopt;
  if (auto words = dyn_cast<DenseI32ResourceElementsAttr>(constant))
    return fromResource(words) ? std::optional(result) : std::nullopt;
  auto elements = dyn_cast<DenseElementsAttr>(constant);
  if (!elements)
    return std::nullopt;
  result.reserve(elements.getNumElements());
  if (elements.getElementType().isInteger(8))
    for (int8_t element : elements.getValues<int8_t>())
      result.push_back(element);
  else
    for (int32_t element : elements.getValues<int32_t>())
      result.push_back(element);
  return result;
}

Value mlir::lw::createIntegers(OpBuilder &builder, Location location,
                               RankedTensorType type,
                               ArrayRef<int32_t> elements) {
  if (type.getElementType().isInteger(32))
    return tosa::ConstOp::create(builder, location, type,
                                 DenseElementsAttr::get(type, elements));
  SmallVector<int8_t> bytes;
  for (int32_t element : elements)
    bytes.push_back(static_cast<int8_t>(element));
  return tosa::ConstOp::create(
      builder, location, type,
      DenseElementsAttr::get(type, ArrayRef<int8_t>(bytes)));
}
