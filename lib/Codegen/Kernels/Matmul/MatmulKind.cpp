//===- MatmulKind.cpp - Products of two activations
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Kernels/Matmul/MatmulKind.h"
#include "Kernels/ConvCalls.h"
#include "Kernels/Gemm/GemmKernel.h"
#include "Kernels/Matmul/MatmulKernel.h"
#include "Kernels/Support.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"

using namespace mlir;
using namespace mlir::lw;

/// A fully connected layer of one output: a row an image.
static PointwiseConv2DOp oneOutputLayer(Operation *op) {
  auto layer = dyn_cast<PointwiseConv2DOp>(op);
  if (!layer || !isConvolution(op) || layer.getConvResidual() ||
      !isStaticF32(op->getResult(0)) || !isStaticF32(layer.getConvInput()) ||
      !isStaticF32(layer.getConvFilters().front()))
    return {};
  ConvGeometry g = layer.getConvGeometry();
  bool onePixel = g.inHeight * g.inWidth * g.outHeight * g.outWidth == 1;
  return onePixel && g.outChannels == 1 ? layer : PointwiseConv2DOp();
}

static MatmulSpec matmulSpec(Operation *op, const TargetInfo &target) {
  MatmulSpec spec;
  if (PointwiseConv2DOp layer = oneOutputLayer(op)) {
    ConvGeometry g = layer.getConvGeometry();
    spec.rows = g.batch;
    spec.inner = g.inChannels;
    spec.activation = layer.getConvActivation();
  } else {
    RankedTensorType left = tensorTypeOf(op->getOperand(0)),
                     right = tensorTypeOf(op->getOperand(1));
    spec.batch = left.getDimSize(0);
    spec.rows = left.getDimSize(1);
    spec.inner = left.getDimSize(2);
    spec.columns = right.getDimSize(2);
  }
  spec.vector = target.lanes();
  spec.threads = getThreads(op, spec.macs());
  if (auto plan = planOf<MatmulAttr>(op)) {
    spec.tileRows = plan.getTileHeight();
    spec.tileVectors = plan.getTileVectors();
  }
  return spec;
}

bool MatmulKind::canCompute(Operation *op) const {
  if (oneOutputLayer(op))
    return true;
  // Zero points of floats are zero.
  return isa<tosa::MatMulOp>(op) && isStaticF32(op->getResult(0)) &&
         isStaticF32(op->getOperand(0)) && isStaticF32(op->getOperand(1));
}

std::optional<Proposal> MatmulKind::propose(Operation *op,
                                            const Selection &selection) const {
  MatmulSpec spec = matmulSpec(op, selection.target);
  // The rows of fewer images make no vector of sums.
  if (spec.rows < spec.vector)
    return std::nullopt;
  return Proposal{{},
                  sharedCycles(matmulCycles(spec, selection.target),
                               selection.threads, selection.target)};
}

std::optional<Layout> MatmulKind::wantedLayout(OpOperand &operand,
                                               KernelAttrInterface,
                                               int64_t) const {
  return operand.getOperandNumber() == 0 ? wantRowMajor(operand) : std::nullopt;
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
  if (oneOutputLayer(op) && wantRowMajor(op->getOpOperand(0)))
    return op->emitError("expects operand 0 to be row-major");
  return success();
}

void MatmulKind::emit(Operation *op, KernelCalls &calls) const {
  MatmulSpec spec = matmulSpec(op, calls.target);
  KernelKey key = calls.key();
  key.add({spec.batch, spec.rows, spec.inner, spec.columns, spec.tileRows,
           spec.tileVectors});
  SmallVector<Value> arguments = {calls.bufferOf(op->getOperand(0)),
                                  calls.bufferOf(op->getOperand(1)),
                                  calls.bufferOf(op->getResult(0))};
  if (PointwiseConv2DOp layer = oneOutputLayer(op)) {
    key.add(spec.activation);
    if (Value bias = layer.getConvBias())
      arguments.push_back(calls.bufferOf(bias));
  }
  calls.call("matmul", key, arguments, op->getLoc(),
             [&](KernelBuilder &k, ValueRange args) {
               emitMatmul(k, spec, args[0], args[1], args[2],
                          args.size() > 3 ? args[3] : Value());
             });
}
