//===- Join.cpp - Code of several networks in one module
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/ExecutionEngine/CodeGen.h"
#include "lw/Target/Target.h"
#include "mlir/Support/LLVM.h"
#include "llvm/IR/Module.h"
#include "llvm/Linker/Linker.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Transforms/IPO/ConstantMerge.h"
#include "llvm/Transforms/IPO/GlobalDCE.h"
#include "llvm/Transforms/IPO/Internalize.h"

using namespace mlir;

llvm::Expected<std::unique_ptr<llvm::Module>>
lw::joinModules(std::unique_ptr<llvm::Module> dispatch,
                std::vector<std::unique_ptr<llvm::Module>> parts,
                bool exportParts) {
  llvm::StringSet<> exported;
  auto exportFrom = [&](const llvm::Module &module) {
    for (const llvm::GlobalValue &value : module.global_values())
      if (!value.isDeclaration() && value.hasExternalLinkage())
        exported.insert(value.getName());
  };
  exportFrom(*dispatch);
  if (exportParts)
    for (const std::unique_ptr<llvm::Module> &part : parts)
      exportFrom(*part);
  for (std::unique_ptr<llvm::Module> &part : parts)
    if (llvm::Linker::linkModules(*dispatch, std::move(part)))
      return llvm::createStringError("LLVM cannot join the code of a library");
  for (llvm::GlobalVariable &global : dispatch->globals())
    if (global.isConstant() && global.hasLocalLinkage())
      global.setUnnamedAddr(llvm::GlobalValue::UnnamedAddr::Global);

  // Functions are optimized already, each for its processor.
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager sccs;
  llvm::ModuleAnalysisManager modules;
  llvm::PassBuilder builder;
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(sccs);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, sccs, modules);
  llvm::ModulePassManager passes;
  passes.addPass(llvm::InternalizePass([&](const llvm::GlobalValue &value) {
    return value.isDeclaration() || exported.contains(value.getName());
  }));
  passes.addPass(llvm::GlobalDCEPass());
  passes.addPass(llvm::ConstantMergePass());
  passes.run(*dispatch, modules);
  return dispatch;
}
