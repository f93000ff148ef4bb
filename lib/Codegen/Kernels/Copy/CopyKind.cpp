//===- CopyKind.cpp - Elements that are moved, or are where they belong
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Kernels/Copy/CopyKind.h"
#include "Kernels/Copy/CopyPlans.h"
#include "Kernels/KernelCalls.h"
#include "Kernels/Support.h"
#include "lw/Dialect/IR/LwOps.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace mlir::lw;

bool CopyKind::canCompute(Operation *op) const {
  if (!isa<tosa::TransposeOp, tosa::ConcatOp, tosa::SliceOp, tosa::PadOp,
           tosa::ReshapeOp, tosa::IdentityOp, ChannelShuffleOp,
           ConvertLayoutOp>(op))
    return false;
  if (!isStaticElements(op->getResult(0)) ||
      !isStaticElements(op->getOperand(0)))
    return false;
  if (isa<tosa::SliceOp, tosa::PadOp>(op))
    return llvm::all_of(op->getOperands().drop_front(),
                        [](Value v) { return matchPattern(v, m_Constant()); });
  return true;
}

int64_t CopyKind::resultBlock(Operation *op, const ResultUse &use) const {
  if (isa<tosa::ReshapeOp>(op))
    return 0;
  int64_t block = KernelKind::resultBlock(op, use);
  return imageBlock(op->getResult(0), block, use);
}

std::optional<Layout>
CopyKind::wantedLayout(OpOperand &operand, KernelAttrInterface, int64_t) const {
  if (isa<tosa::ReshapeOp>(operand.getOwner()))
    return wantRowMajor(operand);
  return std::nullopt;
}

KernelAttrInterface CopyKind::choose(Operation *op, KernelAttrInterface,
                                     const Selection &) const {
  if (isAlias(op))
    return AliasAttr::get(op->getContext());
  return CopyAttr::get(op->getContext());
}

LogicalResult CopyKind::verify(Operation *op, const TargetInfo &) const {
  for (OpOperand &operand : op->getOpOperands())
    if (wantedLayout(operand, {}, 0))
      return op->emitError("expects operand ")
             << operand.getOperandNumber() << " to be row-major";
  return success();
}

void mlir::lw::callCopies(KernelCalls &calls, Value from,
                          ArrayRef<StridedCopy> copies, Value to,
                          Location location) {
  KernelKey boxes = calls.key();
  for (const StridedCopy &copy : copies) {
    boxes.add({copy.sourceBase, copy.targetBase});
    for (const StridedCopy::Dim &d : copy.dims)
      boxes.add({d.extent, d.sourceStride, d.targetStride});
  }
  calls.call("copy", boxes, {from, to}, location,
             [&](KernelBuilder &k, ValueRange args) {
               emitCopies(k, copies, args[0], args[1]);
             });
}

void CopyKind::emit(Operation *op, KernelCalls &calls) const {
  // A copy of channels needs no boxes, of which a shuffle has one a channel.
  Layout layout = getLayout(op->getResult(0));
  std::optional<ChannelCopyPlan> channels =
      planChannelCopy(op, calls.target.blockOf(layout.type));
  CopyPlan plan = channels ? CopyPlan() : planCopy(op);
  SmallVector<Value> sources;
  if (channels)
    sources = channels->sources;
  for (const CopyPlan::Source &source : plan.sources)
    sources.push_back(source.value);
  Value target = calls.bufferOf(op->getResult(0));
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
  calls.border(op, /*lanes=*/true);
  if (plan.fill)
    calls.call("fill", calls.key().add(*plan.fill).add(layout), {target},
               op->getLoc(), [&](KernelBuilder &k, ValueRange args) {
                 emitFill(k, layout, args[0], *plan.fill);
               });
  if (channels) {
    SmallVector<Value> arguments = {target};
    KernelKey origins = calls.key().add(channels->spec.out);
    for (auto [source, layout] :
         llvm::zip(channels->sources, channels->spec.sources)) {
      arguments.push_back(calls.bufferOf(source));
      origins.add(layout);
    }
    for (ChannelCopySpec::Origin origin : channels->spec.origins)
      origins.add({origin.source, origin.channel});
    return calls.call("channels", origins, arguments, op->getLoc(),
                      [&](KernelBuilder &k, ValueRange args) {
                        emitChannelCopy(k, channels->spec, args.drop_front(),
                                        args.front());
                      });
  }
  for (const CopyPlan::Source &source : plan.sources)
    callCopies(calls, calls.bufferOf(source.value), source.copies, target,
               op->getLoc());
}

//===----------------------------------------------------------------------===//
// Aliases
//===----------------------------------------------------------------------===//

std::optional<Layout> AliasKind::wantedLayout(OpOperand &operand,
                                              KernelAttrInterface,
                                              int64_t) const {
  return wantRowMajor(operand);
}

KernelAttrInterface AliasKind::choose(Operation *op, KernelAttrInterface,
                                      const Selection &) const {
  return AliasAttr::get(op->getContext());
}

LogicalResult AliasKind::verify(Operation *op, const TargetInfo &) const {
  if (!isAlias(op))
    return op->emitError("is no alias: its result does not lie like its "
                         "operand");
  return success();
}
