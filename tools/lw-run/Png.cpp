//===- Png.cpp - Images from PNG
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "ImageFile.h"
#include "mlir/Support/LLVM.h"
#include <csetjmp>
#include <cstring>
#include <png.h>

using namespace mlir;
using namespace mlir::lw;
using llvm::createStringError;

namespace {

/// What is read, and the error that ended it.
struct Reading {
  StringRef left;
  char message[256] = "";
  png_structp png = nullptr;
  png_infop info = nullptr;
};

} // namespace

static void fail(png_structp png, png_const_charp message) {
  auto *reading = static_cast<Reading *>(png_get_error_ptr(png));
  std::strncpy(reading->message, message, sizeof(reading->message) - 1);
  png_longjmp(png, 1);
}

static void ignoreWarning(png_structp, png_const_charp) {}

static void readBytes(png_structp png, png_bytep target, size_t count) {
  auto *reading = static_cast<Reading *>(png_get_io_ptr(png));
  if (count > reading->left.size())
    png_error(png, "it ends too early");
  std::memcpy(target, reading->left.data(), count);
  reading->left = reading->left.drop_front(count);
}

/// Reads the header and asks for bytes of one channel or three. Nothing with a
/// destructor is made here or below: libpng's errors end its functions by a
/// jump, which would leave it out.
static bool begin(Reading &reading) {
  png_structp png = reading.png;
  if (setjmp(png_jmpbuf(png)))
    return false;
  png_set_read_fn(png, &reading, readBytes);
  png_read_info(png, reading.info);
  // Palettes to colours, fewer bits to 8.
  png_set_expand(png);
  png_set_scale_16(png);
  png_set_strip_alpha(png);
  png_set_interlace_handling(png);
  png_read_update_info(png, reading.info);
  return true;
}

static bool readRows(Reading &reading, png_bytepp rows) {
  if (setjmp(png_jmpbuf(reading.png)))
    return false;
  png_read_image(reading.png, rows);
  png_read_end(reading.png, nullptr);
  return true;
}

static llvm::Expected<Image> read(Reading &reading) {
  reading.info = png_create_info_struct(reading.png);
  if (!reading.info || !begin(reading))
    return createStringError("damaged PNG: %s", reading.message);
  Image image{{png_get_image_height(reading.png, reading.info),
               png_get_image_width(reading.png, reading.info)},
              png_get_channels(reading.png, reading.info),
              {}};
  if (llvm::Error error = checkImageSize(image.size))
    return std::move(error);
  int64_t stride = image.size.width * image.channels;
  image.pixels.resize(image.size.height * stride);
  std::vector<png_bytep> rows;
  for (int64_t y = 0; y < image.size.height; ++y)
    rows.push_back(image.pixels.data() + y * stride);
  if (!readRows(reading, rows.data()))
    return createStringError("damaged PNG: %s", reading.message);
  return image;
}

llvm::Expected<Image> lw::decodePng(StringRef bytes) {
  Reading reading{bytes};
  reading.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &reading, fail,
                                       ignoreWarning);
  if (!reading.png)
    return createStringError("no memory for libpng, or another version of it");
  llvm::Expected<Image> image = read(reading);
  png_destroy_read_struct(&reading.png, &reading.info, nullptr);
  return image;
}
