//===- SearchTime.cpp - Plans that make a network as fast as is wanted
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "SearchTime.h"
#include "PlanTimer.h"
#include "llvm/Support/FormatVariadic.h"
#include <cmath>

using namespace mlir;
using namespace mlir::lw;

namespace {

/// The precisions that a plan may have.
enum class Precisions { Both, Floats, Integers };

/// A plan and what the network gains by it.
struct TimedPlan {
  Allocation allocation;
  PlanTime time;

  double gain() const { return time.before / time.after; }
  bool reaches(double target) const { return gain() >= 0.98 * target; }
  /// What is as fast as wanted is judged by what it harms, else by its time.
  bool isBetterThan(const TimedPlan &other, double target) const {
    if (!reaches(target) || !other.reaches(target))
      return gain() > other.gain();
    return allocation.penalty < other.allocation.penalty;
  }
};

} // namespace

static double timeAsTrained(ArrayRef<MeasuredLayer> layers) {
  double sum = 0;
  for (const MeasuredLayer &layer : layers)
    sum += layer.forms.front().seconds;
  return sum;
}

/// The best plan in which the layers alone take `budget` seconds.
static Allocation choosePlan(ArrayRef<MeasuredLayer> layers, double budget,
                             Precisions precisions) {
  std::vector<std::vector<LayerOption>> choices;
  std::vector<std::vector<size_t>> numbers;
  for (const MeasuredLayer &layer : layers) {
    bool hasIntegers = llvm::any_of(
        layer.forms, [](const MeasuredForm &form) { return form.isInteger; });
    choices.emplace_back();
    numbers.emplace_back();
    for (auto [i, form] : llvm::enumerate(layer.forms)) {
      if (precisions != Precisions::Both && hasIntegers &&
          form.isInteger != (precisions == Precisions::Integers))
        continue;
      choices.back().push_back({form.seconds, form.penalty});
      numbers.back().push_back(i);
    }
  }
  Allocation plan = allocateCost(choices, budget);
  for (auto [chosen, number] : llvm::zip(plan.chosen, numbers))
    chosen = number[chosen];
  return plan;
}

llvm::Expected<Allocation> lw::searchTime(func::FuncOp main,
                                          const CompileFunction &compile,
                                          ArrayRef<MeasuredLayer> layers,
                                          const SeparableOptions &options,
                                          SeparableOutcome &outcome) {
  double whole = timeAsTrained(layers), target = options.target;
  auto timer = PlanTimer::create(main, compile, layers, options.makeIntegers);
  if (!timer)
    return timer.takeError();
  std::optional<TimedPlan> best;
  Precisions precisions = Precisions::Both;
  auto measure = [&](double aim, Precisions allowed) -> llvm::Expected<double> {
    TimedPlan plan;
    plan.allocation = choosePlan(layers, whole / aim, allowed);
    auto time = timer->time(plan.allocation.chosen);
    if (!time)
      return time.takeError();
    plan.time = *time;
    double gain = plan.gain();
    if (!best || plan.isBetterThan(*best, target)) {
      best = std::move(plan);
      precisions = allowed;
    }
    return gain;
  };

  // Plans of one precision need nothing between f32 and integers, which the
  // times of layers do not hold: they are measured where they may be as fast.
  if (options.makeIntegers)
    for (Precisions pure : {Precisions::Floats, Precisions::Integers}) {
      constexpr double kSlack = 1.25;
      if (choosePlan(layers, whole / target, pure).cost >
          kSlack * choosePlan(layers, whole / target, Precisions::Both).cost)
        continue;
      if (auto gain = measure(target, pure); !gain)
        return gain.takeError();
    }
  // What the times of layers promise of a network's gain, and what is found;
  // logarithms of them are on a line, nearly.
  double aim = target, slope = 1, lastAim = 0, lastGain = 0;
  for (int round = 0; round < 5; ++round) {
    if (options.progress)
      options.progress("timing plans", round, 5);
    Precisions allowed = round ? precisions : Precisions::Both;
    auto gain = measure(aim, allowed);
    if (!gain)
      return gain.takeError();
    bool isNear = std::abs(std::log(*gain / target)) < 0.02;
    bool isFastest = *gain < target && aim >= 100;
    if (isNear || isFastest)
      break;
    if (round && aim != lastAim)
      slope = std::clamp(std::log(*gain / lastGain) / std::log(aim / lastAim),
                         0.3, 1.5);
    lastAim = aim;
    lastGain = *gain;
    aim = std::clamp(aim * std::pow(target / *gain, 1 / slope), 1.0, 100.0);
  }

  Allocation result = best->allocation;
  PlanTime time = best->time;
  result.feasible = best->gain() >= 0.95 * target;
  if (!result.feasible)
    outcome.message =
        llvm::formatv("cannot make the network {0:f2} times faster; the "
                      "nearest that was found is {1:f2} times",
                      target, best->gain());
  // Two timings of a network that is left as it is differ by chance.
  bool unchanged =
      llvm::all_of(result.chosen, [](size_t form) { return form == 0; });
  if (unchanged || best->gain() < 1.02) {
    result.chosen.assign(layers.size(), 0);
    result.cost = whole;
    result.penalty = 0;
    result.feasible = target <= 1;
    time.after = time.before;
    outcome.message = "no plan makes the network faster: it stays as it is";
  }
  outcome.timeBefore = time.before;
  outcome.timeAfter = time.after;
  return result;
}
