//===- Report.cpp - The plan of a reconstruction in words and numbers
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Reconstruction/Reconstruction.h"
#include "lw/Support/Table.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"
#include <cmath>
#include <numeric>

using namespace mlir;
using namespace mlir::lw;
using llvm::createStringError;
using llvm::formatv;

llvm::Expected<SeparableOptions> lw::parseSeparableOptions(StringRef text) {
  auto wrong = [&](const char *why) {
    return createStringError("goal '%s': %s; expected macs=2x, time=1.5x, "
                             "max-error=0.05 or max-drop=0.5",
                             text.str().c_str(), why);
  };
  SeparableOptions options;
  options.text = text.str();
  auto [goal, list] = text.split(',');
  auto [key, value] = goal.split('=');
  if (list.consume_front("skip="))
    for (StringRef name : llvm::split(list, ','))
      options.skip.push_back(name.str());
  else if (goal.size() < text.size())
    return wrong("only skip=LAYER,... can follow the goal");
  if (key == "macs")
    options.goal = SeparableGoal::Macs;
  else if (key == "time")
    options.goal = SeparableGoal::Time;
  else if (key == "max-error")
    options.goal = SeparableGoal::Error;
  else if (key == "max-drop")
    options.goal = SeparableGoal::Drop;
  else
    return wrong("unknown goal");
  bool isFactor = options.goal == SeparableGoal::Macs ||
                  options.goal == SeparableGoal::Time;
  if (isFactor)
    value.consume_back("x");
  if (value.getAsDouble(options.target) || !std::isfinite(options.target))
    return wrong("the value is no number");
  if (options.target < (isFactor ? 1 : 0))
    return wrong("the value is too small");
  return options;
}

static std::string ratio(double before, double after) {
  return after > 0 ? formatv("{0:f2}", before / after).str() : "";
}

static std::string microseconds(double seconds) {
  return formatv("{0:f1}", seconds * 1e6);
}

/// The table of layers.
static void printLayers(llvm::raw_ostream &os, const SeparableOutcome &outcome,
                        bool worstFirst) {
  bool hasTimes = outcome.timeBefore > 0;
  bool hasPrecisions =
      llvm::any_of(outcome.layers, [](const LayerOutcome &layer) {
        return !layer.precision.empty();
      });
  std::vector<Table::Column> columns = {
      {"layer", Table::Left},        {"form", Table::Left},
      {"MACs before", Table::Right}, {"MACs after", Table::Right},
      {"gain", Table::Right},        {"layer error", Table::Right},
      {"fitted", Table::Right},      {"output error", Table::Right}};
  if (hasPrecisions)
    columns.insert(columns.begin() + 2, {"precision", Table::Left});
  if (hasTimes)
    columns.insert(columns.end(),
                   {{"us before", Table::Right}, {"us after", Table::Right}});
  columns.push_back({"note", Table::Left});
  Table table(columns);
  auto addTimes = [&](std::vector<std::string> &line, double before,
                      double after) {
    if (hasTimes) {
      line.push_back(microseconds(before));
      line.push_back(microseconds(after));
    }
  };
  std::vector<size_t> order(outcome.layers.size());
  std::iota(order.begin(), order.end(), 0);
  if (worstFirst)
    llvm::sort(order, [&](size_t a, size_t b) {
      return std::make_pair(-outcome.layers[a].penalty, a) <
             std::make_pair(-outcome.layers[b].penalty, b);
    });
  for (size_t index : order) {
    const LayerOutcome &layer = outcome.layers[index];
    std::vector<std::string> line = {
        layer.name,
        layer.form,
        groupDigits(layer.macsBefore),
        groupDigits(layer.macsAfter),
        ratio(layer.macsBefore, layer.macsAfter),
        layer.isRewritten ? formatv("{0:f4}", layer.localError).str() : "",
        formatv("{0:f4}", layer.error),
        layer.isRewritten ? formatv("{0:f4}", layer.penalty).str() : ""};
    if (hasPrecisions)
      line.insert(line.begin() + 2, layer.precision);
    addTimes(line, layer.timeBefore, layer.timeAfter);
    line.push_back(layer.note);
    table.add(std::move(line));
  }
  std::vector<std::string> total = {
      "network",
      "",
      groupDigits(outcome.macsBefore),
      groupDigits(outcome.macsAfter),
      ratio(outcome.macsBefore, outcome.macsAfter),
      "",
      "",
      formatv("{0:f4}", outcome.predictedError)};
  if (hasPrecisions)
    total.insert(total.begin() + 2, "");
  addTimes(total, outcome.timeBefore, outcome.timeAfter);
  table.add(std::move(total));
  table.print(os);
  os << "  gain          MACs before / MACs after\n"
        "  layer error   share of the variance of the layer's outputs that its "
        "form loses, on the inputs as trained\n"
        "  fitted        the same after the fit of all layers, on the inputs "
        "of the rewritten network\n"
        "  output error  share of the variance of the network's outputs that "
        "is lost if this layer alone changes;\n"
        "                for the network their sum\n";
  if (hasTimes)
    os << "  us            measured on one thread, least time of the layer "
          "alone; for the network of it as a whole\n";
}

/// Where the network stands, before and after.
static void printStand(llvm::raw_ostream &os, const SeparableOutcome &outcome) {
  Table table({{outcome.goal, Table::Left},
               {"before", Table::Right},
               {"after", Table::Right},
               {"", Table::Left}});
  table.add({"MACs", groupDigits(outcome.macsBefore),
             groupDigits(outcome.macsAfter),
             ratio(outcome.macsBefore, outcome.macsAfter) + " times fewer"});
  if (outcome.timeBefore > 0)
    table.add({"time, us, measured", microseconds(outcome.timeBefore),
               microseconds(outcome.timeAfter),
               ratio(outcome.timeBefore, outcome.timeAfter) + " times faster"});
  if (const auto &accuracy = outcome.accuracy) {
    table.add({"top-1, %", formatv("{0:f2}", accuracy->before),
               formatv("{0:f2}", accuracy->after),
               formatv("on {0} labelled samples, those of the fit: expect less "
                       "on others",
                       accuracy->samples)});
    if (accuracy->heldOutDrop)
      table.add({"top-1, %, held out", formatv("{0:f2}", accuracy->before),
                 formatv("{0:f2}", accuracy->before - *accuracy->heldOutDrop),
                 "by fits to the other half of the samples"});
  }
  table.add(
      {"output error", "", formatv("{0:f4}", outcome.error),
       formatv("on the samples, predicted {0:f4}", outcome.predictedError)});
  table.print(os);
}

void lw::printOutcome(llvm::raw_ostream &os, const SeparableOutcome &outcome,
                      bool worstFirst) {
  printLayers(os, outcome, worstFirst);
  os << '\n';
  printStand(os, outcome);
  if (!outcome.message.empty())
    os << "warning: " << outcome.message << '\n';
  if (!outcome.warning.empty())
    os << "warning: " << outcome.warning << '\n';
}

/// Null where there were no labels.
static llvm::json::Value toJson(const std::optional<SeparableAccuracy> &a) {
  if (!a)
    return nullptr;
  llvm::json::Object result{{"samples", a->samples},
                            {"top1_percent_before", a->before},
                            {"top1_percent_after", a->after}};
  if (a->heldOutDrop)
    result["held_out_points_lost"] = *a->heldOutDrop;
  return result;
}

llvm::json::Object lw::toJson(const SeparableOutcome &outcome) {
  llvm::json::Array layers;
  for (const LayerOutcome &layer : outcome.layers)
    layers.push_back(llvm::json::Object{{"layer", layer.name},
                                        {"form", layer.form},
                                        {"rewritten", layer.isRewritten},
                                        {"precision", layer.precision},
                                        {"macs_before", layer.macsBefore},
                                        {"macs_after", layer.macsAfter},
                                        {"seconds_before", layer.timeBefore},
                                        {"seconds_after", layer.timeAfter},
                                        {"layer_error", layer.localError},
                                        {"fitted_error", layer.error},
                                        {"output_error", layer.penalty},
                                        {"note", layer.note}});
  llvm::json::Array curve;
  for (const TradeOff &point : outcome.curve)
    curve.push_back(llvm::json::Object{
        {"gain", point.gain}, {"predicted_error", point.predictedError}});
  // Times of layers alone, summed up: what a plan is chosen by.
  double before = 0, after = 0;
  for (const LayerOutcome &layer : outcome.layers) {
    before += layer.timeBefore;
    after += layer.timeAfter;
  }
  return llvm::json::Object{{"goal", outcome.goal},
                            {"samples", outcome.samples},
                            {"layers", std::move(layers)},
                            {"curve", std::move(curve)},
                            {"macs_before", outcome.macsBefore},
                            {"macs_after", outcome.macsAfter},
                            {"seconds_before", outcome.timeBefore},
                            {"seconds_after", outcome.timeAfter},
                            {"layer_seconds_before", before},
                            {"layer_seconds_after", after},
                            {"predicted_error", outcome.predictedError},
                            {"error", outcome.error},
                            {"feasible", outcome.feasible},
                            {"accuracy", ::toJson(outcome.accuracy)},
                            {"message", outcome.message},
                            {"warning", outcome.warning}};
}
