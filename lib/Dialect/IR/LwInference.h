//===- LwInference.h - Shape inference shared with verification
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_DIALECT_IR_LWINFERENCE_H
#define LW_LIB_DIALECT_IR_LWINFERENCE_H

#include "lw/Dialect/IR/LwOps.h"

namespace mlir::lw::detail {

enum class ConvVariant { Standard, Depthwise, Pointwise, Separable };

/// What shape inference and verification need of a convolution.
struct ConvSignature {
  ConvVariant variant;
  ShapedType input;
  ShapedType filter;          // the depthwise filter of a separable convolution
  ShapedType pointwiseFilter; // only of a separable convolution
  ShapedType bias;            // may be null
  ShapedType residual;        // may be null
  ArrayRef<int64_t> strides = kOnes;
  ArrayRef<int64_t> padding = kZeros;
  ArrayRef<int64_t> dilations = kOnes;
  int64_t groups = 1;

  static constexpr int64_t kOnes[2] = {1, 1};
  static constexpr int64_t kZeros[4] = {0, 0, 0, 0};
};

/// The geometry of a convolution, or an error at `location` that states the
/// expected and the found extent. The only place where the constraints between
/// the shapes of a convolution are written down.
FailureOr<ConvGeometry> inferGeometry(std::optional<Location> location,
                                      const ConvSignature &signature);

/// Checks the element types of a convolution, and the numbered constraints on
/// quantized ones that the dialect's description states.
LogicalResult verifyQuantization(std::optional<Location> location,
                                 ConvolutionOpInterface conv);

} // namespace mlir::lw::detail

#endif // LW_LIB_DIALECT_IR_LWINFERENCE_H
