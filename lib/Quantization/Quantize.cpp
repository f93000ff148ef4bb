//===- Quantize.cpp - An f32 network to integers
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "FitWeights.h"
#include "lw/Analysis/CostModel.h"
#include "lw/Dialect/IR/Constants.h"
#include "lw/Quantization/Quantization.h"
#include "lw/Statistics/NetworkStatistics.h"
#include "lw/Transforms/Passes.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace mlir::lw;
using llvm::createStringError;

namespace {

/// A network with what was seen of it.
struct Observed {
  func::FuncOp main;
  NetworkStatistics statistics;
  /// By value.
  llvm::DenseMap<Value, const TensorStatistics *> tensors;
};

} // namespace

/// Passes over the module around `main`, which stays.
static llvm::Error runPasses(func::FuncOp main,
                             llvm::function_ref<void(OpPassManager &)> add) {
  PassManager pm(main.getContext());
  add(pm.nest<func::FuncOp>());
  if (failed(pm.run(main->getParentOfType<ModuleOp>())))
    return createStringError("preparing the network for quantization failed");
  return llvm::Error::success();
}

/// The convolutions that `skip` names.
static llvm::Expected<llvm::DenseSet<Operation *>>
resolveSkipped(const Observed &observed, const std::vector<std::string> &skip) {
  std::vector<std::string> names;
  std::vector<Operation *> convs;
  func::FuncOp main = observed.main;
  main.walk([&](ConvolutionOpInterface conv) {
    names.push_back(observed.tensors.lookup(conv->getResult(0))->name);
    convs.push_back(conv);
  });
  llvm::DenseSet<Operation *> result;
  for (const std::string &name : joinCutNames(skip, names)) {
    auto found = llvm::find(names, name);
    if (found == names.end())
      return createStringError(
          "no layer '%s' to skip; the layers that can be quantized are %s",
          name.c_str(), llvm::join(names, ", ").c_str());
    result.insert(convs[found - names.begin()]);
  }
  return result;
}

/// Whether the values of a group are first made by the operation of `value`:
/// what only moves them has the same.
static bool makesValues(const QuantPlan &plan, Value value) {
  Operation *op = value.getDefiningOp();
  return !op || (plan.getRole(op) != QuantRole::Through &&
                 plan.getRole(op) != QuantRole::Concat);
}

/// Parameters of all values that are wanted as integers.
static llvm::Expected<llvm::DenseMap<Value, QuantAttr>>
chooseParameters(const Observed &observed, const QuantPlan &plan,
                 const QuantizationOptions &options) {
  llvm::MapVector<Value, Histogram> groups;
  // The maximum of TOSA compares signed integers.
  llvm::DenseSet<Value> isSigned;
  for (Value value : listTensors(observed.main)) {
    if (!plan.isWanted(value))
      continue;
    Value leader = plan.getLeader(value);
    if (makesValues(plan, value))
      groups[leader].merge(observed.tensors.lookup(value)->histogram);
    if (value.getDefiningOp<tosa::MaxPool2dOp>() && plan.isMade(value))
      isSigned.insert(leader);
  }
  MLIRContext *context = func::FuncOp(observed.main)->getContext();
  llvm::DenseMap<Value, QuantAttr> result;
  for (auto &[leader, histogram] : groups) {
    const TensorStatistics &tensor = *observed.tensors.lookup(leader);
    if (histogram.getMinimum() == 0 && histogram.getMaximum() == 0)
      return createStringError(
          "the values of '%s' (%s) are zero for all %lld calibration samples, "
          "which gives them no range; check the samples and their "
          "preprocessing, or keep the layers that read it with skip=LAYER",
          tensor.name.c_str(), tensor.operation.c_str(),
          static_cast<long long>(observed.statistics.samples));
    QuantAttr quant = makeQuantization(
        context, chooseRange(histogram, options.method, options.percentile));
    result[leader] = quant.withUnsigned(!isSigned.contains(leader));
  }
  return result;
}

static IntegerWeights makeWeights(ConvolutionOpInterface conv, QuantAttr input,
                                  const QuantizationOptions &options) {
  std::vector<float> filter = *readConstant(conv.getConvFilters().front());
  std::vector<float> bias;
  if (conv.getConvBias())
    bias = *readConstant(conv.getConvBias());
  int64_t channels =
      cast<RankedTensorType>(conv->getResult(0).getType()).getDimSize(3);
  IntegerWeights result;
  result.scales = chooseFilterScales(
      filter, bias, channels, input.getScaleValue(), options.perTensorWeights);
  result.filter = roundFilter(filter, result.scales);
  result.bias = roundBias(bias, result.scales, input.getScaleValue());
  return result;
}

/// Why an operation stays in f32.
static std::string reasonFor(Operation *op, bool isSkipped) {
  if (isSkipped)
    return "skipped";
  if (isa<ConvolutionOpInterface>(op))
    return "its weights are no constants";
  return "";
}

static QuantizationOutcome describe(const Observed &observed,
                                    const QuantPlan &plan,
                                    const NetworkQuantization &numbers,
                                    const llvm::DenseSet<Operation *> &skipped,
                                    const QuantizationOptions &options) {
  QuantizationOutcome outcome;
  outcome.goal = options.text;
  outcome.samples = observed.statistics.samples;
  for (Value value : listTensors(observed.main)) {
    Operation *op = value.getDefiningOp();
    if (!op)
      continue;
    const TensorStatistics &tensor = *observed.tensors.lookup(value);
    QuantizedOperation result;
    result.name = tensor.name;
    result.operation = tensor.operation;
    result.seen = {tensor.histogram.getMinimum(),
                   tensor.histogram.getMaximum()};
    bool isInteger = plan.getRole(op) != QuantRole::Float;
    result.precision = !isInteger           ? "f32"
                       : plan.isMade(value) ? "int8"
                                            : "int8 to f32";
    if (plan.isMade(value)) {
      result.output = numbers.values.lookup(plan.getLeader(value));
      double power = meanSquare(tensor.histogram);
      result.error =
          power > 0 ? quantizationError(tensor.histogram, result.output) / power
                    : 0;
    }
    if (!isInteger)
      result.note = reasonFor(op, skipped.contains(op));
    if (auto conv = dyn_cast<ConvolutionOpInterface>(op)) {
      result.isConvolution = true;
      result.macs = conv.getMacs();
      outcome.macs += result.macs;
      outcome.integerMacs += isInteger ? result.macs : 0;
    }
    outcome.operations.push_back(std::move(result));
  }
  return outcome;
}

llvm::Expected<QuantizationOutcome>
lw::quantizeNetwork(func::FuncOp main, const CalibrationSamples &samples,
                    const CompileFunction &compile,
                    const QuantizationOptions &options) {
  if (samples.count <= 0)
    return createStringError("calibration needs samples, found none");
  LwSplitSeparableOptions split;
  split.termsApart = true;
  if (llvm::Error error = runPasses(main, [&](OpPassManager &pm) {
        pm.addPass(createLwSplitSeparable(split));
      }))
    return std::move(error);
  splitActivations(main);

  StatisticsOptions gather;
  gather.maxMoments = 0;
  gather.progress = [&](int64_t done) {
    if (options.progress)
      options.progress("calibrating", done, samples.count);
  };
  auto statistics = gatherStatistics(main, samples, compile, gather);
  if (!statistics)
    return statistics.takeError();
  Observed observed;
  observed.main = main;
  observed.statistics = std::move(*statistics);
  for (auto [value, tensor] :
       llvm::zip_equal(listTensors(main), observed.statistics.tensors))
    observed.tensors[value] = &tensor;

  auto skipped = resolveSkipped(observed, options.skip);
  if (!skipped)
    return skipped.takeError();
  QuantPlan plan(main, *skipped);
  plan.joinValues(main, [&](Value part, Value whole) {
    auto extent = [&](Value value) {
      const Histogram &seen = observed.tensors.lookup(value)->histogram;
      return double(seen.getMaximum()) - seen.getMinimum();
    };
    return extent(part) < 0.5 * extent(whole);
  });
  NetworkQuantization numbers;
  auto values = chooseParameters(observed, plan, options);
  if (!values)
    return values.takeError();
  numbers.values = std::move(*values);
  for (Operation &op : main.getBody().front())
    if (plan.getRole(&op) == QuantRole::Convolution) {
      auto conv = cast<ConvolutionOpInterface>(op);
      numbers.weights[&op] = makeWeights(
          conv, numbers.values.lookup(plan.getLeader(conv.getConvInput())),
          options);
    }
  if (options.fit != WeightFit::None) {
    auto network = SteppedNetwork::create(main, compile);
    if (!network)
      return network.takeError();
    if (llvm::Error error =
            fitWeights(*network, plan, numbers, samples, options))
      return std::move(error);
  }
  QuantizationOutcome outcome =
      describe(observed, plan, numbers, *skipped, options);
  if (outcome.integerMacs == 0)
    return createStringError(
        "no layer can be quantized: the network has no convolution with "
        "constant weights that is not skipped");

  rewriteToIntegers(main, plan, numbers);
  mergeActivations(main);
  if (llvm::Error error = runPasses(
          main, [&](OpPassManager &pm) { pm.addPass(createLwClean()); }))
    return std::move(error);
  return outcome;
}
