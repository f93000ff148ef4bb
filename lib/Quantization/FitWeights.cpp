//===- FitWeights.cpp - Integer weights fitted to samples
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "FitWeights.h"
#include "Sensitivity.h"
#include "lw/Dialect/IR/Constants.h"
#include "lw/Dialect/IR/ShortSums.h"
#include "lw/Numerics/MatrixProduct.h"
#include "lw/Quantization/Rounding.h"
#include "lw/Reconstruction/OutputError.h"
#include "lw/Stepping/Patches.h"
#include "llvm/Support/Parallel.h"
#include <random>

using namespace mlir;
using namespace mlir::lw;
using Eigen::MatrixXd;
using Eigen::VectorXd;

/// Values of patches that are kept of a layer, and the most inputs of an output
/// whose covariance is.
static constexpr int64_t kMaxValues = 24 << 20, kMaxInputs = 1536;

namespace {

/// What one layer sees in the quantized network, and the sums that it gives in
/// the original one.
struct LayerSamples {
  SampleMatrix inputs;  // rows x (taps * Cin)
  SampleMatrix targets; // rows x Cout
};

/// A convolution's constants. Output `o` of group `g` reads the inputs
/// `tap * Cin + g * ci + i`, with the weight `(tap * ci + i) * Cout + g * co +
/// o`; depthwise filters lie in memory alike.
struct Layer {
  explicit Layer(ConvolutionOpInterface conv)
      : conv(conv), g(conv.getConvGeometry()),
        filter(*readConstant(conv.getConvFilters().front())) {
    bias.assign(g.outChannels, 0.0f);
    if (conv.getConvBias())
      bias = *readConstant(conv.getConvBias());
  }
  int64_t taps() const { return g.kernelHeight * g.kernelWidth; }
  int64_t groupInputs() const { return g.inChannels / g.groups; }
  int64_t groupOutputs() const { return g.outChannels / g.groups; }
  int64_t inputs() const { return taps() * groupInputs(); }
  size_t weight(int64_t input, int64_t group, int64_t output) const {
    return input * g.outChannels + group * groupOutputs() + output;
  }
  int64_t patchIndex(int64_t input, int64_t group) const {
    int64_t ci = groupInputs();
    return input / ci * g.inChannels + group * ci + input % ci;
  }

  ConvolutionOpInterface conv;
  ConvGeometry g;
  std::vector<float> filter, bias;
};

} // namespace

static LayerSamples collect(const SteppedNetwork &network, size_t step,
                            const Layer &layer, const SampleRuns &original,
                            const SampleRuns &quantized) {
  const ConvGeometry &g = layer.g;
  int64_t samples = original.getSamples(), pixels = g.outPixels();
  int64_t patch = layer.taps() * g.inChannels;
  int64_t wanted = std::max<int64_t>(8192, 16 * layer.inputs());
  int64_t rows = std::min(wanted, kMaxValues / (patch + g.outChannels));
  int64_t each = std::clamp<int64_t>(rows / samples, 1, pixels);
  ConvolutionOpInterface conv = layer.conv;
  size_t input = network.getNumber(conv.getConvInput());
  Value residual = conv.getConvResidual();
  size_t added = residual ? network.getNumber(residual) : 0;
  LayerSamples result;
  result.inputs.resize(samples * each, patch);
  result.targets.resize(samples * each, g.outChannels);
  llvm::parallelFor(0, samples, [&](size_t sample) {
    std::mt19937_64 generator(sample * 0x9e3779b97f4a7c15 + step);
    SampleMatrix exact(each, patch);
    SampleMatrix sums = SampleMatrix::Zero(each, g.outChannels);
    int64_t first = sample * each;
    for (int64_t i = 0; i < each; ++i) {
      int64_t pixel =
          each == pixels ? i : static_cast<int64_t>(generator() % pixels);
      readPatch(g, quantized.get(input, sample), pixel,
                result.inputs.row(first + i).data());
      readPatch(g, original.get(input, sample), pixel, exact.row(i).data());
      for (int64_t o = 0; o < g.outChannels; ++o) {
        float difference = layer.bias[o];
        if (residual)
          difference += original.get(added, sample)[pixel * g.outChannels + o] -
                        quantized.get(added, sample)[pixel * g.outChannels + o];
        result.targets(first + i, o) = difference;
      }
    }
    if (g.groups == 1) {
      Eigen::Map<const SampleMatrix> filter(layer.filter.data(), patch,
                                            g.outChannels);
      product(exact, filter, sums);
    } else {
      for (int64_t n = 0; n < layer.inputs(); ++n)
        for (int64_t group = 0; group < g.groups; ++group)
          for (int64_t o = 0; o < layer.groupOutputs(); ++o)
            sums.col(group * layer.groupOutputs() + o) +=
                layer.filter[layer.weight(n, group, o)] *
                exact.col(layer.patchIndex(n, group));
    }
    result.targets.middleRows(first, each) += sums;
    for (const SampleRuns *runs : {&original, &quantized}) {
      runs->release(input, sample, 1);
      if (residual)
        runs->release(added, sample, 1);
    }
  });
  return result;
}

/// The covariance of one group's inputs.
static MatrixXd covarianceOf(const Layer &layer, const LayerSamples &data,
                             int64_t group) {
  int64_t n = layer.inputs(), rows = data.inputs.rows();
  constexpr int64_t kBlock = 1024;
  // One group alone has the threads for itself.
  int64_t streams = layer.g.groups == 1 ? 2 : 1;
  std::vector<MomentAccumulator> sums(streams, MomentAccumulator(n, 0));
  int64_t share = llvm::divideCeil(rows, streams);
  auto add = [&](size_t stream) {
    int64_t end = std::min<int64_t>(rows, (stream + 1) * share);
    for (int64_t begin = stream * share; begin < end; begin += kBlock) {
      int64_t count = std::min(kBlock, end - begin);
      SampleMatrix u(count, n);
      for (int64_t i = 0; i < n; ++i)
        u.col(i) =
            data.inputs.col(layer.patchIndex(i, group)).segment(begin, count);
      sums[stream].add(u, SampleMatrix(count, 0));
    }
  };
  if (streams == 1)
    add(0);
  else
    llvm::parallelFor(0, streams, add);
  for (int64_t stream = 1; stream < streams; ++stream)
    sums[0].merge(sums[stream]);
  return sums[0].finish().covariance;
}

/// Row by row, as they lie in memory.
static VectorXd columnMeans(const SampleMatrix &values) {
  VectorXd sum = VectorXd::Zero(values.cols());
  for (int64_t row = 0; row < values.rows(); ++row)
    sum += values.row(row).transpose().cast<double>();
  return sum / static_cast<double>(values.rows());
}

/// Biases that keep the means of the outputs.
static void fitBias(const Layer &layer, const LayerSamples &data,
                    ArrayRef<int32_t> filter, ArrayRef<float> scales,
                    std::vector<float> &bias) {
  VectorXd inputs = columnMeans(data.inputs);
  VectorXd targets = columnMeans(data.targets);
  for (int64_t group = 0; group < layer.g.groups; ++group)
    for (int64_t o = 0; o < layer.groupOutputs(); ++o) {
      int64_t channel = group * layer.groupOutputs() + o;
      double sum = targets[channel];
      for (int64_t i = 0; i < layer.inputs(); ++i)
        sum -= inputs[layer.patchIndex(i, group)] *
               filter[layer.weight(i, group, o)] * scales[channel];
      bias[channel] = static_cast<float>(sum);
    }
}

/// Fits one layer.
static IntegerWeights fitLayer(const Layer &layer, const LayerSamples &data,
                               float inputScale,
                               const QuantizationOptions &options) {
  const ConvGeometry &g = layer.g;
  IntegerWeights result;
  std::vector<float> bias = layer.bias;
  int64_t n = layer.inputs(), m = layer.groupOutputs();
  result.scales = chooseFilterScales(layer.filter, bias, g.outChannels,
                                     inputScale, options.perTensorWeights);
  bool shortSums = options.takesShortSums(layer.conv);
  std::vector<int32_t> nearest =
      shortSums ? roundForShortSums(layer.filter, g, result.scales)
                : roundFilter(layer.filter, result.scales);
  result.filter = nearest;
  auto roundGroup = [&](size_t group) {
    MatrixXd trained(n, m);
    for (int64_t i = 0; i < n; ++i)
      for (int64_t o = 0; o < m; ++o)
        trained(i, o) = layer.filter[layer.weight(i, group, o)];
    std::vector<int32_t> rounded =
        roundInTurn(covarianceOf(layer, data, group), trained,
                    ArrayRef(result.scales).slice(group * m, m));
    for (int64_t i = 0; i < n; ++i)
      for (int64_t o = 0; o < m; ++o)
        result.filter[layer.weight(i, group, o)] = rounded[i * m + o];
  };
  bool hasCovariance = options.fit == WeightFit::Weights && n <= kMaxInputs &&
                       data.inputs.rows() >= 2 * n;
  if (hasCovariance && g.groups == 1)
    roundGroup(0);
  else if (hasCovariance)
    llvm::parallelFor(0, g.groups, roundGroup);
  // What was rounded in turn may not fit 16 bits any more.
  if (hasCovariance && shortSums) {
    std::vector<double> sums =
        largestShortSums(ArrayRef(result.filter), g, /*products=*/4);
    for (size_t i = 0; i < nearest.size(); ++i)
      if (sums[i % g.outChannels] > kMostShortSum)
        result.filter[i] = nearest[i];
  }
  fitBias(layer, data, result.filter, result.scales, bias);
  result.bias = roundBias(bias, result.scales, inputScale);
  return result;
}

/// Bytes that the values of either network hold in memory.
static constexpr int64_t kResident = int64_t(160) << 20;

llvm::Expected<double> lw::fitWeights(Simulation &simulation,
                                      NetworkQuantization &numbers,
                                      const CalibrationSamples &samples,
                                      const QuantizationOptions &options) {
  const SteppedNetwork &network = simulation.getNetwork();
  const QuantPlan &plan = simulation.getPlan();
  CalibrationSamples chosen = spreadSamples(samples, kFittedSamples);
  SampleRuns original(network, chosen.count, kResident);
  SampleRuns quantized(network, chosen.count, kResident);
  for (SampleRuns *runs : {&original, &quantized})
    if (llvm::Error error = runs->readInputs(chosen))
      return std::move(error);
  simulation.roundInputs(quantized);
  size_t steps = network.getSteps().size();
  for (size_t index = 0; index < steps; ++index) {
    if (options.progress)
      options.progress("fitting layers", index, steps);
    ConvolutionOpInterface conv = network.getSteps()[index].conv;
    if (conv && plan.getRole(conv) == QuantRole::Convolution) {
      if (options.fit != WeightFit::None) {
        Layer layer(conv);
        LayerSamples data = collect(network, index, layer, original, quantized);
        numbers.weights[conv] =
            fitLayer(layer, data,
                     numbers.values.lookup(plan.getLeader(conv.getConvInput()))
                         .getScaleValue(),
                     options);
      }
      if (llvm::Error error = simulation.compile(index))
        return std::move(error);
    }
    if (llvm::Error error = original.run(index))
      return std::move(error);
    if (llvm::Error error = simulation.run(quantized, index))
      return std::move(error);
  }
  auto outputsOf = [&](const SampleRuns &runs, int64_t sample) {
    return comparableOutputs(
        network, [&](size_t value) { return runs.get(value, sample); });
  };
  std::vector<std::vector<float>> outputs;
  for (int64_t i = 0; i < chosen.count; ++i)
    outputs.push_back(outputsOf(original, i));
  OutputError reference(std::move(outputs));
  double sum = 0;
  for (int64_t i = 0; i < chosen.count; ++i)
    sum += reference.difference(i, outputsOf(quantized, i));
  return reference.isConstant() ? 0 : reference.relative(sum);
}
