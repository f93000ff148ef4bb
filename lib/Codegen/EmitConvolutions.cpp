//===- EmitConvolutions.cpp - Calls of convolution kernels
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Emission.h"
#include "lw/Dialect/IR/Constants.h"

using namespace mlir;
using namespace mlir::lw;

static KernelKey addConvolution(KernelKey key, const ConvSpec &s,
                                KernelAttr kernel) {
  key.add(s.g).add(s.in).add(s.out);
  if (s.residual)
    key.add(*s.residual);
  return key.add({s.hasBias}).add(s.activation).add(kernel);
}

Emission::Places Emission::addOperands(ConvolutionOpInterface conv,
                                       ArrayRef<float> packed,
                                       int64_t biasElements,
                                       SmallVectorImpl<Value> &arguments) {
  auto add = [&](Value value) {
    arguments.push_back(value);
    return arguments.size() - 1;
  };
  Places places;
  places.weights = add(global(packed, conv.getLoc()));
  if (Value bias = conv.getConvBias()) {
    std::vector<float> padded = *readConstant(bias);
    padded.resize(biasElements, 0.0f);
    places.bias = add(global(padded, conv.getLoc()));
  }
  if (Value residual = conv.getConvResidual())
    places.residual = add(bufferOf(residual));
  places.result = add(bufferOf(conv->getResult(0)));
  return places;
}

/// The buffers of one convolution among a kernel's arguments.
template <typename Places>
static ConvBuffers buffersAt(const Places &places, Value input,
                             ValueRange args) {
  auto at = [&](size_t i) { return i ? args[i] : Value(); };
  return {input, at(places.weights), at(places.bias), at(places.residual),
          at(places.result)};
}

void Emission::emitConvolution(Operation *op, KernelFamily family) {
  auto conv = cast<ConvolutionOpInterface>(op);
  auto kernel = op->getAttrOfType<KernelAttr>(kKernelAttrName);
  int64_t vector = kernel.getVector();
  std::vector<float> filter = *readConstant(conv.getConvFilters().front());
  SmallVector<Value> arguments = {bufferOf(conv.getConvInput())};
  if (family == KernelFamily::Gemm) {
    GemmSpec spec = gemmSpec(conv, vector);
    Places places = addOperands(conv, packGemmWeights(spec, filter),
                                spec.outVectors() * vector, arguments);
    return call("gemm", addConvolution(key(), spec, kernel), arguments, vector,
                op->getLoc(), [&](KernelBuilder &k, ValueRange args) {
                  emitGemm(k, spec, buffersAt(places, args[0], args));
                });
  }
  DepthwiseSpec spec = depthwiseSpec(cast<DepthwiseConv2DOp>(op), vector);
  Places places = addOperands(conv, packDepthwiseWeights(spec, filter),
                              spec.out.blocks() * vector, arguments);
  call("depthwise", addConvolution(key(), spec, kernel), arguments, vector,
       op->getLoc(), [&](KernelBuilder &k, ValueRange args) {
         emitDepthwise(k, spec, buffersAt(places, args[0], args));
       });
}

void Emission::emitWinogradOf(ConvolutionOpInterface conv) {
  auto kernel = conv->getAttrOfType<KernelAttr>(kKernelAttrName);
  WinogradSpec spec = winogradSpec(conv, kernel.getVector());
  SmallVector<Value> arguments = {bufferOf(conv.getConvInput())};
  Places places = addOperands(
      conv,
      packWinogradWeights(spec, *readConstant(conv.getConvFilters().front())),
      spec.outVectors() * spec.vector, arguments);
  size_t scratch = arguments.size();
  int64_t offset =
      conv->getAttrOfType<BufferAttr>(kScratchAttrName).getOffset();
  for (int64_t elements : {spec.slotPanels() * spec.filterElements(),
                           spec.inputElements(), spec.productElements()}) {
    int64_t bytes = spec.slots() * spec.points() * elements * 4;
    arguments.push_back(inArena(offset, bytes, conv.getLoc()));
    offset += bytes;
  }
  call("winograd", addConvolution(key(), spec, kernel), arguments, spec.vector,
       conv.getLoc(), [&](KernelBuilder &k, ValueRange args) {
         WinogradBuffers buffers;
         static_cast<ConvBuffers &>(buffers) = buffersAt(places, args[0], args);
         buffers.filters = args[scratch];
         buffers.inputs = args[scratch + 1];
         buffers.products = args[scratch + 2];
         emitWinograd(k, spec, buffers);
       });
}

void Emission::emitStageOf(StageOps stage) {
  Operation *ops[3] = {stage.expand, stage.depthwise, stage.project};
  Operation *begin = stage.expand ? ops[0] : ops[1];
  Operation *end = stage.project ? ops[2] : ops[1];
  int64_t vector = vectorOf(end), rows = stripRows(stage);
  StageSpec spec = stageSpec(stage, rows, vector);
  KernelKey stageKey = key().add({rows});
  SmallVector<Value> arguments = {bufferOf(begin->getOperand(0))};
  Places places[3];
  for (int i = 0; i < 3; ++i) {
    if (!ops[i])
      continue;
    auto conv = cast<ConvolutionOpInterface>(ops[i]);
    auto kernel = conv->getAttrOfType<KernelAttr>(kKernelAttrName);
    std::vector<float> filter = *readConstant(conv.getConvFilters().front());
    if (i == 1) {
      places[i] =
          addOperands(conv, packDepthwiseWeights(spec.depthwise, filter),
                      spec.depthwise.out.blocks() * vector, arguments);
      stageKey = addConvolution(stageKey, spec.depthwise, kernel);
      continue;
    }
    const GemmSpec &gemm = i == 0 ? *spec.expand : *spec.project;
    places[i] = addOperands(conv, packGemmWeights(gemm, filter),
                            gemm.outVectors() * vector, arguments);
    stageKey = addConvolution(stageKey, gemm, kernel);
  }
  call("stage", stageKey, arguments, vector, end->getLoc(),
       [&](KernelBuilder &k, ValueRange args) {
         StageBuffers buffers;
         Value in = args[0];
         if (spec.expand) {
           buffers.expand = buffersAt(places[0], in, args);
           in = buffers.expand.output;
         }
         buffers.depthwise = buffersAt(places[1], in, args);
         if (spec.project)
           buffers.project =
               buffersAt(places[2], buffers.depthwise.output, args);
         emitStage(k, spec, buffers);
       });
}
