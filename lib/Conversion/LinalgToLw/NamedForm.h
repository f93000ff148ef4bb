//===- NamedForm.h - Named linalg convolutions ------------------*- C++ -*-===//
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_CONVERSION_LINALGTOLW_NAMEDFORM_H
#define LW_LIB_CONVERSION_LINALGTOLW_NAMEDFORM_H

#include "lw/Dialect/IR/LwOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include <optional>

namespace mlir::lw {

enum class ConvolutionKind { Standard, Depthwise, Grouped };

/// What tells one named convolution from another.
struct NamedForm {
  ConvolutionKind kind;
  bool channelsFirst;
  /// From linalg's filter to [KH, KW, Cin/groups, Cout], with the group before
  /// the output channel, and to [KH, KW, C, M].
  SmallVector<int64_t> filterPermutation;
  /// Grouped or with a multiplier: two dimensions are Cout, from this on.
  bool splitOutput = false;
  bool splitInput = false;
  /// With zero points of input and filter before the output.
  bool quantized = false;

  /// Position of the (first) channel dimension of activations.
  unsigned channelDim() const { return channelsFirst ? 1 : 3; }
};

/// Nothing for what is no such convolution.
std::optional<NamedForm> getNamedForm(Operation *op);

/// Shapes and types that lw can express: known but for the batch, not empty,
/// of one float type or of i8 onto i32.
bool hasRaisableTypes(linalg::LinalgOp op, const NamedForm &form);

/// What the bytes of an integer convolution stand for, the accumulators being
/// its result; null where zero points vary or the filter has one.
ConvQuantAttr getQuantization(linalg::LinalgOp op, const NamedForm &form);

/// True for zeros of any type.
bool isZero(Value value);

} // namespace mlir::lw

#endif // LW_LIB_CONVERSION_LINALGTOLW_NAMEDFORM_H
