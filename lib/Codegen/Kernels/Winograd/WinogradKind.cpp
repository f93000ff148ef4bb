//===- WinogradKind.cpp - 3x3 convolutions with fewer multiplications
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Kernels/Winograd/WinogradKind.h"
#include "Kernels/ConvCalls.h"
#include "Kernels/Gemm/GemmKind.h"
#include "Kernels/Support.h"

using namespace mlir;
using namespace mlir::lw;

WinogradSpec mlir::lw::winogradSpec(ConvolutionOpInterface op,
                                    WinogradAttr plan,
                                    const TargetInfo &target) {
  WinogradSpec spec;
  describe(op, target, spec);
  if (plan) {
    spec.outputs = plan.getOutputs();
    spec.rows = plan.getRows();
    spec.vectors = plan.getVectors();
    spec.threads = plan.getThreads();
    setWinogradProduct(spec);
    spec.product.tileWidth = plan.getTileWidth();
    spec.product.tileVectors = plan.getTileVectors();
    spec.product.order = plan.getOrder();
  }
  return spec;
}

static WinogradSpec specOf(Operation *op, const TargetInfo &target) {
  return winogradSpec(cast<ConvolutionOpInterface>(op),
                      planOf<WinogradAttr>(op), target);
}

bool WinogradKind::canCompute(Operation *op) const {
  return isConvolution(op) && !isa<DepthwiseConv2DOp>(op) &&
         isStaticF32(op->getOperand(0)) &&
         isWinogradPossible(cast<ConvolutionOpInterface>(op).getConvGeometry());
}

bool WinogradKind::runsOn(const TargetInfo &target, Operation *op) const {
  return makesBlocks(target, cast<ConvolutionOpInterface>(op));
}

std::optional<Proposal>
WinogradKind::propose(Operation *op, const Selection &selection) const {
  if (selection.winograd == WinogradUse::Never)
    return std::nullopt;
  auto conv = cast<ConvolutionOpInterface>(op);
  WinogradSpec best;
  double cycles = std::numeric_limits<double>::infinity();
  auto consider = [&](int64_t threads) {
    WinogradSpec spec = winogradSpec(conv, {}, selection.target);
    // As if operands lay as kernels like them.
    spec.in = Layout::get(tensorTypeOf(conv.getConvInput()), selection.vector(),
                          spec.g.padding);
    double needed = chooseWinograd(spec, selection.target, threads);
    if (needed <= cycles) {
      best = spec;
      cycles = needed;
    }
  };
  consider(selection.threads);
  if (selection.threads > 1 && selection.leastWork > 0)
    consider(1); // may be enough
  auto plan = WinogradAttr::get(
      op->getContext(), best.outputs, best.rows, best.vectors, best.threads,
      best.product.tileWidth, best.product.tileVectors, best.product.order);
  if (selection.winograd == WinogradUse::Always)
    cycles = 0;
  return Proposal{plan, cycles};
}

Halo WinogradKind::inputHalo(Operation *op, KernelAttrInterface plan) const {
  return WinogradSpec::halo(cast<ConvolutionOpInterface>(op).getConvGeometry(),
                            cast<WinogradAttr>(plan).getOutputs());
}

std::optional<Layout> WinogradKind::wantedLayout(OpOperand &operand,
                                                 KernelAttrInterface plan,
                                                 int64_t vector) const {
  if (operand.getOperandNumber() != 0)
    return wantResidual(operand, vector, /*rowMajor=*/false);
  return wantHalo(operand, vector, inputHalo(operand.getOwner(), plan));
}

LogicalResult WinogradKind::verify(Operation *op,
                                   const TargetInfo &target) const {
  WinogradSpec spec = specOf(op, target);
  if (spec.tileRows() % spec.rows || spec.outVectors() % spec.vectors)
    return op->emitError("expects a divisor of the ")
           << spec.tileRows() << " rows of tiles and of the "
           << spec.outVectors() << " vectors of output channels, found "
           << spec.rows << " and " << spec.vectors;
  if (failed(verifyHalo(op, WinogradSpec::halo(spec.g, spec.outputs))) ||
      failed(verifyBlocks(op, target, /*rowMajor=*/false)))
    return failure();
  if (spec.in.block != spec.vector)
    return op->emitError("expects an input block of one vector (")
           << spec.vector << "), found " << spec.in.block;
  return verifyGemmRegisters(op, spec.product, target);
}

int64_t WinogradKind::scratchBytes(Operation *op,
                                   const TargetInfo &target) const {
  WinogradSpec spec = specOf(op, target);
  return llvm::alignTo(spec.scratchElements() * spec.in.elementBytes(), 64);
}

void WinogradKind::emit(Operation *op, KernelCalls &calls) const {
  calls.border(op);
  auto conv = cast<ConvolutionOpInterface>(op);
  WinogradSpec spec = specOf(op, calls.target);
  SmallVector<Value> arguments = {calls.bufferOf(conv.getConvInput())};
  ConvPlaces places = addOperands(
      calls, conv,
      packFilter(
          conv, [&](auto filter) { return packWinogradWeights(spec, filter); }),
      spec.paddedChannels(), arguments);
  size_t scratch = arguments.size();
  int64_t offset = op->getAttrOfType<BufferAttr>(kScratchAttrName).getOffset();
  for (int64_t elements : {spec.slotPanels() * spec.filterElements(),
                           spec.inputElements(), spec.productElements()}) {
    int64_t count = spec.slots() * spec.points() * elements;
    arguments.push_back(
        calls.inArena(offset, count, spec.in.type, op->getLoc()));
    offset += count * spec.in.elementBytes();
  }
  calls.call("winograd", addConvolution(calls.key(), spec, planOf(op)),
             arguments, op->getLoc(), [&](KernelBuilder &k, ValueRange args) {
               WinogradBuffers buffers;
               static_cast<ConvBuffers &>(buffers) = places.in(args, args[0]);
               buffers.filters = args[scratch];
               buffers.inputs = args[scratch + 1];
               buffers.products = args[scratch + 2];
               emitWinograd(k, spec, buffers);
             });
}
