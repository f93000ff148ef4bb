//===- Pipelines.h - Pipelines to loops and to the LLVM dialect -*- C++ -*-===//
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LOWERING_PIPELINES_H
#define LW_LOWERING_PIPELINES_H

#include <cstdint>
#include <string>

namespace mlir {
class OpPassManager;
} // namespace mlir

namespace mlir::lw {

/// How the memref form of a network becomes the LLVM dialect.
struct LowerToLLVMOptions {
  /// Prefix of the exported C functions, a C identifier.
  std::string prefix = "lw";
  /// Threads that the code runs on, recorded in the compiled network.
  int64_t threads = 1;
  /// Bytes that the arena may have; negative: any number.
  int64_t arenaLimit = -1;
  /// Code that calls nothing but memcpy, memmove and memset.
  bool freestanding = false;
};

/// Functions on tensors to functions on memrefs with plain loops; results
/// become arguments. What the reference path does, for any module. Sums are
/// over vectors of up to `lanes` elements.
void buildLoopsPipeline(OpPassManager &pm, int64_t lanes = 1);

/// Graph level to the memref form: `linalg`, bufferized, as plain loops. Slow
/// and obvious; every other lowering is compared with it.
void buildReferenceLoopsPipeline(OpPassManager &pm);

/// Graph level to the LLVM dialect through plain loops: the loops pipeline,
/// then `buildLowerToLLVMPipeline`. Registered as `--lw-reference-pipeline`.
void buildReferencePipeline(OpPassManager &pm,
                            const LowerToLLVMOptions &options = {});

/// Memref form (see `--lw-prepare-entry`) to the LLVM dialect with the C entry
/// point. The common tail of all lowerings: accepts linalg, affine, scf,
/// vector, memref, arith, math, cf, index and ub. Registered as
/// `--lw-lower-to-llvm`.
void buildLowerToLLVMPipeline(OpPassManager &pm,
                              const LowerToLLVMOptions &options = {});

} // namespace mlir::lw

#endif // LW_LOWERING_PIPELINES_H
