//===- PlanTimer.cpp - The time of networks and of their layers
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "PlanTimer.h"
#include "mlir/IR/IRMapping.h"
#include <chrono>
#include <cmath>

using namespace mlir;
using namespace mlir::lw;
using llvm::createStringError;

/// Weights of the right sizes; their values do not matter for the time, as long
/// as what they compute is in the range of normal numbers.
static LayerVersion placeholder(const LayerProblem &problem,
                                FormChoice choice) {
  const FilterShape &s = problem.shape;
  int64_t in = s.inChannels, out = s.outChannels, r = choice.rank;
  int64_t taps = s.taps(), kh = s.kernelHeight, kw = s.kernelWidth;
  LayerVersion version;
  version.choice = choice;
  version.bias.assign(s.outChannels, 0.1f);
  // Sizes of both filters and the number of inputs that an output sums up.
  auto set = [&](int64_t size1, int64_t sum1, int64_t size2, int64_t sum2) {
    version.first.assign(size1, 1.0f / sum1);
    version.second.assign(size2, 1.0f / sum2);
  };
  switch (choice.form) {
  case ConvForm::Keep:
    version.first.assign(taps * in * out, 1.0f / (taps * in));
    break;
  case ConvForm::Depthwise:
    set(taps * in * r, taps, in * r * out, in * r);
    break;
  case ConvForm::Vertical:
    set(kh * in * r, kh * in, kw * r * out, kw * r);
    break;
  case ConvForm::Horizontal:
    set(kw * in * r, kw * in, kh * r * out, kh * r);
    break;
  case ConvForm::NarrowInput:
    set(in * r, in, taps * r * out, taps * r);
    break;
  case ConvForm::NarrowOutput:
    set(taps * in * r, taps * in, r * out, r);
    break;
  }
  return version;
}

namespace {

/// Runs code on inputs of its own.
class Runner {
public:
  explicit Runner(const CompiledModel &code)
      : code(code), arena(code.allocateArena()) {
    const ModelInfo &info = code.getInfo();
    for (const TensorInfo &tensor : info.inputs)
      inputs.push_back(
          memory
              .emplace_back(llvm::divideCeil(tensor.numBytes(), sizeof(float)),
                            0.5f)
              .data());
    for (const TensorInfo &tensor : info.outputs)
      outputs.push_back(
          memory
              .emplace_back(llvm::divideCeil(tensor.numBytes(), sizeof(float)))
              .data());
  }

  /// Seconds of one run.
  double run() {
    auto start = std::chrono::steady_clock::now();
    code.run(inputs, outputs, arena.get());
    return std::chrono::duration<double>(std::chrono::steady_clock::now() -
                                         start)
        .count();
  }

private:
  const CompiledModel &code;
  CompiledModel::Arena arena;
  std::vector<std::vector<float>> memory;
  SmallVector<const void *> inputs;
  SmallVector<void *> outputs;
};

} // namespace

llvm::Expected<double> LayerTimer::time(const SteppedNetwork &network,
                                        const NetworkStep &step,
                                        const LayerProblem &problem,
                                        FormChoice choice,
                                        const IntegerFunction &makeIntegers) {
  const ConvGeometry &g = problem.geometry;
  std::vector<int64_t> key = {
      g.batch,
      g.inHeight,
      g.inWidth,
      g.inChannels,
      g.outHeight,
      g.outWidth,
      g.outChannels,
      g.kernelHeight,
      g.kernelWidth,
      g.strides[0],
      g.dilations[0],
      g.padding[0],
      g.padding[1],
      g.padding[2],
      g.padding[3],
      int64_t(choice.form),
      choice.rank,
      bool(ConvolutionOpInterface(problem.conv).getConvResidual()),
      bool(makeIntegers)};
  if (auto found = known.find(key); found != known.end())
    return found->second;
  LayerVersion version = placeholder(problem, choice);
  auto code = network.compileVersion(
      step,
      [&](OpBuilder &builder, IRMapping &mapping) {
        return buildVersion(builder, problem, version, mapping);
      },
      [&](func::FuncOp layer) {
        return makeIntegers ? makeIntegers(layer, /*border=*/true)
                            : llvm::Error::success();
      });
  if (!code)
    return code.takeError();
  Runner runner(**code);
  double best = INFINITY, spent = 0;
  for (int run = 0; run < 50 && (run < 5 || spent < 0.05); ++run) {
    double seconds = runner.run();
    best = std::min(best, seconds);
    spent += seconds;
  }
  return known[key] = best;
}

/// A module with a copy of `main` alone, with the chosen forms; layers that are
/// not on integers are marked.
static OwningOpRef<ModuleOp> planModule(func::FuncOp main,
                                        ArrayRef<MeasuredLayer> layers,
                                        ArrayRef<size_t> chosen) {
  OwningOpRef<ModuleOp> module = ModuleOp::create(main.getLoc());
  IRMapping mapping;
  module->push_back(main->clone(mapping));
  for (auto [layer, form] : llvm::zip(layers, chosen)) {
    const MeasuredForm &chosenForm = layer.forms[form];
    LayerProblem copy = layer.problem;
    copy.conv =
        cast<ConvolutionOpInterface>(mapping.lookup(copy.conv.getOperation()));
    if (!chosenForm.isInteger)
      markFloat(copy.conv);
    if (chosenForm.choice.form == ConvForm::Keep)
      continue;
    OpBuilder builder(copy.conv);
    IRMapping same;
    Value result =
        buildVersion(builder, copy, placeholder(copy, chosenForm.choice), same);
    copy.conv->getResult(0).replaceAllUsesWith(result);
    copy.conv->erase();
  }
  return module;
}

llvm::Expected<PlanTime> lw::timePlan(func::FuncOp main,
                                      const CompileFunction &compile,
                                      ArrayRef<MeasuredLayer> layers,
                                      ArrayRef<size_t> chosen,
                                      const IntegerFunction &makeIntegers) {
  std::vector<size_t> none(chosen.size(), 0);
  auto before = compile(*planModule(main, layers, none));
  if (!before)
    return before.takeError();
  OwningOpRef<ModuleOp> module = planModule(main, layers, chosen);
  bool anyInteger = llvm::any_of(llvm::zip(layers, chosen), [](auto both) {
    auto &[layer, form] = both;
    return layer.forms[form].isInteger;
  });
  if (anyInteger)
    if (llvm::Error error = makeIntegers(
            *module->getOps<func::FuncOp>().begin(), /*border=*/false))
      return std::move(error);
  auto after = compile(*module);
  if (!after)
    return after.takeError();
  Runner runBefore(**before), runAfter(**after);
  PlanTime best = {INFINITY, INFINITY};
  double spent = 0;
  for (int turn = 0; turn < 400 && (turn < 8 || spent < 1.0); ++turn) {
    double a = runBefore.run(), b = runAfter.run();
    best.before = std::min(best.before, a);
    best.after = std::min(best.after, b);
    spent += a + b;
  }
  return best;
}
