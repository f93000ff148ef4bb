//===- Samples.cpp - Samples of a network's input from a file
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/IO/Npy.h"
#include "lw/Lowering/EntryPoint.h"
#include "lw/Reconstruction/Reconstruction.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"
#include <cstring>

using namespace mlir;
using namespace mlir::lw;
using llvm::createStringError;
using llvm::formatv;

/// Reads images, mirrored ones after all others.
static std::function<void(size_t, int64_t, void *)>
imageReader(NpyArray images, int64_t batch, ImageConverter converter) {
  auto data = std::make_shared<NpyArray>(std::move(images));
  return [data, batch, converter = std::move(converter)](size_t, int64_t index,
                                                         void *elements) {
    auto values = static_cast<float *>(elements);
    ArrayRef<int64_t> shape = data->shape;
    int64_t bytes = shape[1] * shape[2] * shape[3], count = shape[0] / batch;
    auto first = reinterpret_cast<const uint8_t *>(data->data.data()) +
                 index % count * batch * bytes;
    if (index < count)
      return converter.convert(first, batch, values);
    std::vector<uint8_t> mirrored(batch * bytes);
    int64_t width = shape[2], channels = shape[3];
    for (int64_t row = 0; row < batch * shape[1]; ++row)
      for (int64_t x = 0; x < width; ++x)
        std::memcpy(&mirrored[(row * width + width - 1 - x) * channels],
                    first + (row * width + x) * channels, channels);
    converter.convert(mirrored.data(), batch, values);
  };
}

/// The samples' elements as those of `type`.
static llvm::Expected<std::vector<char>> convertElements(const NpyArray &array,
                                                         Type type) {
  std::vector<char> bytes;
  auto append = [&](const void *element, size_t size) {
    auto first = static_cast<const char *>(element);
    bytes.insert(bytes.end(), first, first + size);
  };
  if (type.isF32()) {
    for (float x : array.toFloats())
      append(&x, sizeof x);
    return bytes;
  }
  auto integers = array.toIntegers();
  if (!integers)
    return integers.takeError();
  // Low bytes come first on all processors that lw runs on.
  for (int64_t x : *integers)
    append(&x, llvm::divideCeil(type.getIntOrFloatBitWidth(), 8));
  return bytes;
}

namespace {
/// All samples of one input.
struct InputSamples {
  int64_t count, bytes; // of a sample
  std::vector<char> elements;
};
} // namespace

/// `path` in messages.
static llvm::Expected<InputSamples> readInput(StringRef path, NpyReader &reader,
                                              RankedTensorType type) {
  const NpyArray &info = reader.getInfo();
  // Samples of scalars lie one after another.
  ArrayRef<int64_t> given = info.shape, wanted = type.getShape();
  Type element = type.getElementType();
  int64_t first = wanted.empty() ? 1 : wanted.front();
  bool isFloat = StringRef(info.dtype).starts_with("f");
  if (given.empty() || isFloat != element.isF32() ||
      given.drop_front() != (wanted.empty() ? wanted : wanted.drop_front()) ||
      given[0] % first != 0) {
    std::string expected;
    llvm::raw_string_ostream(expected) << type;
    return createStringError(
        "samples '%s' do not fit the network: expected an array of %s whose "
        "first extent is a multiple of that of the input, a %s%s; found a %s",
        path.str().c_str(), element.isF32() ? "floats" : "integers",
        expected.c_str(), element.isF32() ? ", or uint8 images (N,H,W,C)" : "",
        info.describe().c_str());
  }
  auto array = reader.readAll();
  if (!array)
    return array.takeError();
  auto elements = convertElements(*array, element);
  if (!elements)
    return createStringError("samples '%s': %s", path.str().c_str(),
                             llvm::toString(elements.takeError()).c_str());
  int64_t count = given[0] / first;
  return InputSamples{count, static_cast<int64_t>(elements->size()) / count,
                      std::move(*elements)};
}

static llvm::Error checkCount(StringRef path, const NpyArray &info) {
  if (!llvm::is_contained(info.shape, 0))
    return llvm::Error::success();
  return createStringError(
      "samples '%s': there are none in a %s; calibration needs some hundred",
      path.str().c_str(), info.describe().c_str());
}

static void setCount(CalibrationSamples &samples, StringRef path, int64_t count,
                     int64_t variants) {
  samples.variants = variants;
  samples.count = count * variants;
  samples.describe = [count, path = path.str()](int64_t index) {
    return formatv("sample {0} of '{1}'", index % count, path).str();
  };
}

static CalibrationSamples makeSamples(StringRef path,
                                      std::vector<InputSamples> inputs) {
  CalibrationSamples samples;
  setCount(samples, path, inputs.front().count, 1);
  auto held = std::make_shared<std::vector<InputSamples>>(std::move(inputs));
  samples.read = [held](size_t input, int64_t index, void *elements) {
    const InputSamples &all = (*held)[input];
    std::memcpy(elements, all.elements.data() + index * all.bytes, all.bytes);
  };
  return samples;
}

static llvm::Expected<CalibrationSamples>
readImages(StringRef path, NpyReader &reader, RankedTensorType type,
           const std::optional<ImagePreprocessing> &preprocessing,
           bool mirror) {
  ArrayRef<int64_t> shape = reader.getInfo().shape;
  auto converter = ImageConverter::create(
      shape, type.getShape(), preprocessing.value_or(ImagePreprocessing()));
  if (!converter)
    return createStringError("samples '%s': %s", path.str().c_str(),
                             llvm::toString(converter.takeError()).c_str());
  int64_t batch = type.getDimSize(0);
  if (shape[0] % batch != 0)
    return createStringError(
        "samples '%s': %lld images for a network of batch %lld: give a "
        "multiple of it",
        path.str().c_str(), static_cast<long long>(shape[0]),
        static_cast<long long>(batch));
  auto array = reader.readAll();
  if (!array)
    return array.takeError();
  CalibrationSamples samples;
  setCount(samples, path, shape[0] / batch, mirror ? 2 : 1);
  samples.read = imageReader(std::move(*array), batch, std::move(*converter));
  return samples;
}

/// Of a network with several inputs: an archive holds an array for each, by its
/// name.
static llvm::Expected<CalibrationSamples>
readArchive(StringRef path, func::FuncOp main,
            ArrayRef<RankedTensorType> types) {
  SmallVector<std::string> names;
  for (unsigned i = 0; i < types.size(); ++i) {
    auto name = main.getArgAttrOfType<StringAttr>(i, kNameAttr);
    names.push_back(name ? name.str() : "input" + std::to_string(i));
  }
  if (!path.ends_with_insensitive(".npz"))
    return createStringError(
        "samples '%s': the network has %zu inputs: give a .npz file with an "
        "array for each by its name, %s",
        path.str().c_str(), names.size(), llvm::join(names, ", ").c_str());
  std::vector<InputSamples> inputs;
  for (auto [name, type] : llvm::zip_equal(names, types)) {
    std::string member = (path + ":" + name).str();
    auto reader = NpyReader::open(member);
    if (!reader)
      return reader.takeError();
    if (llvm::Error error = checkCount(member, reader->getInfo()))
      return std::move(error);
    auto input = readInput(member, *reader, type);
    if (!input)
      return input.takeError();
    if (!inputs.empty() && input->count != inputs.front().count)
      return createStringError(
          "samples '%s': %lld for '%s', but %lld for '%s': give as many for "
          "each input",
          path.str().c_str(), static_cast<long long>(inputs.front().count),
          names.front().c_str(), static_cast<long long>(input->count),
          name.c_str());
    inputs.push_back(std::move(*input));
  }
  return makeSamples(path, std::move(inputs));
}

llvm::Expected<CalibrationSamples>
lw::readSamples(StringRef path, func::FuncOp main,
                const std::optional<ImagePreprocessing> &preprocessing,
                bool mirror, bool imagesOnly) {
  SmallVector<RankedTensorType> types;
  for (Type argument : main.getArgumentTypes()) {
    auto type = dyn_cast<RankedTensorType>(argument);
    if (!type || !type.hasStaticShape() || type.getNumElements() == 0 ||
        !(type.getElementType().isF32() ||
          type.getElementType().isSignlessInteger()))
      return createStringError("expects inputs of f32 or of integers, of "
                               "static shapes");
    types.push_back(type);
  }
  if (types.empty())
    return createStringError("expects the network to have an input");
  if (mirror && types.size() > 1)
    return createStringError("samples '%s': only the images of a network with "
                             "one input can be mirrored",
                             path.str().c_str());
  auto noImages = [&](StringRef found) {
    return createStringError("--mean, --std, --scale and --bgr are for uint8 "
                             "images; samples '%s' are %s",
                             path.str().c_str(), found.str().c_str());
  };
  if (types.size() > 1 && imagesOnly)
    return noImages("of several inputs");
  if (types.size() > 1)
    return readArchive(path, main, types);
  auto reader = NpyReader::open(path);
  if (!reader)
    return reader.takeError();
  // Looked at before the elements are read: another array may be of any size.
  const NpyArray &info = reader->getInfo();
  if (llvm::Error error = checkCount(path, info))
    return std::move(error);
  RankedTensorType type = types.front();
  if (info.dtype == "u1" && type.getElementType().isF32() && type.getRank() > 0)
    return readImages(path, *reader, type, preprocessing, mirror);
  if (mirror)
    return createStringError("samples '%s': only uint8 images (N,H,W,C) can be "
                             "mirrored, found a %s",
                             path.str().c_str(), info.describe().c_str());
  if (imagesOnly)
    return noImages("a " + info.describe());
  auto input = readInput(path, *reader, type);
  if (!input)
    return input.takeError();
  return makeSamples(path, {std::move(*input)});
}

llvm::Expected<std::vector<int64_t>>
lw::readLabels(StringRef path, func::FuncOp main,
               const CalibrationSamples &samples) {
  if (!getElementTypeOrSelf(main.getResultTypes()[0]).isF32())
    return createStringError("labels need a network whose first output is the "
                             "scores of its classes, of f32");
  // Networks with other outputs have no classes.
  std::optional<int64_t> expected;
  auto type = main.getNumResults() == 1
                  ? dyn_cast<RankedTensorType>(main.getResultTypes()[0])
                  : RankedTensorType();
  if (type && type.hasStaticShape() && type.getRank() > 0 &&
      type.getNumElements() > 0) {
    int64_t batch = type.getNumElements() / type.getShape().back();
    expected = samples.count / samples.variants * batch;
  }
  return readLabels(path, expected);
}
