//===- ConvSpec.h - What all convolution kernels have in common
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_CODEGEN_KERNELS_CONVSPEC_H
#define LW_LIB_CODEGEN_KERNELS_CONVSPEC_H

#include "Builder/KernelBuilder.h"
#include "lw/Dialect/IR/ConvGeometry.h"
#include "lw/Dialect/IR/Quantization.h"
#include "lw/Target/TargetInfo.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/SaveAndRestore.h"

namespace mlir::lw {

/// What decides the code that turns the accumulators of a quantized convolution
/// into its result (see Requantization).
struct QuantizedEpilogue {
  bool isUnsigned = false, residualIsUnsigned = false;
  int64_t zero = 0, residualZero = 0, low = 0, high = 0;
  float residualMultiplier = 0;
  /// Values before rounding may lie outside of what i32 holds.
  bool wide = false;
};

/// A convolution between layouts: y = act(conv(x, w) + bias + residual).
struct ConvSpec {
  ConvGeometry g;
  Layout in, out;
  std::optional<Layout> residual;
  bool hasBias = false;
  ActivationAttr activation;
  const TargetInfo *target = nullptr;
  /// What multiplies the elements of the input; `vector` accumulators a
  /// register.
  const DotUnit *unit = nullptr;
  int64_t vector = 16;
  /// Of a quantized convolution.
  std::optional<QuantizedEpilogue> quantized;
  /// Weights of an f32 convolution are bf16, which are widened where they are
  /// read.
  bool bfloatWeights = false;
  /// A weight of 8 bits is -128.
  bool leastWeight = false;
  /// Products of such weights that can be added in 16 bits, for a processor
  /// that gains by it: 0, 2 or 4 (see ShortSums.h).
  int64_t shortProducts = 0;
  /// Threads that share the layer.
  int64_t threads = 1;
  /// Channels of a panel of weights in an order that kernels for other
  /// processors read too (see SharedWeights.h); 0 for the kernel's own order.
  int64_t panel = 0;

  int64_t weightBytes() const { return bfloatWeights ? 2 : in.elementBytes(); }
  /// Vectors of accumulators in a block of channels of elements of `type`.
  int64_t vectorsIn(Type type) const {
    return type.isInteger(8) || type.isBF16() ? target->blockOf(type) / vector
                                              : 1;
  }
  /// Of the result and the residual.
  int64_t vectorsPerBlock() const {
    int64_t vectors = vectorsIn(out.type);
    return residual ? std::max(vectors, vectorsIn(residual->type)) : vectors;
  }
  /// Of whole blocks.
  int64_t outVectors() const {
    int64_t channels = vectorsPerBlock() * vector;
    return llvm::divideCeilSigned(g.outChannels, channels) * vectorsPerBlock();
  }
  /// Output channels with those that fill the last vector or panel.
  int64_t paddedChannels() const {
    return llvm::alignTo(outVectors() * vector, std::max<int64_t>(1, panel));
  }
  /// Whether threads share whole images, where these come out even: they wait
  /// for one another once, not for each image, and an image stays with its
  /// thread from layer to layer.
  bool sharesImages() const {
    constexpr double kEven = 1.15;
    int64_t most = llvm::divideCeilSigned(g.batch, threads);
    return threads > 1 && most * threads <= kEven * g.batch;
  }
  double macs() const {
    int64_t sum = g.kernelHeight * g.kernelWidth * (g.inChannels / g.groups);
    return static_cast<double>(g.batch) * g.outPixels() * g.outChannels * sum;
  }
};

/// Buffers of its kernel: input, packed weights, bias and multipliers of a
/// quantized convolution (padded to whole vectors), residual, output, and
/// scratch memory for weights and inputs of 16 bits; the weights of a layer
/// behind, which are fetched meanwhile. Absent ones are null.
struct ConvBuffers {
  Value input, weights, bias, multipliers, residual, output;
  Value wideWeights = {}, wideInputs = {}, fetched = {};
};

} // namespace mlir::lw

#endif // LW_LIB_CODEGEN_KERNELS_CONVSPEC_H
