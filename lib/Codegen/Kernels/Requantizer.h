//===- Requantizer.h - From accumulators to the result of a quantized conv
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_CODEGEN_KERNELS_REQUANTIZER_H
#define LW_LIB_CODEGEN_KERNELS_REQUANTIZER_H

#include "Kernels/ConvSpec.h"

namespace mlir::lw {

/// Emits what follows the sums of a quantized convolution, see the dialect's
/// description of its arithmetic.
class Requantizer {
public:
  Requantizer(KernelBuilder &k, const ConvSpec &spec)
      : k(k), q(*spec.quantized) {}

  /// float(acc) * multipliers, plus the residual's bytes if not null, in f32.
  Value scale(Value accumulators, Value multipliers, Value residual);
  /// Four vectors of that as bytes, see `narrow`.
  Value toBytes(ArrayRef<Value> values);

private:
  KernelBuilder &k;
  const QuantizedEpilogue &q;
};

/// rint(x) as i32, of values that may lie `outside` of what i32 holds.
Value roundToInteger(KernelBuilder &k, Value x, bool outside);

/// Bytes as i32, as u8 or s8, less a zero point.
Value centerBytes(KernelBuilder &k, Value bytes, bool isUnsigned, int64_t zero);
/// The same in f32, times a scale.
Value dequantize(KernelBuilder &k, Value bytes, bool isUnsigned, int64_t zero,
                 float scale);

/// A vector of as many lanes, all of them `value`.
Value splatLike(KernelBuilder &k, Value vector, float value);

} // namespace mlir::lw

#endif // LW_LIB_CODEGEN_KERNELS_REQUANTIZER_H
