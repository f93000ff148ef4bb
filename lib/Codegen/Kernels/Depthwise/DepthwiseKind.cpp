//===- DepthwiseKind.cpp - Depthwise convolutions
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Kernels/Depthwise/DepthwiseKind.h"
#include "Kernels/ConvCalls.h"
#include "Kernels/Gemm/GemmKind.h"
#include "Kernels/Support.h"

using namespace mlir;
using namespace mlir::lw;

DepthwiseSpec mlir::lw::depthwiseSpec(DepthwiseConv2DOp op,
                                      const TargetInfo &target) {
  DepthwiseSpec spec;
  describe(op, target, spec);
  spec.threads = getThreads(op, 4.0 * (spec.in.bytes() + spec.out.bytes()));
  if (auto plan = planOf<DepthwiseAttr>(op)) {
    spec.tileHeight = plan.getTileHeight();
    spec.tileWidth = plan.getTileWidth();
  }
  return spec;
}

bool DepthwiseKind::canCompute(Operation *op) const {
  return isa<DepthwiseConv2DOp>(op) && isConvolution(op);
}

Halo DepthwiseKind::inputHalo(Operation *op, KernelAttrInterface) const {
  return cast<ConvolutionOpInterface>(op).getConvGeometry().padding;
}

std::optional<Layout> DepthwiseKind::wantedLayout(OpOperand &operand,
                                                  KernelAttrInterface plan,
                                                  int64_t vector) const {
  if (operand.getOperandNumber() != 0)
    return wantResidual(operand, vector, /*rowMajor=*/false);
  return wantHalo(operand, vector, inputHalo(operand.getOwner(), plan));
}

KernelAttrInterface DepthwiseKind::choose(Operation *op, KernelAttrInterface,
                                          const Selection &selection) const {
  DepthwiseSpec spec =
      depthwiseSpec(cast<DepthwiseConv2DOp>(op), selection.target);
  chooseDepthwiseTile(spec, selection.target);
  return DepthwiseAttr::get(op->getContext(), spec.tileHeight, spec.tileWidth);
}

LogicalResult DepthwiseKind::verify(Operation *op,
                                    const TargetInfo &target) const {
  int64_t vector = target.lanes();
  DepthwiseSpec spec = depthwiseSpec(cast<DepthwiseConv2DOp>(op), target);
  if (failed(verifyHalo(op, spec.g.padding)))
    return failure();
  if (spec.in.block != vector)
    return op->emitError("expects an input block of one vector (")
           << vector << "), found " << spec.in.block;
  if (failed(verifyBlocks(op, vector, /*rowMajor=*/false)))
    return failure();
  // The last tile of a layer is cut; a tile beyond the layer is a mistake.
  if (spec.tileHeight > spec.g.outHeight || spec.tileWidth > spec.g.outWidth)
    return op->emitError("expects a tile of at most ")
           << spec.g.outHeight << "x" << spec.g.outWidth << ", found "
           << spec.tileHeight << "x" << spec.tileWidth;
  int64_t needed = spec.tileHeight * spec.tileWidth + 2;
  if (needed > target.vectorRegisters)
    return op->emitError("tile needs ")
           << needed << " vector registers, " << target.cpu << " has "
           << target.vectorRegisters;
  return success();
}

void DepthwiseKind::emit(Operation *op, KernelCalls &calls) const {
  calls.border(op);
  auto conv = cast<ConvolutionOpInterface>(op);
  int64_t vector = calls.target.lanes();
  DepthwiseSpec spec = depthwiseSpec(cast<DepthwiseConv2DOp>(op), calls.target);
  SmallVector<Value> arguments = {calls.bufferOf(conv.getConvInput())};
  ConvPlaces places =
      addOperands(calls, conv, packDepthwiseWeights(spec, filterOf(conv)),
                  spec.out.blocks() * vector, arguments);
  calls.call("depthwise", addConvolution(calls.key(), spec, planOf(op)),
             arguments, op->getLoc(), [&](KernelBuilder &k, ValueRange args) {
               emitDepthwise(k, spec, places.in(args, args[0]));
             });
}
