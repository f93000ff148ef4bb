//===- Npy.cpp - NumPy's array files
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// The format is described in numpy/lib/format.py: "\x93NUMPY", two bytes of
// version, the header's length (2 bytes in version 1, else 4), the header as a
// Python dictionary literal, then the elements.
//
//===----------------------------------------------------------------------===//

#include "NpyHeader.h"
#include "lw/Support/Table.h"
#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/raw_ostream.h"
#include <cmath>
#include <cstring>

using namespace mlir;
using namespace mlir::lw;
using llvm::createStringError;
using llvm::StringRef;

static constexpr StringRef kMagic = "\x93NUMPY";

NpyArray NpyArray::fromFloats(llvm::ArrayRef<int64_t> shape,
                              llvm::ArrayRef<float> values) {
  NpyArray array;
  array.shape = shape.vec();
  const auto *bytes = reinterpret_cast<const char *>(values.data());
  array.data.assign(bytes, bytes + values.size() * sizeof(float));
  return array;
}

int64_t NpyArray::numElements() const {
  int64_t result = 1;
  for (int64_t extent : shape)
    result *= extent;
  return result;
}

static int64_t bytesOf(StringRef dtype) {
  return llvm::StringSwitch<int64_t>(dtype)
      .Cases({"b1", "i1", "u1"}, 1)
      .Cases({"i2", "u2", "f2"}, 2)
      .Cases({"i4", "u4", "f4"}, 4)
      .Cases({"i8", "u8", "f8"}, 8)
      .Default(0);
}

int64_t NpyArray::elementBytes() const { return bytesOf(dtype); }

template <typename T, typename Result>
static std::vector<Result> convert(const std::vector<char> &data) {
  std::vector<Result> result(data.size() / sizeof(T));
  for (size_t i = 0; i < result.size(); ++i) {
    T element;
    std::memcpy(&element, data.data() + i * sizeof(T), sizeof(T));
    result[i] = static_cast<Result>(element);
  }
  return result;
}

template <typename Result>
static std::vector<Result> convertIntegers(const NpyArray &array) {
  StringRef type = array.dtype;
  if (type == "i1")
    return convert<int8_t, Result>(array.data);
  if (type == "i2")
    return convert<int16_t, Result>(array.data);
  if (type == "i4")
    return convert<int32_t, Result>(array.data);
  if (type == "i8")
    return convert<int64_t, Result>(array.data);
  if (type == "u2")
    return convert<uint16_t, Result>(array.data);
  if (type == "u4")
    return convert<uint32_t, Result>(array.data);
  if (type == "u8")
    return convert<uint64_t, Result>(array.data);
  return convert<uint8_t, Result>(array.data); // u1 and b1
}

static std::vector<double> toDoubles(const NpyArray &array) {
  if (array.dtype == "f4")
    return convert<float, double>(array.data);
  if (array.dtype == "f8")
    return convert<double, double>(array.data);
  std::vector<double> result;
  for (uint16_t half : convert<uint16_t, uint16_t>(array.data))
    result.push_back(
        llvm::APFloat(llvm::APFloat::IEEEhalf(), llvm::APInt(16, half))
            .convertToDouble());
  return result;
}

std::vector<float> NpyArray::toFloats() const {
  if (dtype == "f4")
    return convert<float, float>(data);
  if (dtype[0] != 'f')
    return convertIntegers<float>(*this);
  std::vector<double> values = toDoubles(*this);
  return std::vector<float>(values.begin(), values.end());
}

llvm::Expected<std::vector<int64_t>> NpyArray::toIntegers() const {
  if (dtype[0] != 'f')
    return convertIntegers<int64_t>(*this);
  std::vector<int64_t> result;
  for (double value : toDoubles(*this)) {
    // False for NaN.
    bool isInteger = std::abs(value) < 0x1p53 && value == std::trunc(value);
    if (!isInteger)
      return createStringError("expected integers, element %zu is %g",
                               result.size(), value);
    result.push_back(static_cast<int64_t>(value));
  }
  return result;
}

std::string NpyArray::describe() const {
  StringRef kind = llvm::StringSwitch<StringRef>(dtype.substr(0, 1))
                       .Case("f", "float")
                       .Case("i", "int")
                       .Case("u", "uint")
                       .Default("bool");
  std::string result = kind.str();
  if (kind != "bool")
    result += std::to_string(8 * elementBytes());
  result += " array of shape ";
  if (shape.empty())
    return result + "()";
  return result + joinExtents(shape);
}

namespace {

/// What the header's dictionary says.
struct Header {
  StringRef descr;
  bool fortranOrder = false;
  std::vector<int64_t> shape;
};

/// Parser of the header, e.g. "{'descr': '<f4', 'fortran_order': False,
/// 'shape': (2, 3), }". Fails on anything that NumPy would not write.
class HeaderParser {
public:
  explicit HeaderParser(StringRef text) : rest(text) {}

  std::optional<Header> parse() {
    Header header;
    bool hasDescr = false, hasOrder = false, hasShape = false;
    if (!consume("{"))
      return std::nullopt;
    while (!consume("}")) {
      std::optional<StringRef> key = parseString();
      if (!key || !consume(":"))
        return std::nullopt;
      if (*key == "descr") {
        std::optional<StringRef> descr = parseString();
        if (!descr)
          return std::nullopt;
        header.descr = *descr;
        hasDescr = true;
      } else if (*key == "fortran_order") {
        header.fortranOrder = consume("True");
        if (!header.fortranOrder && !consume("False"))
          return std::nullopt;
        hasOrder = true;
      } else if (*key == "shape") {
        if (!parseShape(header.shape))
          return std::nullopt;
        hasShape = true;
      } else {
        return std::nullopt;
      }
      consume(",");
    }
    if (!hasDescr || !hasOrder || !hasShape || !rest.trim().empty())
      return std::nullopt;
    return header;
  }

private:
  bool consume(StringRef token) {
    rest = rest.ltrim();
    return rest.consume_front(token);
  }

  std::optional<StringRef> parseString() {
    if (!consume("'"))
      return std::nullopt;
    size_t end = rest.find('\'');
    if (end == StringRef::npos)
      return std::nullopt;
    StringRef result = rest.take_front(end);
    rest = rest.drop_front(end + 1);
    return result;
  }

  bool parseShape(std::vector<int64_t> &shape) {
    if (!consume("("))
      return false;
    while (!consume(")")) {
      int64_t extent;
      rest = rest.ltrim();
      if (rest.consumeInteger(10, extent) || extent < 0)
        return false;
      shape.push_back(extent);
      if (!consume(",") && !rest.ltrim().starts_with(")"))
        return false;
    }
    return true;
  }

  StringRef rest;
};

} // namespace

/// Column-major to row-major.
static std::vector<char> reorder(const NpyArray &array, StringRef data) {
  int64_t size = array.elementBytes(), count = array.numElements();
  size_t rank = array.shape.size();
  std::vector<char> result(data.size());
  std::vector<int64_t> index(rank, 0);
  for (int64_t i = 0; i < count; ++i) {
    int64_t source = 0;
    for (size_t d = rank; d-- > 0;)
      source = source * array.shape[d] + index[d];
    std::memcpy(result.data() + i * size, data.data() + source * size, size);
    for (size_t d = rank; d-- > 0;) {
      if (++index[d] < array.shape[d])
        break;
      index[d] = 0;
    }
  }
  return result;
}

void NpyHeader::convert(std::vector<char> &elements) const {
  if (isColumnMajor)
    elements = reorder(array, StringRef(elements.data(), elements.size()));
  int64_t size = array.elementBytes();
  if (isBigEndian)
    for (size_t i = 0; i < elements.size(); i += size)
      std::reverse(elements.begin() + i, elements.begin() + i + size);
}

llvm::Expected<NpyHeader>
lw::parseNpyHeader(StringRef start, std::optional<uint64_t> fileBytes) {
  StringRef rest = start;
  if (!rest.consume_front(kMagic))
    return createStringError("not a NumPy array: the file does not begin with "
                             "\\x93NUMPY");
  if (rest.size() < 4)
    return createStringError("truncated in the header");
  unsigned version = static_cast<unsigned char>(rest[0]);
  if (version < 1 || version > 3)
    return createStringError("NumPy format version %u, expected 1, 2 or 3",
                             version);
  rest = rest.drop_front(2);
  size_t lengthBytes = version == 1 ? 2 : 4;
  if (rest.size() < lengthBytes)
    return createStringError("truncated in the header");
  size_t length = version == 1 ? llvm::support::endian::read16le(rest.data())
                               : llvm::support::endian::read32le(rest.data());
  rest = rest.drop_front(lengthBytes);
  if (rest.size() < length)
    return createStringError("truncated: a header of %zu bytes, %zu are left",
                             length, rest.size());
  std::optional<Header> header = HeaderParser(rest.take_front(length)).parse();
  rest = rest.drop_front(length);
  if (!header)
    return createStringError("malformed NumPy header");

  NpyHeader result;
  NpyArray &array = result.array;
  array.shape = header->shape;
  StringRef descr = header->descr;
  char order = descr.empty() ? '\0' : descr.front();
  array.dtype = descr.drop_front(descr.empty() ? 0 : 1).str();
  int64_t size = bytesOf(array.dtype);
  if (size == 0 || !StringRef("<>|=").contains(order))
    return createStringError("elements of type '%s', expected booleans, "
                             "integers or floats of at most 8 bytes",
                             descr.str().c_str());
  int64_t expected = size;
  for (int64_t extent : array.shape)
    if (llvm::MulOverflow(expected, extent, expected))
      return createStringError("the product of the extents overflows");
  result.bytes = start.size() - rest.size();
  uint64_t found = fileBytes ? *fileBytes - result.bytes : expected;
  if (static_cast<uint64_t>(expected) != found)
    return createStringError(
        "%s: a %s needs %lld bytes of elements, found %zu",
        found < static_cast<uint64_t>(expected) ? "truncated" : "trailing data",
        array.describe().c_str(), static_cast<long long>(expected),
        static_cast<size_t>(found));
  result.isColumnMajor = header->fortranOrder && array.shape.size() > 1;
  result.isBigEndian = order == '>' && size > 1;
  return result;
}

llvm::Expected<NpyArray> lw::parseNpy(StringRef bytes) {
  auto header = parseNpyHeader(bytes, bytes.size());
  if (!header)
    return header.takeError();
  NpyArray array = header->array;
  StringRef elements = bytes.drop_front(header->bytes);
  array.data.assign(elements.begin(), elements.end());
  header->convert(array.data);
  return array;
}

void lw::writeNpyHeader(llvm::raw_ostream &stream, const NpyArray &array) {
  std::string header = "{'descr': '";
  header += array.elementBytes() == 1 ? '|' : '<';
  header += array.dtype + "', 'fortran_order': False, 'shape': (";
  for (int64_t extent : array.shape)
    header += std::to_string(extent) + ",";
  header += "), }";
  // The elements begin at a multiple of 64 bytes.
  size_t prefix = kMagic.size() + 4;
  header.resize(llvm::alignTo(prefix + header.size() + 1, 64) - prefix - 1,
                ' ');
  header += '\n';
  char length[2];
  llvm::support::endian::write16le(length, header.size());
  stream << kMagic << '\1' << '\0' << StringRef(length, 2) << header;
}

void lw::writeNpy(llvm::raw_ostream &stream, const NpyArray &array) {
  writeNpyHeader(stream, array);
  stream << StringRef(array.data.data(), array.data.size());
}
