//===- RegisterPipelines.cpp - Pipelines by name
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Pipelines/Pipelines.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassOptions.h"
#include "mlir/Pass/PassRegistry.h"

using namespace mlir;

namespace {

struct GraphFlags : PassPipelineOptions<GraphFlags> {
  Option<bool> foldBatchNorm{
      *this, "fold-batch-norm",
      llvm::cl::desc("Fold batch norms into the convolutions before them"),
      llvm::cl::init(true)};
  Option<bool> fuseEpilogue{
      *this, "fuse-epilogue",
      llvm::cl::desc("Fuse bias, residual and activation into convolutions"),
      llvm::cl::init(true)};

  lw::GraphOptions get() const {
    lw::GraphOptions options;
    options.foldBatchNorm = foldBatchNorm;
    options.fuseEpilogue = fuseEpilogue;
    return options;
  }
};

struct LowerFlags : PassPipelineOptions<LowerFlags> {
  Option<std::string> prefix{*this, "prefix",
                             llvm::cl::desc("Prefix of the exported symbols"),
                             llvm::cl::init("lw")};
  Option<std::string> cpu{*this, "cpu",
                          llvm::cl::desc("Name of the target cpu to record"),
                          llvm::cl::init("generic")};

  lw::LowerToLLVMOptions get() const { return {prefix, cpu, {}}; }
};

} // namespace

void lw::registerLwPipelines() {
  static PassPipelineRegistration<GraphFlags> graph(
      "lw-graph-pipeline",
      "Graph level: clean and fold a network of tosa and lw operations",
      [](OpPassManager &pm, const GraphFlags &flags) {
        buildGraphPipeline(pm, flags.get());
      });
  static PassPipelineRegistration<LowerFlags> reference(
      "lw-reference-pipeline",
      "Graph level to the LLVM dialect through plain loops",
      [](OpPassManager &pm, const LowerFlags &flags) {
        buildReferencePipeline(pm, flags.get());
      });
  static PassPipelineRegistration<> loops(
      "lw-reference-loops-pipeline",
      "Graph level to plain loops over memrefs with static shapes",
      [](OpPassManager &pm) { buildReferenceLoopsPipeline(pm); });
  static PassPipelineRegistration<LowerFlags> lower(
      "lw-lower-to-llvm",
      "Memref form to the LLVM dialect with the C entry point",
      [](OpPassManager &pm, const LowerFlags &flags) {
        buildLowerToLLVMPipeline(pm, flags.get());
      });
}
