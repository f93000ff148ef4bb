//===- CostReport.cpp - The cost of a network as a table and as JSON
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Analysis/CostModel.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"
#include <algorithm>

using namespace mlir;
using namespace mlir::lw;

/// 1234567 as 1,234,567.
static std::string grouped(int64_t value) {
  std::string text = std::to_string(value);
  for (int64_t at = static_cast<int64_t>(text.size()) - 3; at > 0; at -= 3)
    text.insert(at, ",");
  return text;
}

static std::string join(ArrayRef<int64_t> shape) {
  std::string text;
  for (int64_t extent : shape)
    text += (text.empty() ? "" : "x") + std::to_string(extent);
  return text;
}

namespace {
constexpr unsigned kColumns = 9;
constexpr unsigned kTextColumns = 4;
using Line = std::array<std::string, kColumns>;
} // namespace

static Line makeLine(std::string name, std::string operation,
                     std::string kernel, std::string shape, const Cost &cost,
                     const Cost &total) {
  double share = total.macs ? 100.0 * cost.macs / total.macs : 0.0;
  return {std::move(name),
          std::move(operation),
          std::move(kernel),
          std::move(shape),
          grouped(cost.macs),
          llvm::formatv("{0:f1}", share).str(),
          grouped(cost.parameters),
          grouped(cost.weightBytes),
          grouped(cost.activationBytes)};
}

void lw::printCost(llvm::raw_ostream &os, const NetworkCost &cost) {
  std::vector<Line> lines;
  lines.push_back({"layer", "operation", "kernel", "output", "MACs", "MACs %",
                   "parameters", "weight bytes", "activation bytes"});
  for (const LayerCost &layer : cost.layers)
    lines.push_back(makeLine(layer.name, layer.operation, layer.kernel,
                             join(layer.outputShape), layer.cost, cost.total));
  lines.push_back(makeLine("total", "", "", "", cost.total, cost.total));

  std::array<size_t, kColumns> widths = {};
  for (const Line &line : lines)
    for (unsigned i = 0; i < kColumns; ++i)
      widths[i] = std::max(widths[i], line[i].size());
  if (!cost.name.empty())
    os << "@" << cost.name << "\n";
  for (const Line &line : lines) {
    std::string text;
    for (unsigned i = 0; i < kColumns; ++i) {
      std::string fill(widths[i] - line[i].size(), ' ');
      text += i < kTextColumns ? line[i] + fill : fill + line[i];
      text += "  ";
    }
    os << StringRef(text).rtrim() << "\n";
  }
}

static llvm::json::Object toJson(const Cost &cost) {
  return llvm::json::Object{{"macs", cost.macs},
                            {"parameters", cost.parameters},
                            {"weight_bytes", cost.weightBytes},
                            {"activation_bytes", cost.activationBytes}};
}

llvm::json::Object lw::toJson(const NetworkCost &cost) {
  llvm::json::Array layers;
  for (const LayerCost &layer : cost.layers) {
    llvm::json::Object object = ::toJson(layer.cost);
    object["name"] = layer.name;
    object["operation"] = layer.operation;
    object["kernel"] = layer.kernel;
    object["output_shape"] = llvm::json::Array(layer.outputShape);
    layers.push_back(std::move(object));
  }
  return llvm::json::Object{{"name", cost.name},
                            {"layers", std::move(layers)},
                            {"total", ::toJson(cost.total)}};
}
