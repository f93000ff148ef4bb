//===- StepCompiler.cpp - Machine code for parts of a network
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Stepping/StepCompiler.h"
#include "lw/Dialect/IR/LwDialect.h"
#include "lw/Dialect/IR/ReleaseConstants.h"
#include "lw/ExecutionEngine/CodeGen.h"
#include "lw/InitAll.h"
#include "lw/Pipelines/Pipelines.h"
#include "mlir/Bytecode/BytecodeWriter.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Target/TargetMachine.h"

using namespace mlir;
using llvm::createStringError;

lw::StepCompiler::StepCompiler() : context(MLIRContext::Threading::DISABLED) {
  DialectRegistry registry;
  registerNetworkDialects(registry);
  registerCodeGenDialects(registry);
  context.appendDialectRegistry(registry);
}

lw::StepCompiler::~StepCompiler() = default;

llvm::Expected<std::unique_ptr<lw::StepCompiler>> lw::StepCompiler::create() {
  std::unique_ptr<StepCompiler> result(new StepCompiler());
  auto target = resolveTarget(&result->context, {});
  if (!target)
    return target.takeError();
  result->target = *target;
  auto machine = createTargetMachine(*target);
  if (!machine)
    return machine.takeError();
  result->machine = std::move(*machine);
  return result;
}

llvm::Expected<std::unique_ptr<lw::CompiledModel>>
lw::StepCompiler::compile(ModuleOp module) {
  // Through bytecode into the other context.
  std::string bytes;
  llvm::raw_string_ostream stream(bytes);
  if (failed(writeBytecodeToFile(module, stream)))
    return createStringError("cannot write bytecode");
  OwningOpRef<ModuleOp> copy = parseSourceString<ModuleOp>(bytes, &context);
  if (!copy)
    return createStringError("cannot read bytecode");
  (*copy)->setAttr(kTargetAttrName, target);
  LowerToLLVMOptions lower;
  PassManager pm(&context);
  // The same passes are verified where networks are compiled; between all of
  // them it is an eighth of the time here.
  pm.enableVerifier(false);
  buildKernelPipeline(pm, {}, lower);
  if (failed(pm.run(*copy)))
    return createStringError("lowering to code failed");
  // What has been compiled is not asked for again.
  llvm::scope_exit release([&] { releaseConstants(context, {}); });
  llvm::LLVMContext llvmContext;
  auto code = generateLLVM(*copy, llvmContext, *machine);
  if (!code)
    return code.takeError();
  auto object = generateCode(**code, *machine);
  if (!object)
    return object.takeError();
  return CompiledModel::fromObject(std::move(*object), lower.prefix);
}
