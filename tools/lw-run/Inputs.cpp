//===- Inputs.cpp - Arrays to the inputs of a network
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Inputs.h"
#include "lw/Support/Table.h"
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
      "input '%s' is a %s (or a multiple of its first extent), or uint8 images "
      "(N,H,W,C); found a %s",
      tensor.name.c_str(), describe(tensor).c_str(), array.describe().c_str());
}

/// The runs that `found` is for, when it is `shape` with a multiple of its
/// first extent; 0 when it is not.
static int64_t countRuns(llvm::ArrayRef<int64_t> shape,
                         llvm::ArrayRef<int64_t> found) {
  if (shape == found)
    return 1;
  if (shape.empty() || shape.size() != found.size() || shape[0] == 0 ||
      shape.drop_front() != found.drop_front() || found[0] % shape[0] != 0)
    return 0;
  return found[0] / shape[0];
}

llvm::Expected<InputSource>
InputSource::create(const TensorInfo &tensor, NpyReader reader,
                    const std::optional<ImagePreprocessing> &preprocessing) {
  InputSource source(tensor.name, std::move(reader));
  const NpyArray &array = source.array.getInfo();
  if (array.numElements() == 0)
    return createStringError("input '%s': the %s has no elements",
                             tensor.name.c_str(), array.describe().c_str());
  bool isFloat = tensor.type == "f32";
  if (isFloat && array.dtype == "u1") {
    auto images =
        ImageConverter::create(array.shape, tensor.shape,
                               preprocessing.value_or(ImagePreprocessing()));
    if (!images)
      return createStringError("input '%s': %s", tensor.name.c_str(),
                               llvm::toString(images.takeError()).c_str());
    source.images = std::move(*images);
    source.samplesPerRun = tensor.shape.size() == 4 ? tensor.shape[0] : 1;
    if (array.shape[0] % source.samplesPerRun != 0)
      return createStringError(
          "input '%s': %lld images for a network of batch %lld",
          tensor.name.c_str(), static_cast<long long>(array.shape[0]),
          static_cast<long long>(source.samplesPerRun));
    source.runs = array.shape[0] / source.samplesPerRun;
    source.converted.resize(tensor.numElements());
  } else {
    if (preprocessing)
      return createStringError("--mean, --std, --scale and --bgr are for uint8 "
                               "images; input '%s' gets a %s",
                               tensor.name.c_str(), array.describe().c_str());
    source.runs = countRuns(tensor.shape, array.shape);
    bool fits = isFloat ? array.dtype[0] == 'f'
                        : array.elementBytes() == tensor.elementBytes() &&
                              (array.dtype[0] == 'f') ==
                                  (llvm::StringRef(tensor.type).contains('f'));
    if (source.runs == 0 || !fits)
      return mismatch(tensor, array);
    source.isConverted = isFloat && array.dtype != "f4";
  }
  source.piece.dtype = array.dtype;
  source.piece.data.resize(array.numElements() * array.elementBytes() /
                           source.runs);
  return source;
}

llvm::Expected<InputSource> InputSource::random(const TensorInfo &tensor,
                                                uint64_t seed) {
  if (tensor.type != "f32")
    return createStringError("--random-input makes f32 arrays, input '%s' is a "
                             "%s",
                             tensor.name.c_str(), describe(tensor).c_str());
  // Not std::uniform_real_distribution, which differs between libraries.
  std::mt19937_64 generator(seed);
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
    if (llvm::Error error = array.read(run * piece.data.size(), piece.data))
      return createStringError("input '%s': %s", name.c_str(),
                               llvm::toString(std::move(error)).c_str());
    if (images)
      images->convert(reinterpret_cast<const uint8_t *>(piece.data.data()),
                      samplesPerRun, converted.data());
    else if (isConverted)
      converted = piece.toFloats();
    present = run;
  }
  if (images || isConverted)
    return converted.data();
  return piece.data.data();
}

llvm::Expected<int64_t> lw::commonRuns(llvm::ArrayRef<InputSource> inputs) {
  for (const InputSource &input : inputs)
    if (input.getRuns() != inputs.front().getRuns())
      return createStringError(
          "the inputs disagree: '%s' has samples for %lld runs, '%s' for %lld",
          inputs.front().getName().str().c_str(),
          static_cast<long long>(inputs.front().getRuns()),
          input.getName().str().c_str(),
          static_cast<long long>(input.getRuns()));
  return inputs.empty() ? 1 : inputs.front().getRuns();
}
