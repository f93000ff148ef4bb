//===- GatherKind.cpp - Rows of a table that indices choose
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Kernels/Gather/GatherKind.h"
#include "Kernels/Gather/GatherKernel.h"
#include "Kernels/KernelCalls.h"
#include "Kernels/Support.h"
#include "lw/Dialect/IR/LwIndexOps.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"

using namespace mlir;
using namespace mlir::lw;

/// The product of some extents.
static int64_t count(ArrayRef<int64_t> extents) {
  int64_t product = 1;
  for (int64_t extent : extents)
    product *= extent;
  return product;
}

static GatherSpec gatherSpec(Operation *op) {
  ArrayRef<int64_t> table = tensorTypeOf(op->getOperand(0)).getShape();
  RankedTensorType indices = tensorTypeOf(op->getOperand(1));
  if (isa<tosa::GatherOp>(op))
    return {table[0],
            table[1],
            table[2],
            indices.getDimSize(1),
            /*ownIndices=*/true,
            /*wraps=*/false};
  int64_t axis = cast<GatherOp>(op).getAxis();
  return {count(table.take_front(axis)),
          table[axis],
          count(table.drop_front(axis + 1)),
          indices.getNumElements(),
          /*ownIndices=*/false,
          /*wraps=*/true};
}

bool GatherKind::canCompute(Operation *op) const {
  if (!isa<GatherOp, tosa::GatherOp>(op))
    return false;
  RankedTensorType indices = tensorTypeOf(op->getOperand(1));
  return isStaticElements(op->getOperand(0)) &&
         isStaticElements(op->getResult(0)) && indices &&
         indices.hasStaticShape();
}

std::optional<Layout> GatherKind::wantedLayout(OpOperand &operand,
                                               KernelAttrInterface,
                                               int64_t) const {
  return wantRowMajor(operand);
}

KernelAttrInterface GatherKind::choose(Operation *op, KernelAttrInterface,
                                       const Selection &) const {
  return GatherAttr::get(op->getContext());
}

LogicalResult GatherKind::verify(Operation *op, const TargetInfo &) const {
  for (OpOperand &operand : op->getOpOperands())
    if (wantRowMajor(operand))
      return op->emitError("expects operand ")
             << operand.getOperandNumber() << " to be row-major";
  return success();
}

void GatherKind::emit(Operation *op, KernelCalls &calls) const {
  GatherSpec spec = gatherSpec(op);
  calls.call("gather",
             calls.key().add({spec.tables, spec.rows, spec.width, spec.count,
                              spec.ownIndices, spec.wraps}),
             {calls.bufferOf(op->getResult(0)),
              calls.bufferOf(op->getOperand(0)),
              calls.bufferOf(op->getOperand(1))},
             op->getLoc(), [&](KernelBuilder &k, ValueRange args) {
               // The size of the table says nothing about the work.
               k.marksParallel = getThreads(op, 16.0 * spec.elements()) > 1;
               emitGather(k, spec, args[1], args[2], args[0]);
             });
}
