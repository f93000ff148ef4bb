//===- ChannelCopyKernel.h - Copies that move channels between blocks
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_CODEGEN_KERNELS_COPY_CHANNELCOPYKERNEL_H
#define LW_LIB_CODEGEN_KERNELS_COPY_CHANNELCOPYKERNEL_H

#include "Builder/KernelBuilder.h"

namespace mlir::lw {

/// A copy that keeps pixels where they are and takes every channel of the
/// result from one of some sources: slices and concatenations of channels and
/// channel shuffles. All values lie in blocks of one vector.
struct ChannelCopySpec {
  /// Where a channel of the result comes from.
  struct Origin {
    int64_t source, channel;
  };
  SmallVector<Origin> origins; // of every channel of `out`
  SmallVector<Layout> sources;
  Layout out;
};

/// Emits the copy: of each block of the result, the vectors that hold its
/// channels are loaded and their lanes permuted. Writes the unused lanes of the
/// last block as zeros, and no halo.
void emitChannelCopy(KernelBuilder &k, const ChannelCopySpec &spec,
                     ValueRange sources, Value target);

} // namespace mlir::lw

#endif // LW_LIB_CODEGEN_KERNELS_COPY_CHANNELCOPYKERNEL_H
