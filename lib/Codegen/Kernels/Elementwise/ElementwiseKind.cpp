//===- ElementwiseKind.cpp - Element-wise operations
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Kernels/Elementwise/ElementwiseKind.h"
#include "Kernels/Elementwise/QuantizedElements.h"
#include "Kernels/KernelCalls.h"
#include "Kernels/Support.h"
#include "lw/Dialect/IR/Constants.h"

using namespace mlir;
using namespace mlir::lw;

/// Ways in which an operand of an element-wise operation meets its result;
/// std::nullopt when the kernel does not know the broadcast.
static std::optional<ElementwiseOperand::Kind> meet(Value operand,
                                                    RankedTensorType result) {
  RankedTensorType type = tensorTypeOf(operand);
  if (!isStaticElements(operand))
    return std::nullopt;
  if (type.getShape() == result.getShape())
    return ElementwiseOperand::Full;
  if (type.getNumElements() == 1 && isConstantFloat(operand))
    return ElementwiseOperand::Splat;
  // [.., 1, 1, C]: one value a channel.
  if (type.getRank() == result.getRank() && type.getRank() == 4 &&
      type.getNumElements() == result.getDimSize(3) &&
      type.getDimSize(3) == result.getDimSize(3))
    return ElementwiseOperand::Channel;
  return std::nullopt;
}

static ElementwiseSpec elementwiseSpec(Operation *op) {
  ElementwiseSpec spec;
  spec.out = getLayout(op->getResult(0));
  for (Value operand : kernelOperands(op)) {
    ElementwiseOperand o;
    o.kind = *meet(operand, tensorTypeOf(op->getResult(0)));
    // A constant of the result's shape is packed in the result's layout.
    o.layout = isConstantFloat(operand) ? spec.out : getLayout(operand);
    if (o.kind == ElementwiseOperand::Splat)
      o.splat = (*readConstant(operand))[0];
    spec.operands.push_back(o);
  }
  return spec;
}

/// A quantization from planes to pixels of the bytes of a step.
static bool isImage(Operation *op) {
  return isa<QuantizeOp>(op) && isRank4(op->getResult(0)) &&
         getLayout(op->getResult(0)).block == kStepBlock &&
         getLayout(op->getResult(0)).c <= kStepBlock &&
         getLayout(op->getResult(0)).h * getLayout(op->getResult(0)).w > 1;
}

int64_t ElementwiseKind::resultBlock(Operation *op,
                                     const ResultUse &use) const {
  int64_t block = KernelKind::resultBlock(op, use);
  if (isa<DequantizeOp>(op) && block == use.vector)
    return TargetInfo::kByteBlock;
  return isa<QuantizeOp>(op) ? imageBlock(op->getResult(0), block, use) : block;
}

bool ElementwiseKind::readsScalars(OpOperand &operand) const {
  RankedTensorType type = tensorTypeOf(operand.get());
  return isa<QuantizeOp>(operand.getOwner()) && isRank4(operand.get()) &&
         type.getDimSize(3) <= kStepBlock;
}

bool ElementwiseKind::canCompute(Operation *op) const {
  // The kernel lets NaN through.
  if (skipsNan(op))
    return false;
  SmallVector<Value> operands = kernelOperands(op);
  if (operands.empty() || !isStaticElements(op->getResult(0)))
    return false;
  // Of bytes, only what is known to stand for something.
  if (!isQuantizedElementwise(op) && !isStaticF32(op->getResult(0)))
    return false;
  // Constants are not packed for those.
  if (isQuantizedElementwise(op) && llvm::any_of(operands, [](Value operand) {
        return operand.getDefiningOp() &&
               isCompileTime(operand.getDefiningOp());
      }))
    return false;
  RankedTensorType type = tensorTypeOf(op->getResult(0));
  return llvm::all_of(
      operands, [&](Value operand) { return meet(operand, type).has_value(); });
}

std::optional<Layout> ElementwiseKind::wantedLayout(OpOperand &operand,
                                                    KernelAttrInterface,
                                                    int64_t) const {
  Operation *op = operand.getOwner();
  if (isImage(op))
    return wantBlocks(operand, 1);
  if (!llvm::is_contained(kernelOperands(op), operand.get()) ||
      isConstantFloat(operand.get()) || !isRank4(operand.get()))
    return std::nullopt;
  if (tensorTypeOf(operand.get()).getShape() ==
      tensorTypeOf(op->getResult(0)).getShape())
    return wantBlocks(operand, getLayout(op->getResult(0)).block);
  return wantRowMajor(operand); // one value a channel
}

KernelAttrInterface ElementwiseKind::choose(Operation *op, KernelAttrInterface,
                                            const Selection &) const {
  return ElementwiseAttr::get(op->getContext());
}

LogicalResult ElementwiseKind::verify(Operation *op,
                                      const TargetInfo &target) const {
  for (OpOperand &operand : op->getOpOperands())
    if (std::optional<Layout> wanted = wantedLayout(
            operand, planOf(op), target.blockOf(getLayout(operand.get()).type)))
      return op->emitError("expects operand ")
             << operand.getOperandNumber() << " in blocks of " << wanted->block
             << ", found " << getLayout(operand.get()).block;
  return success();
}

void ElementwiseKind::emit(Operation *op, KernelCalls &calls) const {
  calls.border(op);
  if (isImage(op)) {
    Layout in = getLayout(op->getOperand(0)), out = getLayout(op->getResult(0));
    QuantAttr quant = cast<QuantizeOp>(op).getQuantization();
    return calls.call(
        "quantize_image", calls.key().add(in).add(out).add(quant),
        {calls.bufferOf(op->getResult(0)), calls.bufferOf(op->getOperand(0))},
        op->getLoc(), [&](KernelBuilder &k, ValueRange args) {
          emitQuantizedImage(k, in, out, quant, args[1], args[0]);
        });
  }
  ElementwiseSpec spec = elementwiseSpec(op);
  KernelKey operation = calls.key()
                            .add(op->getName().getIdentifier())
                            .add(op->getPropertiesAsAttribute())
                            .add(spec.out);
  SmallVector<Value> arguments = {calls.bufferOf(op->getResult(0))};
  for (auto [operand, o] : llvm::zip(kernelOperands(op), spec.operands)) {
    operation.add({o.kind}).add(o.splat).add(o.layout);
    if (o.kind == ElementwiseOperand::Splat)
      continue;
    if (!isConstantFloat(operand)) {
      arguments.push_back(calls.bufferOf(operand));
      continue;
    }
    std::vector<float> values = *readConstant(operand);
    if (o.kind == ElementwiseOperand::Channel) {
      values.resize(spec.out.blocks() * spec.out.block, 0.0f);
    } else {
      // A constant of the result's shape, moved into the result's layout.
      std::vector<float> moved(spec.out.elements(), 0.0f);
      const Layout &l = spec.out;
      size_t i = 0;
      for (int64_t n = 0; n < l.n; ++n)
        for (int64_t h = 0; h < l.h; ++h)
          for (int64_t w = 0; w < l.w; ++w)
            for (int64_t c = 0; c < l.c; ++c)
              moved[l.origin() + n * l.imageStride() +
                    c / l.block * l.blockStride() + h * l.rowStride() +
                    w * l.block + c % l.block] = values[i++];
      values = std::move(moved);
    }
    arguments.push_back(calls.global(
        ConstantData::get(op->getContext(), values), op->getLoc()));
  }
  calls.call("elementwise", operation, arguments, op->getLoc(),
             [&](KernelBuilder &k, ValueRange args) {
               SmallVector<Value> operands;
               size_t next = 1;
               for (const ElementwiseOperand &o : spec.operands)
                 operands.push_back(o.kind == ElementwiseOperand::Splat
                                        ? Value()
                                        : args[next++]);
               emitElementwise(k, spec, op, operands, args[0]);
             });
}
