//===- CostReport.cpp - The cost of a network as a table and as JSON
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Analysis/CostModel.h"
#include "lw/Support/Table.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace mlir::lw;

static std::vector<std::string> cells(std::string name, std::string operation,
                                      std::string kernel, std::string shape,
                                      const Cost &cost, const Cost &total) {
  double share = total.macs ? 100.0 * cost.macs / total.macs : 0.0;
  return {std::move(name),
          std::move(operation),
          std::move(kernel),
          std::move(shape),
          groupDigits(cost.macs),
          llvm::formatv("{0:f1}", share).str(),
          groupDigits(cost.parameters),
          groupDigits(cost.weightBytes),
          groupDigits(cost.activationBytes)};
}

void lw::printCost(llvm::raw_ostream &os, const NetworkCost &cost) {
  Table table({{"layer", Table::Left},
               {"operation", Table::Left},
               {"kernel", Table::Left},
               {"output", Table::Left},
               {"MACs", Table::Right},
               {"MACs %", Table::Right},
               {"parameters", Table::Right},
               {"weight bytes", Table::Right},
               {"activation bytes", Table::Right}});
  for (const LayerCost &layer : cost.layers)
    table.add(cells(layer.name, layer.operation, layer.kernel,
                    joinExtents(layer.outputShape), layer.cost, cost.total));
  table.add(cells("total", "", "", "", cost.total, cost.total));
  if (!cost.name.empty())
    os << "@" << cost.name << "\n";
  table.print(os);
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
