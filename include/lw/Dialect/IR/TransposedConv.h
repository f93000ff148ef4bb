//===- TransposedConv.h - Transposed as standard convolutions ---*- C++ -*-===//
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_DIALECT_IR_TRANSPOSEDCONV_H
#define LW_DIALECT_IR_TRANSPOSEDCONV_H

#include "mlir/IR/Builders.h"
#include <array>

namespace mlir::lw {

/// A transposed convolution of an image N x H x W x C with constant filters
/// [KH, KW, C, F / groups]: every pixel adds its multiple of the filter to the
/// pixels of the output from (y, x) * stride - cropped on.
struct TransposedConv {
  std::array<int64_t, 2> kernel, strides = {1, 1}, dilations = {1, 1};
  /// Rows above and columns left of what is computed that the output leaves
  /// out; negative where it has more.
  std::array<int64_t, 2> cropped = {0, 0};
  /// Height and width of the output.
  std::array<int64_t, 2> out;
  int64_t groups = 1;
};

/// The transposed convolution as convolutions of stride 1, interleaved.
///
/// An output pixel meets the taps of the filter whose distance from it is a
/// multiple of the stride, and the pixels between its neighbours meet others.
/// The pixels that meet as many taps at one distance are the channels of one
/// convolution, so that nothing is multiplied by a zero between the pixels of
/// the input. `bias` [F] may be null.
Value emitTransposedConv(OpBuilder &builder, Location location, Value input,
                         ArrayRef<float> filter, Value bias,
                         const TransposedConv &conv);

} // namespace mlir::lw

#endif // LW_DIALECT_IR_TRANSPOSEDCONV_H
