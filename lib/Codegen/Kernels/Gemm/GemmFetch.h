//===- GemmFetch.h - Weights of a layer behind, fetched meanwhile
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_CODEGEN_KERNELS_GEMM_GEMMFETCH_H
#define LW_LIB_CODEGEN_KERNELS_GEMM_GEMMFETCH_H

#include "mlir/IR/Operation.h"

namespace mlir::lw {

struct TargetInfo;

/// On a layer: array<i64: first, bytes>, the part of the packed weights of the
/// next layer that waits for its own, which come while this one is computed.
inline constexpr llvm::StringLiteral kFetchAttrName = "lw.fetch";

/// Bytes of packed weights that `op` does nothing but wait for, since each
/// meets one pixel; 0 where it has more to do, or where they come as fast from
/// memory, or no cache would hold them.
int64_t bytesWaitedFor(Operation *op, const TargetInfo &target);

/// Whether the kernel of `op` can fetch for another.
bool canFetch(Operation *op, const TargetInfo &target);

/// The layer that `op` fetches for; null without.
Operation *fetchedFor(Operation *op, const TargetInfo &target);

} // namespace mlir::lw

#endif // LW_LIB_CODEGEN_KERNELS_GEMM_GEMMFETCH_H
