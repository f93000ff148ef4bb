//===- Samples.cpp - Samples of a network's input from a file
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/IO/Npy.h"
#include "lw/Reconstruction/Reconstruction.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"
#include <cstring>

using namespace mlir;
using namespace mlir::lw;
using llvm::createStringError;
using llvm::formatv;

/// Reads images, mirrored ones after all others.
static std::function<void(size_t, int64_t, float *)>
imageReader(NpyArray images, int64_t batch, ImageConverter converter) {
  auto data = std::make_shared<NpyArray>(std::move(images));
  return [data, batch, converter = std::move(converter)](size_t, int64_t index,
                                                         float *values) {
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

llvm::Expected<CalibrationSamples>
lw::readSamples(StringRef path, func::FuncOp main,
                const std::optional<ImagePreprocessing> &preprocessing,
                bool mirror) {
  auto type = main.getNumArguments() == 1
                  ? dyn_cast<RankedTensorType>(main.getArgumentTypes()[0])
                  : RankedTensorType();
  if (!type || !type.hasStaticShape() || type.getRank() == 0 ||
      !type.getElementType().isF32())
    return createStringError("expects the network to have one input, an f32 "
                             "tensor of static shape");
  auto reader = NpyReader::open(path);
  if (!reader)
    return reader.takeError();
  // Looked at before the elements are read: another array may be of any size.
  const NpyArray &info = reader->getInfo();
  ArrayRef<int64_t> shape = info.shape;
  int64_t elements = type.getNumElements();
  if (llvm::is_contained(shape, 0))
    return createStringError(
        "samples '%s': there are none in a %s; calibration "
        "needs some hundred",
        path.str().c_str(), info.describe().c_str());
  CalibrationSamples samples;
  auto setCount = [&](int64_t count, int64_t variants) {
    samples.variants = variants;
    samples.count = count * variants;
    samples.describe = [count, path = path.str()](int64_t index) {
      return formatv("sample {0} of '{1}'", index % count, path).str();
    };
  };
  if (info.dtype == "u1") {
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
    auto array = reader->readAll();
    if (!array)
      return array.takeError();
    setCount(shape[0] / batch, mirror ? 2 : 1);
    samples.read = imageReader(std::move(*array), batch, std::move(*converter));
    return samples;
  }
  if (mirror)
    return createStringError("samples '%s': only uint8 images (N,H,W,C) can be "
                             "mirrored, found a %s",
                             path.str().c_str(), info.describe().c_str());
  if (info.dtype != "f4" || shape.empty() ||
      shape.drop_front() != type.getShape().drop_front() ||
      shape[0] % type.getDimSize(0) != 0) {
    std::string expected;
    llvm::raw_string_ostream(expected) << type;
    return createStringError(
        "samples '%s' do not fit the network: expected an f4 array whose first "
        "extent is a multiple of that of the input, a %s, or uint8 images "
        "(N,H,W,C); found a %s",
        path.str().c_str(), expected.c_str(), info.describe().c_str());
  }
  auto array = reader->readAll();
  if (!array)
    return array.takeError();
  setCount(array->numElements() / elements, 1);
  auto values = std::make_shared<std::vector<float>>(array->toFloats());
  samples.read = [values, elements](size_t, int64_t index, float *out) {
    std::copy_n(values->begin() + index * elements, elements, out);
  };
  return samples;
}

llvm::Expected<std::vector<int64_t>>
lw::readLabels(StringRef path, func::FuncOp main,
               const CalibrationSamples &samples) {
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
