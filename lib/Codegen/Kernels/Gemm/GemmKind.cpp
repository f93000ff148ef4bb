//===- GemmKind.cpp - Convolutions as matrix products
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Kernels/Gemm/GemmKind.h"
#include "Kernels/ConvCalls.h"
#include "Kernels/Gemm/GemmFetch.h"
#include "Kernels/Support.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace mlir::lw;

/// The pixels of a vector of the result, in a layout of `block` channels.
static int64_t foldOf(ConvolutionOpInterface op, int64_t block,
                      int64_t vector) {
  ConvGeometry g = op.getConvGeometry();
  if (!isStaticF32(op.getConvInput()) || !isStaticF32(op->getResult(0)) ||
      op.getConvResidual() || isa<DepthwiseConv2DOp>(op) ||
      block != g.outChannels)
    return 1;
  return GemmSpec::pixelsToFold(g, vector);
}

/// Whether a row-major result is read as it is: blocks of one channel are
/// mostly padding, and these read single elements.
static bool isReadRowMajor(ConvolutionOpInterface op) {
  return op.getConvGeometry().outChannels == 1 ||
         llvm::all_of(op->getResult(0).getUsers(), [](Operation *user) {
           return (isConvolution(user) && !isa<DepthwiseConv2DOp>(user)) ||
                  isa<tosa::ReshapeOp, func::ReturnOp>(user);
         });
}

GemmSpec mlir::lw::gemmSpec(ConvolutionOpInterface op, const TargetInfo &target,
                            bool linear, bool folds) {
  GemmSpec spec;
  describe(op, target, spec);
  if (linear && !isStrip(op))
    spec.gatherPixels();
  if (linear)
    spec.linearize();
  spec.chooseUnit();
  spec.threads = getThreads(op, spec.macs());
  int64_t pixels =
      linear && folds ? foldOf(op, spec.out.block, spec.vector) : 1;
  if (pixels > 1)
    spec.foldPixels(pixels);
  if (auto plan = planOf<GemmAttr>(op)) {
    spec.tileHeight = plan.getTileHeight();
    spec.tileWidth = plan.getTileWidth();
    spec.tileVectors = plan.getTileVectors();
    spec.taps = plan.getTaps();
    spec.order = plan.getOrder();
  }
  return spec;
}

bool GemmKind::canCompute(Operation *op) const {
  return (isConvolution(op) || isQuantizedConvolution(op)) &&
         !isa<DepthwiseConv2DOp>(op);
}

bool GemmKind::runsOn(const TargetInfo &target, Operation *op) const {
  const DotUnit *unit =
      target.unitOf(getElementTypeOrSelf(op->getOperand(0).getType()));
  // Steps of two bf16 take them from one pixel, and one filter's.
  auto conv = cast<ConvolutionOpInterface>(op);
  if (unit && unit->bfloat &&
      (conv.getConvGeometry().inChannels % unit->inputs ||
       conv.getConvGeometry().groups != 1 ||
       !getElementTypeOrSelf(conv.getConvFilters().front()).isBF16()))
    return false;
  return unit && multiplies(*unit, op);
}

std::optional<Proposal> GemmKind::propose(Operation *op,
                                          const Selection &selection) const {
  // As if operands lay as kernels like them.
  auto conv = cast<ConvolutionOpInterface>(op);
  GemmSpec spec =
      gemmSpec(conv, selection.target, /*linear=*/true, isReadRowMajor(conv));
  RankedTensorType type = tensorTypeOf(conv.getConvInput());
  spec.in = Layout::get(type, selection.target.blockOf(type.getElementType()),
                        spec.g.padding);
  spec.chooseUnit();
  double cycles = chooseGemmTile(spec, selection.target);
  return Proposal{{},
                  sharedCycles(cycles, selection.threads, selection.target)};
}

int64_t GemmKind::resultBlock(Operation *op, const ResultUse &use) const {
  auto conv = cast<ConvolutionOpInterface>(op);
  if (isReadRowMajor(conv) && foldOf(conv, use.channels, use.vector) > 1)
    return use.channels;
  return KernelKind::resultBlock(op, use);
}

Halo GemmKind::inputHalo(Operation *op, KernelAttrInterface) const {
  return cast<ConvolutionOpInterface>(op).getConvGeometry().padding;
}

std::optional<Layout> mlir::lw::wantResidual(OpOperand &operand, int64_t vector,
                                             bool rowMajor) {
  auto conv = cast<ConvolutionOpInterface>(operand.getOwner());
  if (operand.getOperandNumber() == 0 ||
      operand.get() != conv.getConvResidual())
    return std::nullopt;
  Layout residual = getLayout(operand.get());
  int64_t block = vector;
  if (residual.type.isInteger(8))
    block = TargetInfo::kByteBlock;
  if (residual.block == block || (rowMajor && residual.block == residual.c))
    return std::nullopt;
  return Layout::get(tensorTypeOf(operand.get()), block);
}

ConstantData mlir::lw::packGemmWeights(const GemmSpec &spec,
                                       ConvolutionOpInterface conv) {
  if (spec.quantized)
    return ConstantData::get(conv.getContext(),
                             packGemmWeights(spec, quantizedFilterOf(conv)));
  return packFilter(conv,
                    [&](auto filter) { return packGemmWeights(spec, filter); });
}

std::optional<Layout> GemmKind::wantedLayout(OpOperand &operand,
                                             KernelAttrInterface plan,
                                             int64_t vector) const {
  if (operand.getOperandNumber() != 0)
    return wantResidual(operand, vector, /*rowMajor=*/true);
  // Single elements are read from blocks of any size, the four of a step of
  // bytes where they lie side by side.
  Layout in = getLayout(operand.get());
  int64_t block = in.block;
  bool onePixel = in.h * in.w == 1 && operand.get().getDefiningOp();
  if (in.type.isInteger(8) && block != kStepBlock && !onePixel)
    block = TargetInfo::kByteBlock;
  return wantHalo(operand, block, inputHalo(operand.getOwner(), plan));
}

KernelAttrInterface GemmKind::choose(Operation *op, KernelAttrInterface,
                                     const Selection &selection) const {
  GemmSpec spec = gemmSpec(cast<ConvolutionOpInterface>(op), selection.target);
  chooseGemmTile(spec, selection.target);
  return GemmAttr::get(op->getContext(), spec.tileHeight, spec.tileWidth,
                       spec.tileVectors, spec.taps, spec.order);
}

LogicalResult mlir::lw::verifyGemmRegisters(Operation *op, const GemmSpec &spec,
                                            const TargetInfo &target) {
  int64_t pixels = spec.computedPixels(spec.tileHeight * spec.tileWidth);
  int64_t operand = spec.unit->registers / spec.stepParts();
  int64_t weights = spec.taps * spec.weightRegisters() * spec.tileVectors;
  // Two pixels' weights are read as they are needed.
  if (spec.unit->pixels() == 2)
    weights = operand;
  int64_t needed = pixels * spec.tileVectors + weights + operand;
  if (spec.readsByVector())
    needed = pixels * spec.tileVectors + (pixels + 1) * operand;
  if (needed > target.vectorRegisters)
    return op->emitError("tile needs ")
           << needed << " vector registers, " << target.cpu << " has "
           << target.vectorRegisters;
  return success();
}

LogicalResult GemmKind::verify(Operation *op, const TargetInfo &target) const {
  GemmSpec spec = gemmSpec(cast<ConvolutionOpInterface>(op), target);
  if (failed(verifyHalo(op, spec.g.padding)) ||
      failed(verifyBlocks(op, target, /*rowMajor=*/true)))
    return failure();
  if (spec.taps != 1 && spec.taps != spec.g.kernelWidth)
    return op->emitError("expects taps to be 1 or the filter's width (")
           << spec.g.kernelWidth << "), found " << spec.taps;
  if (!spec.suitsPanels(spec.tileVectors))
    return op->emitError("expects tiles of whole panels of ")
           << spec.panel << " channels or of a part of one, found "
           << spec.tileVectors << " vectors of " << spec.vector;
  return verifyGemmRegisters(op, spec, target);
}

int64_t GemmKind::scratchBytes(Operation *op, const TargetInfo &target) const {
  GemmSpec spec = gemmSpec(cast<ConvolutionOpInterface>(op), target);
  return spec.wideElements() * sizeof(int16_t) +
         spec.gatheredElements() * spec.in.elementBytes();
}

void GemmKind::emit(Operation *op, KernelCalls &calls) const {
  calls.border(op);
  auto conv = cast<ConvolutionOpInterface>(op);
  GemmSpec spec = gemmSpec(conv, calls.target);
  SmallVector<Value> arguments = {calls.bufferOf(conv.getConvInput())};
  ConvPlaces places = addOperands(calls, conv, packGemmWeights(spec, conv),
                                  spec.paddedChannels(), arguments, spec.fold);
  size_t scratch = arguments.size();
  if (spec.widensWeights()) {
    int64_t offset =
        op->getAttrOfType<BufferAttr>(kScratchAttrName).getOffset();
    for (int64_t elements :
         {spec.wideWeightElements(), spec.wideInputElements()}) {
      if (elements)
        arguments.push_back(calls.inArena(offset, elements,
                                          calls.b.getI16Type(), op->getLoc()));
      offset += elements * sizeof(int16_t);
    }
  }
  KernelKey key = addConvolution(calls.key(), spec, planOf(op));
  if (spec.source) {
    int64_t offset =
        op->getAttrOfType<BufferAttr>(kScratchAttrName).getOffset();
    arguments.push_back(calls.inArena(offset, spec.gatheredElements(),
                                      spec.in.type, op->getLoc()));
    const auto &strides = spec.source->strides;
    key.add(spec.source->layout).add({strides[0], strides[1]});
  }
  size_t fetched = arguments.size();
  if (Operation *other = fetchedFor(op, calls.target)) {
    auto conv = cast<ConvolutionOpInterface>(other);
    ConstantData weights = packGemmWeights(gemmSpec(conv, calls.target), conv);
    auto part = op->getAttrOfType<DenseI64ArrayAttr>(kFetchAttrName);
    spec.fetch = {part[0], part[1], int64_t(weights.getBytes().size())};
    key.add({spec.fetch->first, spec.fetch->bytes});
    arguments.push_back(calls.global(weights, other->getLoc()));
  }
  calls.call("gemm", key, arguments, op->getLoc(),
             [&](KernelBuilder &k, ValueRange args) {
               ConvBuffers buffers = places.in(args, args[0]);
               if (spec.fetch)
                 buffers.fetched = args[fetched];
               if (spec.widensWeights())
                 buffers.wideWeights = args[scratch];
               if (spec.widensInputs())
                 buffers.wideInputs = args[scratch + 1];
               if (spec.source) {
                 buffers.input = args[scratch];
                 emitGather(k, spec, args[0], buffers.input);
               }
               emitGemm(k, spec, buffers);
             });
}
