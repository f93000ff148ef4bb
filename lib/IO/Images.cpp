//===- Images.cpp - uint8 images to a network's input
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/IO/Images.h"
#include "lw/Support/Table.h"

using namespace mlir;
using namespace mlir::lw;
using llvm::createStringError;

llvm::Expected<ImageConverter>
ImageConverter::create(llvm::ArrayRef<int64_t> imageShape,
                       llvm::ArrayRef<int64_t> inputShape,
                       const ImagePreprocessing &preprocessing) {
  if (imageShape.size() != 4)
    return createStringError("expected images of shape (N,H,W,C), found %s",
                             joinExtents(imageShape).c_str());
  ImageConverter result;
  result.height = imageShape[1];
  result.width = imageShape[2];
  result.channels = imageShape[3];
  result.bgr = preprocessing.bgr;
  llvm::ArrayRef<int64_t> extents =
      inputShape.size() == 4 ? inputShape.drop_front() : inputShape;
  std::vector<int64_t> nchw = {result.channels, result.height, result.width};
  if (extents == llvm::ArrayRef(nchw))
    result.layout = ImageLayout::NCHW;
  else if (extents == imageShape.drop_front())
    result.layout = ImageLayout::NHWC;
  else
    return createStringError("images of %s (HxWxC) do not fit the network's "
                             "input of %s; resize them "
                             "before",
                             joinExtents(imageShape.drop_front()).c_str(),
                             joinExtents(inputShape).c_str());

  size_t channels = result.channels;
  for (auto [name, values] : {std::pair("mean", &preprocessing.mean),
                              std::pair("std", &preprocessing.std)})
    if (values->size() != 1 && values->size() != channels)
      return createStringError(
          "--%s has %zu values, the images have %zu channels", name,
          values->size(), channels);
  if (result.bgr && channels != 3)
    return createStringError("--bgr needs 3 channels, the images have %zu",
                             channels);
  result.table.resize(channels * 256);
  for (size_t c = 0; c < channels; ++c) {
    float mean = preprocessing.mean[preprocessing.mean.size() == 1 ? 0 : c];
    float std = preprocessing.std[preprocessing.std.size() == 1 ? 0 : c];
    for (size_t pixel = 0; pixel < 256; ++pixel)
      result.table[c * 256 + pixel] =
          (preprocessing.scale * static_cast<float>(pixel) - mean) / std;
  }
  return result;
}

void ImageConverter::convert(const uint8_t *images, int64_t count,
                             float *values) const {
  int64_t pixels = height * width;
  int64_t channelStride = layout == ImageLayout::NCHW ? pixels : 1;
  int64_t pixelStride = layout == ImageLayout::NCHW ? 1 : channels;
  for (int64_t image = 0; image < count; ++image) {
    const uint8_t *source = images + image * pixels * channels;
    float *target = values + image * pixels * channels;
    for (int64_t c = 0; c < channels; ++c) {
      int64_t from = bgr ? channels - 1 - c : c;
      const float *row = table.data() + c * 256;
      for (int64_t i = 0; i < pixels; ++i)
        target[c * channelStride + i * pixelStride] =
            row[source[i * channels + from]];
    }
  }
}
