//===- WinogradKind.cpp - 3x3 convolutions with fewer multiplications
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Kernels/Winograd/WinogradKind.h"
#include "Kernels/ConvCalls.h"
#include "Kernels/Gemm/GemmKind.h"
#include "Kernels/Support.h"
#include "mlir/IR/TypeUtilities.h"

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

/// Whether a convolution of bytes gives bytes, whose sums, four times, fit 32
/// bits, and has more channels than a step of a first layer.
static bool suitsBytes(ConvolutionOpInterface conv) {
  constexpr int64_t kMostChannels = (1 << 29) / (9 * 128 * 255);
  int64_t channels = conv.getConvGeometry().inChannels;
  return isQuantizedConvolution(conv) &&
         getElementTypeOrSelf(conv->getResult(0)).isInteger(8) &&
         channels > kStepBlock && channels <= kMostChannels;
}

bool WinogradKind::canCompute(Operation *op) const {
  auto conv = dyn_cast<ConvolutionOpInterface>(op);
  if (!conv || isa<DepthwiseConv2DOp>(op) ||
      !isWinogradPossible(conv.getConvGeometry()))
    return false;
  return suitsBytes(conv) ||
         (isConvolution(op) && isStaticF32(op->getOperand(0)));
}

bool WinogradKind::runsOn(const TargetInfo &target, Operation *op) const {
  auto conv = cast<ConvolutionOpInterface>(op);
  if (!conv.getConvQuantization())
    return makesBlocks(target, conv);
  // Two registers of sums are a block of bytes, one of 16 bits is.
  const DotUnit &unit = *target.byteDot;
  return unit.form == DotUnit::Form::WidenedPairs &&
         2 * unit.lanes == TargetInfo::kByteBlock && multiplies(unit, op);
}

std::optional<Proposal>
WinogradKind::propose(Operation *op, const Selection &selection) const {
  if (selection.winograd == WinogradUse::Never)
    return std::nullopt;
  auto conv = cast<ConvolutionOpInterface>(op);
  // Shared panels of bytes lie as products of all taps read them.
  if (conv.getConvQuantization() &&
      winogradSpec(conv, {}, selection.target).sharesWeights())
    return std::nullopt;
  WinogradSpec best;
  double cycles = std::numeric_limits<double>::infinity();
  auto consider = [&](int64_t threads) {
    WinogradSpec spec = winogradSpec(conv, {}, selection.target);
    // As if operands lay as kernels like them.
    RankedTensorType type = tensorTypeOf(conv.getConvInput());
    spec.in = Layout::get(type, selection.target.blockOf(type.getElementType()),
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
  if (spec.quantized &&
      (spec.outputs != 2 || spec.vectors % spec.vectorsPerBlock()))
    return op->emitError("expects tiles of 2 rows of bytes and whole blocks of "
                         "their channels, found ")
           << spec.outputs << " and " << spec.vectors << " vectors";
  int64_t block = target.blockOf(spec.in.type);
  if (spec.in.block != block)
    return op->emitError("expects an input block of one vector (")
           << block << "), found " << spec.in.block;
  return verifyGemmRegisters(op, spec.product, target);
}

int64_t WinogradKind::scratchBytes(Operation *op,
                                   const TargetInfo &target) const {
  WinogradSpec spec = specOf(op, target);
  return llvm::alignTo(spec.scratchBytes(), 64);
}

static ConstantData packWeights(const WinogradSpec &spec,
                                ConvolutionOpInterface conv) {
  if (spec.quantized)
    return ConstantData::get(
        conv.getContext(), packWinogradWeights(spec, quantizedFilterOf(conv)));
  return packFilter(
      conv, [&](auto filter) { return packWinogradWeights(spec, filter); });
}

void WinogradKind::emit(Operation *op, KernelCalls &calls) const {
  calls.border(op);
  auto conv = cast<ConvolutionOpInterface>(op);
  WinogradSpec spec = specOf(op, calls.target);
  SmallVector<Value> arguments = {calls.bufferOf(conv.getConvInput())};
  ConvPlaces places = addOperands(calls, conv, packWeights(spec, conv),
                                  spec.paddedChannels(), arguments);
  size_t scratch = arguments.size();
  int64_t offset = op->getAttrOfType<BufferAttr>(kScratchAttrName).getOffset();
  auto addScratch = [&](int64_t elements, Type type) {
    int64_t count = spec.slots() * spec.points() * elements;
    arguments.push_back(calls.inArena(offset, count, type, op->getLoc()));
    offset += count * Layout::bytesOf(type);
  };
  bool bytes = spec.quantized.has_value();
  Type operand = bytes ? calls.b.getI16Type() : spec.in.type;
  addScratch(spec.slotPanels() * spec.filterElements(), operand);
  addScratch(spec.inputElements(), operand);
  addScratch(spec.productElements(), bytes ? calls.b.getI32Type() : operand);
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
