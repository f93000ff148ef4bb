//===- DepthwiseKind.cpp - Depthwise convolutions
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Kernels/Depthwise/DepthwiseKind.h"
#include "Kernels/ConvCalls.h"
#include "Kernels/Depthwise/DepthwiseBytes.h"
#include "Kernels/Gemm/GemmKind.h"
#include "Kernels/Support.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/TypeUtilities.h"

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
  if (!isa<DepthwiseConv2DOp>(op))
    return false;
  auto result = cast<ShapedType>(op->getResult(0).getType());
  if (isConvolution(op))
    return isStaticF32(op->getOperand(0));
  // Accumulators are made in blocks of bytes, which nobody else is given.
  return isQuantizedConvolution(op) &&
         (result.getElementType().isInteger(8) ||
          (result.getElementType().isInteger(32) &&
           llvm::none_of(op->getUsers(), llvm::IsaPred<func::ReturnOp>)));
}

int64_t DepthwiseKind::resultBlock(Operation *op, const ResultUse &use) const {
  return getElementTypeOrSelf(op->getResult(0).getType()).isInteger(32)
             ? TargetInfo::kByteBlock
             : use.vector;
}

bool DepthwiseKind::runsOn(const TargetInfo &target, Operation *op) const {
  auto input = cast<ShapedType>(op->getOperand(0).getType());
  return multiplies(*target.unitOf(input.getElementType()), op) &&
         makesBlocks(target, cast<ConvolutionOpInterface>(op));
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
  if (spec.quantized)
    chooseDepthwiseBytesTile(spec, selection.target);
  else
    chooseDepthwiseTile(spec, selection.target);
  return DepthwiseAttr::get(op->getContext(), spec.tileHeight, spec.tileWidth);
}

LogicalResult DepthwiseKind::verify(Operation *op,
                                    const TargetInfo &target) const {
  DepthwiseSpec spec = depthwiseSpec(cast<DepthwiseConv2DOp>(op), target);
  int64_t vector = target.blockOf(spec.in.type);
  if (failed(verifyHalo(op, spec.g.padding)))
    return failure();
  if (spec.in.block != vector)
    return op->emitError("expects an input block of one vector (")
           << vector << "), found " << spec.in.block;
  if (spec.out.type.isInteger(32)) {
    if (spec.out.block != TargetInfo::kByteBlock)
      return op->emitError("expects accumulators in blocks of ")
             << TargetInfo::kByteBlock << ", found a block of "
             << spec.out.block;
  } else if (failed(verifyBlocks(op, target, /*rowMajor=*/false))) {
    return failure();
  }
  // The last tile of a layer is cut; a tile beyond the layer is a mistake.
  if (spec.tileHeight > spec.g.outHeight || spec.tileWidth > spec.g.outWidth)
    return op->emitError("expects a tile of at most ")
           << spec.g.outHeight << "x" << spec.g.outWidth << ", found "
           << spec.tileHeight << "x" << spec.tileWidth;
  int64_t needed = spec.accumulators() + 2;
  if (needed > target.vectorRegisters)
    return op->emitError("tile needs ")
           << needed << " vector registers, " << target.cpu << " has "
           << target.vectorRegisters;
  return success();
}

void DepthwiseKind::emit(Operation *op, KernelCalls &calls) const {
  calls.border(op);
  auto conv = cast<ConvolutionOpInterface>(op);
  DepthwiseSpec spec = depthwiseSpec(cast<DepthwiseConv2DOp>(op), calls.target);
  SmallVector<Value> arguments = {calls.bufferOf(conv.getConvInput())};
  MLIRContext *context = op->getContext();
  ConstantData packed =
      spec.quantized
          ? ConstantData::get(context, packDepthwiseBytesWeights(
                                           spec, quantizedFilterOf(conv)))
          : ConstantData::get(context,
                              packDepthwiseWeights(spec, filterOf(conv)));
  ConvPlaces places = addOperands(
      calls, conv, packed,
      std::max(spec.paddedChannels(), spec.out.blocks() * spec.out.block),
      arguments);
  calls.call("depthwise", addConvolution(calls.key(), spec, planOf(op)),
             arguments, op->getLoc(), [&](KernelBuilder &k, ValueRange args) {
               ConvBuffers buffers = places.in(args, args[0]);
               if (spec.quantized)
                 emitDepthwiseBytes(k, spec, buffers);
               else
                 emitDepthwise(k, spec, buffers);
             });
}
