//===- VerifyKernels.cpp - Check the chosen kernels against the target
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Strategy.h"
#include "lw/Codegen/Passes.h"
#include "lw/Target/TargetInfo.h"
#include "mlir/IR/BuiltinOps.h"

namespace mlir::lw {
#define GEN_PASS_DEF_LWVERIFYKERNELS
#include "lw/Codegen/Passes.h.inc"
} // namespace mlir::lw

using namespace mlir;
using namespace mlir::lw;

static LogicalResult verifyHalo(Operation *op, const ConvGeometry &g) {
  Layout in = getLayout(op->getOperand(0));
  static constexpr const char *kSides[4] = {"top", "bottom", "left", "right"};
  for (int i = 0; i < 4; ++i)
    if (in.halo[i] < g.padding[i])
      return op->emitError("expects a ")
             << kSides[i] << " halo of at least the padding (" << g.padding[i]
             << "), found " << in.halo[i];
  return success();
}

static LogicalResult verifyTile(Operation *op, KernelAttr kernel,
                                const ConvGeometry &g, const TargetInfo &target,
                                bool gemm) {
  int64_t rows = kernel.getTileHeight() * kernel.getTileWidth();
  if (rows < 1 || kernel.getTileVectors() < 1)
    return op->emitError("expects tile extents of at least 1");
  // The last tile of a layer is cut; a tile beyond the layer is a mistake.
  if (!gemm && (kernel.getTileHeight() > g.outHeight ||
                kernel.getTileWidth() > g.outWidth))
    return op->emitError("expects a tile of at most ")
           << g.outHeight << "x" << g.outWidth << ", found "
           << kernel.getTileHeight() << "x" << kernel.getTileWidth();
  if (kernel.getTaps() != 1 && kernel.getTaps() != g.kernelWidth)
    return op->emitError("expects taps to be 1 or the filter's width (")
           << g.kernelWidth << "), found " << kernel.getTaps();
  int64_t needed =
      gemm ? (rows + kernel.getTaps()) * kernel.getTileVectors() + 1 : rows + 2;
  if (needed > target.vectorRegisters)
    return op->emitError("tile needs ")
           << needed << " vector registers, " << target.cpu << " has "
           << target.vectorRegisters;
  return success();
}

static LogicalResult verifyWinograd(Operation *op, KernelAttr kernel,
                                    const TargetInfo &target) {
  auto conv = dyn_cast<ConvolutionOpInterface>(op);
  if (!conv || classify(op, kernel.getVector()) != KernelFamily::Gemm ||
      !isWinogradPossible(conv.getConvGeometry()))
    return op->emitError("has no winograd kernel for this operation");
  ArrayRef<int64_t> shape = kernel.getWinograd();
  if (shape.size() != 4 || (shape[0] != 2 && shape[0] != 4) || shape[1] < 1 ||
      shape[2] < 1 || shape[3] < 1)
    return op->emitError("expects winograd = [2 or 4, rows, vectors, threads]");
  WinogradSpec spec = winogradSpec(conv, kernel.getVector());
  if (spec.tileRows() % spec.rows || spec.outVectors() % spec.vectors)
    return op->emitError("expects a divisor of the ")
           << spec.tileRows() << " rows of tiles and of the "
           << spec.outVectors() << " vectors of output channels, found "
           << spec.rows << " and " << spec.vectors;
  std::array<int64_t, 4> halo = WinogradSpec::halo(spec.g, spec.outputs);
  for (int i = 0; i < 4; ++i)
    if (spec.in.halo[i] < halo[i])
      return op->emitError("expects a halo of at least ")
             << halo[i] << " for whole tiles, found " << spec.in.halo[i];
  if (spec.in.block != spec.vector || spec.out.block != spec.vector)
    return op->emitError("expects blocks of one vector (")
           << spec.vector << ")";
  return verifyTile(op, kernel, spec.product.g, target, /*gemm=*/true);
}

static LogicalResult verifyKernel(Operation *op, const TargetInfo &target) {
  auto kernel = op->getAttrOfType<KernelAttr>(kKernelAttrName);
  if (!kernel)
    return op->emitError("has no kernel; run --lw-select-kernels first");
  KernelFamily family = kernel.getFamily();
  if (family != KernelFamily::Reference && family != KernelFamily::Alias &&
      family != KernelFamily::Copy &&
      kernel.getVector() != target.vectorElements)
    return op->emitError("expects vectors of ")
           << target.vectorElements << " elements for " << target.cpu
           << ", found " << kernel.getVector();
  KernelFamily able = classify(op, kernel.getVector());
  bool conv = family == KernelFamily::Gemm || family == KernelFamily::Depthwise;
  if ((conv || family == KernelFamily::Pool ||
       family == KernelFamily::Elementwise) &&
      able != family)
    return op->emitError("has no ")
           << stringifyKernelFamily(family) << " kernel for this operation";
  if (family == KernelFamily::Winograd)
    return verifyWinograd(op, kernel, target);
  if (!conv)
    return success();
  ConvGeometry g = cast<ConvolutionOpInterface>(op).getConvGeometry();
  if (failed(verifyHalo(op, g)))
    return failure();
  bool depthwise = family == KernelFamily::Depthwise;
  if (depthwise && getLayout(op->getOperand(0)).block != kernel.getVector())
    return op->emitError("expects an input block of one vector (")
           << kernel.getVector() << "), found "
           << getLayout(op->getOperand(0)).block;
  return verifyTile(op, kernel, g, target, !depthwise);
}

namespace {
struct VerifyKernels : public lw::impl::LwVerifyKernelsBase<VerifyKernels> {
  using LwVerifyKernelsBase::LwVerifyKernelsBase;

  void runOnOperation() override {
    FailureOr<TargetInfo> target = TargetInfo::get(getOperation());
    func::FuncOp main =
        succeeded(target) ? findMain(getOperation()) : func::FuncOp();
    if (!main)
      return signalPassFailure();
    for (Operation &op : main.front().without_terminator())
      if (!isCompileTime(&op) && failed(verifyKernel(&op, *target)))
        signalPassFailure();
    markAllAnalysesPreserved();
  }
};
} // namespace
