//===- ConvCalls.h - What the calls of all convolution kernels share
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_CODEGEN_KERNELS_CONVCALLS_H
#define LW_LIB_CODEGEN_KERNELS_CONVCALLS_H

#include "Kernels/ConvSpec.h"
#include "Kernels/KernelCalls.h"
#include "Kernels/KernelKind.h"
#include "lw/Dialect/IR/BFloat16.h"
#include "lw/Dialect/IR/LwOps.h"

namespace mlir::lw {

/// Fills in what the kernels of convolutions have in common.
void describe(ConvolutionOpInterface op, const TargetInfo &target,
              ConvSpec &spec);

/// True for a convolution of floats, f32 or bf16, with constant weights.
bool isConvolution(Operation *op);

/// True for a quantized convolution with constant weights.
bool isQuantizedConvolution(Operation *op);

/// Whether vectors of f32 make blocks of the result and the residual.
bool makesBlocks(const TargetInfo &target, ConvolutionOpInterface conv);

/// Whether `unit` multiplies the inputs of a convolution, which may be u8 or
/// s8.
bool multiplies(const DotUnit &unit, Operation *op);

/// What decides the code of a convolution's kernel.
KernelKey addConvolution(KernelKey key, const ConvSpec &spec,
                         KernelAttrInterface plan);

/// Where a convolution's operands are among the arguments of a kernel; 0 for
/// absent ones, so the first argument is another.
struct ConvPlaces {
  size_t weights = 0, bias = 0, multipliers = 0, residual = 0, result = 0;

  /// The buffers of the convolution among a kernel's arguments.
  ConvBuffers in(ValueRange arguments, Value input) const;
};

/// Adds packed weights, bias and multipliers with zeros up to `channels`,
/// residual and result to the arguments of a kernel. The bias comes `pixels`
/// times, one after another.
ConvPlaces addOperands(KernelCalls &calls, ConvolutionOpInterface conv,
                       const ConstantData &packed, int64_t channels,
                       SmallVectorImpl<Value> &arguments, int64_t pixels = 1);

/// Elements of a constant where they lie in the network or, where they lie
/// there as something else, a copy.
class FloatElements {
public:
  explicit FloatElements(ArrayRef<float> elements) : elements(elements) {}
  explicit FloatElements(std::vector<float> copy)
      : copy(std::move(copy)), elements(this->copy) {}
  operator ArrayRef<float>() const { return elements; }

private:
  std::vector<float> copy;
  ArrayRef<float> elements;
};

/// The weights of a convolution with one filter.
FloatElements filterOf(ConvolutionOpInterface conv);
std::vector<int8_t> quantizedFilterOf(ConvolutionOpInterface conv);

/// What `pack` makes of the weights of a convolution of floats with one filter,
/// f32 or bf16.
template <typename Pack>
ConstantData packFilter(ConvolutionOpInterface conv, Pack pack) {
  MLIRContext *context = conv.getContext();
  if (auto bits = readBFloat16(conv.getConvFilters().front()))
    return ConstantData::get(context, pack(ArrayRef<uint16_t>(*bits)));
  FloatElements filter = filterOf(conv);
  return ConstantData::get(context, pack(ArrayRef<float>(filter)));
}

/// Fails when the border of the input is narrower than `halo`.
LogicalResult verifyHalo(Operation *op, const Halo &halo);

/// Fails when the residual or the result does not lie as the kernel stores it:
/// in blocks of one vector or, where `rowMajor`, in rows of channels.
LogicalResult verifyBlocks(Operation *op, const TargetInfo &target,
                           bool rowMajor);

} // namespace mlir::lw

#endif // LW_LIB_CODEGEN_KERNELS_CONVCALLS_H
