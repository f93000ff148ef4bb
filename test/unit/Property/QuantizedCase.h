//===- QuantizedCase.h - Random operations on integers ----------*- C++ -*-===//
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_TEST_UNIT_PROPERTY_QUANTIZEDCASE_H
#define LW_TEST_UNIT_PROPERTY_QUANTIZEDCASE_H

#include "LayerCase.h"
#include "llvm/ADT/StringRef.h"

namespace lwtest {

using Shape = std::vector<int64_t>;
using Bytes = std::vector<char>;

int64_t countElements(const Shape &shape);
/// `tensor<2x3xi8>`
std::string tensorText(const Shape &shape, llvm::StringRef element);

template <typename T> Bytes toBytes(const std::vector<T> &values) {
  auto begin = reinterpret_cast<const char *>(values.data());
  return Bytes(begin, begin + values.size() * sizeof(T));
}
template <typename T> T elementAt(const Bytes &bytes, int64_t index) {
  T value;
  std::copy_n(bytes.data() + index * sizeof(T), sizeof(T),
              reinterpret_cast<char *>(&value));
  return value;
}

/// What 8-bit integers stand for. Arithmetic is in f64 and rounded to f32 after
/// each operation, which gives what f32 arithmetic gives.
struct Quant {
  bool isUnsigned = true;
  float scale = 1;
  int64_t zero = 0;

  int64_t least() const { return isUnsigned ? 0 : -128; }
  int64_t greatest() const { return least() + 255; }
  /// An integer less the zero point.
  int64_t read(char byte) const {
    return (isUnsigned ? static_cast<unsigned char>(byte)
                       : static_cast<signed char>(byte)) -
           zero;
  }
  /// rint(x) + zero, not below `low`, not above `high`.
  int64_t round(float x, int64_t low, int64_t high) const;
  int64_t round(float x) const { return round(x, least(), greatest()); }
  int64_t quantize(float x) const;
  /// `<u8, 0.5, 128>`
  std::string text() const;
};

/// One operation, its data, and what it computes.
struct QuantizedCase {
  struct Argument {
    std::string type; // MLIR's
    Bytes data;
  };
  /// The operation in MLIR, `{n}` for operand `n`: first the arguments, then
  /// the constants.
  std::string operation;
  std::vector<Argument> arguments, constants;
  std::string resultType;
  Bytes expected;
  /// The element type of the result: i8, i32 or f32.
  std::string element;
  /// How far results may be off, of the size of their terms: 0 but for real
  /// results of activations that are approximated.
  double tolerance = 0;
};

/// A random convolution of `variant`: results of i8, i32 and f32, extreme zero
/// points, weights and inputs, sums that wrap.
QuantizedCase drawQuantizedLayer(Variant variant, std::mt19937 &random);

constexpr const char *kElementwise[] = {"quantize", "dequantize", "requantize",
                                        "add",      "mul",        "lookup"};

/// A random one of rank 2 or 4.
QuantizedCase drawElementwise(llvm::StringRef name, std::mt19937 &random);

/// Operations that read each other's results, in layouts of the kernels' own.
struct QuantizedNetwork {
  std::vector<Bytes> inputs;
  /// The module, for messages without the elements of constants.
  std::string text(bool elided = false) const;

  struct Constant {
    std::string name, type;
    Bytes data;
  };
  std::string arguments, operations, results, types;
  std::vector<Constant> constants;
};

QuantizedNetwork drawQuantizedNetwork(std::mt19937 &random);

/// A line that makes a constant.
std::string constantText(llvm::StringRef name, llvm::StringRef type,
                         const Bytes &data, bool elided);

} // namespace lwtest

#endif // LW_TEST_UNIT_PROPERTY_QUANTIZEDCASE_H
