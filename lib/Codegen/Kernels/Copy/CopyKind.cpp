//===- CopyKind.cpp - Elements that are moved, or are where they belong
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Kernels/Copy/CopyKind.h"
#include "Kernels/Copy/CopyPlans.h"
#include "Kernels/Copy/InterleaveKernel.h"
#include "Kernels/Copy/InterpolateKernel.h"
#include "Kernels/KernelCalls.h"
#include "Kernels/Support.h"
#include "lw/Dialect/IR/LwOps.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace mlir::lw;

bool CopyKind::canCompute(Operation *op) const {
  if (!isa<tosa::TransposeOp, tosa::ConcatOp, tosa::SliceOp, tosa::PadOp,
           tosa::ReshapeOp, tosa::IdentityOp, tosa::TileOp, tosa::ReverseOp,
           ChannelShuffleOp, ConvertLayoutOp, InterleaveOp, InterpolateOp>(op))
    return false;
  if (!isStaticNumbers(op->getResult(0)) || !isStaticNumbers(op->getOperand(0)))
    return false;
  // What is filled in is of these types.
  if (isa<tosa::PadOp>(op) && !isStaticElements(op->getResult(0)))
    return false;
  if (isa<tosa::SliceOp, tosa::PadOp, tosa::TileOp>(op))
    return llvm::all_of(op->getOperands().drop_front(),
                        [](Value v) { return matchPattern(v, m_Constant()); });
  return true;
}

/// Whether elements change places within blocks of channels, which are
/// row-major then.
static bool movesChannels(Operation *op) {
  if (auto reverse = dyn_cast<tosa::ReverseOp>(op))
    return reverse.getAxis() == 3;
  if (isa<tosa::TileOp>(op))
    return tensorTypeOf(op->getOperand(0)).getShape().back() !=
           tensorTypeOf(op->getResult(0)).getShape().back();
  return isa<tosa::ReshapeOp>(op);
}

KernelKind::Order CopyKind::orderOf(OpOperand &operand) const {
  Operation *op = operand.getOwner();
  if (!isStaticF32(op->getResult(0)) || isa<InterleaveOp, InterpolateOp>(op))
    return Order::Own;
  return movesChannels(op) ? Order::RowMajor : Order::OfResult;
}

int64_t CopyKind::resultBlock(Operation *op, const ResultUse &use) const {
  if (movesChannels(op))
    return 0;
  if (auto interpolate = dyn_cast<InterpolateOp>(op);
      interpolate && isAlongChannels(interpolate))
    return 1;
  // Few channels would leave most of a block unused.
  if (isa<InterleaveOp, InterpolateOp>(op) && 2 * use.channels <= use.vector)
    return use.channels;
  int64_t block = KernelKind::resultBlock(op, use);
  return imageBlock(op->getResult(0), block, use);
}

std::optional<Layout>
CopyKind::wantedLayout(OpOperand &operand, KernelAttrInterface, int64_t) const {
  if (movesChannels(operand.getOwner()) && tensorTypeOf(operand.get()))
    return wantRowMajor(operand);
  if (auto interpolate = dyn_cast<InterpolateOp>(operand.getOwner());
      interpolate && isRank4(operand.get())) {
    return wantBlocks(operand, getLayout(interpolate.getOutput()).block);
  }
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
             << operand.getOperandNumber()
             << (isa<InterpolateOp>(op) ? " in blocks as the result's"
                                        : " to be row-major");
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

static void callChannelCopy(KernelCalls &calls, const ChannelCopySpec &spec,
                            ArrayRef<Value> sources, Value target,
                            Location location) {
  SmallVector<Value> arguments = {target};
  llvm::append_range(arguments, sources);
  KernelKey key = calls.key().add(spec.out);
  for (const Layout &layout : spec.sources)
    key.add(layout);
  for (ChannelCopySpec::Origin origin : spec.origins)
    key.add({origin.source, origin.channel});
  calls.call("channels", key, arguments, location,
             [&](KernelBuilder &k, ValueRange args) {
               emitChannelCopy(k, spec, args.drop_front(), args.front());
             });
}

/// Copies whole blocks to a concatenation part by part: parts of one shape have
/// one kernel, also those of other concatenations, and a DenseNet has hundreds.
/// Several threads rather share the copy of all parts.
static bool callPartCopies(KernelCalls &calls, Operation *op,
                           const ChannelCopyPlan &plan) {
  const Layout &whole = plan.spec.out;
  auto place = op->getAttrOfType<BufferAttr>(kBufferAttrName);
  bool fits = llvm::all_of(ArrayRef(plan.spec.sources).drop_back(),
                           [](const Layout &l) { return l.c % l.block == 0; });
  if (!isa<tosa::ConcatOp>(op) || !place || !fits || whole.n != 1 ||
      getThreads(op) > 1)
    return false;
  int64_t offset = place.getOffset();
  for (auto [source, layout] : llvm::zip(plan.sources, plan.spec.sources)) {
    ChannelCopySpec part{{}, {layout}, whole};
    part.out.c = layout.c;
    for (int64_t c = 0; c < layout.c; ++c)
      part.origins.push_back({0, c});
    Value target =
        calls.inArena(offset, part.out.elements(), whole.type, op->getLoc());
    callChannelCopy(calls, part, calls.bufferOf(source), target, op->getLoc());
    offset += part.out.elements() * whole.elementBytes();
  }
  return true;
}

void CopyKind::emit(Operation *op, KernelCalls &calls) const {
  if (auto interpolate = dyn_cast<InterpolateOp>(op))
    return callInterpolation(calls, interpolate);
  if (auto interleave = dyn_cast<InterleaveOp>(op);
      interleave && callInterleave(calls, interleave))
    return;
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
    if (callPartCopies(calls, op, *channels))
      return;
    for (Value &source : sources)
      source = calls.bufferOf(source);
    return callChannelCopy(calls, channels->spec, sources, target,
                           op->getLoc());
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
