//===- MatmulKind.cpp - Products of two activations
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Kernels/Matmul/MatmulKind.h"
#include "Kernels/KernelCalls.h"
#include "Kernels/Matmul/MatmulKernel.h"
#include "Kernels/Support.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"

using namespace mlir;
using namespace mlir::lw;

static MatmulSpec matmulSpec(Operation *op, const TargetInfo &target) {
  RankedTensorType left = tensorTypeOf(op->getOperand(0)),
                   right = tensorTypeOf(op->getOperand(1));
  MatmulSpec spec;
  spec.batch = left.getDimSize(0);
  spec.rows = left.getDimSize(1);
  spec.inner = left.getDimSize(2);
  spec.columns = right.getDimSize(2);
  spec.vector = target.lanes();
  spec.threads = getThreads(op, spec.macs());
  if (auto plan = planOf<MatmulAttr>(op)) {
    spec.tileRows = plan.getTileHeight();
    spec.tileVectors = plan.getTileVectors();
  }
  return spec;
}

bool MatmulKind::canCompute(Operation *op) const {
  // Zero points of floats are zero.
  return isa<tosa::MatMulOp>(op) && isStaticF32(op->getResult(0)) &&
         isStaticF32(op->getOperand(0)) && isStaticF32(op->getOperand(1));
}

KernelAttrInterface MatmulKind::choose(Operation *op, KernelAttrInterface,
                                       const Selection &selection) const {
  MatmulSpec spec = matmulSpec(op, selection.target);
  chooseMatmulTile(spec, selection.target);
  return MatmulAttr::get(op->getContext(), spec.tileRows, spec.tileVectors);
}

LogicalResult MatmulKind::verify(Operation *op,
                                 const TargetInfo &target) const {
  MatmulSpec spec = matmulSpec(op, target);
  if (spec.registers() > target.vectorRegisters)
    return op->emitError("tile needs ")
           << spec.registers() << " vector registers, " << target.cpu << " has "
           << target.vectorRegisters;
  return success();
}

void MatmulKind::emit(Operation *op, KernelCalls &calls) const {
  MatmulSpec spec = matmulSpec(op, calls.target);
  KernelKey key = calls.key();
  key.add({spec.batch, spec.rows, spec.inner, spec.columns, spec.tileRows,
           spec.tileVectors});
  calls.call("matmul", key,
             {calls.bufferOf(op->getOperand(0)),
              calls.bufferOf(op->getOperand(1)),
              calls.bufferOf(op->getResult(0))},
             op->getLoc(), [&](KernelBuilder &k, ValueRange args) {
               emitMatmul(k, spec, args[0], args[1], args[2]);
             });
}
