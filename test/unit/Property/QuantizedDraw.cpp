//===- QuantizedDraw.cpp - Random integers and what they mean
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "QuantizedDraw.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include <algorithm>
#include <cmath>

using namespace lwtest;

int64_t lwtest::countElements(const Shape &shape) {
  int64_t count = 1;
  for (int64_t extent : shape)
    count *= extent;
  return count;
}

std::string lwtest::tensorText(const Shape &shape, llvm::StringRef element) {
  std::string text = "tensor<";
  for (int64_t extent : shape)
    text += std::to_string(extent) + "x";
  return text + element.str() + ">";
}

std::string lwtest::constantText(llvm::StringRef name, llvm::StringRef type,
                                 const Bytes &data, bool elided) {
  std::string elements =
      elided ? "dense_resource<__elided__>"
             : "dense<\"0x" + llvm::toHex({data.data(), data.size()}) + "\">";
  return llvm::formatv(
      "  {0} = \"tosa.const\"() {{values = {1} : {2}} : () -> {2}\n", name,
      elements, type);
}

int64_t Quant::round(float x, int64_t low, int64_t high) const {
  if (std::isnan(x))
    return zero;
  // Exact in f64, and infinities stay what they are.
  double rounded = std::nearbyint(static_cast<double>(x)) + zero;
  return static_cast<int64_t>(std::clamp<double>(rounded, low, high));
}

int64_t Quant::quantize(float x) const {
  return round(static_cast<float>(static_cast<double>(x) / scale));
}

std::string Quant::text() const {
  return llvm::formatv("<{0}, {1:E9}, {2}>", isUnsigned ? "u8" : "s8", scale,
                       zero);
}

float QuantizedDraw::factor() {
  if (oneIn(3))
    return std::ldexp(1.0f, between(-1, 1));
  return static_cast<float>(between(500, 2000)) / 1000.0f;
}

Quant QuantizedDraw::quant(float scale) {
  Quant result{oneIn(2), scale, 0};
  const int64_t ends[] = {result.least(), result.greatest(),
                          result.least() + 128};
  result.zero = oneIn(2) ? ends[between(0, 2)]
                         : between(result.least(), result.greatest());
  return result;
}

Bytes QuantizedDraw::weights(int64_t count) {
  if (oneIn(2))
    return bytes(count);
  constexpr int64_t limits[] = {31, 32, 33, 63, 64, 65};
  int64_t limit = limits[between(0, 5)];
  bool areEnds = oneIn(2);
  Bytes result(count);
  for (char &byte : result)
    byte = static_cast<char>(areEnds ? (oneIn(4) ? -limit : limit)
                                     : between(-limit, limit));
  return result;
}

Bytes QuantizedDraw::bytes(int64_t count) {
  constexpr unsigned char extremes[] = {0, 1, 127, 128, 129, 255};
  Bytes result(count);
  int64_t kind = between(0, 11);
  unsigned char one = extremes[between(0, 5)];
  for (char &byte : result)
    byte = static_cast<char>(kind == 0   ? one
                             : kind <= 2 ? extremes[between(0, 5)]
                                         : between(0, 255));
  return result;
}
