//===- Image.h - Lower operations on images
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_CONVERSION_LWTOLINALG_IMAGE_H
#define LW_LIB_CONVERSION_LWTOLINALG_IMAGE_H

namespace mlir {
class RewritePatternSet;
} // namespace mlir

namespace mlir::lw {

/// lw.interleave, lw.interpolate and lw.elementwise.
void populateImagePatterns(RewritePatternSet &patterns);

} // namespace mlir::lw

#endif // LW_LIB_CONVERSION_LWTOLINALG_IMAGE_H
