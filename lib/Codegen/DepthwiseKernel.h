//===- DepthwiseKernel.h - Depthwise convolutions on blocked layouts
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_CODEGEN_DEPTHWISEKERNEL_H
#define LW_LIB_CODEGEN_DEPTHWISEKERNEL_H

#include "ConvSpec.h"
#include "lw/Target/TargetInfo.h"
#include <vector>

namespace mlir::lw {

/// A depthwise convolution between layouts whose block is one vector. With a
/// multiplier M, output block b reads input block b / M, its lanes spread by a
/// permutation.
struct DepthwiseSpec : ConvSpec {
  int64_t tileHeight = 1, tileWidth = 1;
};

/// Chooses the output tile: every input of the tile's window is loaded once.
void chooseDepthwiseTile(DepthwiseSpec &spec, const TargetInfo &target);

/// Weights `[KH, KW, C, M]` as `[block of C*M][tap][lane]`, zero-filled.
std::vector<float> packDepthwiseWeights(const DepthwiseSpec &spec,
                                        ArrayRef<float> filter);

void emitDepthwise(KernelBuilder &k, const DepthwiseSpec &spec,
                   const ConvBuffers &buffers);

} // namespace mlir::lw

#endif // LW_LIB_CODEGEN_DEPTHWISEKERNEL_H
