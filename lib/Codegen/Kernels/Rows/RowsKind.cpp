//===- RowsKind.cpp - Reductions, softmax and normalizations
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Kernels/Rows/RowsKind.h"
#include "Kernels/KernelCalls.h"
#include "Kernels/Rows/RowKernel.h"
#include "Kernels/Support.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"

using namespace mlir;
using namespace mlir::lw;

bool RowsKind::canCompute(Operation *op) const {
  SmallVector<Value> operands = rowOperands(op);
  return !operands.empty() && isStaticF32(op->getResult(0)) &&
         llvm::all_of(operands, isStaticF32);
}

/// Blocks where the operand lies in blocks, unless its channels are reduced to
/// one, or what follows is row-major.
int64_t RowsKind::resultBlock(Operation *op, const ResultUse &use) const {
  Layout in = getLayout(op->getOperand(0));
  bool reshaped =
      llvm::all_of(op->getResult(0).getUsers(),
                   [](Operation *user) { return isa<tosa::ReshapeOp>(user); });
  if (in.block != use.vector || in.c != use.channels || reshaped)
    return use.channels;
  return KernelKind::resultBlock(op, use);
}

std::optional<Layout> RowsKind::wantedLayout(OpOperand &operand,
                                             KernelAttrInterface,
                                             int64_t vector) const {
  if (!isRank4(operand.get()))
    return std::nullopt;
  Layout layout = getLayout(operand.get());
  if (operand.getOperandNumber() == 0 &&
      (layout.block == vector || layout.block == layout.c))
    return std::nullopt;
  return wantRowMajor(operand);
}

KernelAttrInterface RowsKind::choose(Operation *op, KernelAttrInterface,
                                     const Selection &) const {
  return RowsAttr::get(op->getContext());
}

LogicalResult RowsKind::verify(Operation *op, const TargetInfo &target) const {
  for (OpOperand &operand : op->getOpOperands())
    if (wantedLayout(operand, {}, target.lanes()))
      return op->emitError("expects operand ")
             << operand.getOperandNumber() << " row-major"
             << (operand.getOperandNumber() == 0 ? " or in blocks of a vector"
                                                 : "")
             << ", found a block of " << getLayout(operand.get()).block;
  Layout out = getLayout(op->getResult(0));
  if (out.block != target.lanes() && out.block != out.c)
    return op->emitError("expects the result row-major or in blocks of a "
                         "vector, found a block of ")
           << out.block;
  return success();
}

void RowsKind::emit(Operation *op, KernelCalls &calls) const {
  // Lanes that are no channels are not written.
  calls.border(op, /*lanes=*/true);
  RowSpec spec = rowSpec(op, calls.target.lanes());
  SmallVector<Value> arguments = {calls.bufferOf(op->getOperand(0)),
                                  calls.bufferOf(op->getResult(0))};
  for (Value parameter : op->getOperands().drop_front())
    arguments.push_back(calls.bufferOf(parameter));
  KernelKey key = calls.key();
  spec.addTo(key);
  calls.call("rows", key, arguments, op->getLoc(),
             [&](KernelBuilder &k, ValueRange args) {
               std::array<Value, kRowBuffers> buffers = {args[0], args[1]};
               unsigned next = 2;
               if (spec.hasScale)
                 buffers[kRowScale] = args[next++];
               if (spec.hasBias)
                 buffers[kRowBias] = args[next++];
               emitRows(k, spec, buffers);
             });
}
