//===- TimeForms.cpp - Which forms of which layers are faster
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "TimeForms.h"
#include "TimedRun.h"
#include <cmath>
#include <map>

using namespace mlir;
using namespace mlir::lw;

bool lw::mayBeInteger(const LayerProblem &problem,
                      const SeparableOptions &options) {
  return options.makeIntegers &&
         !llvm::is_contained(options.skipIntegers, problem.name);
}

static bool isSkipped(const LayerProblem &problem,
                      const SeparableOptions &options) {
  return llvm::is_contained(options.skip, problem.name);
}

/// What the times of a layer and of its forms depend on. A residual adds the
/// same to all forms and is left out.
static std::vector<int64_t> shapeKey(const LayerProblem &problem,
                                     const SeparableOptions &options) {
  const ConvGeometry &g = problem.geometry;
  ConvolutionOpInterface conv = problem.conv;
  ActivationAttr activation = conv.getConvActivation();
  return {g.batch,
          g.inHeight,
          g.inWidth,
          g.inChannels,
          g.outHeight,
          g.outWidth,
          g.outChannels,
          g.kernelHeight,
          g.kernelWidth,
          g.strides[0],
          g.strides[1],
          g.dilations[0],
          g.dilations[1],
          g.padding[0],
          g.padding[1],
          g.padding[2],
          g.padding[3],
          activation ? static_cast<int64_t>(activation.getKind()) : -1,
          mayBeInteger(problem, options),
          isSkipped(problem, options)};
}

namespace {

/// Times the forms of one layer.
class LayerTimer {
public:
  LayerTimer(const SteppedNetwork &network, const MeasuredLayer &layer,
             const SeparableOptions &options)
      : network(network), step(network.getSteps()[layer.step]),
        problem(layer.problem), options(options) {}

  llvm::Error timeKeep(MeasuredForm &keep);
  /// The forms that are faster than `keep`.
  llvm::Expected<std::vector<MeasuredForm>>
  listFaster(const MeasuredForm &keep);

private:
  /// Seconds of one run; on integers with inputs and results that are so too.
  llvm::Expected<double> time(FormChoice choice, bool isInteger);
  /// Seconds of `choices`, forms of one kind by their ranks; infinite where
  /// they are not faster than `limit`.
  llvm::Expected<std::vector<double>> timeRanks(ArrayRef<FormChoice> choices,
                                                bool isInteger, double limit);

  const SteppedNetwork &network;
  const NetworkStep &step;
  const LayerProblem &problem;
  const SeparableOptions &options;
  /// What was timed, by form, rank and precision.
  std::map<std::tuple<ConvForm, int64_t, bool>, double> known;
};

} // namespace

/// Whether rows and columns may change places.
static bool isSymmetric(const ConvGeometry &g) {
  return g.inHeight == g.inWidth && g.kernelHeight == g.kernelWidth &&
         g.strides[0] == g.strides[1] && g.dilations[0] == g.dilations[1] &&
         g.padding[0] == g.padding[2] && g.padding[1] == g.padding[3];
}

llvm::Expected<double> LayerTimer::time(FormChoice choice, bool isInteger) {
  // Rows before columns take as long as columns before rows.
  if (choice.form == ConvForm::Horizontal && isSymmetric(problem.geometry))
    choice.form = ConvForm::Vertical;
  double &best = known[std::make_tuple(choice.form, choice.rank, isInteger)];
  if (best > 0)
    return best;
  LayerVersion version = nominalVersion(problem, choice);
  auto code = network.compileVersion(
      step,
      [&](OpBuilder &builder, IRMapping &mapping) {
        return buildVersion(builder, problem, version, mapping);
      },
      [&](func::FuncOp layer) {
        return isInteger ? options.makeIntegers(layer, /*border=*/true)
                         : llvm::Error::success();
      });
  if (!code)
    return code.takeError();
  TimedRun timed(std::move(*code));
  best = INFINITY;
  double spent = 0;
  for (int run = 0; run < 200 && (run < 5 || spent < 0.02); ++run) {
    double seconds = timed.run();
    best = std::min(best, seconds);
    spent += seconds;
  }
  return best;
}

llvm::Error LayerTimer::timeKeep(MeasuredForm &keep) {
  for (bool isInteger : {false, true}) {
    if (isInteger && !mayBeInteger(problem, options))
      break;
    auto seconds = time({}, isInteger);
    if (!seconds)
      return seconds.takeError();
    (isInteger ? keep.integerSeconds : keep.seconds) = *seconds;
  }
  return llvm::Error::success();
}

/// Whether the time of the second of `choices` lies in the middle between those
/// beside it: terms, and channels in the middle by eights, cost the same each.
static bool isBetween(ArrayRef<FormChoice> choices) {
  if (choices.size() < 3)
    return false;
  int64_t step = choices[1].rank - choices[0].rank;
  return choices[2].rank - choices[1].rank == step &&
         (choices[0].form == ConvForm::Depthwise || step % 8 == 0);
}

llvm::Expected<std::vector<double>>
LayerTimer::timeRanks(ArrayRef<FormChoice> choices, bool isInteger,
                      double limit) {
  std::vector<double> seconds(choices.size(), INFINITY);
  bool between = false;
  for (size_t i = 0; i < choices.size();) {
    auto measured = time(choices[i], isInteger);
    if (!measured)
      return measured.takeError();
    seconds[i] = *measured;
    if (between)
      seconds[i - 1] = (seconds[i - 2] + seconds[i]) / 2;
    // A rank that fills vectors may be a little faster than the one before.
    if (seconds[i] >= 1.1 * limit)
      break;
    between = isBetween(choices.drop_front(i));
    i += between ? 2 : 1;
  }
  for (double &value : seconds)
    if (value >= limit)
      value = INFINITY;
  return seconds;
}

llvm::Expected<std::vector<MeasuredForm>>
LayerTimer::listFaster(const MeasuredForm &keep) {
  // Kernels take channels by four at least: ranks between are no faster.
  std::vector<FormChoice> choices = problem.candidates(/*channels=*/4);
  llvm::sort(choices, [](FormChoice a, FormChoice b) {
    return std::make_pair(a.form, a.rank) < std::make_pair(b.form, b.rank);
  });
  // What is not faster is left alone, whatever it saves in MACs: the layer as
  // it is harms less, and on integers hardly more.
  double limit = 0.97 * keep.leastSeconds();
  std::vector<MeasuredForm> faster;
  // Where integers are much faster they are so in other forms too, and harm
  // next to nothing.
  bool floatsMayWin = keep.seconds < 1.5 * keep.integerSeconds;
  for (ArrayRef<FormChoice> left = choices; !left.empty();) {
    ConvForm kind = left.front().form;
    ArrayRef<FormChoice> ranks =
        left.take_while([&](FormChoice choice) { return choice.form == kind; });
    left = left.drop_front(ranks.size());
    std::vector<MeasuredForm> forms(ranks.size());
    for (auto [form, choice] : llvm::zip_equal(forms, ranks)) {
      form.choice = choice;
      form.macs = problem.macs(choice);
      form.seconds = INFINITY;
    }
    for (bool isInteger : {false, true}) {
      if (isInteger ? !mayBeInteger(problem, options) : !floatsMayWin)
        continue;
      auto timed = timeRanks(ranks, isInteger, limit);
      if (!timed)
        return timed.takeError();
      for (auto [form, seconds] : llvm::zip_equal(forms, *timed))
        (isInteger ? form.integerSeconds : form.seconds) = seconds;
    }
    llvm::copy_if(forms, std::back_inserter(faster),
                  [](const MeasuredForm &form) {
                    return std::isfinite(form.leastSeconds());
                  });
  }
  return faster;
}

llvm::Error lw::timeForms(const SteppedNetwork &network,
                          const SeparableOptions &options,
                          MutableArrayRef<MeasuredLayer> layers) {
  std::map<std::vector<int64_t>, SmallVector<MeasuredLayer *>> groups;
  for (MeasuredLayer &layer : layers)
    groups[shapeKey(layer.problem, options)].push_back(&layer);
  size_t done = 0;
  for (auto &[key, group] : groups) {
    if (options.progress)
      options.progress("timing forms", done++, groups.size());
    const MeasuredLayer &first = *group.front();
    LayerTimer timer(network, first, options);
    MeasuredForm keep = first.forms.front();
    if (llvm::Error error = timer.timeKeep(keep))
      return error;
    std::vector<MeasuredForm> faster;
    if (!isSkipped(first.problem, options)) {
      auto found = timer.listFaster(keep);
      if (!found)
        return found.takeError();
      faster = std::move(*found);
    }
    for (MeasuredLayer *layer : group) {
      layer->forms.front() = keep;
      llvm::append_range(layer->forms, faster);
    }
  }
  return llvm::Error::success();
}
