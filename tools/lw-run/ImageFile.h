//===- ImageFile.h - Images from files --------------------------*- C++ -*-===//
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_TOOLS_LWRUN_IMAGEFILE_H
#define LW_TOOLS_LWRUN_IMAGEFILE_H

#include "lw/IO/Framing.h"

namespace mlir::lw {

/// Reads a JPEG or PNG file with `channels` channels, 3 (red, green, blue) or 1
/// (gray), to which others are converted; opacity is left out. Errors name the
/// file. Images that are damaged or end early are errors.
llvm::Expected<Image> readImage(llvm::StringRef path, int64_t channels);

/// The same of the bytes of such a file, in the channels that it has: 1 or 3.
llvm::Expected<Image> decodeJpeg(llvm::StringRef bytes);
llvm::Expected<Image> decodePng(llvm::StringRef bytes);

/// An error for images that nobody has memory for, whatever their headers say.
llvm::Error checkImageSize(ImageSize size);

} // namespace mlir::lw

#endif // LW_TOOLS_LWRUN_IMAGEFILE_H
