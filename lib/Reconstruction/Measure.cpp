//===- Measure.cpp - What each form of each layer costs and harms
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Measure.h"
#include "TimeForms.h"
#include "lw/Numerics/MatrixProduct.h"
#include "lw/Stepping/Patches.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/Parallel.h"
#include <cmath>
#include <mutex>

using namespace mlir;
using namespace mlir::lw;
using llvm::createStringError;

/// Drops forms that another form beats clearly on both counts.
static void dropBeaten(std::vector<MeasuredForm> &forms, bool byTime) {
  auto cost = [&](const MeasuredForm &form) {
    return byTime ? form.leastSeconds() : static_cast<double>(form.macs);
  };
  std::vector<MeasuredForm> all = forms;
  llvm::erase_if(forms, [&](const MeasuredForm &form) {
    return llvm::any_of(all, [&](const MeasuredForm &other) {
      return cost(other) <= cost(form) &&
             1.2 * other.localError < form.localError;
    });
  });
}

/// Values as integers of 8 bits over their own range would hold them.
template <typename Matrix> static void roundToBytes(Matrix &&values) {
  float scale =
      (std::max(values.maxCoeff(), 0.0f) - std::min(values.minCoeff(), 0.0f)) /
      255;
  if (scale > 0)
    values = (values / scale).array().rint() * scale;
}

/// A filter as integers with a scale per output channel would hold it.
static void roundFilter(SampleMatrix &filter) {
  for (auto column : filter.colwise()) {
    float scale = column.cwiseAbs().maxCoeff() / 127;
    if (scale > 0)
      column = (column / scale).array().rint() * scale;
  }
}

/// The forms whose penalties are measured, of forms sorted by kind and rank: of
/// every kind the least and the largest rank and every third between them.
static std::vector<size_t> chooseMeasured(ArrayRef<MeasuredForm> forms) {
  std::vector<size_t> chosen;
  size_t run = 0;
  for (size_t i = 0; i < forms.size(); ++i) {
    auto differs = [&](size_t other) {
      return forms[other].choice.form != forms[i].choice.form;
    };
    if (i == 0 || differs(i - 1))
      run = i;
    if ((i - run) % 3 == 0 || i + 1 == forms.size() || differs(i + 1))
      chosen.push_back(i);
  }
  return chosen;
}

/// Fills in the penalties between the measured ones: in forms of one kind they
/// follow the layer's own error.
static void interpolatePenalties(ArrayRef<size_t> measured,
                                 MutableArrayRef<MeasuredForm> forms) {
  for (size_t k = 1; k < measured.size(); ++k) {
    const MeasuredForm &a = forms[measured[k - 1]], &b = forms[measured[k]];
    for (size_t i = measured[k - 1] + 1; i < measured[k]; ++i) {
      double range = b.localError - a.localError;
      double t = range == 0 ? 0 : (forms[i].localError - a.localError) / range;
      forms[i].penalty =
          a.penalty + std::clamp(t, 0.0, 1.0) * (b.penalty - a.penalty);
    }
  }
}

namespace {

/// What a layer computes with in place of its own constants.
struct Constants {
  SampleMatrix filter;
  Eigen::VectorXf bias;
  /// Its inputs and its result are rounded to integers.
  bool isInteger = false;
};

} // namespace

/// Runs the rest of the network with each of `versions` of a layer in place of
/// its own and measures the changes of the outputs.
static llvm::Expected<std::vector<double>>
measurePenalties(const SteppedNetwork &network, const MeasuredLayer &layer,
                 const SampleRuns &runs, const OutputError &reference,
                 ArrayRef<Constants> versions) {
  const LayerProblem &problem = layer.problem;
  const NetworkStep &step = network.getSteps()[layer.step];
  ConvolutionOpInterface conv = problem.conv;
  ActivationAttr activation = conv.getConvActivation();
  size_t input = network.getNumber(conv.getConvInput());
  Value residual = conv.getConvResidual();
  size_t output = step.outputs.front();
  int64_t pixels = problem.geometry.outPixels();
  int64_t out = problem.geometry.outChannels, n = problem.filter.rows();
  std::vector<double> sums(versions.size());
  std::mutex mutex;
  std::string failure;
  llvm::parallelFor(0, reference.getSamples(), [&](size_t sample) {
    SampleTail tail(network, runs);
    SampleMatrix patches(pixels, n);
    for (int64_t pixel = 0; pixel < pixels; ++pixel)
      readPatch(problem.geometry, runs.get(input, sample), pixel,
                patches.row(pixel).data());
    for (auto [i, version] : llvm::enumerate(versions)) {
      Eigen::Map<SampleMatrix> result(tail.write(output), pixels, out);
      if (version.isInteger)
        roundToBytes(patches);
      product(patches, version.filter, result);
      result.rowwise() += version.bias.transpose();
      if (residual)
        result += Eigen::Map<const SampleMatrix>(
            runs.get(network.getNumber(residual), sample), pixels, out);
      if (clampsValues(activation) &&
          activation.getKind() == ActivationKind::Relu)
        result = result.cwiseMax(0.0f);
      else if (activation)
        result = result.unaryExpr([&](float x) { return activation.apply(x); });
      if (version.isInteger)
        roundToBytes(result);
      llvm::Error error = tail.run(layer.step + 1, sample);
      double difference = 0;
      if (!error)
        difference = reference.difference(
            sample, comparableOutputs(network, [&](size_t value) {
              return tail.get(value).data();
            }));
      std::lock_guard<std::mutex> lock(mutex);
      if (error)
        failure = llvm::toString(std::move(error));
      sums[i] += difference;
    }
  });
  if (!failure.empty())
    return createStringError(failure);
  for (double &sum : sums)
    sum = reference.relative(sum);
  return sums;
}

/// Splits forms by their precisions, f32 first. Rounding does `penalty` beside
/// what the form does.
static void splitPrecisions(MeasuredLayer &layer, double penalty) {
  std::vector<MeasuredForm> forms;
  for (const MeasuredForm &form : layer.forms) {
    if (std::isfinite(form.seconds))
      forms.push_back(form);
    if (!std::isfinite(form.integerSeconds))
      continue;
    forms.push_back(form);
    forms.back().isInteger = true;
    forms.back().seconds = form.integerSeconds;
    forms.back().penalty += penalty;
  }
  layer.forms = std::move(forms);
}

/// Adds the forms that may be worth it for their MACs.
static void addCandidates(MeasuredLayer &layer) {
  for (FormChoice choice : layer.problem.candidates()) {
    MeasuredForm &form = layer.forms.emplace_back();
    form.choice = choice;
    form.macs = layer.problem.macs(choice);
  }
}

/// Fits and measures the forms of one layer but Keep, and leaves those that are
/// a choice.
static llvm::Error measureForms(const SteppedNetwork &network,
                                MeasuredLayer &layer, const SampleRuns &runs,
                                const OutputError &reference,
                                const LayerData &data,
                                const SeparableOptions &options) {
  const LayerProblem &problem = layer.problem;
  bool byTime = options.goal == SeparableGoal::Time;
  std::vector<MeasuredForm> forms(layer.forms.begin() + 1, layer.forms.end());
  layer.forms.resize(1);
  if (llvm::is_contained(options.skip, problem.name)) {
    layer.note = "kept: skipped";
    return llvm::Error::success();
  }
  if (forms.empty()) {
    layer.note = byTime ? "kept: no form is faster"
                        : "kept: no form saves a tenth of its MACs";
    return llvm::Error::success();
  }
  // The search for a drop of accuracy fits to halves of the samples.
  bool byDrop = options.goal == SeparableGoal::Drop;
  int64_t least = (byDrop ? 4 : 2) * problem.filter.rows();
  if (data.patches.rows() < least) {
    int64_t each = data.patches.rows() / runs.getSamples();
    layer.note =
        llvm::formatv("kept: {0} samples are too few, {1} are needed",
                      runs.getSamples(), llvm::divideCeil(least, each));
    return llvm::Error::success();
  }

  Moments moments = data.moments(data.outputs());
  // Beyond the rounding of f32, or any form would look exact.
  if (moments.outputPower.sum() <= 1e-12 * moments.outputMean.squaredNorm()) {
    layer.note = "kept: it gives the same for all samples";
    return llvm::Error::success();
  }
  FitOptions quick = options.fit;
  quick.rounds = 1;
  quick.steps = 12;
  std::vector<FormChoice> choices;
  for (const MeasuredForm &form : forms)
    choices.push_back(form.choice);
  std::vector<Eigen::MatrixXd> filters(choices.size());
  llvm::parallelFor(0, choices.size(), [&](size_t i) {
    auto factors = Factors::create(problem.shape, choices[i], moments,
                                   problem.filter, quick);
    factors->fit(moments, quick);
    filters[i] = factors->expand();
    forms[i].localError = moments.relativeError(filters[i]);
  });
  llvm::erase_if(forms, [](const MeasuredForm &form) {
    return !std::isfinite(form.localError);
  });
  dropBeaten(forms, byTime);
  llvm::sort(forms, [](const MeasuredForm &a, const MeasuredForm &b) {
    return std::make_pair(a.choice.form, a.choice.rank) <
           std::make_pair(b.choice.form, b.choice.rank);
  });
  std::vector<size_t> measured = chooseMeasured(forms);
  std::vector<Constants> versions;
  for (size_t i : measured) {
    const Eigen::MatrixXd &filter =
        filters[llvm::find(choices, forms[i].choice) - choices.begin()];
    versions.push_back(
        {filter.cast<float>(), moments.bias(filter).cast<float>()});
  }
  auto penalties = measurePenalties(network, layer, runs, reference, versions);
  if (!penalties)
    return penalties.takeError();
  for (auto [i, penalty] : llvm::zip(measured, *penalties))
    forms[i].penalty = penalty;
  interpolatePenalties(measured, forms);
  // Before a square root or a logarithm a small change can be the end.
  llvm::erase_if(forms, [](const MeasuredForm &form) {
    return !std::isfinite(form.penalty);
  });
  if (forms.empty() && layer.note.empty())
    layer.note = "kept: every form makes some output NaN or infinite";
  layer.forms.insert(layer.forms.end(), forms.begin(), forms.end());
  return llvm::Error::success();
}

/// Measures a layer in all forms and precisions.
static llvm::Error measureLayer(const SteppedNetwork &network,
                                MeasuredLayer &layer, const SampleRuns &runs,
                                const OutputError &reference,
                                const SeparableOptions &options) {
  const LayerProblem &problem = layer.problem;
  LayerData data = LayerData::collect(
      network, layer.step, problem, runs, runs,
      llvm::to_vector(llvm::seq(runs.getSamples())), options.patches / 4);
  if (!data.patches.allFinite() || !data.targets.allFinite())
    return createStringError(
        "the inputs of layer '%s' hold a NaN or an infinity for some sample; "
        "check the calibration samples and their preprocessing",
        problem.name.c_str());
  if (llvm::Error error =
          measureForms(network, layer, runs, reference, data, options))
    return error;
  if (!mayBeInteger(problem, options))
    return llvm::Error::success();
  Constants rounded{problem.filter.cast<float>(), problem.bias, true};
  roundFilter(rounded.filter);
  auto penalty = measurePenalties(network, layer, runs, reference, rounded);
  if (!penalty)
    return penalty.takeError();
  splitPrecisions(layer, penalty->front());
  return llvm::Error::success();
}

llvm::Error lw::measureLayers(const SteppedNetwork &network, SampleRuns &runs,
                              const OutputError &reference,
                              const SeparableOptions &options,
                              MutableArrayRef<MeasuredLayer> layers) {
  if (options.goal == SeparableGoal::Time) {
    if (llvm::Error error = timeForms(network, options, layers))
      return error;
  } else {
    for (MeasuredLayer &layer : layers)
      addCandidates(layer);
  }
  for (size_t index = 0; index < network.getSteps().size(); ++index) {
    if (options.progress)
      options.progress("measuring layers", index, network.getSteps().size());
    if (!layers.empty() && layers.front().step == index) {
      if (llvm::Error error =
              measureLayer(network, layers.front(), runs, reference, options))
        return error;
      layers = layers.drop_front();
    }
    if (llvm::Error error = runs.run(index))
      return error;
  }
  return llvm::Error::success();
}
