//===- Fit.cpp - All layers of a network fitted in turn
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Fit.h"

using namespace mlir;
using namespace mlir::lw;

static std::vector<float> toFloats(const Eigen::VectorXd &values) {
  Eigen::VectorXf floats = values.cast<float>();
  return {floats.data(), floats.data() + floats.size()};
}

namespace {

/// A fitted layer, as its form and as the one filter that this amounts to.
struct Fitted {
  LayerVersion version;
  SampleMatrix filter;
  /// The part of the targets' variance that it leaves unexplained.
  double error = 0;
};

} // namespace

/// Fits a layer in the form of `choice` to its data.
static Fitted fitLayer(const LayerProblem &problem, FormChoice choice,
                       const LayerData &data, const SeparableOptions &options) {
  Moments moments = data.moments(data.outputs());
  auto drawn = [&] { return moments.withPrior(options.prior, problem.filter); };
  Eigen::MatrixXd start =
      ridgeRegression(drawn(), options.fit.ridge, problem.filter);
  auto factors =
      Factors::create(problem.shape, choice, moments, start, options.fit);
  factors->fit(drawn(), options.fit);
  Eigen::MatrixXd filter = factors->expand();
  Eigen::VectorXd bias = moments.bias(filter);
  double error = moments.relativeError(filter);

  ConvolutionOpInterface conv = problem.conv;
  if (clampsValues(conv.getConvActivation())) {
    FitOptions refine = options.fit;
    refine.rounds = 1;
    refine.steps = 10;
    for (int round = 0; round < options.activationRounds; ++round) {
      SampleMatrix current = data.apply(filter);
      current.rowwise() += bias.cast<float>().transpose();
      moments.replaceOutputs(
          data.patches, data.outputsThrough(conv.getConvActivation(), current));
      factors->fit(drawn(), refine);
      filter = factors->expand();
      bias = moments.bias(filter);
    }
  }
  LayerVersion version;
  version.choice = choice;
  std::tie(version.first, version.second) = factors->filters();
  version.bias = toFloats(bias);
  return {std::move(version), filter.cast<float>(), error};
}

/// Code for a layer as it was fitted.
static llvm::Expected<std::unique_ptr<StepCode>>
makeCode(const SteppedNetwork &network, const NetworkStep &step,
         const LayerProblem &problem, const Fitted &fitted, int64_t runs) {
  if (auto direct = network.makeDirect(step); direct && !direct->isSlow(runs)) {
    const SampleMatrix &filter = fitted.filter;
    return std::make_unique<StepCode>(direct->withConstants(
        {filter.data(), filter.data() + filter.size()}, fitted.version.bias));
  }
  auto compiled =
      network.compileVersion(step, [&](OpBuilder &builder, IRMapping &mapping) {
        return buildVersion(builder, problem, fitted.version, mapping);
      });
  if (!compiled)
    return compiled.takeError();
  return std::make_unique<StepCode>(std::move(*compiled));
}

llvm::Expected<std::vector<FittedLayer>> lw::fitLayers(
    const SteppedNetwork &network, const CalibrationSamples &samples,
    ArrayRef<int64_t> numbers, ArrayRef<MeasuredLayer> layers,
    ArrayRef<size_t> chosen, const SeparableOptions &options, StringRef phase,
    llvm::function_ref<void(const SampleRuns &, const SampleRuns &)> atEnd) {
  SampleRuns original(network, samples.count);
  SampleRuns rewritten(network, samples.count);
  for (SampleRuns *runs : {&original, &rewritten})
    if (llvm::Error error = runs->readInputs(samples))
      return std::move(error);
  std::vector<FittedLayer> fitted(layers.size());
  bool isChanged = false;
  size_t next = 0;
  ArrayRef<NetworkStep> steps = network.getSteps();
  for (size_t index = 0; index < steps.size(); ++index) {
    if (options.progress)
      options.progress(phase, index, steps.size());
    std::unique_ptr<StepCode> code;
    if (next < layers.size() && layers[next].step == index) {
      const LayerProblem &problem = layers[next].problem;
      FormChoice choice = layers[next].forms[chosen[next]].choice;
      FittedLayer &result = fitted[next++];
      isChanged |= choice.form != ConvForm::Keep;
      LayerData data;
      if (isChanged)
        data = LayerData::collect(network, index, problem, original, rewritten,
                                  numbers, options.patches);
      // A layer without enough samples keeps its weights too.
      if (isChanged && data.patches.rows() >= 2 * problem.filter.rows()) {
        Fitted made = fitLayer(problem, choice, data, options);
        auto madeCode =
            makeCode(network, steps[index], problem, made, samples.count);
        if (!madeCode)
          return madeCode.takeError();
        code = std::move(*madeCode);
        result.error = made.error;
        result.version = std::move(made.version);
      }
    }
    if (llvm::Error error = original.run(index))
      return std::move(error);
    if (llvm::Error error = rewritten.run(index, code.get()))
      return std::move(error);
  }
  atEnd(original, rewritten);
  return fitted;
}
