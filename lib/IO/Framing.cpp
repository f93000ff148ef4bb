//===- Framing.cpp - Images of any size to that of a network
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/IO/Framing.h"
#include "lw/Support/Table.h"
#include <algorithm>
#include <cmath>

using namespace mlir;
using namespace mlir::lw;
using llvm::createStringError;
using llvm::StringRef;

std::string ImageSize::describe() const { return joinExtents({height, width}); }

//===----------------------------------------------------------------------===//
// Resizing
//===----------------------------------------------------------------------===//

/// Distance from its middle at which a filter ends.
static double supportOf(ResizeFilter filter) {
  return filter == ResizeFilter::Bilinear ? 1 : 2;
}

static double weightAt(ResizeFilter filter, double distance) {
  double x = std::abs(distance);
  if (filter == ResizeFilter::Bilinear)
    return std::max(0.0, 1 - x);
  // Keys' cubic convolution with a = -1/2.
  if (x < 1)
    return (1.5 * x - 2.5) * x * x + 1;
  return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0;
}

namespace {

/// The pixels from `first` on that make one of the result.
struct Taps {
  int64_t first;
  std::vector<double> weights;
};

} // namespace

/// Those of every pixel of a line that `to` pixels are made of `from`.
static std::vector<Taps> tapsOf(int64_t from, int64_t to, ResizeFilter filter) {
  double step = static_cast<double>(from) / static_cast<double>(to);
  double width = std::max(step, 1.0), support = supportOf(filter) * width;
  std::vector<Taps> result;
  for (int64_t i = 0; i < to; ++i) {
    double middle = (static_cast<double>(i) + 0.5) * step;
    auto begin =
        std::max<int64_t>(0, static_cast<int64_t>(middle - support + 0.5));
    auto end = std::min(from, static_cast<int64_t>(middle + support + 0.5));
    Taps taps{begin, {}};
    double sum = 0;
    for (int64_t j = begin; j < end; ++j) {
      taps.weights.push_back(
          weightAt(filter, (static_cast<double>(j) + 0.5 - middle) / width));
      sum += taps.weights.back();
    }
    for (double &weight : taps.weights)
      weight /= sum;
    result.push_back(std::move(taps));
  }
  return result;
}

/// Replaces the middle one of three extents, outer x `from` x inner.
static std::vector<uint8_t> resample(const std::vector<uint8_t> &pixels,
                                     int64_t outer, int64_t from, int64_t inner,
                                     int64_t to, ResizeFilter filter) {
  std::vector<Taps> all = tapsOf(from, to, filter);
  std::vector<uint8_t> result(outer * to * inner);
  std::vector<double> sums(inner);
  uint8_t *target = result.data();
  for (int64_t o = 0; o < outer; ++o)
    for (const Taps &taps : all) {
      const uint8_t *source = pixels.data() + (o * from + taps.first) * inner;
      std::fill(sums.begin(), sums.end(), 0.5);
      for (double weight : taps.weights) {
        for (int64_t i = 0; i < inner; ++i)
          sums[i] += weight * source[i];
        source += inner;
      }
      for (double sum : sums)
        *target++ = static_cast<uint8_t>(std::clamp(sum, 0.0, 255.0));
    }
  return result;
}

Image lw::resizeImage(const Image &image, ImageSize size, ResizeFilter filter) {
  Image result = image;
  if (size.width != image.size.width)
    result.pixels = resample(result.pixels, image.size.height, image.size.width,
                             image.channels, size.width, filter);
  if (size.height != image.size.height)
    result.pixels = resample(result.pixels, 1, image.size.height,
                             size.width * image.channels, size.height, filter);
  result.size = size;
  return result;
}

Image lw::cropImage(const Image &image, ImageSize size) {
  // Half of an odd number of pixels goes to the even side, as torchvision has
  // it.
  auto before = [](int64_t extent, int64_t left) {
    return static_cast<int64_t>(
        std::nearbyint(static_cast<double>(extent - left) / 2));
  };
  int64_t top = before(image.size.height, size.height);
  int64_t left = before(image.size.width, size.width);
  Image result{size, image.channels, {}};
  for (int64_t y = 0; y < size.height; ++y) {
    auto row = image.pixels.begin() +
               ((top + y) * image.size.width + left) * image.channels;
    result.pixels.insert(result.pixels.end(), row,
                         row + size.width * image.channels);
  }
  return result;
}

//===----------------------------------------------------------------------===//
// Framing
//===----------------------------------------------------------------------===//

/// More pixels on a side than anybody resizes to.
static constexpr int64_t kLargestExtent = 1 << 14;
/// More than memory should be taken for; thin images become long ones.
static constexpr int64_t kMostPixels = 1 << 27;

static bool parseExtent(StringRef text, int64_t &extent) {
  return !text.getAsInteger(10, extent) && extent >= 1 &&
         extent <= kLargestExtent;
}

/// `224x192`.
static bool parseSize(StringRef text, ImageSize &size) {
  auto [height, width] = text.split('x');
  return parseExtent(height, size.height) && parseExtent(width, size.width);
}

llvm::Expected<ImageFraming> ImageFraming::parse(StringRef resizeText,
                                                 StringRef cropText) {
  ImageFraming result;
  if (!resizeText.empty()) {
    Resize &parsed = result.resize.emplace();
    auto [filter, size] = resizeText.split(':');
    if (filter == "bicubic")
      parsed.filter = ResizeFilter::Bicubic;
    if ((filter != "bilinear" && filter != "bicubic") ||
        (!parseExtent(size, parsed.shorter) && !parseSize(size, parsed.size)))
      return createStringError(
          "--resize=%s: expected bilinear or bicubic and the shorter side, or "
          "height and width, up to %lld: bilinear:256, bilinear:224x224",
          resizeText.str().c_str(), static_cast<long long>(kLargestExtent));
  }
  if (!cropText.empty()) {
    ImageSize &parsed = result.crop.emplace();
    if (parseExtent(cropText, parsed.height))
      parsed.width = parsed.height;
    else if (!parseSize(cropText, parsed))
      return createStringError("--crop=%s: expected a side or height and "
                               "width, up to %lld: 224, 224x192",
                               cropText.str().c_str(),
                               static_cast<long long>(kLargestExtent));
  }
  return result;
}

std::string ImageFraming::describeResize() const {
  if (!resize)
    return "";
  return (resize->filter == ResizeFilter::Bilinear ? "bilinear:" : "bicubic:") +
         (resize->shorter ? std::to_string(resize->shorter)
                          : resize->size.describe());
}

std::string ImageFraming::describeCrop() const {
  return crop ? crop->describe() : "";
}

std::optional<ImageSize> ImageFraming::getSize() const {
  if (crop || !resize || resize->shorter)
    return crop;
  return resize->size;
}

/// The smallest size with the proportions of an image that covers `size`; the
/// longer side is rounded down, as torchvision has it.
static ImageSize cover(ImageSize image, ImageSize size) {
  if (size.height * image.width >= size.width * image.height)
    return {size.height,
            std::max(size.width, size.height * image.width / image.height)};
  return {std::max(size.height, size.width * image.height / image.width),
          size.width};
}

llvm::Expected<Image> ImageFraming::apply(Image image, ImageSize size) const {
  std::optional<ImageSize> frame = crop;
  if (!isGiven())
    frame = size;
  if (resize || !crop) {
    ImageSize target = cover(image.size, size);
    if (resize && resize->shorter)
      target = cover(image.size, {resize->shorter, resize->shorter});
    else if (resize)
      target = resize->size;
    if (target.height * target.width > kMostPixels)
      return createStringError("an image of %s, resized to %s, is too large",
                               image.size.describe().c_str(),
                               target.describe().c_str());
    image = resizeImage(image, target,
                        resize ? resize->filter : ResizeFilter::Bilinear);
  }
  if (frame) {
    if (frame->height > image.size.height || frame->width > image.size.width)
      return createStringError("an image of %s%s is smaller than --crop=%s",
                               image.size.describe().c_str(),
                               resize ? " (after --resize)" : "",
                               frame->describe().c_str());
    image = cropImage(image, *frame);
  }
  if (!(image.size == size))
    return createStringError("an image of %s after --resize and --crop; the "
                             "network takes %s: give it to --crop",
                             image.size.describe().c_str(),
                             size.describe().c_str());
  return image;
}
