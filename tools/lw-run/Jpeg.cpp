//===- Jpeg.cpp - Images from JPEG
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "ImageFile.h"
#include "mlir/Support/LLVM.h"
#include <csetjmp>
#include <cstdio>
// Needs what the above declare.
#include <jpeglib.h>

#include <jerror.h>

using namespace mlir;
using namespace mlir::lw;
using llvm::createStringError;

namespace {

/// libjpeg's errors end its functions by a jump.
struct Failure {
  jpeg_error_mgr manager;
  std::jmp_buf leave;
  char message[JMSG_LENGTH_MAX];
};

} // namespace

static void fail(j_common_ptr context) {
  auto *failure = reinterpret_cast<Failure *>(context->err);
  context->err->format_message(context, failure->message);
  std::longjmp(failure->leave, 1);
}

/// Warnings of data that are damaged or missing are errors; what the library
/// has made up in their place would be classified.
static void receiveMessage(j_common_ptr context, int level) {
  if (level >= 0)
    return;
  switch (context->err->msg_code) {
  case JWRN_ADOBE_XFORM:
  case JWRN_BOGUS_PROGRESSION:
  case JWRN_EXTRANEOUS_DATA:
  case JWRN_JFIF_MAJOR:
    return;
  default:
    fail(context);
  }
}

/// Reads the header and chooses the channels. Nothing with a destructor is made
/// here or below: jumps would leave it out.
static bool begin(jpeg_decompress_struct &context, Failure &failure,
                  StringRef bytes) {
  if (setjmp(failure.leave))
    return false;
  jpeg_create_decompress(&context);
  jpeg_mem_src(&context, reinterpret_cast<const unsigned char *>(bytes.data()),
               bytes.size());
  jpeg_read_header(&context, TRUE);
  context.out_color_space =
      context.jpeg_color_space == JCS_GRAYSCALE ? JCS_GRAYSCALE : JCS_RGB;
  return true;
}

static bool readRows(jpeg_decompress_struct &context, Failure &failure,
                     uint8_t *pixels) {
  if (setjmp(failure.leave))
    return false;
  jpeg_start_decompress(&context);
  while (context.output_scanline < context.output_height) {
    JSAMPROW row = pixels + static_cast<size_t>(context.output_scanline) *
                                context.output_width *
                                context.output_components;
    jpeg_read_scanlines(&context, &row, 1);
  }
  jpeg_finish_decompress(&context);
  return true;
}

static llvm::Expected<Image> read(jpeg_decompress_struct &context,
                                  Failure &failure, StringRef bytes) {
  if (!begin(context, failure, bytes))
    return createStringError("damaged JPEG: %s", failure.message);
  if (context.jpeg_color_space == JCS_CMYK ||
      context.jpeg_color_space == JCS_YCCK)
    return createStringError("a JPEG of inks (CMYK): convert it to RGB before");
  Image image{{context.image_height, context.image_width},
              context.out_color_space == JCS_GRAYSCALE ? 1 : 3,
              {}};
  if (llvm::Error error = checkImageSize(image.size))
    return std::move(error);
  image.pixels.resize(image.size.height * image.size.width * image.channels);
  if (!readRows(context, failure, image.pixels.data()))
    return createStringError("damaged JPEG: %s", failure.message);
  return image;
}

llvm::Expected<Image> lw::decodeJpeg(StringRef bytes) {
  Failure failure;
  jpeg_decompress_struct context = {};
  context.err = jpeg_std_error(&failure.manager);
  failure.manager.error_exit = fail;
  failure.manager.emit_message = receiveMessage;
  llvm::Expected<Image> image = read(context, failure, bytes);
  jpeg_destroy_decompress(&context);
  return image;
}
