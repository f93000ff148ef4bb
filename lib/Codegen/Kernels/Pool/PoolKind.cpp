//===- PoolKind.cpp - Pooling
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Kernels/Pool/PoolKind.h"
#include "Kernels/KernelCalls.h"
#include "Kernels/Support.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"

using namespace mlir;
using namespace mlir::lw;

template <typename Pool> static ConvGeometry poolGeometry(Pool op) {
  RankedTensorType in = tensorTypeOf(op.getInput()),
                   out = tensorTypeOf(op.getOutput());
  ConvGeometry g;
  g.batch = in.getDimSize(0);
  g.inHeight = in.getDimSize(1);
  g.inWidth = in.getDimSize(2);
  g.inChannels = g.outChannels = in.getDimSize(3);
  g.outHeight = out.getDimSize(1);
  g.outWidth = out.getDimSize(2);
  g.kernelHeight = op.getKernel()[0];
  g.kernelWidth = op.getKernel()[1];
  g.strides = {op.getStride()[0], op.getStride()[1]};
  std::copy_n(op.getPad().begin(), 4, g.padding.begin());
  return g;
}

static PoolSpec poolSpec(Operation *op, const TargetInfo &target) {
  PoolSpec spec;
  spec.isUnsigned = op->hasAttr(kUnsignedAttrName);
  spec.average = isa<tosa::AvgPool2dOp>(op);
  spec.g = spec.average ? poolGeometry(cast<tosa::AvgPool2dOp>(op))
                        : poolGeometry(cast<tosa::MaxPool2dOp>(op));
  spec.skipsNan = skipsNan(op);
  spec.in = getLayout(op->getOperand(0));
  spec.out = getLayout(op->getResult(0));
  spec.vector = target.blockOf(spec.in.type);
  return spec;
}

bool PoolKind::canCompute(Operation *op) const {
  if (isa<tosa::MaxPool2dOp>(op))
    return isStaticElements(op->getResult(0));
  return isa<tosa::AvgPool2dOp>(op) && isStaticF32(op->getResult(0));
}

std::optional<Layout> PoolKind::wantedLayout(OpOperand &operand,
                                             KernelAttrInterface,
                                             int64_t vector) const {
  if (operand.getOperandNumber() != 0)
    return std::nullopt;
  return wantBlocks(operand, vector);
}

KernelAttrInterface PoolKind::choose(Operation *op, KernelAttrInterface,
                                     const Selection &) const {
  return PoolAttr::get(op->getContext());
}

LogicalResult PoolKind::verify(Operation *op, const TargetInfo &target) const {
  Layout in = getLayout(op->getOperand(0)), out = getLayout(op->getResult(0));
  int64_t vector = target.blockOf(in.type);
  if (in.block != vector)
    return op->emitError("expects an input block of one vector (")
           << vector << "), found " << in.block;
  if (out.block != vector && out.block != out.c)
    return op->emitError("expects the result in blocks of one vector (")
           << vector << ") or row-major, found a block of " << out.block;
  return success();
}

void PoolKind::emit(Operation *op, KernelCalls &calls) const {
  calls.border(op);
  PoolSpec spec = poolSpec(op, calls.target);
  calls.call(
      "pool",
      calls.key()
          .add({spec.average, spec.skipsNan, spec.isUnsigned})
          .add(spec.g)
          .add(spec.in)
          .add(spec.out),
      {calls.bufferOf(op->getOperand(0)), calls.bufferOf(op->getResult(0))},
      op->getLoc(), [&](KernelBuilder &k, ValueRange args) {
        emitPool(k, spec, args[0], args[1]);
      });
}
