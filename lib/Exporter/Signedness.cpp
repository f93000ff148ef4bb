//===- Signedness.cpp - Whether bytes are signed
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Signedness.h"
#include "../Importer/Proto.h"
#include "lw/Dialect/IR/LwOps.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlir::lw;

/// What the results of `op` stand for, where it says so.
static QuantAttr resultQuantization(Operation *op) {
  return llvm::TypeSwitch<Operation *, QuantAttr>(op)
      .Case([](QuantizeOp op) { return op.getQuantization(); })
      .Case([](RequantizeOp op) { return op.getTo(); })
      .Case<AddOp, MulOp>([](auto op) { return op.getOutputQuant(); })
      .Case([](ConvolutionOpInterface op) {
        ConvQuantAttr quantization = op.getConvQuantization();
        return quantization ? quantization.getOutput() : QuantAttr();
      })
      .Default(QuantAttr());
}

/// What the operand stands for, where its owner says so.
static QuantAttr operandQuantization(OpOperand &operand) {
  return llvm::TypeSwitch<Operation *, QuantAttr>(operand.getOwner())
      .Case([](DequantizeOp op) { return op.getQuantization(); })
      .Case([](RequantizeOp op) { return op.getFrom(); })
      .Case<AddOp, MulOp>([&](auto op) {
        return operand.getOperandNumber() == 0 ? op.getLhsQuant()
                                               : op.getRhsQuant();
      })
      .Case([&](ConvolutionOpInterface op) {
        ConvQuantAttr quantization = op.getConvQuantization();
        if (!quantization)
          return QuantAttr();
        if (operand.get() == op.getConvInput())
          return quantization.getInput();
        return operand.get() == op.getConvResidual()
                   ? quantization.getResidual()
                   : QuantAttr();
      })
      .Default(QuantAttr());
}

/// Operations that move bytes, or choose among them, and change none.
static bool movesBytes(Operation *op) {
  return isa<tosa::ConcatOp, tosa::GatherOp, tosa::IdentityOp, tosa::PadOp,
             tosa::ReshapeOp, tosa::ReverseOp, tosa::SliceOp, tosa::TileOp,
             tosa::TransposeOp>(op);
}

static QuantAttr quantizationFromUses(Value value) {
  for (OpOperand &use : value.getUses()) {
    if (QuantAttr found = operandQuantization(use))
      return found;
    if (movesBytes(use.getOwner()))
      if (QuantAttr found = quantizationFromUses(use.getOwner()->getResult(0)))
        return found;
  }
  return {};
}

static QuantAttr quantizationOf(Value value) {
  Operation *op = value.getDefiningOp();
  while (op && movesBytes(op)) {
    value = op->getOperand(0);
    op = value.getDefiningOp();
  }
  if (op)
    if (QuantAttr found = resultQuantization(op))
      return found;
  return quantizationFromUses(value);
}

int32_t exporter::elementTypeOf(Value value) {
  using ::onnx::TensorProto;
  Type type = getElementTypeOrSelf(value.getType());
  if (type.isF32())
    return TensorProto::FLOAT;
  if (type.isF64())
    return TensorProto::DOUBLE;
  if (type.isF16())
    return TensorProto::FLOAT16;
  if (type.isBF16())
    return TensorProto::BFLOAT16;
  if (type.isInteger(1))
    return TensorProto::BOOL;
  if (type.isInteger(16))
    return TensorProto::INT16;
  if (type.isInteger(32))
    return TensorProto::INT32;
  if (type.isInteger(64))
    return TensorProto::INT64;
  if (!type.isInteger(8))
    return TensorProto::UNDEFINED;
  QuantAttr quantization = quantizationOf(value);
  return quantization && quantization.getIsUnsigned() ? TensorProto::UINT8
                                                      : TensorProto::INT8;
}

bool exporter::isFloat(int32_t type) {
  using ::onnx::TensorProto;
  return type == TensorProto::FLOAT || type == TensorProto::FLOAT16 ||
         type == TensorProto::BFLOAT16 || type == TensorProto::DOUBLE;
}
