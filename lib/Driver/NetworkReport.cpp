//===- NetworkReport.cpp - A network layer by layer
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Driver/NetworkReport.h"
#include "lw/Codegen/Estimate.h"
#include "lw/Driver/Layers.h"
#include "lw/Lowering/EntryPoint.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"

using namespace mlir;
using namespace mlir::lw;
using llvm::createStringError;

namespace {

/// What is known of a layer in one form of the network.
struct LayerReport {
  std::string name;
  std::vector<std::string> inputs, operations, filters, kernels;
  std::vector<int64_t> shape;
  std::string precision;
  Cost cost;
  /// By the models of kernels, and what the processor cannot do without.
  double predictedCycles = 0, leastCycles = 0;
  double microseconds = 0;
};

using LayerReports = std::vector<LayerReport>;

} // namespace

static llvm::json::Value text(llvm::StringRef string) {
  return llvm::json::fixUTF8(string);
}

static llvm::json::Array texts(ArrayRef<std::string> strings) {
  llvm::json::Array array;
  for (const std::string &string : strings)
    array.push_back(text(string));
  return array;
}

static void addOnce(std::vector<std::string> &list, std::string entry) {
  if (!entry.empty() && !llvm::is_contained(list, entry))
    list.push_back(std::move(entry));
}

static Type elementType(Type type) {
  auto shaped = dyn_cast<ShapedType>(type);
  return shaped ? shaped.getElementType() : Type();
}

/// The type that an operation computes with: that of its first operand.
static Type computedType(Operation *op) {
  return op->getNumOperands()  ? elementType(op->getOperand(0).getType())
         : op->getNumResults() ? elementType(op->getResult(0).getType())
                               : Type();
}

/// The cycles that multiplications take at the unit's full rate, or reading and
/// writing everything once from the nearest cache that can hold it.
static double leastCyclesOf(Operation *op, const Cost &cost,
                            const TargetInfo &target, int64_t threads) {
  const DotUnit *unit = target.dot;
  if (Type type = computedType(op))
    unit = target.unitOf(type);
  double products = static_cast<double>(unit->lanes * unit->inputs) *
                    target.dotsPerCycle / unit->cost;
  constexpr double kLine = 64;
  double bytes = static_cast<double>(cost.weightBytes + cost.activationBytes);
  double line = bytes <= static_cast<double>(target.l2Bytes)
                    ? target.l2LineCycles
                    : target.l3LineCycles;
  double macs = static_cast<double>(cost.macs);
  return std::max(macs / products, bytes / kLine * line) /
         static_cast<double>(threads);
}

static llvm::Expected<LayerReports>
describeLayers(ModuleOp module, const TargetInfo &target, int64_t threads) {
  auto main = module.lookupSymbol<func::FuncOp>(kEntryFunction);
  if (!main || !main.getBody().hasOneBlock())
    return createStringError("--report needs a network without branches");
  LayerReports reports;
  for (NetworkLayer &layer : listLayers(main)) {
    LayerReport &report = reports.emplace_back();
    report.name = layer.name;
    report.inputs = std::move(layer.inputs);
    for (Operation *op : layer.operations) {
      addOnce(report.operations, op->getName().getStringRef().str());
      if (FailureOr<NetworkCost> cost = computeCost(op); succeeded(cost)) {
        report.cost += cost->total;
        for (const LayerCost &part : cost->layers)
          addOnce(report.filters, part.kernel);
        double least = leastCyclesOf(op, cost->total, target, threads);
        std::optional<double> predicted;
        if (auto conv = dyn_cast<ConvolutionOpInterface>(op))
          predicted = estimateCycles(conv, target, threads);
        report.leastCycles += least;
        report.predictedCycles += predicted.value_or(least);
      }
      if (Type type = computedType(op);
          type && (report.precision.empty() || type.isInteger(8)))
        report.precision = llvm::formatv("{0}", type);
    }
    Operation *last = layer.operations.back();
    if (last->getNumResults())
      if (auto type = dyn_cast<RankedTensorType>(last->getResult(0).getType()))
        report.shape = type.getShape().vec();
  }
  return reports;
}

/// Shares the times of kernels among the layers that they compute, in
/// proportion to their MACs.
static void addTimes(LayerReports &reports, const NetworkProfile &profile) {
  llvm::StringMap<LayerReport *> byName;
  for (LayerReport &report : reports)
    byName[report.name] = &report;
  for (auto [i, kernel] : llvm::enumerate(profile.layers)) {
    std::vector<LayerReport *> parts;
    double macs = 0;
    for (const std::string &name : kernel.names)
      if (LayerReport *report = byName.lookup(name);
          report && !llvm::is_contained(parts, report)) {
        parts.push_back(report);
        macs += static_cast<double>(report->cost.macs);
      }
    for (LayerReport *part : parts) {
      double share = macs > 0 ? static_cast<double>(part->cost.macs) / macs
                              : 1.0 / static_cast<double>(parts.size());
      if (!profile.microseconds.empty())
        part->microseconds += share * profile.microseconds[i];
      if (kernel.kernel != "alias")
        addOnce(part->kernels, kernel.kernel);
    }
  }
}

static llvm::json::Object toJson(const LayerReport &report, double clockHz) {
  llvm::json::Object json{{"operations", texts(report.operations)},
                          {"filter", text(llvm::join(report.filters, ", "))},
                          {"kernels", texts(report.kernels)},
                          {"precision", report.precision},
                          {"output_shape", llvm::json::Array(report.shape)},
                          {"macs", report.cost.macs},
                          {"parameters", report.cost.parameters},
                          {"weight_bytes", report.cost.weightBytes},
                          {"activation_bytes", report.cost.activationBytes},
                          {"predicted_cycles", report.predictedCycles},
                          {"least_cycles", report.leastCycles}};
  if (clockHz <= 0)
    return json;
  json["microseconds"] = report.microseconds;
  json["predicted_microseconds"] = 1e6 * report.predictedCycles / clockHz;
  if (report.cost.macs > 0 && report.microseconds > 0)
    json["roofline_share"] =
        1e6 * report.leastCycles / clockHz / report.microseconds;
  return json;
}

/// What rewrites say of a layer.
static void addRewrites(llvm::StringMap<llvm::json::Object> &entries,
                        Compilation &compilation) {
  if (const auto &outcome = compilation.getSeparable())
    for (const LayerOutcome &layer : outcome->layers) {
      auto found = entries.find(layer.name);
      if (found == entries.end())
        continue;
      found->second["form"] = layer.form;
      if (layer.isRewritten) {
        found->second["output_error"] = layer.penalty;
        found->second["layer_error"] = layer.localError;
      }
      found->second["fitted_error"] = layer.error;
      if (!layer.note.empty())
        found->second["note"] = text(layer.note);
    }
  if (const auto &outcome = compilation.getQuantization())
    for (const QuantizedOperation &op : outcome->operations) {
      auto found = entries.find(op.name);
      if (found == entries.end())
        continue;
      if (op.output)
        found->second["rounding_error"] = op.error;
      if (!op.note.empty())
        found->second["note"] = text(op.note);
    }
}

static llvm::json::Array describeMemory(ArrayAttr plan) {
  llvm::json::Array buffers;
  for (Attribute buffer : plan ? plan.getValue() : ArrayRef<Attribute>()) {
    auto entry = cast<DictionaryAttr>(buffer);
    auto number = [&](StringRef key) {
      return entry.getAs<IntegerAttr>(key).getInt();
    };
    buffers.push_back(llvm::json::Object{
        {"layer", text(entry.getAs<StringAttr>("name").getValue())},
        {"operation", entry.getAs<StringAttr>("operation").str()},
        {"scratch", entry.getAs<BoolAttr>("scratch").getValue()},
        {"offset", number("offset")},
        {"bytes", number("bytes")},
        {"first", number("first")},
        {"last", number("last")}});
  }
  return buffers;
}

static llvm::json::Array describeKernels(const NetworkProfile &profile) {
  llvm::json::Array kernels;
  for (auto [i, layer] : llvm::enumerate(profile.layers)) {
    llvm::json::Object entry{{"layers", texts(layer.names)},
                             {"operation", layer.operation},
                             {"kernel", layer.kernel},
                             {"macs", layer.macs}};
    if (!profile.microseconds.empty())
      entry["microseconds"] = profile.microseconds[i];
    kernels.push_back(std::move(entry));
  }
  return kernels;
}

llvm::Expected<llvm::json::Object>
lw::describeNetwork(Compilation &compilation) {
  FailureOr<TargetInfo> target = compilation.getTargetInfo();
  if (failed(target))
    return createStringError("--report: this processor has no kernels");
  auto describe = [&](ModuleOp module,
                      NetworkProfile &profile) -> llvm::Expected<LayerReports> {
    auto layers = describeLayers(module, *target, compilation.getThreads());
    if (!layers)
      return layers.takeError();
    auto measured = compilation.profile(module);
    if (!measured)
      return measured.takeError();
    profile = std::move(*measured);
    addTimes(*layers, profile);
    return layers;
  };
  NetworkProfile profile, trainedProfile;
  auto layers = describe(compilation.getModule(), profile);
  if (!layers)
    return layers.takeError();
  llvm::StringMap<llvm::json::Object> before;
  if (ModuleOp trained = compilation.getTrained()) {
    auto originals = describe(trained, trainedProfile);
    if (!originals)
      return originals.takeError();
    for (const LayerReport &layer : *originals)
      before[layer.name] = ::toJson(layer, trainedProfile.clockHz);
  }

  llvm::StringMap<llvm::json::Object> entries;
  for (const LayerReport &layer : *layers) {
    llvm::json::Object entry{{"name", text(layer.name)},
                             {"inputs", texts(layer.inputs)},
                             {"after", ::toJson(layer, profile.clockHz)}};
    auto found = before.find(layer.name);
    entry["before"] = found == before.end()
                          ? llvm::json::Value(nullptr)
                          : llvm::json::Value(std::move(found->second));
    entries[layer.name] = std::move(entry);
  }
  addRewrites(entries, compilation);
  llvm::json::Array list;
  for (const LayerReport &layer : *layers)
    list.push_back(std::move(entries[layer.name]));

  llvm::json::Object result{
      {"cpu", profile.cpu},
      {"measured", !profile.microseconds.empty()},
      {"layers", std::move(list)},
      {"kernels", describeKernels(profile)},
      {"memory",
       llvm::json::Object{{"arena_bytes", profile.arenaBytes},
                          {"buffers", describeMemory(profile.memoryPlan)}}}};
  if (profile.clockHz > 0)
    result["clock_hz"] = profile.clockHz;
  return result;
}
