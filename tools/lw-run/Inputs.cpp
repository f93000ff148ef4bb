//===- Inputs.cpp - Arrays to the inputs of a network
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Inputs.h"
#include "lw/IO/Elements.h"
#include "lw/Support/Table.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"
#include <cmath>
#include <random>

using namespace mlir;
using namespace mlir::lw;
using llvm::createStringError;

/// `f32 array of shape 1x3x32x32`.
static std::string describe(const TensorInfo &tensor) {
  return tensor.type + " array of shape " + joinExtents(tensor.shape);
}

static llvm::Error mismatch(const TensorInfo &tensor, const NpyArray &array) {
  return createStringError(
      "input '%s' is a %s (with any first extent, the number of samples), or "
      "uint8 images (N,H,W,C); found a %s",
      tensor.name.c_str(), describe(tensor).c_str(), array.describe().c_str());
}

static RunCount countRuns(int64_t batch, int64_t samples) {
  RunCount count;
  count.batch = batch;
  count.runs = llvm::divideCeil(samples, batch);
  count.missing = count.runs * batch - samples;
  return count;
}

/// The runs that `found` is for, when it is `shape` with another first extent.
static std::optional<RunCount> countRuns(llvm::ArrayRef<int64_t> shape,
                                         llvm::ArrayRef<int64_t> found) {
  if (shape.empty() && found.empty())
    return RunCount();
  if (shape.empty() || shape.size() != found.size() || shape[0] == 0 ||
      shape.drop_front() != found.drop_front())
    return std::nullopt;
  RunCount count = countRuns(shape[0], found[0]);
  // A vector of another length is more likely a mistake than a batch.
  if (count.missing && shape.size() == 1)
    return std::nullopt;
  return count;
}

llvm::Expected<InputSource>
InputSource::create(const TensorInfo &tensor, NpyReader reader,
                    const std::optional<ImagePreprocessing> &preprocessing) {
  InputSource source(tensor, std::move(reader));
  const NpyArray &array = source.array.getInfo();
  if (array.numElements() == 0)
    return createStringError("input '%s': the %s has no elements",
                             tensor.name.c_str(), array.describe().c_str());
  if (isFloatType(tensor.type) && array.dtype == "u1") {
    auto images =
        ImageConverter::create(array.shape, tensor.shape,
                               preprocessing.value_or(ImagePreprocessing()));
    if (!images)
      return createStringError("input '%s': %s", tensor.name.c_str(),
                               llvm::toString(images.takeError()).c_str());
    source.images = std::move(*images);
    source.count = countRuns(tensor.shape.size() == 4 ? tensor.shape[0] : 1,
                             array.shape[0]);
    source.pixels.resize(tensor.numElements());
    source.isConverted = tensor.type != "f32";
  } else {
    if (preprocessing)
      return createStringError("--mean, --std, --scale and --bgr are for uint8 "
                               "images; input '%s' gets a %s",
                               tensor.name.c_str(), array.describe().c_str());
    std::optional<RunCount> count = countRuns(tensor.shape, array.shape);
    if (!count || !canConvertElements(array.dtype, tensor.type))
      return mismatch(tensor, array);
    source.count = *count;
    // Bytes of 0 and 1 only are bool.
    source.isConverted =
        array.dtype != npyTypeOf(tensor.type) || tensor.type == "i1";
  }
  source.piece.dtype = array.dtype;
  source.piece.data.resize(tensor.numElements() * array.elementBytes());
  return source;
}

llvm::Expected<InputSource> InputSource::random(const TensorInfo &tensor,
                                                uint64_t seed, int64_t limit) {
  // Not std::uniform_real_distribution, which differs between libraries.
  std::mt19937_64 generator(seed);
  if (!isFloatType(tensor.type)) {
    NpyArray array;
    array.dtype = "i8";
    array.shape = tensor.shape;
    for (int64_t i = 0; i < tensor.numElements(); ++i) {
      uint64_t number = generator() >> 40;
      int64_t value =
          static_cast<int64_t>(number % static_cast<uint64_t>(limit));
      if (tensor.type == "i8")
        value = static_cast<int8_t>(number);
      else if (tensor.type == "ui8")
        value = static_cast<uint8_t>(number);
      else if (tensor.type == "i1")
        value = static_cast<int64_t>(number & 1);
      const auto *bytes = reinterpret_cast<const char *>(&value);
      array.data.insert(array.data.end(), bytes, bytes + sizeof(value));
    }
    return create(tensor, NpyReader::fromArray(std::move(array)), std::nullopt);
  }
  std::vector<float> values(tensor.numElements());
  for (float &value : values)
    value = static_cast<float>(static_cast<int64_t>(generator() >> 40) -
                               (int64_t(1) << 23)) *
            0x1p-23f;
  return create(
      tensor, NpyReader::fromArray(NpyArray::fromFloats(tensor.shape, values)),
      std::nullopt);
}

llvm::Expected<const void *> InputSource::get(int64_t run) {
  if (run != present) {
    llvm::MutableArrayRef<char> bytes = piece.data;
    size_t sample = bytes.size() / count.batch;
    int64_t missing = run == count.runs - 1 ? count.missing : 0;
    if (llvm::Error error =
            array.read(run * bytes.size(), bytes.drop_back(missing * sample)))
      return createStringError("input '%s': %s", name.c_str(),
                               llvm::toString(std::move(error)).c_str());
    for (int64_t left = missing; left > 0; --left) {
      auto next = bytes.end() - left * sample;
      std::copy(next - sample, next, next);
    }
    if (images) {
      images->convert(reinterpret_cast<const uint8_t *>(piece.data.data()),
                      count.batch, pixels.data());
      if (isConverted)
        encodeFloats(pixels, type, converted);
    } else if (isConverted) {
      if (llvm::Error error = convertElements(piece, type, converted))
        return createStringError("input '%s': %s", name.c_str(),
                                 llvm::toString(std::move(error)).c_str());
    }
    if (isFloatType(type) && !images)
      countNotFinite(missing);
    present = run;
  }
  if (isConverted)
    return converted.data();
  return images ? static_cast<const void *>(pixels.data()) : piece.data.data();
}

/// What fills the last run counts once.
void InputSource::countNotFinite(int64_t missing) {
  std::vector<float> decoded;
  llvm::ArrayRef<float> values(
      reinterpret_cast<const float *>(piece.data.data()),
      piece.data.size() / sizeof(float));
  if (isConverted || type != "f32") {
    decoded = decodeFloats(isConverted ? converted : piece.data, type);
    values = decoded;
  }
  values = values.drop_back(missing * (values.size() / count.batch));
  notFinite +=
      llvm::count_if(values, [](float value) { return !std::isfinite(value); });
}

llvm::Error InputSource::checkRest() {
  if (llvm::Error error = array.checkRest())
    return createStringError("input '%s': %s", name.c_str(),
                             llvm::toString(std::move(error)).c_str());
  return llvm::Error::success();
}

llvm::Expected<RunCount> lw::commonRuns(llvm::ArrayRef<InputSource> inputs) {
  if (inputs.empty())
    return RunCount();
  const RunCount &first = inputs.front().getCount();
  for (const InputSource &input : inputs) {
    const RunCount &count = input.getCount();
    if (count.runs != first.runs)
      return createStringError(
          "the inputs disagree: '%s' has samples for %lld runs, '%s' for %lld",
          inputs.front().getName().str().c_str(),
          static_cast<long long>(first.runs), input.getName().str().c_str(),
          static_cast<long long>(count.runs));
    if (count.missing != first.missing ||
        (count.missing && count.batch != first.batch))
      return createStringError(
          "the inputs disagree: the last run lacks %lld of %lld samples of "
          "'%s', %lld of %lld of '%s'",
          static_cast<long long>(first.missing),
          static_cast<long long>(first.batch),
          inputs.front().getName().str().c_str(),
          static_cast<long long>(count.missing),
          static_cast<long long>(count.batch), input.getName().str().c_str());
  }
  return first;
}
