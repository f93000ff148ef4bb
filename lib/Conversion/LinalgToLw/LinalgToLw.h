//===- LinalgToLw.h - Parts of the linalg raising ---------------*- C++ -*-===//
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_CONVERSION_LINALGTOLW_LINALGTOLW_H
#define LW_LIB_CONVERSION_LINALGTOLW_LINALGTOLW_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace mlir {
class RewritePatternSet;
} // namespace mlir

namespace mlir::lw {

inline constexpr int64_t kToChannelsFirst[] = {0, 3, 1, 2};

/// True for one result whose elements are computed each from its own.
bool isElementwise(linalg::LinalgOp op);

/// True for a tensor that holds nothing but zeros.
bool isZeroTensor(Value value);

/// The channels-last tensor that `value` is, or is a transpose of that has no
/// other reader.
Value getChannelsLast(Value value, bool &channelsFirst);

/// The one input of an element-wise operation that comes from a convolution or
/// a batch norm without other readers, element for element; null when there is
/// none, or more than one.
OpOperand *findRaisedOperand(linalg::LinalgOp op);

/// Named linalg convolutions to lw convolutions.
void populateRaiseConvolutionPatterns(RewritePatternSet &patterns);

/// Convolutions of rows to those of images that are one row high.
void populateWidenConvolutionPatterns(RewritePatternSet &patterns);

/// Per-channel affine arithmetic beside an lw convolution to lw.batch_norm.
void populateRaiseBatchNormPatterns(RewritePatternSet &patterns);

/// Relu beside an lw convolution or batch norm to tosa.clamp.
void populateRaiseActivationPatterns(RewritePatternSet &patterns);

} // namespace mlir::lw

#endif // LW_LIB_CONVERSION_LINALGTOLW_LINALGTOLW_H
