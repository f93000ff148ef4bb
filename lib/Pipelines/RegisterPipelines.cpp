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

  Option<bool> raiseToTosa{
      *this, "raise-to-tosa",
      llvm::cl::desc("Raise all of linalg and tensor to tosa"),
      llvm::cl::init(false)};

  lw::GraphOptions get() const {
    lw::GraphOptions options;
    options.raiseToTosa = raiseToTosa;
    options.foldBatchNorm = foldBatchNorm;
    options.fuseEpilogue = fuseEpilogue;
    return options;
  }
};

struct LowerFlags : PassPipelineOptions<LowerFlags> {
  Option<std::string> prefix{*this, "prefix",
                             llvm::cl::desc("Prefix of the exported symbols"),
                             llvm::cl::init("lw")};

  lw::LowerToLLVMOptions get() const { return {prefix}; }
};

struct KernelFlags : LowerFlags {
  Option<unsigned> threads{*this, "threads",
                           llvm::cl::desc("Threads of a layer"),
                           llvm::cl::init(1)};

  Option<bool> profile{*this, "profile",
                       llvm::cl::desc("Call lw_profile_mark after every layer"),
                       llvm::cl::init(false)};

  Option<lw::WinogradUse> winograd{
      *this, "winograd", llvm::cl::desc("Winograd kernels"),
      llvm::cl::init(lw::WinogradUse::Auto),
      llvm::cl::values(
          clEnumValN(lw::WinogradUse::Auto, "auto", "where they are faster"),
          clEnumValN(lw::WinogradUse::Never, "never", "nowhere"),
          clEnumValN(lw::WinogradUse::Always, "always", "where possible"))};

  lw::KernelOptions getKernel() const {
    lw::KernelOptions options;
    options.threads = threads;
    options.winograd = winograd;
    options.profile = profile;
    return options;
  }
};

} // namespace

void lw::registerLwPipelines() {
  static PassPipelineRegistration<GraphFlags> graph(
      "lw-graph-pipeline",
      "Graph level: clean and fold a network of tosa and lw operations",
      [](OpPassManager &pm, const GraphFlags &flags) {
        // Without options of other passes it cannot fail.
        (void)buildGraphPipeline(pm, flags.get());
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
  static PassPipelineRegistration<KernelFlags> kernel(
      "lw-kernel-pipeline",
      "Graph level to the LLVM dialect through generated kernels",
      [](OpPassManager &pm, const KernelFlags &flags) {
        buildKernelPipeline(pm, flags.getKernel(), flags.get());
      });
  static PassPipelineRegistration<KernelFlags> kernelLoops(
      "lw-kernel-loops-pipeline",
      "Graph level to generated kernels over memrefs with static shapes",
      [](OpPassManager &pm, const KernelFlags &flags) {
        buildKernelLoopsPipeline(pm, flags.getKernel());
      });
  static PassPipelineRegistration<LowerFlags> lower(
      "lw-lower-to-llvm",
      "Memref form to the LLVM dialect with the C entry point",
      [](OpPassManager &pm, const LowerFlags &flags) {
        buildLowerToLLVMPipeline(pm, flags.get());
      });
}
