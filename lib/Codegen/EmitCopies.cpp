//===- EmitCopies.cpp - Calls of element-wise and copy kernels
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Emission.h"
#include "lw/Dialect/IR/Constants.h"

using namespace mlir;
using namespace mlir::lw;

void Emission::emitBorderOf(Operation *op) {
  Layout layout = getLayout(op->getResult(0));
  // Kernels on whole blocks write the unused lanes themselves, as zeros.
  bool lanes = op->getAttrOfType<KernelAttr>(kKernelAttrName).getFamily() ==
               KernelFamily::Copy;
  if (!hasBorder(layout, lanes))
    return;
  call("border", key().add(layout), {bufferOf(op->getResult(0))}, vectorOf(op),
       op->getLoc(), [&](KernelBuilder &k, ValueRange args) {
         emitBorder(k, layout, args[0]);
       });
}

void Emission::emitElementwiseOp(Operation *op) {
  ElementwiseSpec spec = elementwiseSpec(op);
  KernelKey operation = key()
                            .add(op->getName().getIdentifier())
                            .add(op->getAttr(kKernelAttrName))
                            .add(op->getPropertiesAsAttribute())
                            .add(spec.out);

  SmallVector<Value> arguments = {bufferOf(op->getResult(0))};
  for (auto [operand, o] : llvm::zip(kernelOperands(op), spec.operands)) {
    operation.add({o.kind}).add(o.splat).add(o.layout);
    if (o.kind == ElementwiseOperand::Splat)
      continue;
    if (!isConstantFloat(operand)) {
      arguments.push_back(bufferOf(operand));
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
    arguments.push_back(global(values, op->getLoc()));
  }
  call("elementwise", operation, arguments, vectorOf(op), op->getLoc(),
       [&](KernelBuilder &k, ValueRange args) {
         SmallVector<Value> operands;
         size_t next = 1;
         for (const ElementwiseOperand &o : spec.operands)
           operands.push_back(
               o.kind == ElementwiseOperand::Splat ? Value() : args[next++]);
         emitElementwise(k, spec, op, operands, args[0]);
       });
}

void Emission::copyOut(Value from, const CopyPlan::Source &plan, Value to,
                       Location location) {
  KernelKey boxes = key();
  for (const StridedCopy &copy : plan.copies) {
    boxes.add({copy.sourceBase, copy.targetBase});
    for (const StridedCopy::Dim &d : copy.dims)
      boxes.add({d.extent, d.sourceStride, d.targetStride});
  }
  call("copy", boxes, {from, to}, lastVector, location,
       [&](KernelBuilder &k, ValueRange args) {
         emitCopies(k, plan.copies, args[0], args[1]);
       });
}

void Emission::emitCopyOp(Operation *op) {
  // A copy of channels needs no boxes, of which a shuffle has one a channel.
  int64_t vector = vectorOf(op);
  std::optional<ChannelCopyPlan> channels = planChannelCopy(op, vector);
  CopyPlan plan = channels ? CopyPlan() : planCopy(op);
  SmallVector<Value> sources;
  if (channels)
    sources = channels->sources;
  for (const CopyPlan::Source &source : plan.sources)
    sources.push_back(source.value);
  Value target = bufferOf(op->getResult(0));
  // Parts that were computed in place need no copy.
  auto inPlace = [&](Value source) {
    Operation *producer = source.getDefiningOp();
    auto whole = op->getAttrOfType<BufferAttr>(kBufferAttrName);
    auto part = producer ? producer->getAttrOfType<BufferAttr>(kBufferAttrName)
                         : nullptr;
    return whole && part && part.getOffset() >= whole.getOffset() &&
           part.getOffset() < whole.getOffset() + whole.getBytes();
  };
  if (llvm::any_of(sources, inPlace))
    return;
  Layout layout = getLayout(op->getResult(0));
  emitBorderOf(op);
  if (plan.fill)
    call("fill", key().add(*plan.fill).add(layout), {target}, vector,
         op->getLoc(), [&](KernelBuilder &k, ValueRange args) {
           emitFill(k, layout, args[0], *plan.fill);
         });
  if (channels) {
    SmallVector<Value> arguments = {target};
    KernelKey origins = key().add(channels->spec.out);
    for (auto [source, layout] :
         llvm::zip(channels->sources, channels->spec.sources)) {
      arguments.push_back(bufferOf(source));
      origins.add(layout);
    }
    for (ChannelCopySpec::Origin origin : channels->spec.origins)
      origins.add({origin.source, origin.channel});
    return call("channels", origins, arguments, vector, op->getLoc(),
                [&](KernelBuilder &k, ValueRange args) {
                  emitChannelCopy(k, channels->spec, args.drop_front(),
                                  args.front());
                });
  }
  for (const CopyPlan::Source &source : plan.sources)
    copyOut(bufferOf(source.value), source, target, op->getLoc());
}
