//===- CodeGen.cpp - From the LLVM dialect to machine code
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/ExecutionEngine/CodeGen.h"
#include "lw/ExecutionEngine/Weights.h"
#include "lw/Target/Target.h"
#include "lw/Target/TargetInfo.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/OpenMP/OpenMPToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/SmallVectorMemoryBuffer.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/Target/TargetOptions.h"
#include "llvm/Transforms/Instrumentation/AddressSanitizer.h"

using namespace mlir;
using llvm::createStringError;

void lw::registerCodeGenDialects(DialectRegistry &registry) {
  registerBuiltinDialectTranslation(registry);
  registerLLVMDialectTranslation(registry);
  registerOpenMPDialectTranslation(registry);
}

llvm::Expected<std::unique_ptr<llvm::TargetMachine>>
lw::createTargetMachine(TargetAttr target) {
  initializeTargets();
  llvm::Triple triple(target.getTriple());
  std::string error;
  const llvm::Target *llvmTarget =
      llvm::TargetRegistry::lookupTarget(triple, error);
  std::unique_ptr<llvm::TargetMachine> machine(
      llvmTarget ? llvmTarget->createTargetMachine(
                       triple, target.getCpu(), target.getFeatures(),
                       llvm::TargetOptions(), llvm::Reloc::PIC_, std::nullopt,
                       llvm::CodeGenOptLevel::Aggressive)
                 : nullptr);
  if (!machine)
    return createStringError("LLVM cannot generate code for '%s'",
                             triple.str().c_str());
  return machine;
}

/// A build with AddressSanitizer also checks the code that it generates.
#if defined(__has_feature) && __has_feature(address_sanitizer)
static constexpr bool kSanitizeAddress = true;
#else
static constexpr bool kSanitizeAddress = false;
#endif

/// Runs LLVM's -O3 pipeline, with the machine's widest vectors.
static void optimize(llvm::Module &module, llvm::TargetMachine &machine) {
  StringRef features = machine.getTargetFeatureString();
  StringRef model = lw::schedulingModel(*machine.getMCSubtargetInfo());
  StringRef width = lw::preferredVectorWidth(*machine.getMCSubtargetInfo());
  for (llvm::Function &function : module) {
    if (function.isDeclaration())
      continue;
    // A function that names its processor must run on that one, without the
    // features that the machine's string adds.
    if (function.hasFnAttribute("target-cpu")) {
      function.addFnAttr("target-features", "");
      continue;
    }
    // A spilled vector has its alignment only where the stack can be realigned,
    // which LLVM does by a frame pointer; else it may cross a line of the
    // cache, every time it is stored and loaded.
    if (machine.getTargetTriple().isX86())
      function.addFnAttr("frame-pointer", "all");
    function.addFnAttr("target-cpu", machine.getTargetCPU());
    if (!features.empty())
      function.addFnAttr("target-features", features);
    if (!model.empty())
      function.addFnAttr("tune-cpu", model);
    if (!width.empty())
      function.addFnAttr("prefer-vector-width", width);
  }
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager sccs;
  llvm::ModuleAnalysisManager modules;
  llvm::PipelineTuningOptions tuning;
  // As much effort as the machine's code generator takes.
  bool fast = machine.getOptLevel() >= llvm::CodeGenOptLevel::Default;
  // Kernels are vectorized and unrolled already. Unrolled further, a loop that
  // clears a halo becomes thousands of stores, which LLVM takes seconds to
  // merge.
  tuning.LoopInterleaving = tuning.LoopVectorization = false;
  tuning.SLPVectorization = false;
  tuning.LoopUnrolling = false;
  // Loops that are vectors already give these nothing to do, and they look at
  // every pair of their loads and stores. The last three look for constants
  // among the arguments and results of functions, for functions that pointers
  // may call, and for globals that are written: kernels are given addresses,
  // are called by name and read constants.
  llvm::PassInstrumentationCallbacks callbacks;
  callbacks.registerShouldRunOptionalPassCallback(
      [](StringRef pass, llvm::Any) {
        return pass != "LoopLoadEliminationPass" &&
               pass != "LoopDistributePass" && pass != "LoopVectorizePass" &&
               pass != "SLPVectorizerPass" && pass != "IPSCCPPass" &&
               pass != "CalledValuePropagationPass" && pass != "GlobalOptPass";
      });
  llvm::PassBuilder builder(&machine, tuning, std::nullopt, &callbacks);
  if (kSanitizeAddress) {
    for (llvm::Function &function : module)
      function.addFnAttr(llvm::Attribute::SanitizeAddress);
    builder.registerOptimizerLastEPCallback([](llvm::ModulePassManager &passes,
                                               llvm::OptimizationLevel,
                                               llvm::ThinOrFullLTOPhase) {
      passes.addPass(
          llvm::AddressSanitizerPass(llvm::AddressSanitizerOptions()));
    });
  }
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(sccs);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, sccs, modules);
  builder
      .buildPerModuleDefaultPipeline(fast ? llvm::OptimizationLevel::O3
                                          : llvm::OptimizationLevel::O1)
      .run(module, modules);
}

llvm::Expected<std::unique_ptr<llvm::Module>>
lw::generateLLVM(ModuleOp module, llvm::LLVMContext &context,
                 llvm::TargetMachine &machine, Weights *weights) {
  if (weights)
    weights->take(module);
  std::unique_ptr<llvm::Module> result =
      translateModuleToLLVMIR(module, context, "lw");
  if (!result)
    return createStringError("the module cannot be translated to LLVM IR");
  result->setTargetTriple(machine.getTargetTriple());
  result->setDataLayout(machine.createDataLayout());
  result->setPICLevel(llvm::PICLevel::BigPIC);
  optimize(*result, machine);
  return result;
}

llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>>
lw::generateCode(llvm::Module &module, llvm::TargetMachine &machine,
                 bool assembly, Weights *weights) {
  llvm::SmallVector<char, 0> bytes;
  if (weights)
    weights->define(module);
  llvm::raw_svector_ostream stream(bytes);
  llvm::legacy::PassManager passes;
  auto type = assembly ? llvm::CodeGenFileType::AssemblyFile
                       : llvm::CodeGenFileType::ObjectFile;
  if (machine.addPassesToEmitFile(passes, stream, nullptr, type))
    return createStringError("LLVM cannot write %s for %s",
                             assembly ? "assembly" : "object code",
                             machine.getTargetTriple().str().c_str());
  passes.run(module);
  return std::make_unique<llvm::SmallVectorMemoryBuffer>(
      std::move(bytes), "lw", /*RequiresNullTerminator=*/false);
}
