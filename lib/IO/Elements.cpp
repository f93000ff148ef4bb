//===- Elements.cpp - Element types of networks and of NumPy
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/IO/Elements.h"
#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSwitch.h"
#include <cmath>
#include <cstring>

using namespace mlir;
using namespace mlir::lw;
using llvm::APFloat;
using llvm::createStringError;
using llvm::StringRef;

std::string lw::npyTypeOf(StringRef type) {
  StringRef bits = type.drop_until([](char c) { return c >= '0' && c <= '9'; });
  int64_t count = 0;
  bits.getAsInteger(10, count);
  if (count == 1)
    return "b1";
  char kind = type.starts_with("u") || type == "bf16" ? 'u'
              : isFloatType(type)                     ? 'f'
                                                      : 'i';
  return kind + std::to_string(count / 8);
}

template <typename T> static void append(std::vector<char> &bytes, T value) {
  const auto *begin = reinterpret_cast<const char *>(&value);
  bytes.insert(bytes.end(), begin, begin + sizeof(T));
}

static const llvm::fltSemantics &semanticsOf(StringRef type) {
  return type == "f16"    ? APFloat::IEEEhalf()
         : type == "bf16" ? APFloat::BFloat()
         : type == "f64"  ? APFloat::IEEEdouble()
                          : APFloat::IEEEsingle();
}

/// Numbers as elements of a float type, each rounded once.
template <typename T>
static void encode(llvm::ArrayRef<T> values, StringRef type,
                   std::vector<char> &bytes) {
  bytes.clear();
  for (T value : values) {
    if (type == "f32") {
      append(bytes, static_cast<float>(value));
    } else if (type == "f64") {
      append(bytes, static_cast<double>(value));
    } else {
      APFloat number(value);
      bool lossy;
      number.convert(semanticsOf(type), APFloat::rmNearestTiesToEven, &lossy);
      append(bytes,
             static_cast<uint16_t>(number.bitcastToAPInt().getZExtValue()));
    }
  }
}

void lw::encodeFloats(llvm::ArrayRef<float> values, StringRef type,
                      std::vector<char> &bytes) {
  encode(values, type, bytes);
}

std::vector<float> lw::decodeFloats(llvm::ArrayRef<char> bytes,
                                    StringRef type) {
  if (type != "bf16") {
    NpyArray array;
    array.dtype = npyTypeOf(type);
    array.data.assign(bytes.begin(), bytes.end());
    return array.toFloats();
  }
  std::vector<float> values;
  for (size_t i = 0; i + 1 < bytes.size(); i += 2) {
    uint16_t bits;
    std::memcpy(&bits, bytes.data() + i, 2);
    values.push_back(
        APFloat(APFloat::BFloat(), llvm::APInt(16, bits)).convertToFloat());
  }
  return values;
}

bool lw::canConvertElements(StringRef dtype, StringRef type) {
  if (dtype == npyTypeOf(type))
    return true;
  return isFloatType(type) == dtype.starts_with("f");
}

/// The least and the greatest of an integer type.
static std::pair<double, double> rangeOf(StringRef type) {
  int64_t bits = 0;
  type.drop_until([](char c) { return c >= '0' && c <= '9'; })
      .getAsInteger(10, bits);
  bool isUnsigned = type.starts_with("u");
  double half = std::ldexp(1.0, bits - 1);
  return isUnsigned ? std::pair(0.0, 2 * half - 1) : std::pair(-half, half - 1);
}

llvm::Error lw::convertElements(const NpyArray &array, StringRef type,
                                std::vector<char> &bytes) {
  if (isFloatType(type)) {
    if (array.dtype == npyTypeOf(type))
      bytes = array.data;
    else if (array.dtype == "f8")
      encode(llvm::ArrayRef(reinterpret_cast<const double *>(array.data.data()),
                            array.data.size() / sizeof(double)),
             type, bytes);
    else
      encodeFloats(array.toFloats(), type, bytes);
    return llvm::Error::success();
  }
  int64_t size =
      type == "i1" ? 1 : NpyArray{npyTypeOf(type), {}, {}}.elementBytes();
  if (type != "i1" && size == array.elementBytes()) {
    bytes = array.data;
    return llvm::Error::success();
  }
  auto values = array.toIntegers();
  if (!values)
    return values.takeError();
  auto [least, greatest] = rangeOf(type);
  bytes.clear();
  for (auto [i, value] : llvm::enumerate(*values)) {
    if (type == "i1") {
      bytes.push_back(value != 0);
      continue;
    }
    if (value < least || value > greatest)
      return createStringError("element %zu is %lld, which is no %s", i,
                               static_cast<long long>(value),
                               type.str().c_str());
    const auto *begin = reinterpret_cast<const char *>(&value);
    bytes.insert(bytes.end(), begin, begin + size);
  }
  return llvm::Error::success();
}
