//===- Harness.cpp - Random layers through a way to machine code
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Harness.h"
#include "lw/InitAll.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/TargetParser/Host.h"
#include "gtest/gtest.h"
#include <cmath>
#include <cstring>

using namespace mlir;
using namespace mlir::lw;
using namespace lwtest;

PropertyOptions &lwtest::commandLineOptions() {
  static PropertyOptions options;
  return options;
}

Path lwtest::referencePath() {
  // Little effort: compiling takes most of the time.
  return {"reference", buildReferencePipeline, TargetName(),
          llvm::CodeGenOptLevel::None};
}

Path lwtest::kernelPath(llvm::StringRef cpu, WinogradUse winograd,
                        int64_t stripBytes, unsigned threads,
                        int64_t weightPanel) {
  KernelOptions kernels;
  kernels.weightPanel = weightPanel;
  kernels.threads = threads;
  kernels.leastWork = 0;
  kernels.winograd = winograd;
  kernels.stripBytes = stripBytes;
  TargetName target;
  target.cpu = cpu == "host" ? "native" : cpu.str();
  auto build = [kernels](OpPassManager &pm, const LowerToLLVMOptions &lower) {
    buildKernelPipeline(pm, kernels, lower);
  };
  // The kernels are vectors already; LLVM need not find any.
  return {"kernels for " + cpu.str(), build, target,
          llvm::CodeGenOptLevel::Less};
}

std::vector<std::string> lwtest::testedCpus() {
  std::vector<std::string> cpus = {"host"};
  llvm::StringMap<bool> features = llvm::sys::getHostCPUFeatures();
  if (features.lookup("avx512f") && features.lookup("fma"))
    cpus.push_back("x86-64-v3");
  return cpus;
}

std::unique_ptr<MLIRContext> lwtest::createContext() {
  DialectRegistry registry;
  lw::registerAllDialects(registry);
  registerAllExtensions(registry);
  registerCodeGenDialects(registry);
  // One thread: the modules are small and the suites run beside each other.
  return std::make_unique<MLIRContext>(registry,
                                       MLIRContext::Threading::DISABLED);
}

llvm::Expected<std::unique_ptr<CompiledModel>>
lwtest::compile(const Path &path, ModuleOp module) {
  auto target = resolveTarget(module.getContext(), path.target);
  if (!target)
    return target.takeError();
  module->setAttr(kTargetAttrName, *target);
  auto machine = createTargetMachine(*target);
  if (!machine)
    return machine.takeError();
  (*machine)->setOptLevel(path.effort);
  LowerToLLVMOptions options;
  mlir::PassManager pm(module.getContext());
  path.buildPipeline(pm, options);
  if (failed(pm.run(module)))
    return llvm::createStringError("lowering failed");
  llvm::LLVMContext llvmContext;
  auto code = generateLLVM(module, llvmContext, **machine);
  if (!code)
    return code.takeError();
  auto object = generateCode(**code, **machine);
  if (!object)
    return object.takeError();
  return CompiledModel::fromObject(std::move(*object), options.prefix);
}

llvm::Expected<std::vector<std::vector<char>>>
lwtest::runBytes(const CompiledModel &model,
                 llvm::ArrayRef<llvm::ArrayRef<char>> inputs) {
  constexpr size_t kGuard = 256;
  constexpr char kGuardValue = 0x5a;
  std::vector<const void *> inputPointers;
  std::vector<void *> outputPointers;
  std::vector<std::vector<char>> copies, buffers;
  for (llvm::ArrayRef<char> input : inputs)
    inputPointers.push_back(copies.emplace_back(input).data());
  for (const TensorInfo &output : model.getInfo().outputs) {
    size_t count = output.numBytes();
    std::vector<char> &buffer =
        buffers.emplace_back(count + 2 * kGuard, kGuardValue);
    std::fill_n(buffer.begin() + kGuard, count, '\xff');
    outputPointers.push_back(buffer.data() + kGuard);
  }
  CompiledModel::Arena arena = model.allocateArena();
  if (int status = model.run(inputPointers, outputPointers, arena.get()))
    return llvm::createStringError("the code returned status %d", status);
  for (auto [i, input] : llvm::enumerate(inputs))
    if (std::memcmp(input.data(), copies[i].data(), input.size()))
      return llvm::createStringError("written into input %zu", i);

  std::vector<std::vector<char>> results;
  for (auto [i, buffer] : llvm::enumerate(buffers)) {
    auto isGuard = [](char value) { return value == kGuardValue; };
    auto end = buffer.end() - kGuard;
    if (!std::all_of(buffer.begin(), buffer.begin() + kGuard, isGuard) ||
        !std::all_of(end, buffer.end(), isGuard))
      return llvm::createStringError("written beyond output %zu", i);
    results.emplace_back(buffer.begin() + kGuard, end);
  }
  return results;
}

llvm::Expected<std::vector<std::vector<float>>>
lwtest::run(const CompiledModel &model,
            llvm::ArrayRef<llvm::ArrayRef<float>> inputs) {
  std::vector<llvm::ArrayRef<char>> bytes;
  for (llvm::ArrayRef<float> input : inputs)
    bytes.emplace_back(reinterpret_cast<const char *>(input.data()),
                       input.size() * sizeof(float));
  auto found = runBytes(model, bytes);
  if (!found)
    return found.takeError();
  std::vector<std::vector<float>> results;
  for (const std::vector<char> &output : *found) {
    results.emplace_back(output.size() / sizeof(float));
    std::memcpy(results.back().data(), output.data(), output.size());
  }
  return results;
}

llvm::Expected<std::vector<std::vector<float>>>
lwtest::run(const Path &path, MLIRContext &context,
            llvm::ArrayRef<LayerCase> layers) {
  OwningOpRef<ModuleOp> module = buildModule(context, layers);
  auto model = compile(path, *module);
  if (!model)
    return model.takeError();
  std::vector<llvm::ArrayRef<float>> inputs;
  for (const LayerCase &layer : layers) {
    inputs.push_back(layer.input);
    if (!layer.residual.empty())
      inputs.push_back(layer.residual);
  }
  auto results = run(**model, inputs);
  if (results)
    return results;
  std::string message = llvm::toString(results.takeError());
  for (const LayerCase &layer : layers)
    message += "\n" + print(layer, context);
  return llvm::createStringError(message);
}

/// Index of the first element that is wrong, or -1.
static int64_t findWrong(llvm::ArrayRef<float> found, const Expected &expected,
                         Tolerance tolerance) {
  auto magnitude = [&](size_t i) {
    return expected.magnitudes[i] + std::fabs(expected.values[i]);
  };
  double largest = 0;
  for (size_t i = 0; i < found.size(); ++i)
    largest = std::max(largest, magnitude(i));
  for (size_t i = 0; i < found.size(); ++i) {
    double bound =
        tolerance.share * (tolerance.ofLargest ? largest : magnitude(i));
    if (!(std::fabs(found[i] - expected.values[i]) <= bound))
      return i;
  }
  return -1;
}

/// `[n, y, x, c]` of element `index`.
static std::string position(const LayerCase &layer, int64_t index) {
  std::vector<int64_t> shape = layer.outputShape(), indices(shape.size());
  for (int i = shape.size() - 1; i >= 0; --i) {
    indices[i] = index % shape[i];
    index /= shape[i];
  }
  std::string text;
  llvm::raw_string_ostream stream(text);
  llvm::interleaveComma(indices, stream << '[');
  stream << ']';
  return text;
}

/// Draws the layers of `options` in portions and hands each to `check` with
/// its number.
static void forEachPortion(
    Variant variant, const PropertyOptions &options,
    llvm::function_ref<void(llvm::ArrayRef<LayerCase>, int64_t)> check) {
  // Every variant has a sequence of its own, whatever runs before it.
  std::mt19937 random(options.seed * 1000003u + static_cast<unsigned>(variant));
  for (int64_t first = 0; first < options.configurations;
       first += options.portion) {
    std::vector<LayerCase> layers;
    int64_t count = std::min(options.portion, options.configurations - first);
    for (int64_t i = 0; i < count; ++i)
      layers.push_back(drawCase(variant, random, options.limits));
    check(layers, first);
    if (testing::Test::HasFatalFailure())
      return;
  }
}

static void check(const Path &path, const Path *reference, Variant variant,
                  const PropertyOptions &options, Tolerance tolerance) {
  std::unique_ptr<MLIRContext> context = createContext();
  forEachPortion(
      variant, options, [&](llvm::ArrayRef<LayerCase> layers, int64_t first) {
        auto found = run(path, *context, layers);
        if (!found)
          FAIL() << path.name << ", seed " << options.seed << ", layers from "
                 << first << ": " << llvm::toString(found.takeError());
        std::vector<std::vector<float>> given(layers.size());
        if (reference) {
          auto other = run(*reference, *context, layers);
          if (!other)
            FAIL() << reference->name << ": "
                   << llvm::toString(other.takeError());
          given = std::move(*other);
        }
        for (auto [i, layer] : llvm::enumerate(layers)) {
          Expected expected = evaluate(layer);
          if (reference)
            expected.values.assign(given[i].begin(), given[i].end());
          int64_t wrong = findWrong((*found)[i], expected, tolerance);
          if (wrong >= 0)
            ADD_FAILURE() << path.name << ", seed " << options.seed << ", "
                          << nameOf(variant) << " layer " << first + i
                          << ": element " << position(layer, wrong) << " is "
                          << (*found)[i][wrong] << ", expected "
                          << expected.values[wrong] << " in\n"
                          << print(layer, *context);
        }
      });
}

void lwtest::checkAgainstFormula(const Path &path, Variant variant,
                                 const PropertyOptions &options,
                                 Tolerance tolerance) {
  check(path, nullptr, variant, options, tolerance);
}

void lwtest::checkAgainstPath(const Path &path, const Path &reference,
                              Variant variant, const PropertyOptions &options,
                              Tolerance tolerance) {
  check(path, &reference, variant, options, tolerance);
}
