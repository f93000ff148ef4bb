//===- Pipelines.h - Pass pipelines from a network to the LLVM dialect
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_PIPELINES_PIPELINES_H
#define LW_PIPELINES_PIPELINES_H

#include "lw/Codegen/WinogradUse.h"
#include "lw/Lowering/Pipelines.h"
#include "mlir/Support/LLVM.h"
#include <optional>
#include <string>

namespace llvm {
class raw_ostream;
} // namespace llvm

namespace mlir {
class OpPassManager;
} // namespace mlir

namespace mlir::lw {

/// What happens at the graph level, before either lowering.
struct GraphOptions {
  /// Fold batch norms into the convolutions before them.
  bool foldBatchNorm = true;
  /// Make bias, residual and activation part of the convolution before them.
  bool fuseEpilogue = true;
  /// Raise all of linalg and tensor to tosa, which kernels know; without, only
  /// convolutions and what is beside them, as others want their linalg back.
  bool raiseToTosa = false;
  /// Say why something was not raised.
  bool remarks = false;
  /// Rewrite standard convolutions to separable form by their weights alone:
  /// the options of `--lw-make-separable` as in a textual pipeline,
  /// `terms=2 min-gain=1.2`.
  std::optional<std::string> separable;
  /// Where the table of that goes; a remark when null.
  llvm::raw_ostream *report = nullptr;
};

/// How the fast lowering makes code.
struct KernelOptions {
  /// Threads of a layer; 1 makes code without OpenMP.
  unsigned threads = 1;
  /// Work from which on they share a layer (see --lw-select-kernels); negative:
  /// what pays.
  int64_t leastWork = -1;
  WinogradUse winograd = WinogradUse::Auto;
  /// See --lw-select-kernels; 0 where code is for one processor.
  int64_t weightPanel = 0, bytePanel = 0;
  /// Bytes between the layers of a stage from which on it is computed in
  /// strips; negative: the second-level cache.
  int64_t stripBytes = -1;
  /// Bytes that the arena may have; negative: any number.
  int64_t arenaLimit = -1;
  /// Call `lw_profile_mark(layer)` after every layer (see --lw-emit-kernels).
  bool profile = false;
};

/// Convolutions of linalg and tosa to lw's.
void buildRaisePipeline(OpPassManager &pm, const GraphOptions &options = {});

/// Graph level to graph level: `tosa` and `lw` on tensors, cleaned and folded.
/// Registered as `--lw-graph-pipeline`. Fails, with a message, when the options
/// of a pass are invalid.
LogicalResult buildGraphPipeline(OpPassManager &pm,
                                 const GraphOptions &options = {},
                                 std::string *message = nullptr);

/// Graph level to the memref form through generated kernels: layouts, register
/// tiles and one arena. Registered as `--lw-kernel-loops-pipeline`.
void buildKernelLoopsPipeline(OpPassManager &pm,
                              const KernelOptions &options = {});

/// Graph level to the LLVM dialect through generated kernels. Registered as
/// `--lw-kernel-pipeline`.
void buildKernelPipeline(OpPassManager &pm, const KernelOptions &options = {},
                         const LowerToLLVMOptions &lower = {});

/// Registers the pipelines above, and those of Lowering, by name.
void registerLwPipelines();

} // namespace mlir::lw

#endif // LW_PIPELINES_PIPELINES_H
