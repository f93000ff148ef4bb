//===- Quantized.h - Parameters and operands of quantized operators
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_IMPORTER_QUANTIZED_H
#define LW_LIB_IMPORTER_QUANTIZED_H

#include "Elements.h"

namespace mlir::lw::importer {

/// Operands of a quantized operator: integers, scale and zero point, by the
/// numbers of the node's inputs.
struct QuantizedInput {
  size_t values, scale, zeroPoint;
  /// Along which a constant may have scales of its own.
  std::optional<int64_t> axis;
  /// How many elements of a constant in a row along the axis share a scale, 0
  /// for all.
  int64_t block = 0;
};

/// The scale and zero point of 8-bit activations.
FailureOr<lw::QuantAttr> readQuantization(Node &node, size_t scale,
                                          size_t zeroPoint, Element element);

/// The element type that the zero point says, uint8 without one.
FailureOr<Element> elementOfZeroPoint(Node &node, size_t zeroPoint);

/// The reals that a quantized input stands for; those of a constant are
/// computed and keep their integers.
FailureOr<TensorRef> dequantizeInput(Node &node, const QuantizedInput &input);

/// Whether the scale or zero point, inputs 1 and 2, of QuantizeLinear or
/// DequantizeLinear are no numbers of an lw.quantize or lw.dequantize:
/// computed, several for an activation, or of 16 bits. These are arithmetic of
/// reals, the quantized type that of the zero point, else `dataType`.
bool hasComputedScale(Node &node);
LogicalResult quantizeComputed(Node &node, int32_t dataType);
LogicalResult dequantizeComputed(Node &node);

/// What a convolution works on: integers where the input is dequantized and the
/// filter and bias are constants that integers stand for, else reals.
struct ConvOperands {
  Value input, filter, bias;
  lw::ConvQuantAttr quantization;
  /// The accumulators themselves are the result.
  bool accumulates = false;

  /// `image` in NHWC; `filter` in `permutation` has the output channels as its
  /// fastest elements.
  static ConvOperands create(Node &node, const TensorRef &image,
                             const TensorRef &filter,
                             ArrayRef<int32_t> permutation,
                             const TensorRef &bias, int64_t channels);

  RankedTensorType type(GraphBuilder &build, ArrayRef<int64_t> shape) const;
};

/// Whether an integer is one of 8 bits.
inline bool fitsByte(int64_t step) { return step >= -128 && step <= 127; }

/// Weights less their zero point may need more than 8 bits. They become sums of
/// terms that do not, one after the other along `axis` of the filter, for an
/// image of more channels: the same accumulators. Without groups only blocks of
/// channels with such weights, which are few, are there again. Changes nothing
/// where one term is enough.
void splitWideWeights(GraphBuilder &build, TensorRef &image, TensorRef &filter,
                      int64_t axis);

/// Channels that follow each other.
struct ChannelRun {
  int64_t first, count;
};

/// The channels of a depthwise convolution in runs, each with or without
/// weights of more than 8 bits; one where `weights`, [C * M, 1, KH, KW], have
/// none or nothing is quantized.
SmallVector<ChannelRun> runsOfWideWeights(const TensorRef &image,
                                          const TensorRef &weights,
                                          int64_t channels);

/// The run's channels of an image of integers, and its part of a constant of
/// `channels` channels along the first axis.
TensorRef channelsOf(GraphBuilder &build, const TensorRef &image,
                     const ChannelRun &run);
TensorRef channelsOf(const TensorRef &constant, const ChannelRun &run,
                     int64_t channels);

} // namespace mlir::lw::importer

#endif // LW_LIB_IMPORTER_QUANTIZED_H
