//===- CheckNetwork.cpp - What the passes of code generation rely on
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Strategy/CheckNetwork.h"
#include "Kernels/KernelKind.h"
#include "lw/Dialect/IR/Constants.h"
#include "lw/Dialect/IR/Reads.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace mlir::lw;

/// True for what buffers hold: numbers of whole bytes, or inside of the network
/// truth values of one each, known extents.
static bool isStored(Type type, bool atEdge = false) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor || !tensor.hasStaticShape() ||
      !tensor.getElementType().isIntOrFloat())
    return false;
  unsigned bits = tensor.getElementType().getIntOrFloatBitWidth();
  return (bits == 1 && !atEdge) || bits == 8 || bits == 16 || bits == 32 ||
         bits == 64;
}

/// True for a constant whose elements are there.
static bool hasData(Value value) {
  DenseElementsAttr elements;
  // The first reads none of what may be hundreds of megabytes.
  return matchPattern(value, m_Constant(&elements)) || readConstant(value);
}

/// Fails when no buffer can hold a value, or when nothing is known about its
/// elements.
static LogicalResult checkValue(Operation *op, const Twine &what, Value value,
                                bool atEdge = false) {
  if (!isStored(value.getType(), atEdge))
    return op->emitOpError()
           << what << " is " << value.getType()
           << ", buffers hold tensors of static shape whose elements are "
              "numbers of 8, 16, 32 or 64 bits; cast it or compile with "
              "--reference";
  Operation *maker = value.getDefiningOp();
  if (!maker || !isCompileTime(maker))
    return success();
  if (isa<tensor::EmptyOp>(maker))
    return op->emitOpError() << what
                             << " is an empty tensor, whose elements "
                                "are not defined; fill it first";
  if (!hasData(value))
    return op->emitOpError()
           << what
           << " is a constant without data, as printing with elided "
              "attributes leaves it; write the module in full";
  return success();
}

LogicalResult mlir::lw::checkNetwork(func::FuncOp main) {
  for (BlockArgument argument : main.getArguments())
    if (failed(checkValue(main, "argument " + Twine(argument.getArgNumber()),
                          argument, /*atEdge=*/true)))
      return failure();
  for (Operation &op : main.front()) {
    bool end = op.hasTrait<OpTrait::IsTerminator>();
    if (isCompileTime(&op))
      continue;
    if (!end) {
      if (op.getNumResults() != 1)
        return op.emitOpError("expects operations with one result; compile "
                              "with --reference");
      if (failed(checkValue(&op, "result", op.getResult(0))))
        return failure();
      // The reference path lowers whatever an operation reads with it.
      if (&classify(&op) == kernelKinds().back())
        continue;
    }
    for (OpOperand &operand : op.getOpOperands()) {
      // Amounts of pads and the like are no memory.
      bool read = end || isStored(operand.get().getType());
      if (read &&
          failed(checkValue(&op, "operand " + Twine(operand.getOperandNumber()),
                            operand.get(), end)))
        return failure();
    }
  }
  return success();
}

LogicalResult mlir::lw::checkSelected(func::FuncOp main) {
  for (Operation &op : main.front().without_terminator())
    if (!isCompileTime(&op) && !planOf(&op))
      return op.emitError("has no kernel; run --lw-select-kernels first");
  return success();
}
