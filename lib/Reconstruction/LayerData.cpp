//===- LayerData.cpp - Samples of one layer
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "LayerData.h"
#include "lw/Numerics/MatrixProduct.h"
#include "lw/Stepping/Patches.h"
#include "llvm/Support/Parallel.h"
#include <limits>
#include <random>

using namespace mlir;
using namespace mlir::lw;

int64_t LayerData::needed(const LayerProblem &layer, int64_t patches) {
  // At most 512 MB of them, unless that were less than eight a weight.
  int64_t weights = layer.filter.rows(), limit = (int64_t(1) << 27) / weights;
  return std::max(8 * weights,
                  std::min(limit, std::max(patches, patches * weights / 512)));
}

LayerData LayerData::collect(const SteppedNetwork &network, size_t step,
                             const LayerProblem &layer,
                             const SampleRuns &original,
                             const SampleRuns &rewritten,
                             ArrayRef<int64_t> numbers, int64_t patches) {
  const ConvGeometry &g = layer.geometry;
  int64_t samples = numbers.size(), pixels = g.outPixels();
  int64_t each = std::min(
      pixels,
      std::max<int64_t>(1, llvm::divideCeil(needed(layer, patches), samples)));
  ConvolutionOpInterface conv = layer.conv;
  size_t input = network.getNumber(conv.getConvInput());
  bool hasResidual = static_cast<bool>(conv.getConvResidual());
  size_t residual = hasResidual ? network.getNumber(conv.getConvResidual()) : 0;

  LayerData data;
  int64_t rows = samples * each, n = layer.filter.rows(), m = g.outChannels;
  data.patches.resize(rows, n);
  data.targets.resize(rows, m);
  data.residuals = SampleMatrix::Zero(rows, m);
  SampleMatrix filter = layer.filter.cast<float>();
  llvm::parallelFor(0, samples, [&](size_t position) {
    int64_t sample = numbers[position];
    // The same pixels in every run, whatever the number of threads.
    std::mt19937_64 generator(sample * 0x9e3779b97f4a7c15 + step);
    SampleMatrix exact(each, n);
    for (int64_t i = 0; i < each; ++i) {
      int64_t row = position * each + i;
      int64_t pixel =
          each == pixels ? i : static_cast<int64_t>(generator() % pixels);
      readPatch(g, rewritten.get(input, sample), pixel,
                data.patches.row(row).data());
      readPatch(g, original.get(input, sample), pixel, exact.row(i).data());
      data.targets.row(row) = layer.bias.transpose();
      if (hasResidual) {
        data.targets.row(row) += Eigen::Map<const Eigen::RowVectorXf>(
            original.get(residual, sample) + pixel * m, m);
        data.residuals.row(row) = Eigen::Map<const Eigen::RowVectorXf>(
            rewritten.get(residual, sample) + pixel * m, m);
      }
    }
    for (const SampleRuns *runs : {&original, &rewritten}) {
      runs->release(input, sample, 1);
      if (hasResidual)
        runs->release(residual, sample, 1);
    }
    SampleMatrix outputs(each, m);
    product(exact, filter, outputs);
    data.targets.middleRows(position * each, each) += outputs;
  });
  return data;
}

Moments LayerData::moments(const SampleMatrix &outputs) const {
  constexpr int64_t kBlock = 1024, kStreams = 4;
  std::vector<MomentAccumulator> streams(
      kStreams, MomentAccumulator(patches.cols(), outputs.cols()));
  int64_t each = llvm::divideCeil(patches.rows(), kStreams);
  llvm::parallelFor(0, kStreams, [&](size_t stream) {
    int64_t end = std::min<int64_t>(patches.rows(), (stream + 1) * each);
    for (int64_t begin = stream * each; begin < end; begin += kBlock) {
      int64_t count = std::min(kBlock, end - begin);
      streams[stream].add(patches.middleRows(begin, count),
                          outputs.middleRows(begin, count));
    }
  });
  for (int64_t stream = 1; stream < kStreams; ++stream)
    streams[0].merge(streams[stream]);
  return streams[0].finish();
}

bool lw::clampsValues(ActivationAttr activation) {
  return activation && (activation.getKind() == ActivationKind::Relu ||
                        activation.getKind() == ActivationKind::Clamp);
}

SampleMatrix LayerData::outputsThrough(ActivationAttr activation,
                                       const SampleMatrix &current) const {
  bool isRelu = activation.getKind() == ActivationKind::Relu;
  float low = isRelu ? 0 : activation.getAlphaValue();
  float high =
      isRelu ? std::numeric_limits<float>::max() : activation.getBetaValue();
  SampleMatrix result(targets.rows(), targets.cols());
  for (int64_t i = 0; i < targets.size(); ++i) {
    float target = targets.data()[i], residual = residuals.data()[i];
    float now = current.data()[i] + residual;
    if (target <= low)
      target = std::min(now, low);
    else if (target >= high)
      target = std::max(now, high);
    result.data()[i] = target - residual;
  }
  return result;
}

SampleMatrix LayerData::apply(const Eigen::MatrixXd &filter) const {
  SampleMatrix weights = filter.cast<float>();
  SampleMatrix result(patches.rows(), weights.cols());
  constexpr int64_t kBlock = 1024;
  llvm::parallelFor(
      0, llvm::divideCeil(patches.rows(), kBlock), [&](size_t block) {
        int64_t begin = block * kBlock;
        int64_t count = std::min<int64_t>(kBlock, patches.rows() - begin);
        product(patches.middleRows(begin, count), weights,
                result.middleRows(begin, count));
      });
  return result;
}
