//===- ConvSpec.h - What all convolution kernels have in common
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_CODEGEN_KERNELS_CONVSPEC_H
#define LW_LIB_CODEGEN_KERNELS_CONVSPEC_H

#include "Builder/KernelBuilder.h"
#include "lw/Dialect/IR/ConvGeometry.h"
#include "lw/Target/TargetInfo.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/SaveAndRestore.h"

namespace mlir::lw {

/// A convolution between layouts: y = act(conv(x, w) + bias + residual).
struct ConvSpec {
  ConvGeometry g;
  Layout in, out;
  std::optional<Layout> residual;
  bool hasBias = false;
  ActivationAttr activation;
  const TargetInfo *target = nullptr;
  int64_t vector = 16; // lanes of the target
  /// Threads that share the layer.
  int64_t threads = 1;

  int64_t outVectors() const {
    return llvm::divideCeilSigned(g.outChannels, vector);
  }
  double macs() const {
    int64_t sum = g.kernelHeight * g.kernelWidth * (g.inChannels / g.groups);
    return static_cast<double>(g.batch) * g.outPixels() * g.outChannels * sum;
  }
};

/// Buffers of its kernel: input, packed weights, bias (padded to whole
/// vectors), residual, output. Absent ones are null.
struct ConvBuffers {
  Value input, weights, bias, residual, output;
};

} // namespace mlir::lw

#endif // LW_LIB_CODEGEN_KERNELS_CONVSPEC_H
