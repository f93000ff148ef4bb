//===- LinalgToLw.h - Parts of the linalg raising ---------------*- C++ -*-===//
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_CONVERSION_LINALGTOLW_LINALGTOLW_H
#define LW_LIB_CONVERSION_LINALGTOLW_LINALGTOLW_H

namespace mlir {
class RewritePatternSet;
} // namespace mlir

namespace mlir::lw {

/// Named linalg convolutions to lw convolutions.
void populateRaiseConvolutionPatterns(RewritePatternSet &patterns);

/// Per-channel affine arithmetic beside an lw convolution to lw.batch_norm.
void populateRaiseBatchNormPatterns(RewritePatternSet &patterns);

} // namespace mlir::lw

#endif // LW_LIB_CONVERSION_LINALGTOLW_LINALGTOLW_H
