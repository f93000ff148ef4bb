//===- DepthwiseBytes.h - Quantized depthwise convolutions
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_CODEGEN_KERNELS_DEPTHWISE_DEPTHWISEBYTES_H
#define LW_LIB_CODEGEN_KERNELS_DEPTHWISE_DEPTHWISEBYTES_H

#include "Kernels/Depthwise/DepthwiseKernel.h"

namespace mlir::lw {

/// Chooses rows and columns of the output tile of a quantized depthwise
/// convolution. A vector of bytes holds `tileWidth` pixels of one block of 16
/// channels. Rows of the window are interleaved byte by byte, four at a time,
/// so that a step of the unit adds up to four taps of every channel.
void chooseDepthwiseBytesTile(DepthwiseSpec &spec, const TargetInfo &target);

/// Weights `[KH, KW, C, M]` as `[block of C*M][tile height][row of the
/// tile][column of the window][rows together][channels][step]`, or as `[block
/// of C*M][tap][channel]` where taps are added one by one.
std::vector<int8_t> packDepthwiseBytesWeights(const DepthwiseSpec &spec,
                                              ArrayRef<int8_t> filter);

void emitDepthwiseBytes(KernelBuilder &k, const DepthwiseSpec &spec,
                        const ConvBuffers &buffers);

} // namespace mlir::lw

#endif // LW_LIB_CODEGEN_KERNELS_DEPTHWISE_DEPTHWISEBYTES_H
