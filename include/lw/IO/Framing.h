//===- Framing.h - Images of any size to that of a network ------*- C++ -*-===//
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_IO_FRAMING_H
#define LW_IO_FRAMING_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mlir::lw {

/// Extents of pixels.
struct ImageSize {
  int64_t height = 0, width = 0;

  /// `256x341`, height first as in the shape of an array.
  std::string describe() const;
  bool operator==(const ImageSize &other) const {
    return height == other.height && width == other.width;
  }
};

/// An image of bytes, H x W x C.
struct Image {
  ImageSize size;
  int64_t channels = 0;
  std::vector<uint8_t> pixels;
};

/// How pixels between pixels are found.
enum class ResizeFilter { Bilinear, Bicubic };

/// Resizes in two passes, along rows and then along columns, each rounded to
/// bytes. To fewer pixels the filter grows with them, so that every pixel has a
/// part in the result (antialiasing).
Image resizeImage(const Image &image, ImageSize size, ResizeFilter filter);

/// The middle of an image that is at least as large.
Image cropImage(const Image &image, ImageSize size);

/// What makes images of a file those of a network.
struct ImageFraming {
  struct Resize {
    ResizeFilter filter = ResizeFilter::Bilinear;
    /// Either the shorter side, the other one in proportion, or both.
    int64_t shorter = 0;
    ImageSize size;
  };
  std::optional<Resize> resize;
  std::optional<ImageSize> crop;

  bool isGiven() const { return resize || crop; }

  /// Parses `bilinear:256`, `bicubic:224x288`; `224`, `224x192`. Empty text is
  /// what is not asked for.
  static llvm::Expected<ImageFraming> parse(llvm::StringRef resize,
                                            llvm::StringRef crop);

  /// Both as `parse` takes them.
  std::string describeResize() const;
  std::string describeCrop() const;

  /// The size that every image gets, where that is known.
  std::optional<ImageSize> getSize() const;

  /// The image as a network of `size` takes it. Where nothing is asked for it
  /// is resized to cover that size and cropped in the middle. An error where
  /// what is asked for gives another size.
  llvm::Expected<Image> apply(Image image, ImageSize size) const;
};

} // namespace mlir::lw

#endif // LW_IO_FRAMING_H
