//===- ConvCalls.cpp - What the calls of all convolution kernels share
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Kernels/ConvCalls.h"
#include "Kernels/Support.h"
#include "lw/Dialect/IR/Constants.h"

using namespace mlir;
using namespace mlir::lw;

void mlir::lw::describe(ConvolutionOpInterface op, const TargetInfo &target,
                        ConvSpec &spec) {
  spec.g = op.getConvGeometry();
  spec.in = getLayout(op.getConvInput());
  spec.out = getLayout(op->getResult(0));
  if (Value residual = op.getConvResidual())
    spec.residual = getLayout(residual);
  spec.hasBias = static_cast<bool>(op.getConvBias());
  spec.activation = op.getConvActivation();
  spec.target = &target;
  spec.vector = target.lanes();
}

bool mlir::lw::isConvolution(Operation *op) {
  auto conv = dyn_cast<ConvolutionOpInterface>(op);
  return conv && !isa<SeparableConv2DOp>(op) &&
         llvm::all_of(conv.getConvFilters(), isConstantFloat) &&
         (!conv.getConvBias() || isConstantFloat(conv.getConvBias())) &&
         isStaticF32(op->getResult(0)) && isStaticF32(conv.getConvInput());
}

KernelKey mlir::lw::addConvolution(KernelKey key, const ConvSpec &s,
                                   KernelAttrInterface plan) {
  key.add(s.g).add(s.in).add(s.out);
  if (s.residual)
    key.add(*s.residual);
  return key.add({s.hasBias}).add(s.activation).add(plan);
}

ConvBuffers ConvPlaces::in(ValueRange arguments, Value input) const {
  auto at = [&](size_t i) { return i ? arguments[i] : Value(); };
  return {input, at(weights), at(bias), at(residual), at(result)};
}

ConvPlaces mlir::lw::addOperands(KernelCalls &calls,
                                 ConvolutionOpInterface conv,
                                 ArrayRef<float> packed, int64_t biasElements,
                                 SmallVectorImpl<Value> &arguments) {
  auto add = [&](Value value) {
    arguments.push_back(value);
    return arguments.size() - 1;
  };
  ConvPlaces places;
  auto data = [&](ArrayRef<float> elements) {
    return ConstantData::get(conv.getContext(), elements);
  };
  places.weights = add(calls.global(data(packed), conv.getLoc()));
  if (Value bias = conv.getConvBias()) {
    std::vector<float> padded = *readConstant(bias);
    padded.resize(biasElements, 0.0f);
    places.bias = add(calls.global(data(padded), conv.getLoc()));
  }
  if (Value residual = conv.getConvResidual())
    places.residual = add(calls.bufferOf(residual));
  places.result = add(calls.bufferOf(conv->getResult(0)));
  return places;
}

std::vector<float> mlir::lw::filterOf(ConvolutionOpInterface conv) {
  return *readConstant(conv.getConvFilters().front());
}

LogicalResult mlir::lw::verifyHalo(Operation *op, const Halo &halo) {
  Layout in = getLayout(op->getOperand(0));
  static constexpr const char *kSides[4] = {"top", "bottom", "left", "right"};
  for (int i = 0; i < 4; ++i)
    if (in.halo[i] < halo[i])
      return op->emitError("expects a ")
             << kSides[i] << " halo of at least " << halo[i]
             << " around its input, found " << in.halo[i];
  return success();
}

LogicalResult mlir::lw::verifyBlocks(Operation *op, int64_t vector,
                                     bool rowMajor) {
  auto verify = [&](Value value, StringRef what) -> LogicalResult {
    Layout l = getLayout(value);
    if (l.block == vector || (rowMajor && l.block == l.c))
      return success();
    return op->emitError("expects the ")
           << what << " in blocks of one vector (" << vector << ")"
           << (rowMajor ? " or row-major" : "") << ", found a block of "
           << l.block;
  };
  if (failed(verify(op->getResult(0), "result")))
    return failure();
  Value residual = cast<ConvolutionOpInterface>(op).getConvResidual();
  return residual ? verify(residual, "residual") : success();
}
