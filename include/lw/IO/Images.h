//===- Images.h - uint8 images to a network's input
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_IO_IMAGES_H
#define LW_IO_IMAGES_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/Error.h"
#include <cstdint>
#include <vector>

namespace mlir::lw {

/// How pixels become numbers: `value = (scale * pixel - mean[c]) / std[c]`,
/// where `c` counts the network's channels (after the swap that `bgr` asks
/// for).
struct ImagePreprocessing {
  float scale = 1.0f;
  /// One value for all channels, or one for each.
  std::vector<float> mean = {0.0f};
  std::vector<float> std = {1.0f};
  /// The network wants blue, green, red; images are red, green, blue.
  bool bgr = false;
};

/// Where a network's input has its channels.
enum class ImageLayout { NCHW, NHWC };

/// Puts images of `imageShape` (N,H,W,C) into the layout of a network's input
/// of `inputShape` and applies the preprocessing. NCHW is tried first. An error
/// when the image fits neither layout or `mean` and `std` do not fit the
/// channels.
class ImageConverter {
public:
  static llvm::Expected<ImageConverter>
  create(llvm::ArrayRef<int64_t> imageShape, llvm::ArrayRef<int64_t> inputShape,
         const ImagePreprocessing &preprocessing);

  ImageLayout getLayout() const { return layout; }

  /// Converts `count` images of H x W x C bytes.
  void convert(const uint8_t *images, int64_t count, float *values) const;

private:
  ImageConverter() = default;

  int64_t height = 0, width = 0, channels = 0;
  ImageLayout layout = ImageLayout::NCHW;
  bool bgr = false;
  /// The value of every byte in every channel: 256 a channel.
  std::vector<float> table;
};

} // namespace mlir::lw

#endif // LW_IO_IMAGES_H
