//===- GatherStatistics.cpp - Statistics of a network from samples
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Dialect/IR/Constants.h"
#include "lw/Numerics/Moments.h"
#include "lw/Statistics/NetworkStatistics.h"
#include "lw/Stepping/Patches.h"
#include "lw/Stepping/SampleRuns.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/Parallel.h"
#include <random>

using namespace mlir;
using namespace mlir::lw;
using llvm::createStringError;

/// Samples that go through the network together, at most; fewer where their
/// values would take more memory than this.
static constexpr int64_t kMaxTogether = 64, kMaxBytes = int64_t(256) << 20;

/// Samples that are added up by one thread. Sums of such blocks are added in
/// order, so that results do not depend on the number of threads.
static constexpr int64_t kBlock = 16;

namespace {

/// The moments of one convolution's input while samples come.
class MomentGatherer {
public:
  /// Decides what is kept and writes it to `layer`.
  MomentGatherer(ConvolutionOpInterface conv, LayerStatistics &layer,
                 size_t seed, int64_t samples,
                 const StatisticsOptions &options);

  /// Adds the input of samples, the first of which has the number `first`.
  void add(ArrayRef<const float *> inputs, int64_t first);

  void finish();

private:
  void addBlock(MomentAccumulator &sums, ArrayRef<const float *> inputs,
                int64_t first) const;

  LayerStatistics *layer;
  ConvGeometry geometry;
  size_t seed;
  /// Vectors of a sample, and how long they are.
  int64_t each = 0, length = 0;
  MomentAccumulator moments{0, 0};
};

} // namespace

MomentGatherer::MomentGatherer(ConvolutionOpInterface conv,
                               LayerStatistics &layer, size_t seed,
                               int64_t samples,
                               const StatisticsOptions &options)
    : layer(&layer), geometry(conv.getConvGeometry()), seed(seed) {
  ConvGeometry &g = geometry;
  length = g.kernelHeight * g.kernelWidth * g.inChannels;
  layer.kind = MomentKind::Patches;
  if (g.groups != 1 || length > options.maxMoments) {
    if (g.groups != 1)
      layer.note = "grouped: of channels";
    else
      layer.note = llvm::formatv("patches of {0} values, more than {1}", length,
                                 options.maxMoments);
    layer.kind = MomentKind::Channels;
    length = g.inChannels;
    g.kernelHeight = g.kernelWidth = 1;
    g.outHeight = g.inHeight;
    g.outWidth = g.inWidth;
    g.strides = g.dilations = {1, 1};
    g.padding = {0, 0, 0, 0};
  }
  if (length > options.maxMoments) {
    layer.note = llvm::formatv("{0} channels, more than {1}", length,
                               options.maxMoments);
    layer.kind = MomentKind::None;
    return;
  }
  int64_t needed = std::max(options.vectors, 16 * length);
  each = std::min<int64_t>(g.outPixels(), llvm::divideCeil(needed, samples));
  moments = MomentAccumulator(length, 0);
}

void MomentGatherer::addBlock(MomentAccumulator &sums,
                              ArrayRef<const float *> inputs,
                              int64_t first) const {
  constexpr int64_t kRows = 1024;
  int64_t rows = static_cast<int64_t>(inputs.size()) * each, used = 0;
  SampleMatrix vectors(std::min(rows, kRows), length);
  auto flush = [&] {
    sums.add(vectors.topRows(used), SampleMatrix(used, 0));
    used = 0;
  };
  for (auto [sample, input] : llvm::enumerate(inputs)) {
    // The same places in every run, whatever the number of threads.
    std::mt19937_64 generator((first + sample) * 0x9e3779b97f4a7c15 + seed);
    for (int64_t i = 0; i < each; ++i) {
      int64_t pixel =
          each == geometry.outPixels()
              ? i
              : static_cast<int64_t>(generator() % geometry.outPixels());
      readPatch(geometry, input, pixel, vectors.row(used).data());
      if (++used == vectors.rows())
        flush();
    }
  }
  if (used)
    flush();
}

void MomentGatherer::add(ArrayRef<const float *> inputs, int64_t first) {
  if (layer->kind == MomentKind::None)
    return;
  size_t blocks = llvm::divideCeil(inputs.size(), kBlock);
  std::vector<MomentAccumulator> parts(blocks, MomentAccumulator(length, 0));
  llvm::parallelFor(0, blocks, [&](size_t block) {
    size_t begin = block * kBlock;
    addBlock(
        parts[block],
        inputs.slice(begin, std::min<size_t>(kBlock, inputs.size() - begin)),
        first + begin);
  });
  for (const MomentAccumulator &part : parts)
    moments.merge(part);
}

void MomentGatherer::finish() {
  if (layer->kind == MomentKind::None)
    return;
  Moments result = moments.finish();
  moments = MomentAccumulator(0, 0);
  layer->vectors = result.samples;
  layer->mean.assign(result.inputMean.data(), result.inputMean.data() + length);
  SampleMatrix covariance = result.covariance.cast<float>();
  layer->covariance.assign(covariance.data(),
                           covariance.data() + covariance.size());
}

/// Beyond it, numbers say that an element does not count: -inf and the least
/// floats, which masks of attention add to scores, or put in their place.
static constexpr float kMask = 1e30f;

/// The values with elements that a constant of the network masks: what such
/// constants flow into, up to a function that makes ordinary numbers of them.
static llvm::DenseSet<Value> findMasked(func::FuncOp main) {
  llvm::DenseSet<Value> masked;
  auto masks = [&](Value value) {
    if (masked.contains(value))
      return true;
    auto elements = readConstant(value);
    return elements &&
           llvm::any_of(*elements, [](float x) { return std::abs(x) > kMask; });
  };
  for (Operation &op : main.getBody().front())
    if (op.hasTrait<OpTrait::tosa::TosaElementwiseOperator>() ||
        isa<tosa::ConcatOp, tosa::MulOp, tosa::ReduceMaxOp, tosa::ReduceMinOp,
            tosa::ReshapeOp, tosa::SliceOp, tosa::TransposeOp>(op))
      if (!isa<tosa::ExpOp, tosa::SigmoidOp, tosa::TanhOp, tosa::ClampOp>(op) &&
          llvm::any_of(op.getOperands(), masks))
        masked.insert(op.result_begin(), op.result_end());
  return masked;
}

/// Adds a value of all samples of `runs`, masked elements of it as zeros; the
/// number of the first sample whose value is not finite, if there is one.
static std::optional<int64_t> addTensor(TensorStatistics &tensor,
                                        const SampleRuns &runs, size_t value,
                                        bool isMasked) {
  int64_t samples = runs.getSamples();
  size_t blocks = llvm::divideCeil(samples, kBlock);
  TensorStatistics empty(tensor.name, tensor.operation, tensor.shape,
                         tensor.channelAxis);
  std::vector<TensorStatistics> parts(blocks, empty);
  std::vector<std::optional<int64_t>> invalid(blocks);
  llvm::parallelFor(0, blocks, [&](size_t block) {
    int64_t begin = block * kBlock, end = std::min(begin + kBlock, samples);
    std::vector<float> shown;
    for (int64_t sample = begin; sample < end && !invalid[block]; ++sample) {
      const float *data = runs.get(value, sample);
      if (isMasked) {
        shown.assign(data, data + tensor.numElements());
        for (float &x : shown)
          x = std::abs(x) > kMask ? 0 : x;
        data = shown.data();
      }
      if (!parts[block].add(data))
        invalid[block] = sample;
    }
  });
  for (size_t block = 0; block < blocks; ++block) {
    if (invalid[block])
      return invalid[block];
    tensor.merge(parts[block]);
  }
  return std::nullopt;
}

/// How many samples go through the network at once.
static int64_t samplesTogether(const SteppedNetwork &network) {
  int64_t bytes = 1;
  for (const StepValue &value : network.getValues())
    bytes += value.floats * static_cast<int64_t>(sizeof(float));
  return std::clamp<int64_t>(kMaxBytes / bytes, 1, kMaxTogether);
}

llvm::Expected<NetworkStatistics>
lw::gatherStatistics(func::FuncOp main, const CalibrationSamples &samples,
                     const CompileFunction &compile,
                     const StatisticsOptions &options) {
  if (samples.count <= 0)
    return createStringError("statistics need samples, found none");
  auto network =
      SteppedNetwork::create(main, compile, StepOutputs::All, samples.count);
  if (!network)
    return network.takeError();
  NetworkStatistics result =
      NetworkStatistics::create(main, options.maxMoments);
  result.samples = samples.count;

  // Nothing is known of integers.
  std::vector<std::optional<size_t>> tensorOf(network->getValues().size());
  for (auto [tensor, value] : llvm::enumerate(listTensors(main)))
    tensorOf[network->getNumber(value)] = tensor;
  llvm::DenseSet<Value> masked = findMasked(main);
  ArrayRef<NetworkStep> steps = network->getSteps();
  std::vector<MomentGatherer> moments;
  for (auto [index, step] : llvm::enumerate(steps))
    if (step.conv)
      moments.emplace_back(step.conv, result.layers[moments.size()], index,
                           samples.count, options);

  int64_t together = samplesTogether(*network);
  for (int64_t first = 0; first < samples.count; first += together) {
    SampleRuns runs(*network, std::min(together, samples.count - first));
    if (llvm::Error error = runs.readInputs(samples, first))
      return std::move(error);
    auto add = [&](size_t value) -> llvm::Error {
      if (!tensorOf[value])
        return llvm::Error::success();
      TensorStatistics &tensor = result.tensors[*tensorOf[value]];
      bool isMasked = masked.contains(network->getValues()[value].value);
      if (auto sample = addTensor(tensor, runs, value, isMasked))
        return createStringError(
            "the values of '%s' are not finite (NaN or infinite) for %s; check "
            "the samples and their preprocessing",
            tensor.name.c_str(),
            describeSample(samples, first + *sample).c_str());
      return llvm::Error::success();
    };
    for (size_t value : network->getInputs())
      if (llvm::Error error = add(value))
        return std::move(error);
    size_t layer = 0;
    for (size_t index = 0; index < steps.size(); ++index) {
      if (steps[index].conv) {
        // Before the run, which drops inputs that are read for the last time.
        size_t input = network->getNumber(
            ConvolutionOpInterface(steps[index].conv).getConvInput());
        std::vector<const float *> inputs;
        for (int64_t i = 0; i < runs.getSamples(); ++i)
          inputs.push_back(runs.get(input, i));
        moments[layer++].add(inputs, first);
      }
      if (llvm::Error error = runs.run(index))
        return std::move(error);
      for (size_t value : steps[index].outputs)
        if (llvm::Error error = add(value))
          return std::move(error);
    }
    if (options.progress)
      options.progress(first + runs.getSamples());
  }
  for (MomentGatherer &gatherer : moments)
    gatherer.finish();
  return result;
}
