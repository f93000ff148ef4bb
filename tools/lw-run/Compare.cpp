//===- Compare.cpp - Layers of a network against another form of it
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Compare.h"
#include "Runner.h"
#include "lw/Driver/Probes.h"
#include "lw/Support/Table.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/FormatVariadic.h"
#include <cmath>
#include <limits>

using namespace mlir;
using namespace mlir::lw;
using llvm::createStringError;
using llvm::formatv;

CompileOptions lw::withoutRewrites(CompileOptions options) {
  options.graph.separable.reset();
  options.separable.clear();
  options.quantize.clear();
  options.plan.clear();
  options.savePlan.clear();
  options.byteTables = false;
  options.rounding.reset();
  options.bfloat16.reset();
  options.calibrate.clear();
  options.calibrateLabels.clear();
  options.calibrateMirror = false;
  options.printCost = options.printGraph = false;
  return options;
}

namespace {

/// What two results of a layer have in common, over all samples.
struct Comparison {
  Probe probe;
  /// Of the original: its values squared, theirs with the other's, the other's
  /// squared, and the differences squared.
  double signal = 0, product = 0, power = 0, noise = 0;
  double least = std::numeric_limits<double>::infinity(), greatest = -least;
  int64_t elements = 0, saturated = 0, notFinite = 0;

  void add(ArrayRef<float> values, ArrayRef<float> originals);

  /// Signal-to-noise ratio in dB; infinite where nothing differs.
  double sqnr() const {
    if (notFinite)
      return -std::numeric_limits<double>::infinity();
    return noise > 0 ? 10 * std::log10(signal / noise)
                     : std::numeric_limits<double>::infinity();
  }
  double cosine() const {
    return signal > 0 && power > 0 ? product / std::sqrt(signal * power) : 1;
  }
  double saturatedShare() const {
    return elements ? static_cast<double>(saturated) / elements : 0;
  }
  /// Part of what the integers can say that the original's values take.
  double rangeUse() const {
    QuantAttr q = probe.quantization;
    double all =
        static_cast<double>(q.getScaleValue()) * (q.greatest() - q.least());
    return std::max(0.0, greatest - least) / all;
  }
};

/// The decibels that a layer must lose to be at fault by itself.
constexpr double kOwnLoss = 6;
/// From so many decibels on, nobody sees the difference.
constexpr double kGood = 30;

} // namespace

void Comparison::add(ArrayRef<float> values, ArrayRef<float> originals) {
  double low = -std::numeric_limits<double>::infinity(), high = -low;
  if (QuantAttr q = probe.quantization) {
    low = q.dequantize(q.least()) - 0.5 * q.getScaleValue();
    high = q.dequantize(q.greatest()) + 0.5 * q.getScaleValue();
  }
  ArrayRef<float> scales = probe.channelScales;
  for (size_t i = 0; i < values.size(); ++i) {
    double scale = scales.empty() ? 1 : scales[i % scales.size()];
    double a = values[i] * scale, b = originals[i];
    if (!std::isfinite(a) || !std::isfinite(b)) {
      // Equal infinities are no difference.
      notFinite += a != b && !(std::isnan(a) && std::isnan(b));
      continue;
    }
    signal += b * b;
    power += a * a;
    product += a * b;
    noise += (a - b) * (a - b);
    b /= scale; // as the integers hold it
    least = std::min(least, b);
    greatest = std::max(greatest, b);
    saturated += b < low || b > high;
  }
  elements += values.size();
}

/// What to do about a layer; empty where nothing need be done.
static std::string advise(const Comparison &layer,
                          const llvm::StringMap<double> &ratios) {
  double own = layer.sqnr(), inputs = std::numeric_limits<double>::infinity();
  if (layer.notFinite)
    return formatv("{0} values are finite in one network only",
                   layer.notFinite);
  if (own >= kGood)
    return "";
  for (const std::string &input : layer.probe.inputs)
    if (auto found = ratios.find(input); found != ratios.end())
      inputs = std::min(inputs, found->second);
  std::string advice;
  if (layer.probe.quantization && layer.saturatedShare() > 0.001)
    advice = "saturates: calibrate with samples like these, or method=minmax";
  else if (layer.probe.quantization && layer.rangeUse() < 0.25)
    advice = "uses little of its range: method=error or percentile";
  else if (inputs - own < kOwnLoss)
    return "from its inputs";
  if (inputs - own >= kOwnLoss)
    advice += (advice.empty() ? "" : "; ") + std::string("skip=") +
              layer.probe.name + " leaves it as it was";
  return advice;
}

/// The function whose results are those of the network.
static llvm::Expected<func::FuncOp> findMain(Compilation &compilation) {
  auto main = compilation.getModule().lookupSymbol<func::FuncOp>("main");
  if (!main || !main.getBody().hasOneBlock())
    return createStringError("--compare needs a network without branches");
  return main;
}

/// Compiles a network with the results of its layers.
static llvm::Expected<std::unique_ptr<CompiledModel>>
compileProbed(Compilation &compilation, std::vector<Probe> &probes) {
  auto main = findMain(compilation);
  if (!main)
    return main.takeError();
  probes = addProbes(*main);
  return compilation.jit();
}

static llvm::Error checkInputs(ArrayRef<TensorInfo> inputs,
                               ArrayRef<TensorInfo> originals, StringRef path) {
  bool equal = inputs.size() == originals.size();
  for (auto [input, original] : llvm::zip(inputs, originals))
    equal &= input.shape == original.shape && input.type == original.type;
  if (equal)
    return llvm::Error::success();
  return createStringError("--compare: '" + path +
                           "' has other inputs than the network");
}

static ArrayRef<float> floatsOf(ArrayRef<char> bytes) {
  return ArrayRef(reinterpret_cast<const float *>(bytes.data()),
                  bytes.size() / sizeof(float));
}

/// A ratio for JSON, which has no infinities.
static llvm::json::Value finiteOrNull(double value) {
  return std::isfinite(value) ? llvm::json::Value(value)
                              : llvm::json::Value(nullptr);
}

static void report(std::vector<Comparison> &layers, llvm::StringRef path,
                   llvm::json::Object &json) {
  llvm::StringMap<double> ratios;
  for (const Comparison &layer : layers)
    ratios[layer.probe.name] = layer.sqnr();
  llvm::sort(layers, [](const Comparison &a, const Comparison &b) {
    return std::pair(a.sqnr(), StringRef(a.probe.name)) <
           std::pair(b.sqnr(), StringRef(b.probe.name));
  });
  Table table({{"layer", Table::Left},
               {"operation", Table::Left},
               {"precision", Table::Left},
               {"SQNR dB", Table::Right},
               {"cosine", Table::Right},
               {"range used", Table::Right},
               {"saturated", Table::Right},
               {"advice", Table::Left}});
  llvm::json::Array entries;
  for (const Comparison &layer : layers) {
    QuantAttr quantization = layer.probe.quantization;
    std::string advice = advise(layer, ratios);
    auto percent = [&](double share) {
      return quantization ? formatv("{0:f1} %", 100 * share).str() : "";
    };
    double sqnr = layer.sqnr();
    table.add({layer.probe.name, layer.probe.operation,
               quantization ? "int8" : "f32",
               std::isfinite(sqnr) ? formatv("{0:f1}", sqnr).str()
               : sqnr > 0          ? "equal"
                                   : "-",
               formatv("{0:f6}", layer.cosine()),
               quantization ? percent(layer.rangeUse()) : "",
               percent(layer.saturatedShare()), advice});
    llvm::json::Object entry{{"name", llvm::json::fixUTF8(layer.probe.name)},
                             {"operation", layer.probe.operation},
                             {"precision", quantization ? "int8" : "f32"},
                             {"sqnr_db", finiteOrNull(sqnr)},
                             {"cosine", layer.cosine()},
                             {"not_finite", layer.notFinite}};
    if (quantization) {
      entry["range_used"] = layer.rangeUse();
      entry["saturated"] = layer.saturatedShare();
    }
    if (!advice.empty())
      entry["advice"] = llvm::json::fixUTF8(advice);
    entries.push_back(std::move(entry));
  }
  table.print(llvm::outs());
  llvm::outs() << "SQNR: squares of the results in '" << path
               << "' over squares of the differences; range used, saturated: "
                  "of its results by the integers\n";
  json["comparison"] = llvm::json::Object{
      {"original", llvm::json::fixUTF8(path)}, {"layers", std::move(entries)}};
}

llvm::Error lw::compareLayers(
    Compilation &network, llvm::StringRef path, CompileOptions options,
    llvm::function_ref<
        llvm::Expected<std::vector<InputSource>>(llvm::ArrayRef<TensorInfo>)>
        loadInputs,
    llvm::json::Object &json) {
  auto original = Compilation::create(std::move(options));
  if (!original)
    return original.takeError();
  if (llvm::Error error = (*original)->load(path))
    return error;
  if (llvm::Error error = (*original)->optimize())
    return error;
  std::vector<Probe> probes, originalProbes;
  auto model = compileProbed(network, probes);
  if (!model)
    return model.takeError();
  auto originalModel = compileProbed(**original, originalProbes);
  if (!originalModel)
    return originalModel.takeError();
  const ModelInfo &info = (*model)->getInfo();
  const ModelInfo &originalInfo = (*originalModel)->getInfo();
  if (llvm::Error error = checkInputs(info.inputs, originalInfo.inputs, path))
    return error;

  // Layers of equal names and shapes, and where their results are.
  struct Pair {
    size_t own, original;
  };
  std::vector<Comparison> layers;
  std::vector<Pair> pairs;
  size_t outputs = info.outputs.size() - probes.size(),
         originalOutputs = originalInfo.outputs.size() - originalProbes.size();
  llvm::StringMap<size_t> byName;
  for (auto [i, probe] : llvm::enumerate(originalProbes))
    byName[probe.name] = i;
  for (auto [i, probe] : llvm::enumerate(probes)) {
    auto found = byName.find(probe.name);
    if (found == byName.end() ||
        originalProbes[found->second].shape != probe.shape)
      continue;
    layers.push_back({probe});
    pairs.push_back({outputs + i, originalOutputs + found->second});
  }
  if (layers.empty())
    return createStringError("--compare: no layer of '" + path +
                             "' has the name and shape of one of the network");

  auto inputs = loadInputs(info.inputs), same = loadInputs(info.inputs);
  if (!inputs || !same)
    return llvm::joinErrors(inputs.takeError(), same.takeError());
  auto runner = Runner::create(**model, std::move(*inputs));
  if (!runner)
    return runner.takeError();
  auto originalRunner = Runner::create(**originalModel, std::move(*same));
  if (!originalRunner)
    return originalRunner.takeError();
  llvm::Error failed = llvm::Error::success();
  llvm::Error error = runner->runAll([&](int64_t run) {
    if (failed)
      return;
    failed = originalRunner->runOne(run);
    if (failed)
      return;
    for (auto [layer, pair] : llvm::zip_equal(layers, pairs))
      layer.add(floatsOf(runner->getOutput(pair.own)),
                floatsOf(originalRunner->getOutput(pair.original)));
  });
  if (error || failed)
    return llvm::joinErrors(std::move(error), std::move(failed));
  report(layers, path, json);
  llvm::outs() << layers.size() << " layers on " << runner->getCount().runs
               << " runs; " << probes.size() - layers.size()
               << " of the network and "
               << originalProbes.size() - layers.size() << " of '" << path
               << "' are in it alone\n";
  return llvm::Error::success();
}
