//===- Report.cpp - The plan of a reconstruction in words and numbers
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Reconstruction/Reconstruction.h"
#include "lw/Support/Table.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"
#include <cmath>

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
  auto [key, value] = text.split('=');
  SeparableOptions options;
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

void lw::printOutcome(llvm::raw_ostream &os, const SeparableOutcome &outcome) {
  bool hasTimes = outcome.timeBefore > 0;
  std::vector<Table::Column> columns = {
      {"layer", Table::Left},        {"form", Table::Left},
      {"MACs before", Table::Right}, {"MACs after", Table::Right},
      {"gain", Table::Right},        {"layer error", Table::Right},
      {"fitted", Table::Right},      {"output error", Table::Right}};
  if (hasTimes)
    columns.insert(columns.end(),
                   {{"us before", Table::Right}, {"us after", Table::Right}});
  columns.push_back({"note", Table::Left});
  Table table(columns);
  auto addTimes = [&](std::vector<std::string> &line, double before,
                      double after) {
    if (hasTimes) {
      line.push_back(formatv("{0:f1}", before * 1e6));
      line.push_back(formatv("{0:f1}", after * 1e6));
    }
  };
  for (const LayerOutcome &layer : outcome.layers) {
    std::vector<std::string> line = {
        layer.name,
        layer.form,
        groupDigits(layer.macsBefore),
        groupDigits(layer.macsAfter),
        ratio(layer.macsBefore, layer.macsAfter),
        layer.isRewritten ? formatv("{0:f4}", layer.localError).str() : "",
        formatv("{0:f4}", layer.error),
        layer.isRewritten ? formatv("{0:f4}", layer.penalty).str() : ""};
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
  addTimes(total, outcome.timeBefore, outcome.timeAfter);
  table.add(std::move(total));
  table.print(os);
  os << formatv("output error on calibration samples: {0:f4} (predicted "
                "{1:f4})\n",
                outcome.error, outcome.predictedError);
  if (!outcome.accuracy.empty())
    os << outcome.accuracy << '\n';
  if (!outcome.message.empty())
    os << "warning: " << outcome.message << '\n';
  if (!outcome.warning.empty())
    os << "warning: " << outcome.warning << '\n';
}

llvm::json::Object lw::toJson(const SeparableOutcome &outcome) {
  llvm::json::Array layers;
  for (const LayerOutcome &layer : outcome.layers)
    layers.push_back(llvm::json::Object{{"layer", layer.name},
                                        {"form", layer.form},
                                        {"rewritten", layer.isRewritten},
                                        {"macs_before", layer.macsBefore},
                                        {"macs_after", layer.macsAfter},
                                        {"seconds_before", layer.timeBefore},
                                        {"seconds_after", layer.timeAfter},
                                        {"layer_error", layer.localError},
                                        {"fitted_error", layer.error},
                                        {"output_error", layer.penalty},
                                        {"note", layer.note}});
  return llvm::json::Object{{"layers", std::move(layers)},
                            {"macs_before", outcome.macsBefore},
                            {"macs_after", outcome.macsAfter},
                            {"seconds_before", outcome.timeBefore},
                            {"seconds_after", outcome.timeAfter},
                            {"predicted_error", outcome.predictedError},
                            {"error", outcome.error},
                            {"feasible", outcome.feasible},
                            {"accuracy", outcome.accuracy},
                            {"message", outcome.message},
                            {"warning", outcome.warning}};
}
