//===- ImageFile.cpp - Images from files
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "ImageFile.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace mlir;
using namespace mlir::lw;
using llvm::createStringError;
using llvm::StringRef;

llvm::Error lw::checkImageSize(ImageSize size) {
  constexpr int64_t kMostPixels = int64_t(1) << 27;
  if (size.height * size.width > kMostPixels)
    return createStringError("an image of %s is too large",
                             size.describe().c_str());
  return llvm::Error::success();
}

/// Gray as three equal channels; colours as their brightness (ITU-R BT.601).
static void convertChannels(Image &image, int64_t channels) {
  if (image.channels == channels)
    return;
  std::vector<uint8_t> pixels;
  pixels.reserve(image.size.height * image.size.width * channels);
  if (channels == 3) {
    for (uint8_t gray : image.pixels)
      pixels.insert(pixels.end(), 3, gray);
  } else {
    for (size_t i = 0; i < image.pixels.size(); i += 3)
      pixels.push_back((299 * image.pixels[i] + 587 * image.pixels[i + 1] +
                        114 * image.pixels[i + 2] + 500) /
                       1000);
  }
  image.pixels = std::move(pixels);
  image.channels = channels;
}

static llvm::Expected<Image> decode(StringRef bytes) {
#if LW_HAS_IMAGE_LIBRARIES
  if (bytes.starts_with("\xff\xd8\xff"))
    return decodeJpeg(bytes);
  if (bytes.starts_with("\x89PNG\r\n\x1a\n"))
    return decodePng(bytes);
  return createStringError("neither a JPEG nor a PNG image");
#else
  return createStringError("this lw-run reads no images: it was built without "
                           "libjpeg or libpng (Debian: apt-get install "
                           "libjpeg62-turbo-dev libpng-dev)");
#endif
}

llvm::Expected<Image> lw::readImage(StringRef path, int64_t channels) {
  // A device need not end.
  llvm::sys::fs::file_status status;
  if (!llvm::sys::fs::status(path, status) &&
      status.type() != llvm::sys::fs::file_type::regular_file &&
      status.type() != llvm::sys::fs::file_type::fifo_file)
    return createStringError("cannot read '%s': it is no file",
                             path.str().c_str());
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/false,
                                            /*RequiresNullTerminator=*/false);
  if (!buffer)
    return createStringError("cannot read '%s': %s", path.str().c_str(),
                             buffer.getError().message().c_str());
  auto image = decode((*buffer)->getBuffer());
  if (!image)
    return createStringError("cannot read '%s': %s", path.str().c_str(),
                             llvm::toString(image.takeError()).c_str());
  convertChannels(*image, channels);
  return image;
}
