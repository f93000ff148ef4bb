//===- Quantization.h - Networks of 8-bit integers after training
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Makes the operations of a trained f32 network integer ones, with parameters
// from what flows through the network on samples of its input (Jacob et al.,
// Quantization and Training of Neural Networks for Efficient
// Integer-Arithmetic- Only Inference, 2018; Nagel et al., A White Paper on
// Neural Network Quantization, 2021). Labels and gradients are not needed.
//
//===----------------------------------------------------------------------===//

#ifndef LW_QUANTIZATION_QUANTIZATION_H
#define LW_QUANTIZATION_QUANTIZATION_H

#include "lw/Quantization/Ranges.h"
#include "lw/Stepping/Samples.h"
#include "lw/Stepping/SteppedNetwork.h"
#include "llvm/Support/JSON.h"
#include <optional>

namespace mlir::lw {

/// On a convolution whose channels were equalized: f32 factors by which its
/// result must be multiplied to be that of the network as it was trained.
inline constexpr llvm::StringLiteral kChannelScalesAttrName =
    "lw.channel_scales";

/// What the constants of a layer are made from.
enum class WeightFit {
  /// The trained ones alone.
  None,
  /// Biases that keep the mean of every output channel on the samples.
  Bias,
  /// Weights too, for the least error of the layer's outputs.
  Weights,
};

struct QuantizationOptions {
  /// As they were written, for reports.
  std::string text;
  RangeMethod method = RangeMethod::Error;
  /// The share of values, in percent, that the method Percentile keeps.
  double percentile = 99.99;
  /// One scale for all weights of a layer: what others do, to compare with.
  bool perTensorWeights = false;
  WeightFit fit = WeightFit::Bias;
  /// Scale channels between convolutions so that they have equal ranges.
  bool equalize = true;
  /// Layers that stay in f32, by name; a name with commas is as many pieces.
  std::vector<std::string> skip;
  /// How far the outputs may move, relative to their variance, and how many
  /// points of top-1 may be lost on labelled samples: the most sensitive layers
  /// stay in f32 until it is so.
  std::optional<double> maxError, maxDrop;
  /// Classes of the samples: accuracy is counted on them. Nothing is fitted to
  /// them.
  std::vector<int64_t> labels;
  /// Integers also where f32 is faster.
  bool always = false;
  /// Whether f32 is faster for a layer; may be empty.
  std::function<bool(ConvolutionOpInterface)> isFasterInFloat;
  /// Larger scales for layers that gain by weights whose products can be added
  /// in 16 bits (ShortSums.h), where `gainsByShortSums` says so; it may be
  /// empty.
  bool shortSums = true;
  std::function<bool(ConvolutionOpInterface)> gainsByShortSums;
  bool takesShortSums(ConvolutionOpInterface conv) const {
    return !perTensorWeights && gainsByShortSums && gainsByShortSums(conv);
  }
  /// Called now and then with what is done; may be empty.
  std::function<void(StringRef phase, size_t done, size_t all)> progress;
};

/// Parses `int8[,method=minmax|percentile|error|entropy][,percentile=P]
/// [,weights=channel|tensor][,fit=weights|bias|none][,sums=16|32]
/// [,equalize=yes|no][,max-error=E][,max-drop=P][,always][,skip=LAYER,...]`.
llvm::Expected<QuantizationOptions> parseQuantizationOptions(StringRef text);

/// What became of one operation. It outlives the network, so it holds no
/// attributes.
struct QuantizedOperation {
  struct Integers {
    bool isUnsigned;
    float scale;
    int64_t zeroPoint;
  };
  std::string name, operation;
  /// The layer that it is a part of.
  std::string layer;
  /// `int8`, `int8 to f32` or `f32`.
  std::string precision;
  bool isConvolution = false;
  int64_t macs = 0;
  /// Its result as integers, where there are such.
  std::optional<Integers> output;
  RealRange seen;
  /// How often values of equal parts of that range were seen.
  std::vector<uint64_t> counts;
  /// The error of its result's integers, relative to the mean square.
  double error = 0;
  std::string note;
};

/// Top-1 on the labelled samples, in percent.
struct QuantizedAccuracy {
  int64_t samples = 0;
  double before = 0, after = 0;
};

/// What became of a network.
struct QuantizationOutcome {
  std::string goal;
  int64_t samples = 0;
  std::vector<QuantizedOperation> operations;
  /// Of all convolutions, and of those on integers.
  int64_t macs = 0, integerMacs = 0;
  /// How far the outputs are from the original ones on the samples, relative to
  /// their variance.
  double error = 0;
  /// Where there are labels.
  std::optional<QuantizedAccuracy> accuracy;
};

/// Quantizes `main`, a network at the graph level after the graph pipeline.
llvm::Expected<QuantizationOutcome>
quantizeNetwork(func::FuncOp main, const CalibrationSamples &samples,
                const CompileFunction &compile,
                const QuantizationOptions &options);

/// Makes the convolutions of `main` integer ones, but for those that are marked
/// to stay in f32, with numbers that are right for its time alone. With
/// `border` its inputs and results are integers too, where they can be; the
/// weights of layers that `gainsByShortSums` says get the scales for it.
llvm::Error makeNominalIntegers(
    func::FuncOp main, bool border,
    const std::function<bool(ConvolutionOpInterface)> &gainsByShortSums);

/// Prints a line an operation and where the network stands.
void printOutcome(llvm::raw_ostream &os, const QuantizationOutcome &outcome);
llvm::json::Object toJson(const QuantizationOutcome &outcome);

} // namespace mlir::lw

#endif // LW_QUANTIZATION_QUANTIZATION_H
