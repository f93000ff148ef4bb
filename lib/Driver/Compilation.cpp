//===- Compilation.cpp - One network from its file to machine code
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Driver/Compilation.h"
#include "lw/Codegen/Profile.h"
#include "lw/Dialect/IR/Precision.h"
#include "lw/Dialect/IR/ReleaseConstants.h"
#include "lw/Driver/Classifier.h"
#include "lw/Driver/ImageInput.h"
#include "lw/Driver/MlirInput.h"
#include "lw/Driver/ModuleFile.h"
#include "lw/Driver/Profile.h"
#include "lw/ExecutionEngine/Weights.h"
#include "lw/InitAll.h"
#include "lw/Lowering/ClassNames.h"
#include "lw/Lowering/EntryPoint.h"
#include "lw/Stepping/StepCompiler.h"
#include "lw/Support/Progress.h"
#include "lw/Transforms/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Target/TargetMachine.h"
#include <chrono>

using namespace mlir;
using llvm::createStringError;

llvm::Expected<std::unique_ptr<lw::Compilation>>
lw::Compilation::create(CompileOptions options) {
  std::unique_ptr<Compilation> result(new Compilation(std::move(options)));
  if (llvm::Error error = result->resolveVersions())
    return std::move(error);
  // A dry run: wrong options are an error before the network is read.
  PassManager pm(result->context.get());
  std::string message;
  if (failed(buildGraphPipeline(pm, result->options.graph, &message)))
    return createStringError("--separable: " + message);
  return result;
}

lw::Compilation::Compilation(CompileOptions options)
    : options(std::move(options)) {
  if (!this->options.report)
    this->options.report = &llvm::nulls();
  this->options.graph.report = this->options.report;
  DialectRegistry registry;
  registerNetworkDialects(registry);
  registerCodeGenDialects(registry);
  // The passes of one network are few and short: threads cost more than they
  // gain.
  context =
      std::make_unique<MLIRContext>(registry, MLIRContext::Threading::DISABLED);
}

lw::Compilation::~Compilation() = default;

StringRef lw::Compilation::getCpu() const {
  return isMulti() ? StringRef(kMultiCpu) : StringRef(versions.front().name);
}

double lw::Compilation::getSeconds() const {
  double seconds = 0;
  for (const PhaseTime &phase : phases)
    seconds += phase.seconds;
  return seconds;
}

llvm::Error lw::Compilation::runPhase(StringRef name,
                                      llvm::function_ref<llvm::Error()> phase) {
  auto start = std::chrono::steady_clock::now();
  llvm::Error error = phase();
  std::chrono::duration<double> seconds =
      std::chrono::steady_clock::now() - start;
  phases.push_back({name.str(), seconds.count()});
  return error;
}

/// Cost of @main; empty where a shape is not static, which later phases report.
static lw::NetworkCost costOf(ModuleOp module) {
  ScopedDiagnosticHandler quiet(module.getContext(),
                                [](Diagnostic &) { return success(); });
  auto main = module.lookupSymbol<func::FuncOp>(lw::kEntryFunction);
  FailureOr<lw::NetworkCost> cost = failure();
  if (main)
    cost = lw::computeCost(main);
  return succeeded(cost) ? std::move(*cost) : lw::NetworkCost();
}

/// Cost of a network as it was loaded. Only lw's convolutions are counted.
static lw::NetworkCost originalCost(ModuleOp module) {
  OwningOpRef<ModuleOp> copy = module.clone();
  ScopedDiagnosticHandler quiet(module.getContext(),
                                [](Diagnostic &) { return success(); });
  PassManager pm(module.getContext());
  lw::GraphOptions raise;
  raise.raiseToTosa = true;
  lw::buildRaisePipeline(pm, raise);
  return succeeded(pm.run(*copy)) ? costOf(*copy) : lw::NetworkCost();
}

llvm::Error lw::Compilation::load(StringRef path) {
  return runPhase("import", [&]() -> llvm::Error {
    bool isOnnx = isOnnxPath(path);
    auto read =
        readModule(path, *context, isOnnx ? options.inputs : InputShapes());
    if (!read)
      return read.takeError();
    module = std::move(*read);
    if (isOnnx && !options.entry.empty())
      return createStringError("--entry is for MLIR; '%s' has one graph",
                               path.str().c_str());
    if (!isOnnx)
      if (llvm::Error error =
              prepareMlir(*module, path, options.entry, options.inputs))
        return error;
    if (!options.part.empty())
      if (llvm::Error error = keepPart())
        return error;
    original = originalCost(*module);
    return llvm::Error::success();
  });
}

llvm::Error lw::Compilation::keepPart() {
  LwSplitTowersOptions split;
  llvm::append_range(split.user, options.towers->user);
  llvm::append_range(split.item, options.towers->item);
  split.part = options.part;
  PassManager pm(context.get());
  pm.addPass(createInlinerPass({}, /*defaultPipelineBuilder=*/nullptr));
  pm.addPass(createLwSplitTowers(std::move(split)));
  if (failed(pm.run(*module)))
    return createStringError("splitting the network into towers failed");
  return llvm::Error::success();
}

llvm::Error lw::Compilation::optimize() {
  llvm::Error error = runPhase("optimize", [&]() -> llvm::Error {
    std::optional<ScopedDiagnosticHandler> remarks;
    if (options.graph.remarks)
      remarks.emplace(context.get(), [](Diagnostic &diagnostic) {
        if (diagnostic.getSeverity() != DiagnosticSeverity::Remark)
          return failure();
        llvm::errs() << diagnostic.getLocation() << ": remark: " << diagnostic
                     << '\n';
        return success();
      });
    PassManager pm(context.get());
    if (failed(applyPassManagerCLOptions(pm)) ||
        failed(buildGraphPipeline(pm, options.graph)))
      return createStringError("optimizing the network failed");
    if (options.byteTables)
      pm.addNestedPass<func::FuncOp>(createLwQuantizeEmbeddings());
    if (failed(pm.run(*module)))
      return createStringError("optimizing the network failed");
    return llvm::Error::success();
  });
  if (!error && options.keepTrained &&
      !(options.separable.empty() && options.plan.empty() &&
        options.quantize.empty()))
    trained = module->clone();
  if (!error && !options.separable.empty())
    error = runPhase("separable", [&] { return rewriteSeparable(); });
  if (!error && !options.plan.empty())
    error = runPhase("plan", [&] { return applyPlan(); });
  if (!error && !options.quantize.empty())
    error = runPhase("quantize", [&] { return quantize(); });
  (*module)->walk([](Operation *op) { op->removeAttr(kStaysFloatAttrName); });
  if (!error && !options.savePlan.empty())
    error = writePlan(options.savePlan,
                      makePlan(outcome ? &*outcome : nullptr,
                               quantization ? &*quantization : nullptr));
  if (!error && options.imageInput)
    error = runPhase("image input", [&] { return takeImages(); });
  if (!error)
    error = completeClassifier();
  if (!error && options.bfloat16)
    error = runPhase("arithmetic", [&] { return useBFloat16(); });
  // Last: all that fits weights reads them as they were trained.
  if (!error && options.rounding)
    error = runPhase("weights", [&] { return roundWeights(); });
  if (error)
    return error;
  // As trained, where passes have folded others.
  SmallVector<ModuleOp> modules = {*module};
  if (trained)
    modules.push_back(*trained);
  releaseConstants(*context, modules);
  cost = costOf(*module);
  integerUse = findIntegerUse(*module);
  if (options.printCost)
    lw::printCost(*options.report, cost);
  if (options.printGraph) {
    OpPrintingFlags flags;
    flags.elideLargeElementsAttrs(32);
    module->print(*options.report, flags);
  }
  return llvm::Error::success();
}

llvm::Error lw::Compilation::takeImages() {
  auto main = getMain();
  if (!main)
    return main.takeError();
  if (llvm::Error error = lw::takeImages(
          *main, options.preprocessing.value_or(ImagePreprocessing())))
    return error;
  ArrayRef<int64_t> shape =
      cast<RankedTensorType>(main->getArgumentTypes()[0]).getShape();
  ImageSize taken{shape[1], shape[2]};
  if (auto size = options.framing.getSize(); size && !(*size == taken))
    return createStringError("--resize and --crop make images of %s, the "
                             "network takes %s",
                             size->describe().c_str(),
                             taken.describe().c_str());
  // Transposes of the image and of the network's input meet.
  PassManager pm(context.get());
  pm.addNestedPass<func::FuncOp>(createLwClean());
  if (failed(pm.run(*module)))
    return createStringError("optimizing the image's preprocessing failed");
  return llvm::Error::success();
}

llvm::Error lw::Compilation::completeClassifier() {
  if (options.classNames.empty() && !options.softmax)
    return llvm::Error::success();
  auto main = getMain();
  if (!main)
    return main.takeError();
  if (!options.classNames.empty())
    if (llvm::Error error = checkClasses(*main, options.classNames.size()))
      return error;
  return options.softmax ? appendSoftmax(*main) : llvm::Error::success();
}

llvm::Expected<func::FuncOp> lw::Compilation::getMain() {
  auto main = module->lookupSymbol<func::FuncOp>(kEntryFunction);
  if (!main || main.isExternal())
    return createStringError("the network has no function @main");
  return main;
}

llvm::Expected<std::vector<lw::TensorInfo>> lw::Compilation::getInputs() {
  auto main = getMain();
  if (!main)
    return main.takeError();
  std::vector<TensorInfo> result;
  for (auto [i, type] : llvm::enumerate(main->getArgumentTypes())) {
    auto name = main->getArgAttrOfType<StringAttr>(i, kNameAttr);
    auto tensor = dyn_cast<RankedTensorType>(type);
    if (!tensor || !tensor.hasStaticShape())
      return createStringError(
          "input %zu of the network is no tensor of static "
          "shape",
          i);
    std::string element;
    llvm::raw_string_ostream(element) << tensor.getElementType();
    result.push_back({name ? name.str() : "input" + std::to_string(i),
                      tensor.getShape().vec(), element});
  }
  return result;
}

llvm::Expected<lw::NetworkStatistics>
lw::Compilation::gatherStatistics(const CalibrationSamples &samples,
                                  int64_t maxMoments) {
  auto main = getMain();
  if (!main)
    return main.takeError();
  auto compiler = StepCompiler::create();
  if (!compiler)
    return compiler.takeError();
  Progress progress(*options.report);
  StatisticsOptions statistics;
  statistics.maxMoments = maxMoments;
  statistics.progress = [&](int64_t done) {
    progress.update("samples", done, samples.count);
  };
  NetworkStatistics result;
  llvm::Error error = runPhase("statistics", [&]() -> llvm::Error {
    auto gathered = lw::gatherStatistics(
        *main, samples,
        [&](ModuleOp step) { return (*compiler)->compile(step); }, statistics);
    if (!gathered)
      return gathered.takeError();
    result = std::move(*gathered);
    return llvm::Error::success();
  });
  if (error)
    return std::move(error);
  return result;
}

llvm::Expected<lw::NetworkStatistics>
lw::Compilation::loadStatistics(StringRef path) {
  auto main = getMain();
  if (!main)
    return main.takeError();
  return NetworkStatistics::load(path, *main);
}

llvm::Expected<std::unique_ptr<lw::CompiledModel>> lw::Compilation::jit() {
  if (llvm::Error error = lower())
    return std::move(error);
  if (!options.classNames.empty())
    emitClassNames(*module, options.prefix, options.classNames);
  llvm::LLVMContext llvmContext;
  Weights weights;
  auto llvmIR = makeLLVM(llvmContext, &weights);
  if (!llvmIR)
    return llvmIR.takeError();
  auto code = makeCode(**llvmIR, /*assembly=*/false, &weights);
  if (!code)
    return code.takeError();
  auto complete = weights.complete((*code)->getBuffer());
  if (!complete)
    return complete.takeError();
  HostSymbols symbols;
  if (options.profileMark)
    symbols[kProfileMark.str()] = reinterpret_cast<void *>(options.profileMark);
  return CompiledModel::fromObject(std::move(*complete), options.prefix,
                                   symbols);
}

static llvm::json::Object totals(const lw::NetworkCost &cost) {
  return llvm::json::Object{{"macs", cost.total.macs},
                            {"parameters", cost.total.parameters},
                            {"weight_bytes", cost.total.weightBytes}};
}

llvm::json::Object lw::Compilation::toJson() const {
  llvm::json::Object times;
  for (const PhaseTime &phase : phases)
    times[phase.name] = phase.seconds;
  llvm::json::Object result{{"phases", std::move(times)},
                            {"original", totals(original)},
                            {"cost", totals(cost)},
                            {"cpu", getCpu()}};
  if (integerUse.isQuantized())
    result["integer_use"] = lw::toJson(integerUse);
  if (outcome)
    result["separable"] = lw::toJson(*outcome);
  if (quantization)
    result["quantization"] = lw::toJson(*quantization);
  addRounded(result);
  return result;
}
