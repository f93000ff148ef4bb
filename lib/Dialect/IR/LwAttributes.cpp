//===- LwAttributes.cpp - Attributes of the lw dialect
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Dialect/IR/LwAttributes.h"
#include "lw/Dialect/IR/LwDialect.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"
#include <algorithm>
#include <cmath>
#include <limits>

using namespace mlir;
using namespace mlir::lw;

#include "lw/Dialect/IR/LwAttrInterfaces.cpp.inc"
#include "lw/Dialect/IR/LwEnums.cpp.inc"

/// `[` scales `]`, with as many digits as each needs; a DenseF32ArrayAttr
/// prints six.
static ParseResult parseScales(AsmParser &parser, DenseF32ArrayAttr &scales) {
  SmallVector<float> values;
  auto parseScale = [&]() -> ParseResult {
    APFloat value(0.0f);
    if (parser.parseFloat(APFloat::IEEEsingle(), value))
      return failure();
    values.push_back(value.convertToFloat());
    return success();
  };
  if (parser.parseCommaSeparatedList(AsmParser::Delimiter::Square, parseScale))
    return failure();
  scales = DenseF32ArrayAttr::get(parser.getContext(), values);
  return success();
}

static void printScales(AsmPrinter &printer, DenseF32ArrayAttr scales) {
  printer << '[';
  llvm::interleaveComma(scales.asArrayRef(), printer, [&](float scale) {
    printer.printFloat(APFloat(scale));
  });
  printer << ']';
}

#define GET_ATTRDEF_CLASSES
#include "lw/Dialect/IR/LwAttributes.cpp.inc"

void LwDialect::registerAttributes() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "lw/Dialect/IR/LwAttributes.cpp.inc"
      >();
}

/// Number of parameters that a kind takes, in the order alpha, beta.
static unsigned parameterCount(ActivationKind kind) {
  switch (kind) {
  case ActivationKind::Clamp:
  case ActivationKind::HardSigmoid:
    return 2;
  case ActivationKind::LeakyRelu:
    return 1;
  default:
    return 0;
  }
}

/// `<` kind (`,` float){0,2} `>`
Attribute ActivationAttr::parse(AsmParser &parser, Type) {
  StringRef keyword;
  SMLoc location = parser.getCurrentLocation();
  if (parser.parseLess() || parser.parseKeyword(&keyword))
    return {};
  std::optional<ActivationKind> kind = symbolizeActivationKind(keyword);
  if (!kind) {
    InFlightDiagnostic error = parser.emitError(location)
                               << "unknown activation '" << keyword
                               << "', expected one of ";
    llvm::interleaveComma(
        llvm::seq_inclusive<uint32_t>(0, getMaxEnumValForActivationKind()),
        error, [&](uint32_t value) {
          error << stringifyActivationKind(static_cast<ActivationKind>(value));
        });
    return {};
  }
  // Parsed as f32, so that what is printed in hexadecimal (infinities) is read
  // as the same bits.
  APFloat values[2] = {APFloat(0.0f), APFloat(0.0f)};
  for (unsigned i = 0; i < parameterCount(*kind); ++i)
    if (parser.parseComma() ||
        parser.parseFloat(APFloat::IEEEsingle(), values[i]))
      return {};
  if (parser.parseGreater())
    return {};
  return getChecked([&] { return parser.emitError(location); },
                    parser.getContext(), *kind, values[0], values[1]);
}

void ActivationAttr::print(AsmPrinter &printer) const {
  printer << "<" << stringifyActivationKind(getKind());
  const APFloat values[2] = {getAlpha(), getBeta()};
  for (unsigned i = 0; i < parameterCount(getKind()); ++i) {
    printer << ", ";
    printer.printFloat(values[i]);
  }
  printer << ">";
}

LogicalResult
ActivationAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                       ActivationKind kind, APFloat alpha, APFloat beta) {
  if (&alpha.getSemantics() != &APFloat::IEEEsingle() ||
      &beta.getSemantics() != &APFloat::IEEEsingle())
    return emitError() << "expects alpha and beta to be f32";
  if (alpha.isNaN() || beta.isNaN())
    return emitError() << "expects alpha and beta not to be NaN";
  // A clamp may be open on either side.
  if (kind != ActivationKind::Clamp &&
      (alpha.isInfinity() || beta.isInfinity()))
    return emitError() << "expects alpha and beta to be finite";
  if (kind == ActivationKind::Clamp &&
      alpha.compare(beta) == APFloat::cmpGreaterThan)
    return emitError() << "expects the lower clamp bound ("
                       << alpha.convertToFloat()
                       << ") not to exceed the upper one ("
                       << beta.convertToFloat() << ")";
  return success();
}

float ActivationAttr::apply(float x) const {
  float alpha = getAlphaValue(), beta = getBetaValue();
  switch (getKind()) {
  case ActivationKind::Relu:
    return std::max(x, 0.0f);
  case ActivationKind::Clamp:
    return std::min(std::max(x, alpha), beta);
  case ActivationKind::LeakyRelu:
    return x >= 0 ? x : alpha * x;
  case ActivationKind::Sigmoid:
    return 1.0f / (1.0f + std::exp(-x));
  case ActivationKind::Tanh:
    return std::tanh(x);
  case ActivationKind::HardSigmoid:
    return std::min(std::max(alpha * x + beta, 0.0f), 1.0f);
  case ActivationKind::HardSwish:
    return x * std::min(std::max(x / 6.0f + 0.5f, 0.0f), 1.0f);
  case ActivationKind::Silu:
    return std::max(x, std::numeric_limits<float>::lowest()) /
           (1.0f + std::exp(-x));
  case ActivationKind::Gelu:
    return 0.5f * std::max(x, std::numeric_limits<float>::lowest()) *
           std::erfc(-0.70710678f * x);
  case ActivationKind::GeluTanh:
    // (1 + tanh(y)) / 2 = 1 / (1 + exp(-2 * y))
    return std::max(x, std::numeric_limits<float>::lowest()) /
           (1.0f + std::exp(-x * (1.59576912f + 0.0713548163f * x * x)));
  }
  llvm_unreachable("unknown activation kind");
}
