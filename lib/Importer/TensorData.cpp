//===- TensorData.cpp - Reading ONNX tensors
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "TensorData.h"
#include "lw/Support/LargePages.h"
#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include <cmath>

using namespace mlir;
using namespace mlir::lw::importer;
using llvm::createStringError;
using Proto = ::onnx::TensorProto;

namespace {

/// What the reader needs to know of an ONNX element type.
struct ElementType {
  int64_t bits = 0; // 0: not supported
  bool isFloat = false;

  int64_t bytes(int64_t count) const {
    return llvm::divideCeil(count * bits, 8);
  }
};

} // namespace

static ElementType describe(int32_t type) {
  switch (type) {
  case Proto::FLOAT:
    return {32, true};
  case Proto::DOUBLE:
    return {64, true};
  case Proto::FLOAT16:
  case Proto::BFLOAT16:
    return {16, true};
  case Proto::INT64:
  case Proto::UINT64:
    return {64, false};
  case Proto::INT32:
  case Proto::UINT32:
    return {32, false};
  case Proto::INT16:
  case Proto::UINT16:
    return {16, false};
  case Proto::INT8:
  case Proto::UINT8:
  case Proto::BOOL:
    return {8, false};
  case kUint4:
  case kInt4:
    return {4, false};
  default:
    return {};
  }
}

std::string mlir::lw::importer::elementTypeName(int64_t type) {
  if (type == Proto::FLOAT)
    return "float32";
  if (type == Proto::DOUBLE)
    return "float64";
  // Of versions of ONNX that are newer than the library.
  static constexpr StringRef kNewer[] = {
      "float8e4m3fn", "float8e4m3fnuz", "float8e5m2", "float8e5m2fnuz",
      "uint4",        "int4",           "float4e2m1"};
  if (type >= 17 && type < 17 + static_cast<int64_t>(std::size(kNewer)))
    return kNewer[type - 17].str();
  if (type < 0 || type > Proto::DataType_MAX ||
      !Proto::DataType_IsValid(static_cast<int>(type)))
    return std::to_string(type) + " (unknown)";
  return StringRef(Proto::DataType_Name(static_cast<Proto::DataType>(type)))
      .lower();
}

static float fromBits(const llvm::fltSemantics &semantics, uint16_t bits) {
  APFloat value(semantics, APInt(16, bits));
  bool lossy;
  value.convert(APFloat::IEEEsingle(), APFloat::rmNearestTiesToEven, &lossy);
  return value.convertToFloat();
}

template <typename T> static T load(const char *data, int64_t i) {
  return llvm::support::endian::read<T, llvm::endianness::little>(
      data + i * sizeof(T));
}

static void readRawFloats(int32_t type, const char *data, int64_t count,
                          std::vector<float> &values) {
  lw::reserveLarge(values, count);
  values.resize(count);
  for (int64_t i = 0; i < count; ++i) {
    if (type == Proto::FLOAT)
      values[i] = llvm::bit_cast<float>(load<uint32_t>(data, i));
    else if (type == Proto::DOUBLE)
      values[i] = llvm::bit_cast<double>(load<uint64_t>(data, i));
    else
      values[i] = fromBits(type == Proto::FLOAT16 ? APFloat::IEEEhalf()
                                                  : APFloat::BFloat(),
                           load<uint16_t>(data, i));
  }
}

/// Two to a byte, the first in the low half.
static int64_t readHalf(int32_t type, uint8_t byte, bool high) {
  int64_t value = high ? byte >> 4 : byte & 15;
  return type == kInt4 && value > 7 ? value - 16 : value;
}

static void readRawInts(int32_t type, const char *data, int64_t count,
                        std::vector<int64_t> &values) {
  auto convert = [&](auto sample) {
    values.resize(count);
    for (int64_t i = 0; i < count; ++i)
      values[i] = static_cast<int64_t>(load<decltype(sample)>(data, i));
  };
  switch (type) {
  case Proto::INT64:
  case Proto::UINT64:
    return convert(int64_t());
  case Proto::INT32:
    return convert(int32_t());
  case Proto::UINT32:
    return convert(uint32_t());
  case Proto::INT16:
    return convert(int16_t());
  case Proto::UINT16:
    return convert(uint16_t());
  case Proto::INT8:
    return convert(int8_t());
  case kUint4:
  case kInt4:
    for (int64_t i = 0; i < count; ++i)
      values.push_back(readHalf(type, load<uint8_t>(data, i / 2), i % 2));
    return;
  default:
    return convert(uint8_t());
  }
}

static llvm::Error readRaw(const Proto &tensor, StringRef bytes, int64_t count,
                           Constant &result) {
  ElementType element = describe(tensor.data_type());
  if (static_cast<int64_t>(bytes.size()) != element.bytes(count))
    return createStringError("expects " + Twine(element.bytes(count)) +
                             " bytes of data for " + Twine(count) +
                             " elements, found " + Twine(bytes.size()));
  if (element.isFloat) {
    std::vector<float> values;
    readRawFloats(tensor.data_type(), bytes.data(), count, values);
    result.floats = std::move(values);
  } else {
    std::vector<int64_t> values;
    readRawInts(tensor.data_type(), bytes.data(), count, values);
    result.ints = std::move(values);
  }
  return llvm::Error::success();
}

/// The typed fields of the message.
static llvm::Error readFields(const Proto &tensor, int64_t count,
                              Constant &result) {
  int32_t type = tensor.data_type();
  bool isHalf = type == kUint4 || type == kInt4;
  auto check = [&](int64_t found) -> llvm::Error {
    if (found == (isHalf ? (count + 1) / 2 : count))
      return llvm::Error::success();
    return createStringError("expects " + Twine(count) + " elements, found " +
                             Twine(found));
  };
  switch (type) {
  case Proto::FLOAT:
    result.floats.assign(tensor.float_data().begin(),
                         tensor.float_data().end());
    return check(tensor.float_data_size());
  case Proto::DOUBLE:
    result.floats.assign(tensor.double_data().begin(),
                         tensor.double_data().end());
    return check(tensor.double_data_size());
  case Proto::FLOAT16:
  case Proto::BFLOAT16:
    for (int32_t bits : tensor.int32_data())
      result.floats.push_back(fromBits(
          type == Proto::FLOAT16 ? APFloat::IEEEhalf() : APFloat::BFloat(),
          static_cast<uint16_t>(bits)));
    return check(tensor.int32_data_size());
  case Proto::INT64:
    result.ints.assign(tensor.int64_data().begin(), tensor.int64_data().end());
    return check(tensor.int64_data_size());
  case Proto::UINT32:
  case Proto::UINT64:
    result.ints.assign(tensor.uint64_data().begin(),
                       tensor.uint64_data().end());
    return check(tensor.uint64_data_size());
  case kUint4:
  case kInt4:
    for (int64_t i = 0, e = 2 * tensor.int32_data_size(); i < e && i < count;
         ++i)
      result.ints.push_back(readHalf(
          type, static_cast<uint8_t>(tensor.int32_data(i / 2)), i % 2));
    return check(tensor.int32_data_size());
  default:
    result.ints.assign(tensor.int32_data().begin(), tensor.int32_data().end());
    return check(tensor.int32_data_size());
  }
}

/// The bytes of a tensor that lies in a file beside the model.
static llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>>
readExternal(const Proto &tensor, StringRef folder, int64_t bytes) {
  StringRef location;
  uint64_t offset = 0, length = bytes;
  for (const auto &entry : tensor.external_data()) {
    StringRef value = entry.value();
    bool bad = false;
    if (entry.key() == "location")
      location = value;
    else if (entry.key() == "offset")
      bad = value.getAsInteger(10, offset);
    else if (entry.key() == "length")
      bad = value.getAsInteger(10, length);
    if (bad)
      return createStringError("external data has a bad " + Twine(entry.key()) +
                               " '" + value + "'");
  }
  if (location.empty())
    return createStringError("external data names no location");
  if (length != static_cast<uint64_t>(bytes))
    return createStringError("expects " + Twine(bytes) +
                             " bytes of external data, found length " +
                             Twine(length));

  // Symbolic links are resolved before the comparison, so that neither they nor
  // `..` lead outside of the model's folder.
  SmallString<128> joined(folder), path, root;
  llvm::sys::path::append(joined, location);
  if (llvm::sys::path::is_absolute(location))
    return createStringError("external data '" + location +
                             "' lies outside of the model's folder");
  if (std::error_code error = llvm::sys::fs::real_path(joined, path))
    return createStringError("cannot open external data '" + joined +
                             "': " + error.message());
  if (std::error_code error =
          llvm::sys::fs::real_path(folder.empty() ? "." : folder, root))
    return createStringError("cannot open '" + folder +
                             "': " + error.message());
  if (!root.ends_with("/"))
    root += '/';
  if (!path.starts_with(root))
    return createStringError("external data '" + location +
                             "' lies outside of the model's folder");
  uint64_t size = 0;
  if (!llvm::sys::fs::is_regular_file(path) ||
      llvm::sys::fs::file_size(path, size))
    return createStringError("external data '" + path + "' is no file");
  if (offset > size || length > size - offset)
    return createStringError("external data '" + path + "' has " + Twine(size) +
                             " bytes, expects " + Twine(length) +
                             " from offset " + Twine(offset));
  if (length == 0)
    return llvm::MemoryBuffer::getMemBuffer("");
  auto buffer = llvm::MemoryBuffer::getFileSlice(path, length, offset);
  if (!buffer)
    return createStringError("cannot read external data '" + path +
                             "': " + buffer.getError().message());
  return std::move(*buffer);
}

static llvm::Error readElements(const Proto &tensor, StringRef folder,
                                int64_t count, Constant &result) {
  if (tensor.data_location() == Proto::EXTERNAL) {
    auto buffer =
        readExternal(tensor, folder, describe(tensor.data_type()).bytes(count));
    if (!buffer)
      return buffer.takeError();
    return readRaw(tensor, (*buffer)->getBuffer(), count, result);
  }
  if (tensor.has_raw_data())
    return readRaw(tensor, tensor.raw_data(), count, result);
  return readFields(tensor, count, result);
}

llvm::Expected<ConstantRef> mlir::lw::importer::readTensor(const Proto &tensor,
                                                           StringRef folder) {
  auto result = std::make_shared<Constant>();
  result->shape.assign(tensor.dims().begin(), tensor.dims().end());
  std::optional<int64_t> count = countElements(result->shape);
  if (!count)
    return createStringError(
        "shape [" +
        llvm::join(llvm::map_range(result->shape,
                                   [](int64_t x) { return std::to_string(x); }),
                   ", ") +
        "] is negative or has more than 2^31 elements");
  ElementType element = describe(tensor.data_type());
  if (element.bits == 0)
    return createStringError("element type " +
                             elementTypeName(tensor.data_type()) +
                             " is not supported (float64, float32, float16, "
                             "bfloat16, integers of 4 to 64 bits and bool "
                             "are)");
  if (tensor.has_segment())
    return createStringError("segmented tensors are not supported");
  result->isFloat = element.isFloat;
  result->fileType = tensor.data_type();

  if (llvm::Error error = readElements(tensor, folder, *count, *result))
    return std::move(error);
  // One NaN among numbers is damage; a tensor of nothing else is meant, as what
  // stands where there is no result.
  const std::vector<float> &floats = result->floats.get();
  auto isNaN = [](float value) { return std::isnan(value); };
  auto first = llvm::find_if(floats, isNaN);
  if (first != floats.end() && !llvm::all_of(floats, isNaN))
    return createStringError("element " + Twine(first - floats.begin()) +
                             " is NaN");
  return result;
}
