//===- ImageFlags.cpp - Command line for the preprocessing of images
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Driver/ImageFlags.h"
#include "mlir/Support/LLVM.h"
#include "llvm/ADT/StringExtras.h"
#include <cmath>

using namespace mlir;
using llvm::createStringError;

/// A number, or a fraction such as 1/255.
static llvm::Expected<float> parseNumber(StringRef flag, StringRef text) {
  auto [numerator, denominator] = text.split('/');
  double value, divisor = 1;
  if (numerator.trim().getAsDouble(value) ||
      (text.contains('/') && denominator.trim().getAsDouble(divisor)) ||
      divisor == 0 || !std::isfinite(value / divisor))
    return createStringError("--%s: expected a number or a fraction such as "
                             "1/255, found '%s'",
                             flag.str().c_str(), text.str().c_str());
  return static_cast<float>(value / divisor);
}

static llvm::Error parseNumbers(StringRef flag, StringRef text,
                                std::vector<float> &numbers) {
  numbers.clear();
  for (StringRef piece : llvm::split(text, ',')) {
    auto number = parseNumber(flag, piece);
    if (!number)
      return number.takeError();
    numbers.push_back(*number);
  }
  return llvm::Error::success();
}

llvm::Expected<std::optional<lw::ImagePreprocessing>>
lw::ImageFlags::get() const {
  ImagePreprocessing result;
  if (scale.getNumOccurrences()) {
    auto number = parseNumber("scale", scale);
    if (!number)
      return number.takeError();
    result.scale = *number;
  }
  if (mean.getNumOccurrences())
    if (llvm::Error error = parseNumbers("mean", mean, result.mean))
      return std::move(error);
  if (std.getNumOccurrences())
    if (llvm::Error error = parseNumbers("std", std, result.std))
      return std::move(error);
  if (llvm::is_contained(result.std, 0.0f))
    return createStringError("--std: division by zero");
  result.bgr = bgr;
  if (!scale.getNumOccurrences() && !mean.getNumOccurrences() &&
      !std.getNumOccurrences() && !bgr)
    return std::nullopt;
  return result;
}
